// Holds the judgement against rules whose labels were written down before it was: what intruders are known to make,
// what people make for their work, in many languages, and near misses of both.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placeOf } from '../../../functions/steps/disable-inbox-rules/folder.ts';
import { judgeRule, type RuleContext } from '../../../functions/steps/disable-inbox-rules/judge.ts';
import { readMessageRule } from '../../../functions/steps/disable-inbox-rules/message-rule.ts';
import {
  type ExportedRule,
  exportedRuleSchema,
  readExchangeRule,
} from '../../../functions/steps/disable-inbox-rules/rule.ts';
import { oddityOf } from '../../../shared/microsoft365/rule-name.ts';

const context: RuleContext = {
  acceptedDomains: ['contoso.com', 'contoso.de', 'contoso.onmicrosoft.com', 'contoso.mail.onmicrosoft.com'],
  owner: {
    name: 'Adele Vance',
    addresses: ['adelev@contoso.com', 'adele.vance@contoso.com', 'adelev@contoso.onmicrosoft.com'],
  },
};
const judge = (rule: ExportedRule, more: Partial<RuleContext> = {}, hidden = false) =>
  judgeRule(readExchangeRule({ Identity: 'adelev\\1', Name: 'Rule 1', Enabled: true, ...rule }, hidden), {
    ...context,
    ...more,
  });

const caseSchema = z.strictObject({
  label: z.enum(['malicious', 'harmless', 'unclear']),
  note: z.string(),
  rule: exportedRuleSchema,
});
const folder = new URL('./rules/', import.meta.url);
const cases = readdirSync(folder)
  .toSorted()
  .flatMap((file) =>
    z
      .array(caseSchema)
      .parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
      .map((entry) => ({ ...entry, file })),
  );

/** Every property that Exchange knows, as it sends those that are not set. */
const unset = {
  From: null,
  FromAddressContainsWords: [],
  SubjectContainsWords: null,
  BodyContainsWords: [],
  SubjectOrBodyContainsWords: null,
  HeaderContainsWords: [],
  RecipientAddressContainsWords: null,
  SentTo: [],
  HasAttachment: false,
  MyNameInToBox: false,
  MyNameInCcBox: false,
  MyNameInToOrCcBox: false,
  MyNameNotInToBox: false,
  SentOnlyToMe: false,
  FlaggedForAction: null,
  MessageTypeMatches: null,
  WithImportance: null,
  WithSensitivity: null,
  ReceivedAfterDate: null,
  ReceivedBeforeDate: null,
  WithinSizeRangeMinimum: null,
  WithinSizeRangeMaximum: null,
  ExceptIfFrom: [],
  ExceptIfHasAttachment: false,
  ExceptIfSubjectContainsWords: null,
  ForwardTo: null,
  ForwardAsAttachmentTo: [],
  RedirectTo: null,
  SendTextMessageNotificationTo: [],
  ApplyCategory: null,
  DeleteMessage: false,
  SoftDeleteMessage: false,
  MarkAsRead: false,
  StopProcessingRules: false,
  PinMessage: false,
  MoveToFolder: null,
  CopyToFolder: null,
  MarkImportance: null,
  Description: 'If the message:\r\n\tthe message was received from …',
  InError: false,
  SupportedByTask: true,
  IsValid: true,
  MailboxOwnerId: 'adelev',
  ObjectState: 'Unchanged',
  RuleIdentity: 13545366470107005000,
  '@odata.type': '#Exchange.InboxRule',
};

