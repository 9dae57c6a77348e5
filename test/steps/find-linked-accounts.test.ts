import { describe, expect, it } from 'vitest';
import { findLinkedAccounts } from '../../functions/steps/find-linked-accounts/find-linked-accounts.ts';
import type { Collected, Later, Skip } from '../../shared/model/step.ts';
import { intruder } from '../fakes/audit.ts';
import { account, context, guest } from '../fakes/context.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const from = (address: string) => ({ emailAddress: { address } });
const mail = (sender: string, subject: string, more: object = {}) => ({
  subject,
  from: from(sender),
  receivedDateTime: '2026-11-20T09:01:00Z',
  internetMessageId: `<${subject}@${sender}>`,
  ...more,
});
const messages = [
  mail('no-reply@mail.dropbox.example', 'Reset your password', { folder: 'deleteditems' }),
  mail('no-reply@dropbox.example', 'Your verification code is 1234'),
  mail('service@bank.co.uk', '=Neues Passwort', { folder: 'recoverableitemsdeletions' }),
  mail('news@adatum.example', 'Autumn sale'),
  mail('it@contoso.com', 'Your password was changed'),
  mail('hr@fabrikam.example', 'Your password will expire in 5 days'),
  mail('old@shop.example', 'Reset your password', { receivedDateTime: '2026-11-10T09:01:00Z' }),
];
const traced = {
  senderAddress: 'security@paypal.example',
  recipientAddress: 'adele@contoso.com',
  messageId: '<pp@paypal.example>',
  receivedDateTime: '2026-11-20T09:03:00Z',
  subject: 'Your security code',
};
const tenant = (mailbox?: object, more: object = {}) => ({
  domains: [{ id: 'contoso.com', isDefault: true }],
  users: [
    {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      displayName: 'Adele Vance',
      ...(mailbox ? { mailbox } : {}),
    },
    {
      userPrincipalName: 'payroll@contoso.com',
      otherMails: ['Adele@contoso.com'],
      lastPasswordChangeDateTime: '2026-11-20T09:05:00Z',
    },
    {
      userPrincipalName: 'admin.adele@contoso.com',
      otherMails: ['x@mail.example', 'a.vance@contoso.com'],
      lastPasswordChangeDateTime: '2026-01-01T00:00:00Z',
    },
    { userPrincipalName: 'megan@contoso.com', otherMails: ['megan@mail.example'], mailbox: {} },
  ],
  ...more,
});
const proxies = { EmailAddresses: ['SMTP:adele@contoso.com', 'smtp:a.vance@contoso.com'] };
function collected(result: Collected | Later | Skip) {
  if (!('findings' in result)) throw new Error('nothing was collected');
  const { findings, tasks = [], attachments = [] } = result;
  return { findings, tasks, attachments, said: findings.map(({ what }) => what) };
}
const look = async (file: object, given = context({ intruder })) => {
  const at = simulated(findLinkedAccounts, file);
  return { ...at, ...collected(await findLinkedAccounts.collect(given, at.clients, null)) };
};

