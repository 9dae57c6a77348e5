import { describe, expect, it } from 'vitest';
import { checkMailbox } from '../../functions/steps/check-mailbox/check-mailbox.ts';
import { phone } from '../../functions/steps/check-mailbox/mailbox-access.ts';
import { PermanentError } from '../../shared/errors.ts';
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { phoneSchema } from '../../shared/microsoft365/mailbox-settings.ts';
import { eachPart } from '../../shared/microsoft365/symptoms.ts';
import type { Collected, Later, Skip } from '../../shared/model/step.ts';
import { directoryAudit, intruder, record } from '../fakes/audit.ts';
import { account, context } from '../fakes/context.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const tenant = (mailbox?: object, more: object = {}) => ({
  domains: [{ id: 'contoso.com', isDefault: true }],
  users: [
    {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      displayName: 'Adele Vance',
      ...(mailbox ? { mailbox } : {}),
    },
    { userPrincipalName: 'megan@contoso.com', mailbox: { sweepRules: [{ Name: 'Of Megan' }] } },
  ],
  ...more,
});
const afterAudit = (...records: object[]) => {
  const acts = actsOf(
    records.map((one) => unifiedRecordSchema.parse(one)),
    intruder,
  );
  return context({ intruder, run: { facts: { acts: acts } } });
};
const cmdlet = (by: 'intruder' | 'owner', name: string, parameters: Record<string, string> = {}) =>
  record(by, name, {
    auditData: { Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })) },
  });
function collected(result: Collected | Later | Skip) {
  if (!('findings' in result)) throw new Error('nothing was collected');
  const { findings, tasks = [], attachments = [] } = result;
  const own = tasks.filter(({ id }) => id !== 'forms');
  return { findings, tasks: own, attachments, said: findings.map(({ what }) => what) };
}
const look = async (file: object, given = context({ intruder })) => {
  const at = simulated(checkMailbox, file);
  return { ...at, ...collected(await checkMailbox.collect(given, at.clients, null)) };
};

const everything = {
  autoReply: { AutoReplyState: 'Enabled', ExternalMessage: '<p>Pay to <b>our new bank</b></p>' },
  messageConfiguration: { AutoAddSignature: true, SignatureHtml: '<p>IBAN GB33 BUKB</p>' },
  junkEmail: { BlockedSendersAndDomains: ['megan@contoso.com', 'spam.example', '@microsoft.com'] },
  sweepRules: [
    { Name: 'Tidy', RuleId: 'x1', Sender: 'megan@contoso.com' },
    { Name: 'Shop', RuleId: 'x2', Sender: 'news@adatum.example' },
    { Name: 'Off', RuleId: 'x3', Enabled: false },
  ],
  apps: [
    { DisplayName: 'eM Archive', AppId: 'a1', ProviderName: 'Nobody' },
    { DisplayName: 'Polls', AppId: 'a2', Scope: 'Organization' },
  ],
  mobileDevices: [
    { DeviceId: 'OLD', FriendlyName: 'Adele’s phone', FirstSyncTime: '2026-01-05T08:00:00Z' },
    { DeviceId: 'NEW', DeviceModel: 'Nexus', FirstSyncTime: '2026-11-20T09:00:00Z' },
    { DeviceId: 'GONE', FirstSyncTime: '2026-11-20T09:00:00Z', DeviceAccessState: 'Blocked' },
  ],
  messages: [
    {
      subject: 'Is this really you?',
      folder: 'recoverableitemsdeletions',
      receivedDateTime: '2026-11-20T09:01:00Z',
    },
    { subject: '=cmd()', folder: 'deleteditems', receivedDateTime: '2026-11-20T09:02:00Z' },
    { subject: 'Old', folder: 'deleteditems', receivedDateTime: '2026-11-01T09:02:00Z' },
  ],
};