describe('the judgement of inbox rules', () => {
  it('is right on 97 % of the rules it disables and of those it should — both, or one buys the other', () => {
    const judged = cases.map((entry) => ({ ...entry, disabled: judge(entry.rule).verdict === 'disable' }));
    const wrong = judged.filter(({ label, disabled }) => (label === 'malicious') !== disabled);
    const hits = judged.filter(({ label, disabled }) => disabled && label === 'malicious').length;
    const disabled = judged.filter((entry) => entry.disabled).length;
    const malicious = judged.filter(({ label }) => label === 'malicious').length;
    const list = wrong.map(({ file, label, note }) => `${file}: ${label} (${note})`).join('\n');
    expect(cases.length).toBeGreaterThan(500);
    expect(hits / disabled, `precision; wrong:\n${list}`).toBeGreaterThanOrEqual(0.97);
    expect(hits / malicious, `recall; wrong:\n${list}`).toBeGreaterThanOrEqual(0.97);
  });

  it.each(cases.filter(({ label }) => label === 'unclear'))(
    'calls nobody can tell by its name — $note',
    ({ rule }) => {
      expect(judge(rule).verdict).toBe('cannot-judge');
    },
  );

  it('says the same whether unset properties are left out, null, false or empty — Exchange does all of it', () => {
    for (const { rule, note } of cases) {
      expect(judge({ ...unset, ...rule }), note).toEqual(judge(rule));
    }
  });

  it('gives a reason for every verdict — people decide by it', () => {
    for (const { rule, note } of cases) expect(judge(rule).reasons.join(), note).not.toBe('');
  });
});

describe('a way out of the mailbox', () => {
  const to = (address: string, more: ExportedRule = {}) => judge({ ForwardTo: [address], ...more }).verdict;

  it.each([
    '"Megan Bowen" [EX:/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=3f2a-meganb]',
    '"Megan Bowen" [SMTP:megan@contoso.com]',
    'Megan Bowen <MEGAN@CONTOSO.COM>',
    'smtp:megan@mail.contoso.com',
    '"Bowen, Megan" [SMTP:megan@contoso.onmicrosoft.com]',
    'Megan Bowen',
  ])('is none when it leads to %s', (inside) => {
    expect(to(inside)).toBe('keep');
  });

  it.each([
    '"megan@contoso.com" [SMTP:someone@evil.example]',
    'megan@contoso.com.evil.example',
    'megan@notcontoso.com',
    'megan@contoso.co',
    'SMTP:Someone@Evil.Example',
    '"Pager" [MOBILE:+15550100]',
    'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com',
  ])('is %s, whatever its name looks like', (outside) => {
    expect(to(outside)).toBe('disable');
  });

  it('is found behind a contact of the directory — it looks like a colleague and stands for an address outside', () => {
    const contact = '/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=77aa-archive';
    const rule = { RedirectTo: [`"Archive" [EX:${contact}]`] };
    expect(judge(rule).verdict).toBe('keep');
    expect(judge(rule, { contacts: new Map([[contact, 'archive@evil.example']]) }).verdict).toBe('disable');
  });

  it('is one even where it is one of many', () => {
    expect(judge({ ForwardTo: ['megan@contoso.com', 'x@evil.example'] }).verdict).toBe('disable');
  });

  it('is explained by work only as long as the rule picks little and hides nothing', () => {
    const receipts = { ForwardTo: ['receipts@expensify.com'], SubjectContainsWords: ['receipt'] };
    expect(judge(receipts)).toMatchObject({
      verdict: 'keep',
      reasons: expect.arrayContaining(['where such mail is sent for work']),
    });
    expect(judge({ ForwardTo: ['receipts@expensify.com'] }).verdict).toBe('disable');
    expect(judge({ ...receipts, Name: '.' }).verdict).toBe('disable');
  });
});

