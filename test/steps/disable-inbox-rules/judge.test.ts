// Compares the judgement with rules that were labelled before it was written: what intruders are known to make, what
// people make for their work, in many languages, and near misses of both.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placeOf } from '../../../functions/steps/disable-inbox-rules/folder.ts';
import { judgeRule, type RuleContext } from '../../../functions/steps/disable-inbox-rules/judge.ts';
import {
  type ExportedRule,
  exportedRuleSchema,
  readExchangeRule,
} from '../../../functions/steps/disable-inbox-rules/rule.ts';
import { entryOf } from '../../../shared/microsoft365/mailbox.ts';
import { oddityOf } from '../../../shared/microsoft365/rule-name.ts';

const context: RuleContext = {
  acceptedDomains: ['contoso.com', 'contoso.de', 'contoso.onmicrosoft.com', 'contoso.mail.onmicrosoft.com'],
  owner: {
    name: 'Adele Vance',
    addresses: ['adelev@contoso.com', 'adele.vance@contoso.com', 'adelev@contoso.onmicrosoft.com'],
  },
};
const judge = (rule: ExportedRule, more: Partial<RuleContext> = {}, hidden: boolean | null = false) =>
  judgeRule(readExchangeRule({ Identity: 'adelev\\1', Name: 'Rule 1', Enabled: true, ...rule }, hidden), {
    ...context,
    ...more,
  });

const caseSchema = z.strictObject({
  label: z.enum(['malicious', 'harmless', 'unclear', 'evasive']),
  note: z.string(),
  rule: exportedRuleSchema,
  hidden: z.boolean().optional(),
  acceptedDomains: z.array(z.string()).optional(),
  recipients: z.record(z.string(), z.json()).optional(),
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

function judgeCase({ rule, hidden, acceptedDomains, recipients }: (typeof cases)[number]) {
  const entries = Object.entries(recipients ?? {});
  const directory = new Map(
    entries.map(([name, answer]) => [name, answer === null ? null : entryOf(answer)]),
  );
  return judge(
    rule,
    {
      ...(acceptedDomains === undefined ? {} : { acceptedDomains }),
      ...(recipients === undefined ? {} : { directory }),
    },
    hidden ?? null,
  );
}

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
  const judged = cases.map((entry) => ({ ...entry, ...judgeCase(entry) }));
  const share = (label: string, ...verdicts: readonly string[]) => {
    const all = judged.filter((entry) => entry.label === label);
    return all.filter(({ verdict }) => verdicts.includes(verdict)).length / all.length;
  };
  const list = (label: string, ...verdicts: readonly string[]) =>
    judged
      .filter((entry) => entry.label === label && verdicts.includes(entry.verdict))
      .map(({ file, note, reasons }) => `${file}: ${note} (${reasons.join('; ')})`)
      .join('\n');

  it('leaves nearly no rule of an intruder in place, and asks about few of them', () => {
    expect(cases.length).toBeGreaterThan(1000);
    expect(share('malicious', 'disable', 'ask'), list('malicious', 'keep')).toBeGreaterThanOrEqual(0.97);
    expect(share('malicious', 'disable'), list('malicious', 'ask', 'keep')).toBeGreaterThanOrEqual(0.95);
  });

  it('hardly ever takes a rule from its owner, and seldom asks about a harmless one', () => {
    expect(share('harmless', 'disable'), list('harmless', 'disable')).toBeLessThanOrEqual(0.01);
    expect(share('harmless', 'ask'), list('harmless', 'ask')).toBeLessThanOrEqual(0.05);
  });

  it('asks about what looks alone can’t decide: mail that work may explain, and what can’t be read', () => {
    expect(share('unclear', 'ask'), list('unclear', 'keep', 'disable')).toBeGreaterThanOrEqual(0.9);
    expect(list('unclear', 'keep')).toBe('');
  });

  it('keeps no rule that was written to look harmless', () => {
    expect(list('evasive', 'keep')).toBe('');
  });

  it('says the same whether unset properties are left out, null, false or empty — Exchange does all of these', () => {
    for (const entry of cases) {
      expect(judgeCase({ ...entry, rule: { ...unset, ...entry.rule } }), entry.note).toEqual(
        judgeCase(entry),
      );
    }
  });

  it('copes with anything in a property: what can’t be read costs that property, and is never harmless', () => {
    const names = fc.constantFrom(...Object.keys(unset), 'Name', 'Enabled', 'SomethingNew');
    const rules = fc.dictionary(names, fc.jsonValue(), { maxKeys: 8 });
    fc.assert(
      fc.property(rules, (given) => {
        const rule = exportedRuleSchema.parse(JSON.parse(JSON.stringify(given)));
        const read = readExchangeRule(rule, null);
        const { verdict, reasons } = judgeRule(read, context);
        expect(reasons.length).toBeGreaterThan(0);
        if (read.unread.length > 0 && read.enabled) expect(verdict).not.toBe('keep');
      }),
      { numRuns: 500 },
    );
  });

  it('gives a reason for every verdict — people decide by it', () => {
    for (const { reasons, note } of judged) expect(reasons.join(), note).not.toBe('');
  });

  it('never keeps a rule because of its name: under any other it is judged the same or more gravely', () => {
    const rank = { keep: 0, ask: 1, disable: 2 };
    const names = ['Junk E-Mail Rule', 'Delegate Rule -12345', 'Microsoft.Exchange.OOF.X', 'Newsletters'];
    for (const entry of judged.filter(({ label }) => label !== 'harmless')) {
      if (entry.hidden === true || entry.rule['Enabled'] === false) continue;
      for (const Name of names) {
        const { verdict } = judgeCase({ ...entry, hidden: false, rule: { ...entry.rule, Name } });
        const plainly = judgeCase({ ...entry, hidden: false, rule: { ...entry.rule, Name: 'Rule' } }).verdict;
        expect(rank[verdict], `${entry.note} as ${Name}`).toBeGreaterThanOrEqual(rank[plainly]);
      }
    }
  });
});

