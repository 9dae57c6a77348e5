import { describe, expect, it } from 'vitest';
import { disableInboxRules } from '../../functions/steps/disable-inbox-rules/disable-inbox-rules.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import type { Intruder } from '../../shared/model/intruder.ts';
import { identity } from '../../shared/run/changes.ts';
import { intruder, record } from '../fakes/audit.ts';
import { account, context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneMailbox, writing } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

const hiding = {
  Name: '..',
  RuleIdentity: '13545366470107004929',
  SubjectOrBodyContainsWords: ['invoice', 'payment'],
  MoveToFolder: 'RSS Feeds',
  MarkAsRead: true,
};
const sendingOut = {
  ...hiding,
  Name: 'sync',
  RuleIdentity: '13545366470107004930',
  ForwardTo: ['x.finance88@gmail.com'],
};
const newsletter = { Name: 'Newsletters', From: ['news@adatum.com'], MoveToFolder: 'Newsletters' };
const withRules = (...inboxRules: object[]) => oneMailbox({ inboxRules });
const look = (clients: ReturnType<typeof oneMailbox>['clients']) =>
  disableInboxRules.find(context(), clients);

describe('disable-inbox-rules', () => {
  it('disables what is suspicious, sees it done, and leaves the rest', async () => {
    const { clients, mailbox } = withRules(newsletter, hiding);
    const first = found(await look(clients));
    expect(first.changes).toMatchObject([{ id: 'adele\\13545366470107004929', what: 'rule ".."' }]);
    expect(first.changes[0]?.why).toContain('moves mail to "RSS Feeds"');
    expect(first.kept).toEqual([{ what: 'rule "Newsletters"', why: expect.any(String) }]);
    await disableInboxRules.fix(onlyChange(first), context(), clients);
    const second = found(await look(clients));
    expect(second.changes).toEqual([]);
    expect(second.kept.at(-1)).toMatchObject({
      what: 'rule ".."',
      why: expect.stringContaining('is disabled already'),
    });
    expect(mailbox()?.inboxRules?.map(({ Enabled }) => Enabled)).toEqual([undefined, false]);
  });

  it('names rule and mailbox in a way that fits no other rule, and makes only requests it declares', async () => {
    const { clients, asked, writes } = withRules(hiding, {
      ...hiding,
      RuleIdentity: '13545366470107004931',
      SubjectOrBodyContainsWords: ['wire'],
    });
    const [, second] = changesOf(await look(clients));
    if (second === undefined) throw new Error('found one change only');
    await disableInboxRules.fix(second, context(), clients);
    expect(writes()).toEqual([
      {
        cmdlet: 'Disable-InboxRule',
        Identity: '13545366470107004931',
        Mailbox: adele,
        Force: true,
        Confirm: false,
      },
    ]);
    await disableInboxRules.fix(second, context(), clients);
    const cmdlets = new Set(asked().map(({ cmdlet }) => cmdlet));
    expect([...cmdlets].every((cmdlet) => disableInboxRules.permissions.exchange?.includes(cmdlet))).toBe(
      true,
    );
  });

  it('keeps the whole rule for undo, unaffected by what becomes of the others — else undo would lose it', async () => {
    const { clients } = withRules(
      { ...newsletter, Priority: 1 },
      { ...hiding, Priority: 2 },
      { ...sendingOut, Priority: 3 },
    );
    const [first, second] = changesOf(await look(clients));
    if (first === undefined || second === undefined) throw new Error('found less than two changes');
    expect(second.before).toMatchObject({
      identity: 'adele\\13545366470107004930',
      rule: {
        Name: 'sync',
        SubjectOrBodyContainsWords: ['invoice', 'payment'],
        ForwardTo: ['"x.finance88@gmail.com" [SMTP:x.finance88@gmail.com]'],
      },
    });
    await disableInboxRules.fix(first, context(), clients);
    expect(changesOf(await look(clients)).map(identity)).toEqual([identity(second)]);
    const reordered = withRules({ ...sendingOut, Priority: 1 });
    expect(changesOf(await look(reordered.clients)).map(identity)).toEqual([identity(second)]);
  });

  it('gives evidence for a rule that sends mail out and hides it — it alone makes a run full', async () => {
    const { clients } = withRules(hiding, sendingOut);
    expect(changesOf(await look(clients)).map(({ evidence }) => evidence)).toEqual([
      undefined,
      expect.stringContaining('x.finance88@gmail.com'),
    ]);
  });

  const afterAudit = (...records: object[]) => {
    const facts = {
      acts: actsOf(
        records.map((one) => unifiedRecordSchema.parse(one)),
        intruder,
      ),
    };
    return context({ run: { facts }, intruder });
  };
  const parameters = (given: Record<string, string>) => ({
    auditData: { Parameters: Object.entries(given).map(([Name, Value]) => ({ Name, Value })) },
  });

  it.each([
    ['New-InboxRule', { objectId: 'adele\\13545366470107004931' }],
    ['New-InboxRule', parameters({ Name: 'Newsletters' })],
    ['Set-InboxRule', parameters({ Identity: 'adele\\13545366470107004931' })],
    [
      'UpdateInboxRules',
      { auditData: { OperationProperties: [{ Name: 'RuleName', Value: 'Newsletters' }] } },
    ],
  ])(
    'disables what the intruder made by the audit log (%s), however harmless it looks',
    async (operation, given) => {
      const { clients } = withRules({ ...newsletter, RuleIdentity: '13545366470107004931' });
      const theirs = afterAudit(record('intruder', operation, given));
      expect(changesOf(await disableInboxRules.find(theirs, clients))).toMatchObject([
        { what: 'rule "Newsletters"', evidence: expect.stringContaining("in the intruder's session") },
      ]);
      const owners = afterAudit(record('owner', operation, given));
      expect(changesOf(await disableInboxRules.find(owners, clients))).toEqual([]);
    },
  );

  it.each([
    ['while the log may still tell', { ended: {} }, '09:15:30', []],
    [
      'in a run that was held for hours',
      { ended: {}, fixedAt: { 'block-sign-in': '2026-11-20T13:00:00Z' } },
      '13:01:00',
      [],
    ],
    ['once the log is silent', { ended: { 'collect-audit-log': 'done' } }, '09:15:30', ['rule "Receipts"']],
    [
      'where nobody can search it',
      { ended: { 'collect-audit-log': 'skipped' } },
      '09:15:30',
      ['rule "Receipts"'],
    ],
    ['after a quarter of an hour', { ended: {} }, '09:30:30', ['rule "Receipts"']],
    ['at a level that only reports', { ended: {}, level: 'contain' }, '09:15:30', ['rule "Receipts"']],
  ] as const)('a rule that only its looks speak against, %s', async (_, run, at, expected) => {
    const receipts = { ...hiding, Name: 'Receipts', MoveToFolder: 'Archive' };
    const { clients } = withRules(receipts, { ...hiding, RuleIdentity: '13545366470107004932' });
    const now = new Date(`2026-11-20T${at}Z`);
    const seen = found(await disableInboxRules.find(context({ run, now }), clients));
    // A rule with a name that hides it waits for nothing.
    expect(seen.changes.map(({ what }) => what)).toEqual([...expected, 'rule ".."']);
    const waiting = seen.tasks.filter(({ instruction }) => instruction.includes('waits for the audit log'));
    expect(waiting).toHaveLength(1 - expected.length);
  });

  describe('a rule that does nothing but send mail to a partner', () => {
    const partner = {
      Name: 'Falcon',
      RuleIdentity: '13545366470107004940',
      SubjectContainsWords: ['Falcon'],
      ForwardTo: ['anna@fabrikam.com'],
    };
    const readIn = (records: readonly object[], more: Partial<Intruder> = {}) =>
      context({
        run: {
          ended: { 'collect-audit-log': 'done' },
          answered: ['acts'],
          facts: {
            acts: actsOf(
              records.map((one) => unifiedRecordSchema.parse(one)),
              intruder,
            ),
          },
        },
        intruder: { ...intruder, ...more },
      });
    const made = (by: 'intruder' | 'owner', more: object = {}) =>
      record(by, 'New-InboxRule', { objectId: 'adele\\13545366470107004940', ...more });
    const seen = async (given: ReturnType<typeof context>, rule: object = partner) =>
      found(await disableInboxRules.find(given, withRules(rule).clients));

    it('is asked about if the log has no record of its creation — a missing record proves nothing', async () => {
      const { changes, tasks, kept } = await seen(readIn([record('owner', 'Send')]));
      expect({ changes, kept }).toEqual({ changes: [], kept: [] });
      expect(tasks).toMatchObject([{ what: expect.stringContaining('rule "Falcon"') }]);
    });

    it('is kept and named if the log shows that it is older than the intruder', async () => {
      const before = made('owner', { createdDateTime: '2026-11-19T10:00:00Z' });
      const { tasks, kept } = await seen(readIn([before]));
      expect(tasks).toEqual([]);
      expect(kept).toMatchObject([
        { what: 'rule "Falcon"', why: expect.stringContaining('older than the intruder'), told: true },
      ]);
      expect(kept[0]?.why).toContain('anna@fabrikam.com');
    });

    it('is kept if the owner made it in their own session, and asked about if nobody knows whose session it was', async () => {
      const records = [made('owner')];
      expect((await seen(readIn(records))).tasks).toHaveLength(1);
      const marks: Intruder['marks'] = [
        {
          kind: 'session',
          value: 'owner-20',
          verdict: 'owner',
          certainty: 'certain',
          reason: 'for days',
          source: 'sign-ins',
        },
      ];
      const { tasks, kept } = await seen(readIn(records, { marks }));
      expect(tasks).toEqual([]);
      expect(kept).toMatchObject([{ told: true, why: expect.stringContaining('the owner made it') }]);
    });

    it('is disabled if the intruder made it, and asked about if it also hides mail, however old it is', async () => {
      expect((await seen(readIn([made('intruder')]))).changes).toHaveLength(1);
      const before = made('owner', { createdDateTime: '2026-11-19T10:00:00Z' });
      const hidden = await seen(readIn([before]), { ...partner, MarkAsRead: true });
      expect(hidden).toMatchObject({ kept: [], changes: [], tasks: [expect.anything()] });
    });
  });

  it('does not call a rule the intruder’s if two have its name, or if they failed to make it', async () => {
    const { clients } = withRules(newsletter, { ...newsletter, From: ['digest@adatum.com'] });
    const twice = afterAudit(record('intruder', 'New-InboxRule', parameters({ Name: 'Newsletters' })));
    expect(changesOf(await disableInboxRules.find(twice, clients))).toEqual([]);
    const failed = record('intruder', 'New-InboxRule', {
      auditData: { ResultStatus: 'False', Parameters: [{ Name: 'Name', Value: 'Newsletters' }] },
    });
    const one = withRules(newsletter);
    expect(changesOf(await disableInboxRules.find(afterAudit(failed), one.clients))).toEqual([]);
  });

  it('exports all rules before it changes one — what only Outlook runs is lost with the first change', async () => {
    const { clients } = withRules(
      { Name: 'Play a sound', From: ['megan@contoso.com'], clientSide: true },
      hiding,
    );
    const { attachments } = found(await look(clients));
    expect(attachments.map(({ name }) => name)).toEqual(['inbox-rules.json']);
    expect(attachments[0]?.content).toContain('Play a sound');
  });

  it('sees through a directory contact that stands for an address outside', async () => {
    const archive = {
      Name: 'Mail Archive',
      RecipientTypeDetails: 'MailContact',
      PrimarySmtpAddress: 'vault@evil.example',
    };
    const rules = [
      { Name: 'Archive copy', RedirectTo: ['Mail Archive'] },
      { Name: 'Deputy', RedirectTo: ['Megan Bowen'] },
      { Name: 'Left', RedirectTo: ['Somebody Gone'] },
    ];
    const { clients } = oneMailbox({ inboxRules: rules }, { recipients: [archive] });
    const { changes, tasks, kept } = found(await look(clients));
    expect(changes).toMatchObject([
      { what: 'rule "Archive copy"', why: expect.stringContaining('vault@evil.example') },
    ]);
    expect(kept.map(({ what }) => what)).toEqual(['rule "Deputy"']);
    expect(tasks.map(({ what }) => what)).toEqual([expect.stringContaining('rule "Left"')]);
  });

  it('knows hidden rules from those the owner can see, and leaves the hidden ones of the service alone', async () => {
    const { clients } = withRules(
      { ...newsletter, Name: 'Weekly', hidden: true },
      { Name: 'Junk E-Mail Rule', hidden: true },
      { Name: 'Microsoft.Exchange.OOF.InternalSenders.Global', hidden: true },
      { Name: 'Delegate Rule -6917529027641081855', hidden: true },
    );
    const { changes, tasks, kept } = found(await look(clients));
    expect(changes).toMatchObject([
      { what: 'rule "Weekly"', why: expect.stringContaining("hidden from the owner's own programs") },
    ]);
    expect(tasks).toEqual([]);
    expect(kept).toHaveLength(3);
  });

  it('asks a person about a rule that shows nothing — it is not harmless', async () => {
    const { clients } = withRules({ Name: 'Rule 12' }, { Name: '\u200b', hidden: true });
    const { changes, tasks } = found(await look(clients));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      {
        what: expect.stringContaining('rule "Rule 12"'),
        instruction: expect.stringContaining('shows nothing that it does'),
      },
      {
        what: expect.stringContaining('a rule without a visible name'),
        link: expect.stringContaining(adele),
      },
    ]);
    expect(tasks[0]?.id).not.toBe(tasks[1]?.id);
  });

  it('is undone by enabling the rule, which is then found again, and says what may be lost', async () => {
    const { clients, mailbox } = withRules(
      { Name: 'Play a sound', From: ['megan@contoso.com'], clientSide: true },
      hiding,
    );
    const change = onlyChange(await look(clients));
    await disableInboxRules.fix(change, context(), clients);
    if (typeof disableInboxRules.undo === 'string') throw new Error('cannot be undone');
    const task = await disableInboxRules.undo(change, context(), clients);
    expect(task).toMatchObject({
      id: 'rules-of-outlook',
      instruction: expect.stringContaining('only Outlook runs'),
    });
    expect(mailbox()?.inboxRules?.map(({ Name }) => Name)).toEqual(['..']);
    expect(changesOf(await look(clients)).map(identity)).toEqual([identity(change)]);
  });

  it('is content when somebody deleted the rule meanwhile', async () => {
    const { clients } = withRules(hiding);
    const change = onlyChange(await look(clients));
    await disableInboxRules.fix(change, context(), withRules(newsletter).clients);
    const missing = writing(clients, () =>
      Promise.reject(new PermanentError('no such rule', { status: 404 })),
    );
    await expect(disableInboxRules.fix(change, context(), missing)).resolves.toBeUndefined();
  });

  it.each([
    ['forbidden', new PermanentError('no role', { status: 403 })],
    ['refused', new PermanentError('cannot be changed', { status: 400 })],
    ['throttled', new RetryableError('busy', { status: 429, retryAfterSeconds: 20, tookEffect: 'no' })],
  ])('lets the run know when it is %s', async (_how, error) => {
    const { clients } = withRules(hiding);
    const change = onlyChange(await look(clients));
    const failing = writing(clients, () => Promise.reject(error));
    await expect(disableInboxRules.fix(change, context(), failing)).rejects.toBe(error);
  });

  it('leaves the hidden rule for delegates to a person, since the service lets nobody disable it', async () => {
    const delegates = { Name: 'Delegate Rule -7', ForwardTo: ['x@evil.example'], MoveToFolder: 'RSS Feeds' };
    const { clients } = withRules({ ...delegates, hidden: true });
    const { changes, tasks } = found(await look(clients));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      {
        essential: true,
        danger: 'leak',
        remains: 'a hidden rule',
        what: 'Remove rule "Delegate Rule -7" from the mailbox of adele@contoso.com',
        instruction: expect.stringContaining('x@evil.example'),
        commands: [
          "Get-MailboxFolderPermission -Identity 'adele@contoso.com:\\Calendar'",
          "Remove-MailboxFolderPermission -Identity 'adele@contoso.com:\\Calendar' -ResetDelegateUserCollection -Confirm:$false",
          "Get-InboxRule -Mailbox 'adele@contoso.com' -IncludeHidden",
        ],
      },
    ]);
  });

  it('disables a visible rule that only has the name of the one for delegates', async () => {
    const { clients, mailbox } = withRules({ ...sendingOut, Name: 'Delegate Rule -7' });
    await disableInboxRules.fix(onlyChange(await look(clients)), context(), clients);
    expect(mailbox()?.inboxRules).toMatchObject([{ Enabled: false }]);
  });

  it('does not apply without a mailbox, known before or only now', async () => {
    expect(disableInboxRules.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
    expect(await look(oneMailbox().clients)).toEqual({ skip: 'has no mailbox in Exchange Online' });
  });

  it('writes nothing while it looks', async () => {
    const { clients, writes, tenant } = withRules(hiding, sendingOut);
    const before = JSON.stringify(tenant.state());
    await look(clients);
    expect(writes()).toEqual([]);
    expect(JSON.stringify(tenant.state())).toBe(before);
  });
});