describe('evidence', () => {
  const out = { ForwardTo: ['x.finance88@gmail.com'] };

  it.each<[string, ExportedRule]>([
    ['deletes it here', { DeleteMessage: true }],
    ['moves it among the feeds', { MoveToFolder: 'RSS Feeds' }],
    ['moves it and marks it as read', { MoveToFolder: 'Done', MarkAsRead: true }],
  ])('is a rule that sends mail outside and %s', (_how, more) => {
    expect(judge({ ...out, ...more }).evidence).toContain('x.finance88@gmail.com');
  });

  it('is a rule outside the reach of the owner that sends mail outside', () => {
    expect(judge(out, {}, true).evidence).toContain('x.finance88@gmail.com');
  });

  it('is an address of the intruder and the hand of the intruder', () => {
    expect(judge(out, { intruderAddresses: ['x.finance88@gmail.com'] }).evidence).toContain(
      'an address of the intruder',
    );
    const made = 'It was made at 09:16 in the session of the risky sign-in.';
    const newsletter = { Name: 'News', From: ['news@adatum.com'], MoveToFolder: 'News' };
    expect(judge(newsletter, { madeByIntruder: new Map([['adelev\\1', made]]) })).toMatchObject({
      verdict: 'disable',
      evidence: made,
    });
    expect(judge(newsletter, { madeByIntruder: new Map([['News', made]]) }).evidence).toBe(made);
  });

  it.each<[string, ExportedRule]>([
    ['forwards without hiding', out],
    [
      'hides without forwarding',
      { Name: '..', SubjectContainsWords: ['invoice'], MoveToFolder: 'RSS Feeds', MarkAsRead: true },
    ],
    [
      "moves the owner to the owner's other mailbox",
      { RedirectTo: ['adele.vance@gmail.com'], DeleteMessage: true },
    ],
  ])('is not a rule that %s — it is suspicious, and owners make such rules too', (_what, rule) => {
    const { verdict, evidence } = judge(rule);
    expect(verdict).toBe('disable');
    expect(evidence).toBeUndefined();
  });
});

describe('rules that are not judged by what they do', () => {
  it.each([
    'Junk E-Mail Rule',
    'Microsoft.Exchange.OOF.KnownExternalSenders.Global',
    'Delegate Rule -6917529027641081855',
  ])('are left to the service: %s, which is hidden and shows nothing', (Name) => {
    expect(judge({ Name }, {}, true)).toMatchObject({
      verdict: 'keep',
      reasons: ['is a rule of the service itself'],
    });
  });

  it.each(['Junk E-Mail Rule', 'Microsoft.Exchange.OOF.Custom', 'Delegate Rule -7'])(
    'are not known by their name alone: %s that sends mail outside',
    (Name) => {
      expect(judge({ Name, ForwardTo: ['x@evil.example'] }, {}, true).verdict).toBe('disable');
    },
  );

  it('are a matter for people when hidden and empty — a hidden rule is never harmless', () => {
    expect(judge({ Name: '' }, {}, true).verdict).toBe('cannot-judge');
    expect(judge({ Name: 'News', From: ['news@adatum.com'], MoveToFolder: 'News' }, {}, true).verdict).toBe(
      'disable',
    );
  });

  it('stay as they are when disabled already, and are listed with what they would do', () => {
    const { verdict, reasons } = judge({ Enabled: false, ForwardTo: ['x@evil.example'] });
    expect(verdict).toBe('keep');
    expect(reasons).toEqual(
      expect.arrayContaining(['is disabled already', expect.stringContaining('x@evil.example')]),
    );
  });

  it('are looked at when they do not say that they are on', () => {
    expect(judge({ Enabled: null, ForwardTo: ['x@evil.example'] }).verdict).toBe('disable');
  });
});

