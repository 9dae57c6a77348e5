import { describe, expect, it } from 'vitest';
import { callerOf, noon, refusal, row, rows } from './caller.ts';

const file = {
  users: [
    {
      userPrincipalName: 'adele@contoso.com',
      mailbox: {
        inboxRules: [
          {
            Name: '..',
            SubjectContainsWords: ['invoice'],
            ForwardTo: ['"Adele" [SMTP:a@mail.example]'],
            MoveToFolder: 'Archive',
          },
          { Name: 'Old mail', ReceivedBeforeDate: '2026-01-01', DeleteMessage: true },
          { Name: 'secret', hidden: true, DeleteMessage: true },
        ],
        sentItems: [{ subject: 'Q3 accruals', sentDateTime: 'now-1d' }],
      },
    },
    { userPrincipalName: 'oncall@contoso.com', mailbox: {} },
    { userPrincipalName: 'nestor@contoso.com' },
  ],
};
const adele = '/v1.0/users/adele@contoso.com';
const message = {
  subject: '[Reclaim] CONTAINED: adele@contoso.com (8M2P)',
  body: { contentType: 'HTML', content: '<p>Contained.</p>' },
  toRecipients: [{ emailAddress: { address: 'oncall@contoso.com' } }],
};

describe('rules', () => {
  it('hides hidden rules, and shows what it cannot express as read-only and empty', async () => {
    const { get } = await callerOf(file);
    const archive = row(await get(`${adele}/mailFolders/archive?$select=id`))['id'];
    expect(rows(await get(`${adele}/mailFolders/inbox/messageRules`))).toEqual([
      {
        id: expect.any(String),
        displayName: '..',
        sequence: 1,
        isEnabled: true,
        hasError: false,
        isReadOnly: false,
        conditions: { subjectContains: ['invoice'] },
        exceptions: null,
        actions: {
          forwardTo: [{ emailAddress: { name: 'Adele', address: 'a@mail.example' } }],
          moveToFolder: archive,
        },
      },
      expect.objectContaining({ displayName: 'Old mail', isReadOnly: true, conditions: null, actions: null }),
    ]);
  });

  it('disables one through Graph, but not a read-only one', async () => {
    const { get, send, tenant } = await callerOf(file);
    const [first, second] = rows(await get(`${adele}/mailFolders/inbox/messageRules`));
    const path = `${adele}/mailFolders/inbox/messageRules`;
    const done = await send('PATCH', `${path}/${String(first?.['id'])}`, { isEnabled: false });
    expect(done).toMatchObject({ status: 200, body: { isEnabled: false } });
    expect(tenant.state().users[0]?.mailbox?.inboxRules?.[0]?.Enabled).toBe(false);
    const refused = await send('PATCH', `${path}/${String(second?.['id'])}`, { isEnabled: false });
    expect(refusal(refused)).toEqual([403, 'ErrorAccessDenied']);
  });

  it('says that a user without a mailbox has none', async () => {
    const { get } = await callerOf(file);
    const answered = await get('/v1.0/users/nestor@contoso.com/mailFolders/inbox/messageRules');
    expect(refusal(answered)).toEqual([404, 'MailboxNotEnabledForRESTAPI']);
  });
});

describe('sendMail', () => {
  const send = '/v1.0/users/oncall@contoso.com/sendMail';
  const sent = '/v1.0/users/oncall@contoso.com/mailFolders/sentitems/messages';

  it('accepts with 202, puts the mail into the outbox and into Sent Items, where it is found by its subject', async () => {
    const caller = await callerOf(file);
    expect(await caller.send('POST', send, { message })).toMatchObject({ status: 202, body: undefined });
    expect(caller.tenant.state().outbox).toEqual([
      { from: 'oncall@contoso.com', sentDateTime: noon.toISOString(), saveToSentItems: true, message },
    ]);
    const filter = `subject eq '${message.subject}' and sentDateTime ge 2026-11-20T11:59:00Z`;
    const found = await caller.get(`${sent}?$select=id,subject&$filter=${encodeURIComponent(filter)}&$top=1`);
    expect(rows(found)).toEqual([{ id: expect.any(String), subject: message.subject }]);
  });

  it('leaves nothing in Sent Items when asked not to', async () => {
    const caller = await callerOf(file);
    await caller.send('POST', send, { message, saveToSentItems: false });
    expect(rows(await caller.get(sent))).toEqual([]);
    expect(caller.tenant.state().outbox).toHaveLength(1);
  });

  it('takes a MIME message too, and always keeps it among the sent items', async () => {
    const caller = await callerOf(file);
    const mime = `Subject: ${message.subject}\r\nTo: <oncall@contoso.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from('<p>Contained.</p>').toString('base64')}`;
    expect((await caller.send('POST', send, Buffer.from(mime).toString('base64'))).status).toBe(202);
    expect(caller.tenant.state().outbox).toMatchObject([
      {
        saveToSentItems: true,
        message: { subject: message.subject, body: { content: '<p>Contained.</p>' } },
      },
    ]);
    expect(rows(await caller.get(sent))).toHaveLength(1);
  });

  it.each([
    ['that is not base64', 'MIME-Version: 1.0'],
    ['without headers', Buffer.from('hello').toString('base64')],
    ['of another kind than MIME', Buffer.from('To: <oncall@contoso.com>\r\n\r\nx').toString('base64')],
  ])('refuses a text %s, as Exchange does', async (_, text) => {
    const caller = await callerOf(file);
    expect(refusal(await caller.send('POST', send, text))).toEqual([
      400,
      'ErrorMimeContentInvalidBase64String',
    ]);
    expect(caller.tenant.state().outbox).toBeUndefined();
  });

  it.each([
    ['an unknown property', { ...message, colour: 'red' }],
    ['no recipient', { subject: 'x', body: message.body }],
    ['an address that isn’t one', { ...message, toRecipients: [{ emailAddress: { address: 'oncall' } }] }],
    [
      'a header that is not the sender’s to set',
      { ...message, internetMessageHeaders: [{ name: 'Date', value: 'x' }] },
    ],
  ])('refuses %s, and sends nothing', async (_, wrong) => {
    const caller = await callerOf(file);
    expect((await caller.send('POST', send, { message: wrong })).status).toBe(400);
    expect(caller.tenant.state().outbox).toBeUndefined();
  });

  it('lets an app send from only one mailbox if it has the role for that instead of the permission', async () => {
    const scoped = { ...file, app: { permissions: ['User.Read.All'], mailSenders: ['oncall@contoso.com'] } };
    const caller = await callerOf(scoped);
    expect((await caller.send('POST', send, { message })).status).toBe(202);
    expect(caller.tenant.requests[0]).toMatchObject({ permission: null, role: 'Application Mail.Send' });
    expect(refusal(await caller.send('POST', `${adele}/sendMail`, { message }))).toEqual([
      403,
      'ErrorAccessDenied',
    ]);
  });
});