describe('check-mailbox', () => {
  it('finds every symptom, and asks the owner about what nothing ties to the intruder', async () => {
    const { tasks, said, attachments, tenant: at } = await look(tenant(everything));
    expect(tasks.map(({ id }) => id)).toEqual([
      'automatic-replies',
      'signature',
      'junk',
      'sweep:x1',
      'add-in:a1',
      'phone:NEW',
      'deleted-mail',
    ]);
    expect(tasks[0]).toMatchObject({
      what: 'Ask Adele Vance, by phone, whether the automatic reply is theirs',
      instruction: expect.stringContaining('It says "Pay to our new bank": it may speak for the intruder'),
      commands: [expect.stringMatching(/^Set-MailboxAutoReplyConfiguration /)],
    });
    expect(said).toContain('sweep rule "Shop" moves mail of news@adatum.example to "Deleted Items"');
    expect(said.at(-1)).toBe('nothing to see: display name and password');
    const [table] = attachments;
    expect(table?.content.trimEnd().split('\r\n')).toEqual([
      'deleted or changed,where,from,received,subject',
      "2026-11-20T09:02:00Z,Deleted Items,,2026-11-20T09:02:00Z,'=cmd()",
      '2026-11-20T09:01:00Z,recoverable items,,2026-11-20T09:01:00Z,Is this really you?',
    ]);
    expect(
      at.requests.every(({ cmdlet: name, method }) => name?.startsWith('Get-') ?? method === 'GET'),
    ).toBe(true);
    expect(at.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('names what ties a setting to the intruder, and then asks no question', async () => {
    const { tasks } = await look(
      tenant(everything),
      afterAudit(
        cmdlet('intruder', 'Set-MailboxAutoReplyConfiguration'),
        cmdlet('intruder', 'New-SweepRule', { Name: 'Tidy' }),
        cmdlet('intruder', 'New-App', { MarketplaceAssetID: 'WA1' }),
        record('intruder', 'Set-MailboxJunkEmailConfiguration', { auditData: { ResultStatus: 'False' } }),
        cmdlet('owner', 'Set-MailboxMessageConfiguration'),
        record('intruder', 'HardDelete'),
      ),
    );
    const tied = tasks
      .filter(({ instruction }) => instruction.includes("in the intruder's session"))
      .map(({ id }) => id);
    expect(tied).toEqual(['deleted-mail']);
  });

  it('leaves to reset-mailbox-settings what that step reverts, and asks a person if the step is off', async () => {
    const given = afterAudit(cmdlet('intruder', 'Set-MailboxAutoReplyConfiguration'));
    const { tasks, findings } = await look(tenant(everything), given);
    expect(tasks.map(({ id }) => id)).not.toContain('automatic-replies');
    expect(findings.map(({ why }) => why)).toContainEqual(
      expect.stringContaining("in the intruder's session"),
    );
    const off = await look(tenant(everything), {
      ...given,
      run: { ...given.run, ended: { 'reset-mailbox-settings': 'off' } },
    });
    expect(off.tasks[0]).toMatchObject({
      what: 'Switch the automatic reply off',
      commands: ["Set-MailboxAutoReplyConfiguration -Identity 'adele@contoso.com' -AutoReplyState Disabled"],
    });
  });

  it('is quiet about an ordinary mailbox, except for forms, which no interface lists', async () => {
    const at = simulated(
      checkMailbox,
      tenant({
        messageConfiguration: { SignatureText: 'Adele Vance, Contoso, https://www.contoso.com/legal' },
        junkEmail: { BlockedSendersAndDomains: ['spam.example'] },
        mobileDevices: [{ DeviceId: 'OLD', FirstSyncTime: '2026-01-05T08:00:00Z' }],
        apps: [{ DisplayName: 'Polls', Scope: 'Default' }],
      }),
    );
    const result = await checkMailbox.collect(context({ intruder }), at.clients, null);
    expect('tasks' in result ? result.tasks : []).toMatchObject([
      { id: 'forms', link: expect.stringContaining('detect-and-remediate-outlook-rules-forms-attack') },
    ]);
    expect(collected(result).said.at(-1)).toBe(
      'nothing to see: automatic replies, sweep rules, add-ins, deleted mail, display name and password',
    );
  });

  it('treats a signature’s link out of the company as a sign, but not a link to the company', async () => {
    const signed = (SignatureHtml: string) => look(tenant({ messageConfiguration: { SignatureHtml } }));
    expect((await signed('<a href="https://contoso.com.evil.example/x">Sign</a>')).tasks).toMatchObject([
      { id: 'signature', instruction: expect.stringContaining('it links to contoso.com.evil.example') },
    ]);
    expect((await signed('<a href="https://blog.contoso.com">Blog</a>')).tasks).toEqual([]);
  });

  it('tells of another display name and of repeated passwords, but not of this run’s own reset', async () => {
    const renamed = directoryAudit('intruder', 'Update user', {
      targetResources: [
        {
          id: adele,
          type: 'User',
          modifiedProperties: [
            { displayName: 'DisplayName', oldValue: '["Adele Vance"]', newValue: '["Payroll Office"]' },
          ],
        },
      ],
    });
    const password = (by: 'intruder' | 'owner', activityDateTime: string) =>
      directoryAudit(by, 'Change user password', { activityDateTime });
    const ours = directoryAudit('owner', 'Reset user password', {
      activityDateTime: '2026-11-20T09:15:01Z',
      initiatedBy: { app: { displayName: 'Reclaim' } },
    });
    const { tasks, findings } = await look(
      tenant(
        {},
        {
          directoryAudits: [
            renamed,
            password('owner', '2026-11-20T09:01:00Z'),
            password('intruder', '2026-11-20T09:02:00Z'),
            ours,
          ],
        },
      ),
    );
    expect(tasks).toMatchObject([
      {
        id: 'display-name',
        what: 'Give the account its name again: "Adele Vance"',
        instruction: expect.stringMatching(
          /^The display name became "Payroll Office", before it was "Adele Vance", made from the intruder's address/,
        ),
      },
    ]);
    expect(findings.find(({ what }) => what.startsWith('the password'))).toMatchObject({
      what: 'the password was changed 2 times: 2026-11-20 09:02 UTC by adele@contoso.com; 2026-11-20 09:01 UTC by adele@contoso.com',
      why: expect.stringContaining("from the intruder's address"),
    });
    const once = await look(
      tenant({}, { directoryAudits: [password('owner', '2026-11-20T09:01:00Z'), ours] }),
    );
    expect(once.said).toHaveLength(1);
  });

  it('treats a colleague on the list of blocked senders as a sign, but not a stranger', async () => {
    const blocked = (...BlockedSendersAndDomains: string[]) =>
      look(tenant({ junkEmail: { BlockedSendersAndDomains } }));
    expect((await blocked('megan@contoso.com')).tasks).toMatchObject([{ id: 'junk' }]);
    expect((await blocked('spam@shop.example')).tasks).toEqual([]);
  });

  it('fails if nothing at all could be looked at — an empty report would read like a clean mailbox', async () => {
    const refused = new PermanentError('no role', { status: 403 });
    const part = () => Promise.reject(refused);
    await expect(eachPart({ phones: part, 'add-ins': part })).rejects.toBe(refused);
    const { findings } = await eachPart({ phones: part, 'add-ins': async () => [] });
    expect(findings.map(({ what }) => what)).toEqual([
      'phones could not be looked at',
      'nothing to see: add-ins',
    ]);
  });

  it('asks about a phone whose age nobody knows', () => {
    const device = phoneSchema.parse({ DeviceId: 'X', FirstSyncTime: null });
    const since = Date.parse('2026-11-20T08:00:00Z');
    const { tasks } = phone(device, { account: account(), acts: [], since, domains: [] });
    expect(tasks).toMatchObject([
      { id: 'phone:X', instruction: expect.stringContaining('First synchronized nobody knows when.') },
    ]);
  });

  it('goes on if a part is refused, and names it', async () => {
    const faults = [{ on: 'Get-SweepRule', status: 400, code: 'BadRequest' }];
    const { said, tasks } = await look(tenant(everything, { behaviour: { faults } }));
    expect(said).toContain('sweep rules could not be looked at');
    expect(tasks.map(({ id }) => id)).toContain('phone:NEW');
  });

  it.each([
    ['throttled', { on: 'Get-App', status: 429, retryAfter: 20 }, 'RetryableError'],
    ['forbidden', { on: '*', status: 403 }, 'PermanentError'],
  ])('lets the run know when it is %s', async (_how, fault, name) => {
    const { clients } = simulated(checkMailbox, tenant({}, { behaviour: { faults: [fault] } }));
    await expect(checkMailbox.collect(context({ intruder }), clients, null)).rejects.toMatchObject({ name });
  });

  it('does not apply without a mailbox, known before or only now', async () => {
    expect(checkMailbox.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
    const { clients } = simulated(checkMailbox, tenant());
    expect(await checkMailbox.collect(context(), clients, null)).toEqual({
      skip: 'has no mailbox in Exchange Online',
    });
  });

  it('makes only requests it declares, and only about this mailbox', async () => {
    const { tenant: at, said } = await look(tenant(everything));
    const cmdlets = at.requests.flatMap(({ cmdlet: name }) => name ?? []);
    expect([...new Set(cmdlets)].toSorted()).toEqual(
      [...(checkMailbox.permissions.exchange ?? [])].toSorted(),
    );
    expect(said.join()).not.toContain('Of Megan');
  });
});