describe('the two descriptions of one rule', () => {
  const graph = (rule: ExportedRule, more: Partial<RuleContext> = {}) =>
    judgeRule(
      readMessageRule({ id: 'AQAAAJ5dZqA=', displayName: '..', sequence: 1, isEnabled: true, ...rule }),
      { ...context, ...more },
    );

  it('lead to the same verdict', () => {
    const conditions = { bodyOrSubjectContains: ['invoice'], subjectContains: null };
    const folders = new Map([['AAMkAGI2TGuLAAA=', 'RSS-каналы']]);
    const actions = { moveToFolder: 'AAMkAGI2TGuLAAA=', markAsRead: true, stopProcessingRules: true };
    expect(graph({ conditions, actions }, { folders })).toEqual(
      judge({
        Name: '..',
        SubjectOrBodyContainsWords: ['invoice'],
        MoveToFolder: 'RSS-каналы',
        MarkAsRead: true,
        StopProcessingRules: true,
      }),
    );
  });

  it('name recipients each in its way', () => {
    const actions = {
      redirectTo: [{ emailAddress: { name: 'Megan Bowen', address: 'someone@evil.example' } }],
      permanentDelete: true,
    };
    expect(graph({ displayName: 'Team', actions })).toMatchObject({
      verdict: 'disable',
      evidence: expect.stringContaining('someone@evil.example'),
    });
  });

  it('say nothing of what Graph cannot express — an empty read-only rule is not a harmless one', () => {
    expect(graph({ isReadOnly: true, conditions: null, actions: null }).verdict).toBe('cannot-judge');
    expect(
      graph({ isReadOnly: true, displayName: 'Old mail', conditions: {}, actions: { delete: true } }).verdict,
    ).toBe('cannot-judge');
  });

  it('take folders by their well-known names too', () => {
    expect(
      graph({
        conditions: { senderContains: ['fabrikam.com'] },
        actions: { moveToFolder: 'conversationhistory' },
      }).verdict,
    ).toBe('disable');
  });
});

describe('conditions that mean everything', () => {
  it.each<[string, ExportedRule]>([
    ['none', {}],
    ['a sign of every address', { FromAddressContainsWords: ['@'] }],
    ['letters', { SubjectOrBodyContainsWords: ['a', 'e', 'i'] }],
    ['the owner as recipient', { MyNameInToBox: true }],
    ["the owner's domain as recipient", { RecipientAddressContainsWords: ['@contoso.com'] }],
    ['a header of every message', { HeaderContainsWords: ['Received'] }],
    ['a day in the past', { ReceivedAfterDate: '2026-03-02T00:00:00' }],
    ['every answer', { SubjectContainsWords: ['RE:'] }],
    ['every sender but one', { ExceptIfFrom: ['ar@fabrikam.com'] }],
  ])('are %s', (_what, rule) => {
    expect(judge({ ...rule, DeleteMessage: true }).verdict).toBe('disable');
  });

  it('mean it only where every condition does', () => {
    const rule = { SubjectContainsWords: ['Speiseplan'], BodyContainsWords: ['e'], DeleteMessage: true };
    expect(judge(rule).verdict).toBe('keep');
  });
});

describe('names', () => {
  it.each(['', ' ', '\u200b', '.', '..', ',,', ';;;', '…', '–', '`', '. .'])('"%s" hides a rule', (name) => {
    expect(oddityOf(name).blank).toBe(true);
  });
  it.each(['。', '・・・', '★', '📰', '【案件】', 'HR', 'PO', 'OOO', '会', 'R&D', '#1'])(
    '"%s" is what people call theirs',
    (name) => {
      expect(oddityOf(name).points).toBe(0);
    },
  );
});

describe('folders', () => {
  it.each([
    ['RSS-Abonnements', 'odd'],
    ['adelev:\\RSS Feeds', 'odd'],
    ['RSS Feeds\\News', 'odd'],
    ['Unterhaltungsverlauf', 'odd'],
    ['gelöschte elemente', 'deleted'],
    ['Deleted Items\\old', 'deleted'],
    ['迷惑メール', 'junk'],
    ['junkemail', 'junk'],
    ['Arşiv', 'archive'],
    ['Archive\\Invoices 2025', 'ordinary'],
    ['Inbox\\.', 'odd'],
    ['Corrsspondence', 'ordinary'],
  ])('%s is %s', (name, place) => {
    expect(placeOf(name)).toBe(place);
  });
});
