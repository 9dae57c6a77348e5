import { describe, expect, it } from 'vitest';
import { callerOf, clock, refusal, row, rows } from './caller.ts';

const file = {
  users: [
    {
      userPrincipalName: 'adele@contoso.com',
      mailbox: {
        sentItems: [
          {
            subject: 'Q3 accruals',
            sentDateTime: 'now-1d',
            internetMessageId: '<a1@contoso.com>',
            toRecipients: [{ emailAddress: { address: 'Megan@contoso.com' } }],
          },
        ],
        messages: [
          { subject: 'Lunch?', receivedDateTime: 'now-2h' },
          { subject: 'Your code', receivedDateTime: 'now-1h', folder: 'recoverableitemsdeletions' },
          { subject: 'Old', receivedDateTime: 'now-3h', folder: 'deleteditems' },
        ],
        mobileDevices: [{ DeviceId: 'A1', FirstSyncTime: 'now-1h' }],
      },
    },
    { userPrincipalName: 'megan@contoso.com', mailbox: { sweepRules: [{ Name: 'Tidy' }] } },
  ],
  messageTraces: [
    {
      senderAddress: 'adele@contoso.com',
      recipientAddress: 'x@northwind.example',
      messageId: '<b2@contoso.com>',
      receivedDateTime: 'now-1h',
      subject: 'Updated bank details',
    },
  ],
};
const traces = '/v1.0/admin/exchange/tracing/messageTraces';
const span = (from: string, to: string) =>
  `${traces}?$filter=senderAddress eq 'adele@contoso.com' and receivedDateTime ge ${from} and receivedDateTime le ${to}`;

describe('message trace', () => {
  it('knows what is in Sent Items and what was deleted from there', async () => {
    const { get } = await callerOf(file);
    expect(rows(await get(span('2026-11-18T00:00:00Z', '2026-11-20T12:00:00Z')))).toMatchObject([
      { recipientAddress: 'x@northwind.example', messageId: '<b2@contoso.com>', status: 'delivered' },
      { recipientAddress: 'megan@contoso.com', messageId: '<a1@contoso.com>' },
    ]);
    expect(rows(await get(traces))).toHaveLength(2);
  });

  it.each([
    ['more than ten days', span('2026-11-01T00:00:00Z', '2026-11-20T00:00:00Z')],
    ['more than 90 days ago', span('2026-08-01T00:00:00Z', '2026-08-05T00:00:00Z')],
    ['the future', span('2026-11-19T00:00:00Z', '2026-11-21T00:00:00Z')],
    ['an open end', `${traces}?$filter=receivedDateTime ge 2026-11-19T00:00:00Z`],
    ['a select', `${traces}?$select=subject`],
  ])('refuses %s', async (_what, path) => {
    const { get } = await callerOf(file);
    expect((await get(path)).status).toBe(400);
  });

  it('is refused with 401 if its service principal is missing', async () => {
    const { get } = await callerOf({ ...file, behaviour: { messageTraceReady: false } });
    expect(refusal(await get(traces))).toEqual([401, 'UnknownError']);
  });
});

describe('messages', () => {
  const subjects = (answered: Parameters<typeof rows>[0]) => rows(answered).map(({ subject }) => subject);

  it('are those of one folder, or of all that the owner sees — what is deleted for good is kept apart', async () => {
    const { get } = await callerOf(file);
    const adele = '/v1.0/users/adele@contoso.com';
    expect(subjects(await get(`${adele}/messages`))).toEqual(['Lunch?', 'Old', 'Q3 accruals']);
    expect(subjects(await get(`${adele}/mailFolders/deleteditems/messages`))).toEqual(['Old']);
    expect(subjects(await get(`${adele}/mailFolders/recoverableitemsdeletions/messages`))).toEqual([
      'Your code',
    ]);
    expect(rows(await get(`${adele}/mailFolders`)).map(({ displayName }) => displayName)).not.toContain(
      'Deletions',
    );
  });
});