describe('find-linked-accounts', () => {
  it('keeps no code that may still work — rows, mail and tables are read by others', async () => {
    const coded = ['1234', '418 220', '41-82-20', '４１８２２０'].map((code, index) =>
      mail(`no-reply@service${index}.example`, `Your verification code is ${code}`),
    );
    const { findings, tasks, attachments } = collected(await look(tenant({ messages: coded })));
    const kept = JSON.stringify([findings, tasks, attachments]);
    expect(kept).toContain('Your verification code is •••');
    expect(kept).not.toMatch(/1234|418 ?220|41-82-20|４１８/);
  });

  it('finds accounts by each address of this one, and says whose password is new', async () => {
    const file = tenant(proxies);
    const [owner, ...others] = file.users;
    const withAlias = {
      ...owner,
      proxyAddresses: proxies.EmailAddresses,
      otherMails: ['a.vance@contoso.com'],
    };
    const { findings, tasks } = await look({ ...file, users: [withAlias, ...others] });
    expect(findings.slice(0, 2)).toEqual([
      {
        what: 'payroll@contoso.com has this account as its alternate address',
        why: 'its password changed at 2026-11-20 09:05 UTC, since the intruder came',
      },
      {
        what: 'admin.adele@contoso.com has this account as its alternate address',
        why: 'its password can be reset through this mailbox',
      },
    ]);
    expect(tasks.filter(({ id }) => id.startsWith('linked:'))).toHaveLength(2);
    expect(tasks[0]?.instruction).toContain('Its password has changed since the intruder came');
  });

  it('names services outside by the mail that they sent, deleted mail first', async () => {
    const {
      said,
      tasks,
      attachments,
      tenant: at,
    } = await look(tenant({ messages }, { messageTraces: [traced] }));
    expect(said.slice(1)).toEqual([
      'dropbox.example: 2 mails about access to an account, 1 deleted since',
      'paypal.example: 1 mail about access to an account, 1 deleted since',
      'bank.co.uk: 1 mail about access to an account, 1 deleted since',
    ]);
    expect(tasks.map(({ id }) => id)).toEqual([
      expect.stringContaining('linked:'),
      'outside:dropbox.example',
      'outside:paypal.example',
      'outside:bank.co.uk',
      'outside-accounts',
    ]);
    const lines = attachments[0]?.content.trimEnd().split('\r\n') ?? [];
    expect(lines[1]).toBe(
      '2026-11-20T09:03:00Z,paypal.example,security@paypal.example,gone from the mailbox,Your security code',
    );
    expect(lines.find((line) => line.includes('bank.co.uk'))).toContain("deleted,'=Neues Passwort");
    expect(at.requests.every(({ method, status }) => method === 'GET' && status === 200)).toBe(true);
  });

  it('asks the owner for the services that never wrote — no interface knows them', async () => {
    const { tasks, said } = await look(tenant({}, { users: [tenant({}).users[0]] }));
    expect(tasks.map(({ id }) => id)).toEqual(['outside-accounts']);
    expect(said).toEqual(['no account of the tenant names this one as its alternate address']);
  });

  it('does not call mail deleted that was never delivered, and says what can’t be seen without the trace', async () => {
    const stopped = { ...traced, status: 'quarantined' };
    expect((await look(tenant({}, { messageTraces: [stopped] }))).attachments).toEqual([]);
    const { said } = await look(tenant({ messages }, { behaviour: { messageTraceReady: false } }));
    expect(said.at(-1)).toContain('message trace could not be asked');
    expect(said.some((line) => line.startsWith('bank.co.uk'))).toBe(true);
  });

  it('still looks for the tenant’s accounts without a mailbox, whether that was known before or only now', async () => {
    const known = await look(tenant(), context({ intruder, account: { hasMailbox: false } }));
    expect(known.said).toHaveLength(1);
    const found = await look(tenant());
    expect(found.said.at(-1)).toBe('no mailbox in Exchange Online');
    expect(findLinkedAccounts.appliesTo(account(guest))).toBe(true);
  });

  it.each([
    ['throttled', { on: 'GET /v1.0/admin/*', status: 429, retryAfter: 20 }, 'RetryableError'],
    [
      'forbidden',
      { on: 'GET /v1.0/users/*/messages', status: 403, code: 'ErrorAccessDenied' },
      'PermanentError',
    ],
  ])('lets the run know when it is %s', async (_how, fault, name) => {
    const { clients } = simulated(findLinkedAccounts, tenant({}, { behaviour: { faults: [fault] } }));
    await expect(findLinkedAccounts.collect(context({ intruder }), clients, null)).rejects.toMatchObject({
      name,
    });
  });

  it('uses every permission that it declares and no other', async () => {
    const { used } = await look(tenant({ messages }));
    expect([...used()].toSorted()).toEqual([...(findLinkedAccounts.permissions.graph ?? [])].toSorted());
  });
});