describe('a way out of the mailbox', () => {
  const to = (address: string, more: ExportedRule = {}) => judge({ ForwardTo: [address], ...more }).verdict;

  it.each([
    '"Megan Bowen" [EX:/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=3f2a-meganb]',
    '"Megan Bowen" [SMTP:megan@contoso.com]',
    'Megan Bowen <MEGAN@CONTOSO.COM>',
    '"Bowen, Megan" [SMTP:megan@contoso.onmicrosoft.com]',
  ])('is none when it leads to %s', (inside) => {
    expect(to(inside)).toBe('keep');
  });

  it.each([
    '"megan@contoso.com" [SMTP:someone@evil.example]',
    'megan@contoso.com.evil.example',
    'megan@notcontoso.com',
    'megan@contoso.co',
    'SMTP:Someone@Evil.Example',
    'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com',
    'x9k2@robot.zapier.com',
    'archive@journal.example',
  ])('is %s, whatever its name looks like', (outside) => {
    expect(to(outside)).toBe('disable');
  });

  it.each<[string, ExportedRule]>([
    ['a service that anybody can name after the company', { ForwardTo: ['contoso@robot.zapier.com'] }],
    ['a telephone', { ForwardTo: ['"Pager" [MOBILE:+15550100]'] }],
    ['a telephone that is told', { SendTextMessageNotificationTo: ['"Pager" [MOBILE:+15550100]'] }],
    ['an address that wraps another', { RedirectTo: ['IMCEASMTP-x+40evil+2Eexample@contoso.com'] }],
    ['an address that names a relay', { RedirectTo: ['x%evil.example@contoso.com'] }],
    ['nobody', { RedirectTo: ['"" [SMTP:]'] }],
    ['a name without an address', { RedirectTo: ['Megan Bowen'] }],
  ])('may be %s: a person is asked', (_what, rule) => {
    expect(judge({ SubjectContainsWords: ['rota'], ...rule }).verdict).toBe('ask');
  });

  it('lies below an accepted domain, unless what is below is accepted too', () => {
    const rule = { SubjectContainsWords: ['ticket'], ForwardTo: ['desk@help.contoso.com'] };
    expect(judge(rule).verdict).toBe('ask');
    expect(judge(rule, { acceptedDomains: ['contoso.com', '*.contoso.com'] }).verdict).toBe('keep');
    expect(judge({ ForwardTo: ['a@contoso.com'] }, { acceptedDomains: ['*.contoso.com'] }).verdict).toBe(
      'disable',
    );
  });

  it('is found behind an object of the directory — it looks like a colleague and stands for an address outside', () => {
    const contact = '/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=77aa-archive';
    const rule = { RedirectTo: [`"Archive" [EX:${contact}]`] };
    const known = (answer: object | null) =>
      judge(rule, { directory: new Map([[contact, answer === null ? null : entryOf(answer)]]) }).verdict;
    expect(known({ PrimarySmtpAddress: 'megan@contoso.com' })).toBe('keep');
    expect(known({ ExternalEmailAddress: 'SMTP:archive@evil.example' })).toBe('disable');
    expect(known(null)).toBe('ask');
    expect(
      known({
        PrimarySmtpAddress: 'all@contoso.com',
        RecipientTypeDetails: 'MailUniversalDistributionGroup',
      }),
    ).toBe('ask');
    expect(judge(rule, { directory: new Map() }).verdict).toBe('ask');
  });

  it('is one even among many inside targets', () => {
    expect(judge({ ForwardTo: ['megan@contoso.com', 'x@evil.example'] }).verdict).toBe('disable');
  });

  it.each<[string, string, ExportedRule]>([
    ["the owner's own mailbox", 'adele.vance@gmail.com', {}],
    ['one of the family', 'familie.vance@gmx.de', { FromAddressContainsWords: ['@school.example'] }],
    ['an accountant', 'kanzlei@steuer-mueller.example', { SubjectContainsWords: ['Rechnung'] }],
    ['a deputy at another company', 'jane.doe@recruitagency.example', {}],
    ['a part of the group', 'info@contoso-france.example', { SubjectContainsWords: ['France'] }],
    ['a stranger, for one harmless subject', 'k.meier@web.de', { SubjectContainsWords: ['Schach'] }],
    ['a partner without a domain', 'k.meier@fabrikam.onmicrosoft.com', { SubjectContainsWords: ['rota'] }],
  ])('is left to a person if only the way out speaks against it: %s', (_whom, address, more) => {
    expect(judge({ RedirectTo: [address], ...more })).toMatchObject({ verdict: 'ask', onlyOutside: true });
  });

  it.each<[string, string, ExportedRule]>([
    ['a copy of the domain', 'adele.vance@c0ntoso.com', {}],
    ['a copy of the domain, in other letters', 'jane.doe@xn--ontos-nyep.com', {}],
    ['the domain inside another', 'jane.doe@contoso.com.partner.example', {}],
    ["the owner's address at a domain that carries the name", 'adelev@contoso-hr.example', {}],
    ['a free mailbox that carries the name', 'adele.vance.contoso@outlook.com', {}],
    ['a copy of the domain that it listens to', 'ap@fabrlkam.com', { From: ['ap@fabrikam.com'] }],
    ['a domain that plays a mail service', 'jane.doe@securemail-gateway.example', {}],
    ['a stranger, for all mail', 'k.meier@web.de', {}],
    ["the owner's, for warnings", 'adele.vance@gmail.com', { SubjectContainsWords: ['security alert'] }],
    ["the owner's, and marked as read", 'adele.vance@gmail.com', { MarkAsRead: true }],
    [
      'an accountant, for all that has to do with money',
      'kanzlei@steuer-mueller.example',
      { SubjectOrBodyContainsWords: ['Rechnung', 'Zahlung', 'IBAN'] },
    ],
  ])("is an intruder's if more speaks against it: %s", (_what, address, more) => {
    expect(judge({ RedirectTo: [address], ...more }).verdict).toBe('disable');
  });

  it('is left to a person, and never cleared, if work may explain it', () => {
    const receipts = { ForwardTo: ['receipts@expensify.com'], SubjectContainsWords: ['receipt'] };
    expect(judge(receipts)).toMatchObject({ verdict: 'ask', onlyOutside: true });
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
    expect(judge({ Name }, {}, false).verdict).toBe('ask');
  });

  it.each(['Junk E-Mail Rule', 'Microsoft.Exchange.OOF.Custom', 'Delegate Rule -7'])(
    'are not known by their name alone: %s that does something',
    (Name) => {
      expect(judge({ Name, ForwardTo: ['x@evil.example'] }, {}, true).verdict).toBe('disable');
      expect(judge({ Name, SubjectContainsWords: ['rota'], MoveToFolder: 'Rota' }, {}, true).verdict).toBe(
        'disable',
      );
    },
  );

  it('are left to the service if junk goes to the junk folder, but not if they do more', () => {
    const junk = { Name: 'Junk E-mail Rule', MoveToFolder: 'Junk Email', StopProcessingRules: true };
    expect(judge(junk, {}, true).verdict).toBe('keep');
    expect(judge(junk, {}, false).verdict).not.toBe('keep');
    for (const more of [
      { MarkAsRead: true },
      { SubjectContainsWords: ['invoice'] },
      { From: ['megan@contoso.com'] },
      { MoveToFolder: 'RSS Feeds' },
      { CopyToFolder: 'Archive' },
    ])
      expect(judge({ ...junk, ...more }, {}, true).verdict, JSON.stringify(more)).toBe('disable');
  });

  it('are asked about if the folder is known only by an id — it may be any folder', () => {
    const id = 'LgAAAAB3q1kQpZ4vQ6n0f3nQe8bHAQDf8d0c1aVwSaZ0vR9cXx1gAAAAAAENAAAB';
    expect(judge({ MoveToFolder: id }).verdict).toBe('ask');
    expect(judge({ MoveToFolder: id, MarkAsRead: true }).verdict).toBe('ask');
    expect(judge({ MoveToFolder: id, From: ['news@adatum.com'] }).verdict).toBe('keep');
  });

  it('are at least asked about if a folder only looks like one that Exchange made', () => {
    const moves = (MoveToFolder: string) =>
      judge({ SubjectContainsWords: ['contract'], MoveToFolder }).verdict;
    for (const forged of ['Deleted ltems', 'R\u0405S Feeds', 'Conversatlon History'])
      expect(moves(forged), forged).not.toBe('keep');
    for (const own of ['Archives', 'Junk E-mail', 'Contracts 2026']) expect(moves(own), own).toBe('keep');
  });

  it('are asked about if they move mail to another mailbox', () => {
    const moves = (folder: string, Identity: string) =>
      judge({ Identity, SubjectContainsWords: ['Order'], MoveToFolder: folder }).verdict;
    expect(moves('sales:\\Inbox\\Orders', '')).toBe('ask');
    expect(moves('sales:\\Inbox\\Orders', 'adelev\\1')).toBe('ask');
    expect(moves('adelev:\\Inbox\\Orders', '')).toBe('keep');
    expect(moves('Adele Vance:\\Inbox\\Orders', '')).toBe('keep');
  });

  it('are asked about if their time is over — they do nothing to incoming mail', () => {
    const tidied = { ReceivedBeforeDate: '2020-01-01T00:00:00', MoveToFolder: 'Archive' };
    const now = new Date('2026-11-30T12:00:00Z');
    expect(judge(tidied, { now }).verdict).toBe('ask');
    expect(judge({ ...tidied, ReceivedBeforeDate: '/Date(1577836800000)/' }, { now }).verdict).toBe('ask');
    expect(judge({ ...tidied, ReceivedBeforeDate: '2099-01-01T00:00:00' }, { now }).verdict).toBe('disable');
    expect(judge({ ...tidied, ReceivedBeforeDate: 'soon' }, { now }).verdict).toBe('disable');
  });

  it('are a matter for people when hidden and empty — a hidden rule is never harmless', () => {
    expect(judge({ Name: '' }, {}, true).verdict).toBe('ask');
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

  it.each<[string, ExportedRule]>([
    ['an action that is not known', { RunScript: 'a.vbs' }],
    ['a condition that cannot be read', { SubjectContainsWords: { odd: 1 } }],
    ['a list that PowerShell cut off', { ForwardTo: 'System.Collections.ArrayList' }],
    ['an error', { InError: true }],
    ['a part that the service cannot show', { SupportedByTask: false }],
  ])('are a matter for people when they hold %s', (_what, rule) => {
    expect(judge({ Name: 'News', From: ['news@adatum.com'], MoveToFolder: 'News', ...rule }).verdict).toBe(
      'ask',
    );
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
    ['a size that nearly every message has', { WithinSizeRangeMaximum: '25 MB (26,214,400 bytes)' }],
    ['the usual importance', { WithImportance: 'Normal' }],
    ['the usual sensitivity', { WithSensitivity: 'Normal' }],
    ['a control character', { SubjectContainsWords: ['\u0001'] }],
    ["the owner's first name", { BodyContainsWords: ['Adele'] }],
    ['a header that Exchange adds', { HeaderContainsWords: ['X-MS-Exchange-Organization-SCL'] }],
  ])('are %s', (_what, rule) => {
    expect(judge({ ...rule, DeleteMessage: true }).verdict).toBe('disable');
  });

  it('mean everything only if each of them does', () => {
    const rule = { SubjectContainsWords: ['Speiseplan'], BodyContainsWords: ['e'], DeleteMessage: true };
    expect(judge(rule).verdict).toBe('keep');
  });
});

describe('names', () => {
  it.each(['', ' ', '\u200b', '.', '..', ',,', ';;;', '…', '–', '`', '. .'])('"%s" hides a rule', (name) => {
    expect(oddityOf(name).blank).toBe(true);
  });
  it.each(['。', '・・・', '★', '📰', '【案件】', 'HR', 'PO', 'OOO', '会', 'R&D', '#1'])(
    '"%s" is a name that people give',
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
    ['RS\u0405 Feeds', 'odd'],
    ['RSS Feed', 'odd'],
    ['Conversatlon History', 'odd'],
    ['Kalender', 'aside'],
    ['Tâches', 'aside'],
    ['AAMkAGI2TGuLAAABAAAAAAEMAAAiIsqMbYjsT5e-T7KzowPTAAAYbvZyAAA=', 'unknown'],
  ])('%s is %s', (name, place) => {
    expect(placeOf(name)).toBe(place);
  });
});

describe('what no list can tell', () => {
  const hiding = [
    { DeleteMessage: true },
    { MoveToFolder: 'Notes' },
    { MoveToFolder: 'Junk Email' },
    { MoveToFolder: 'Archive', MarkAsRead: true },
  ];
  it.each(hiding)('asks about mail hidden by words of a language that no list holds: %j', (action) => {
    const { verdict, reasons } = judge({ SubjectOrBodyContainsWords: ['lacagta', 'baanka'], ...action });
    expect(verdict).toBe('ask');
    expect(reasons).toContain('hides mail by words that are not known here');
  });

  it.each([
    { SubjectContainsWords: ['lacagta'], MoveToFolder: 'Lacagta' },
    { SubjectContainsWords: ['Falcon'], MoveToFolder: 'Projects' },
    { SubjectContainsWords: ['webinar'], DeleteMessage: true },
    { SubjectContainsWords: ['Backup completed'], MoveToFolder: 'Backups' },
  ])('keeps what files such mail, or deletes what is known as noise: %j', (rule) => {
    expect(judge(rule).verdict).toBe('keep');
  });

  it.each(['adele', 'vance', 'contoso', 'adelev@'])(
    'takes "%s", a part of the owner’s own address, for every message',
    (part) => {
      const rule = { RecipientAddressContainsWords: [part], MoveToFolder: 'Junk Email', MarkAsRead: true };
      expect(judge(rule).verdict).toBe('disable');
      expect(
        judge({ RecipientAddressContainsWords: ['press@'], MoveToFolder: 'Junk Email' }).verdict,
      ).not.toBe('disable');
    },
  );

  it.each([['<null>'], '<null>', ' (null) '])('asks about a condition that says %j', (value) => {
    const { verdict, reasons } = judge({ SubjectContainsWords: value, DeleteMessage: true });
    expect([verdict, reasons.join()]).toEqual(['ask', expect.stringContaining('SubjectContainsWords')]);
  });
});