describe('analyzed emails', () => {
  const email = {
    networkMessageId: 'n1',
    recipientEmailAddress: 'megan@contoso.com',
    loggedDateTime: 'now-1h',
  };
  const analyzed = '/v1.0/security/collaboration/analyzedEmails';
  const body = {
    displayName: 'Reclaim 8M2P',
    description: 'sent by the intruder',
    severity: 'high',
    action: 'softDelete',
    remediateSendersCopy: false,
    analyzedEmails: [{ networkMessageId: 'n1', recipientEmailAddress: 'megan@contoso.com' }],
  };

  it('are moved and moved back without a trace in the file', async () => {
    const { get, send, tenant } = await callerOf({ ...file, analyzedEmails: [email] });
    const before = JSON.stringify(tenant.state());
    expect(await send('POST', `${analyzed}/remediate`, body)).toMatchObject({ status: 202, body: undefined });
    const path = `${analyzed}?startTime=2026-11-20T00:00:00Z&endTime=2026-11-21T00:00:00Z&$filter=networkMessageId eq 'n1'`;
    expect(rows(await get(path))).toMatchObject([
      { latestDelivery: { location: 'deletedFolder' }, originalDelivery: { location: 'inbox_folder' } },
    ]);
    await send('POST', `${analyzed}/remediate`, { ...body, action: 'moveToInbox' });
    expect(JSON.stringify(tenant.state())).toBe(before);
  });

  it('are moved a while after the request was accepted', async () => {
    const { now, advance } = clock();
    const given = { ...file, analyzedEmails: [email], behaviour: { remediationSeconds: 60 } };
    const { get, send } = await callerOf(given, { now });
    await send('POST', `${analyzed}/remediate`, body);
    expect(rows(await get(analyzed))).toMatchObject([{ latestDelivery: { location: 'inbox_folder' } }]);
    advance(61_000);
    expect(rows(await get(analyzed))).toMatchObject([{ latestDelivery: { location: 'deletedFolder' } }]);
  });

  it('are refused without Plan 2, with a wrong body, and with a parameter that does not exist', async () => {
    const poor = await callerOf({ ...file, servicePlans: ['EXCHANGE_S_ENTERPRISE'] });
    expect(refusal(await poor.get(analyzed))).toEqual([403, 'Forbidden']);
    const { get, send } = await callerOf({ ...file, analyzedEmails: [email] });
    const wrong = await send('POST', `${analyzed}/remediate`, { ...body, remediateSendersCopy: 'false' });
    expect(wrong.status).toBe(400);
    expect((await get(`${analyzed}?since=2026-11-20`)).status).toBe(400);
  });
});

describe('options of a mailbox', () => {
  it('have their defaults, and are everybody’s if no mailbox is named', async () => {
    const { cmdlet } = await callerOf(file);
    const reply = await cmdlet('Get-MailboxAutoReplyConfiguration', { Identity: 'adele@contoso.com' });
    expect(rows(reply)).toMatchObject([{ AutoReplyState: 'Disabled', InternalMessage: '' }]);
    const phones = rows(await cmdlet('Get-MobileDevice', { Mailbox: 'adele@contoso.com' }));
    expect(phones).toMatchObject([
      {
        Identity: 'adele\\ExchangeActiveSyncDevices\\EAS§iPhone§A1',
        FirstSyncTime: '2026-11-20T11:00:00.000Z',
      },
    ]);
    expect(rows(await cmdlet('Get-SweepRule', { Mailbox: 'adele@contoso.com' }))).toEqual([]);
    expect(rows(await cmdlet('Get-SweepRule', {}))).toMatchObject([{ Name: 'Tidy', Enabled: true }]);
    expect((await cmdlet('Get-MailboxMessageConfiguration', {})).status).toBe(400);
    expect(row(await cmdlet('Get-App', { Mailbox: 'adele@contoso.com' }))).toMatchObject({ value: [] });
  });
});
