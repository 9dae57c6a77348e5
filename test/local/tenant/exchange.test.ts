import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callerOf, clock, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const upn = 'adele@contoso.com';
const file = {
  users: [
    {
      id: adele,
      displayName: 'Adele Vance',
      userPrincipalName: upn,
      mailbox: {
        ForwardingSmtpAddress: 'adele.vance@mail.example',
        inboxRules: [
          {
            Name: '..',
            ForwardTo: ['adele.vance@mail.example'],
            MoveToFolder: 'RSS Subscriptions',
            MarkAsRead: true,
          },
          { Name: 'Newsletters', MoveToFolder: 'Newsletters', Enabled: true },
          { Name: 'Junk E-Mail Rule', hidden: true },
          { Name: 'Delegate Rule -1' },
          { Name: 'Delegate Rule -2', hidden: true },
        ],
      },
    },
    { userPrincipalName: 'megan@contoso.com', mailbox: {} },
    { userPrincipalName: 'nestor@contoso.com' },
  ],
  recipients: [
    {
      Name: 'Northwind',
      PrimarySmtpAddress: 'accounts@northwind.example',
      RecipientTypeDetails: 'MailContact',
    },
  ],
  blockedSenders: [{ SenderAddress: upn }, { SenderAddress: 'megan@contoso.com', unblocksLeft: 0 }],
};
const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.literal('Error executing cmdlet'),
    details: z.tuple([z.object({ message: z.string() })]),
    innererror: z.object({ internalexception: z.object({ message: z.string(), type: z.string() }) }),
  }),
});
/** Status and class of the exception. */
const thrown = ({ status, body }: { status: number; body: unknown }) => {
  const [, type, message] = errorSchema.parse(body).error.details[0].message.split('|');
  expect(message).not.toBe('');
  return [status, type?.split('.').at(-1)];
};
const confirmed = { Confirm: false, Force: true };

describe('mailboxes', () => {
  it('returns every mailbox of the tenant for a null or missing Identity — the trap', async () => {
    const { cmdlet } = await callerOf(file);
    for (const parameters of [{}, { Identity: null }]) {
      expect(rows(await cmdlet('Get-Mailbox', parameters))).toHaveLength(2);
    }
  });

  it.each([upn, adele, 'adele', 'ADELE@contoso.com', 'Adele Vance'])(
    'finds a mailbox as %s',
    async (identity) => {
      const { cmdlet } = await callerOf(file);
      const select = '?$select=ExternalDirectoryObjectId,ForwardingSmtpAddress';
      expect(
        rows(await cmdlet('Get-Mailbox', { Identity: identity }, { anchor: upn, query: select })),
      ).toEqual([
        { ExternalDirectoryObjectId: adele, ForwardingSmtpAddress: 'smtp:adele.vance@mail.example' },
      ]);
    },
  );

  it('does not find the mailbox of a user who has none', async () => {
    const { cmdlet } = await callerOf(file);
    expect(thrown(await cmdlet('Get-Mailbox', { Identity: 'nestor@contoso.com' }))).toEqual([
      404,
      'ManagementObjectNotFoundException',
    ]);
  });

  it('clears forwarding and puts it back byte for byte, whichever way the file wrote the address', async () => {
    const { tenant, cmdlet } = await callerOf(file);
    const before = JSON.stringify(tenant.state());
    const none = { ForwardingAddress: null, ForwardingSmtpAddress: null, DeliverToMailboxAndForward: false };
    expect((await cmdlet('Set-Mailbox', { Identity: adele, ...none }, { anchor: upn })).status).toBe(200);
    expect(tenant.state().users[0]?.mailbox).toMatchObject({ ForwardingSmtpAddress: null });
    const again = { ...none, ForwardingSmtpAddress: 'smtp:adele.vance@mail.example' };
    await cmdlet('Set-Mailbox', { Identity: adele, ...again }, { anchor: upn });
    expect(JSON.stringify(tenant.state())).toBe(before);
  });

  it('warns if nothing was modified', async () => {
    const { cmdlet } = await callerOf(file);
    const answered = await cmdlet('Set-Mailbox', { Identity: 'megan@contoso.com', ForwardingAddress: null });
    expect(answered.body).toMatchObject({ '@adminapi.warnings': [expect.stringContaining('no settings')] });
  });

  it('forwards only to a recipient that exists, and shows it by its identity', async () => {
    const { cmdlet } = await callerOf(file);
    const to = (address: string) => cmdlet('Set-Mailbox', { Identity: upn, ForwardingAddress: address });
    expect(thrown(await to('nobody@contoso.com'))).toEqual([404, 'ManagementObjectNotFoundException']);
    expect((await to('accounts@northwind.example')).status).toBe(200);
    const [mailbox] = rows(await cmdlet('Get-Mailbox', { Identity: upn }));
    expect(mailbox?.['ForwardingAddress']).toBe('Northwind');
    expect(rows(await cmdlet('Get-Recipient', { Identity: 'Northwind' }))).toEqual([
      expect.objectContaining({
        RecipientTypeDetails: 'MailContact',
        ExternalEmailAddress: 'SMTP:accounts@northwind.example',
      }),
    ]);
  });

  it('keeps a protocol that inherits at null — restoring false would switch SMTP AUTH on', async () => {
    const { tenant, cmdlet } = await callerOf(file);
    const before = JSON.stringify(tenant.state());
    const set = (SmtpClientAuthenticationDisabled: boolean | null, ImapEnabled: boolean) =>
      cmdlet('Set-CASMailbox', { Identity: upn, ImapEnabled, SmtpClientAuthenticationDisabled });
    await set(true, false);
    expect(rows(await cmdlet('Get-CASMailbox', { Identity: upn }))).toEqual([
      expect.objectContaining({
        ImapEnabled: false,
        PopEnabled: true,
        SmtpClientAuthenticationDisabled: true,
      }),
    ]);
    await set(null, true);
    expect(JSON.stringify(tenant.state())).toBe(before);
  });
});

describe('binding', () => {
  it.each([
    ['an unknown parameter', 'Get-Mailbox', { Identity: upn, Colour: 'red' }, 'ParameterBindingException'],
    ['an empty Identity', 'Get-Mailbox', { Identity: '' }, 'ParameterBindingException'],
    [
      'a missing mandatory parameter',
      'Set-Mailbox',
      { ForwardingAddress: null },
      'ParameterBindingException',
    ],
    [
      'a text where a boolean belongs',
      'Set-Mailbox',
      { Identity: upn, DeliverToMailboxAndForward: 'no' },
      'ParameterBindingException',
    ],
    [
      'a hashtable without its type',
      'Set-Mailbox',
      { Identity: upn, GrantSendOnBehalfTo: { remove: ['x'] } },
      'ParameterBindingException',
    ],
    ['a cmdlet that does not exist', 'Get-Mailboxes', {}, 'CommandNotFoundException'],
    [
      'a parameter that only a server of one’s own has',
      'Get-Mailbox',
      { Identity: upn, DomainController: 'dc01' },
      'ParameterBindingException',
    ],
    ['parameters of two sets', 'Get-Mailbox', { Identity: upn, Anr: 'adele' }, 'ParameterBindingException'],
    [
      'a value that the reference does not list',
      'Add-MailboxPermission',
      { Identity: upn, User: 'megan@contoso.com', AccessRights: ['Everything'] },
      'ParameterBindingException',
    ],
    [
      'SendAs among the rights to a mailbox, listed or not',
      'Remove-MailboxPermission',
      { Identity: upn, User: 'megan@contoso.com', AccessRights: ['FullAccess', 'SendAs'], Confirm: false },
      'ParameterBindingException',
    ],
  ])('refuses %s', async (_, name, parameters, exception) => {
    const { cmdlet } = await callerOf(file);
    expect(thrown(await cmdlet(name, parameters))).toEqual([400, exception]);
  });

  it('knows no parameter that the app’s roles hide from it', async () => {
    const hiddenParameters = { 'Get-InboxRule': ['IncludeHidden'] };
    const { cmdlet } = await callerOf({ ...file, app: { hiddenParameters } });
    const asking = { Mailbox: upn, IncludeHidden: true };
    expect(thrown(await cmdlet('Get-InboxRule', asking, { anchor: upn }))).toEqual([
      400,
      'ParameterBindingException',
    ]);
    expect((await cmdlet('Get-InboxRule', { Mailbox: upn }, { anchor: upn })).status).toBe(200);
  });

  it.each([
    ['Remove-MailboxPermission', { Identity: upn, User: 'gone', AccessRights: ['FullAccess'] }],
    ['Remove-RecipientPermission', { Identity: upn, Trustee: 'S-1-5-21-1-2-3-4', AccessRights: ['SendAs'] }],
    ['Remove-MailboxFolderPermission', { Identity: `${upn}:\\Calendar`, User: 'gone' }],
  ])('%s can’t name somebody who is gone, although the entry is shown', async (name, parameters) => {
    const mailbox = {
      permissions: [{ User: 'gone' }],
      recipientPermissions: [{ Trustee: 'S-1-5-21-1-2-3-4' }],
      folderPermissions: [{ Folder: 'Calendar', User: 'gone', AccessRights: ['Editor'] }],
    };
    const { cmdlet } = await callerOf({ users: [{ id: adele, userPrincipalName: upn, mailbox }] });
    expect(thrown(await cmdlet(name, { ...parameters, Confirm: false }))).toEqual([
      404,
      'ManagementObjectNotFoundException',
    ]);
  });

  it('takes a typed hashtable as changes to a list', async () => {
    const { tenant, cmdlet } = await callerOf(file);
    const change = { '@odata.type': '#Exchange.GenericHashTable', add: ['megan@contoso.com'] };
    await cmdlet('Set-Mailbox', { Identity: upn, GrantSendOnBehalfTo: change });
    expect(tenant.state().users[0]?.mailbox?.GrantSendOnBehalfTo).toEqual(['megan@contoso.com']);
  });
});

describe('inbox rules', () => {
  const all = { Mailbox: upn, IncludeHidden: true };
  const idOf = async (caller: Awaited<ReturnType<typeof callerOf>>, name: string) => {
    const found = rows(await caller.cmdlet('Get-InboxRule', all, { anchor: upn }));
    return String(found.find((rule) => rule['Name'] === name)?.['Identity']);
  };

  it('shows hidden rules only when asked, and addresses as Exchange writes them', async () => {
    const { cmdlet } = await callerOf(file);
    const visible = rows(await cmdlet('Get-InboxRule', { Mailbox: upn }, { anchor: upn }));
    expect(visible.map((rule) => rule['Name'])).toEqual(['..', 'Newsletters', 'Delegate Rule -1']);
    expect(visible[0]).toMatchObject({
      Enabled: true,
      Priority: 1,
      Identity: expect.stringMatching(/^adele\\\d{19}$/),
      ForwardTo: ['"adele.vance@mail.example" [SMTP:adele.vance@mail.example]'],
    });
    expect(rows(await cmdlet('Get-InboxRule', all, { anchor: upn }))).toHaveLength(5);
  });

  it('names the mailbox once: by Mailbox and the number alone, or within the identity', async () => {
    const caller = await callerOf(file);
    const Identity = await idOf(caller, '..');
    const [, number] = Identity.split('\\');
    const disable = (parameters: object) =>
      caller.cmdlet('Disable-InboxRule', { ...parameters, ...confirmed }, { anchor: upn });
    expect((await disable({ Identity, Mailbox: upn })).status).toBe(400);
    expect((await disable({ Identity: number, Mailbox: adele })).status).toBe(200);
    expect((await disable({ Identity })).status).toBe(200);
  });

  it('shows an internal recipient by Exchange’s name for it, which finds it again', async () => {
    const rule = { Name: 'To Megan', ForwardTo: ['megan@contoso.com'] };
    const { cmdlet } = await callerOf({
      ...file,
      users: [{ userPrincipalName: upn, mailbox: { inboxRules: [rule] } }, ...file.users.slice(1)],
    });
    const [shown] = rows(await cmdlet('Get-InboxRule', { Mailbox: upn }, { anchor: upn }));
    const [, legacy] = /\[EX:(.+)\]/.exec(String(shown?.['ForwardTo'])) ?? [];
    expect(rows(await cmdlet('Get-Recipient', { Identity: legacy }))).toMatchObject([
      { PrimarySmtpAddress: 'megan@contoso.com', LegacyExchangeDN: legacy },
    ]);
  });

  it('disables by the identity it gave, and enabling leaves the same bytes', async () => {
    const caller = await callerOf(file);
    const before = JSON.stringify(caller.tenant.state());
    for (const name of ['..', 'Newsletters']) {
      const target = { Identity: await idOf(caller, name), ...confirmed };
      expect((await caller.cmdlet('Disable-InboxRule', target, { anchor: upn })).status).toBe(200);
      expect(JSON.stringify(caller.tenant.state())).not.toBe(before);
      await caller.cmdlet('Enable-InboxRule', target, { anchor: upn });
      expect(JSON.stringify(caller.tenant.state())).toBe(before);
    }
  });

  it('loses the rules that Outlook keeps when any rule is written — with Force, and refuses without', async () => {
    const clientSide = { Name: 'Play a sound', clientSide: true };
    const [user] = file.users;
    const inboxRules = [...(user?.mailbox?.inboxRules ?? []), clientSide];
    const caller = await callerOf({ ...file, users: [{ ...user, mailbox: { inboxRules } }] });
    const target = { Identity: await idOf(caller, '..'), Confirm: false };
    expect((await caller.cmdlet('Disable-InboxRule', target, { anchor: upn })).status).toBe(400);
    const answered = await caller.cmdlet('Disable-InboxRule', { ...target, Force: true }, { anchor: upn });
    expect(answered.body).toMatchObject({ '@adminapi.warnings': [expect.stringContaining('client-side')] });
    expect(caller.tenant.state().users[0]?.mailbox?.inboxRules?.map((rule) => rule.Name)).not.toContain(
      'Play a sound',
    );
  });

  it.each([
    ['without "Confirm": false', '..', { Force: true }, 400],
    ['for delegates', 'Delegate Rule -2', confirmed, 400],
    ['that is not there', 'Gone', confirmed, 404],
  ])('refuses to disable a rule %s', async (_, Identity, more, status) => {
    const { cmdlet } = await callerOf(file);
    const answered = await cmdlet('Disable-InboxRule', { Identity, Mailbox: upn, ...more }, { anchor: upn });
    expect(answered.status).toBe(status);
  });

  it('needs the request to be routed to the mailbox that it is about', async () => {
    const { cmdlet } = await callerOf(file);
    for (const anchor of [undefined, 'megan@contoso.com']) {
      const answered = await cmdlet('Get-InboxRule', { Mailbox: upn }, anchor ? { anchor } : {});
      expect(thrown(answered)).toEqual([400, 'CmdletProxyException']);
    }
    expect((await cmdlet('Get-InboxRule', {}, { anchor: upn })).status).toBe(400);
  });
});

describe('restricted senders', () => {
  it('lifts a restriction once, and does not find it again', async () => {
    const { cmdlet } = await callerOf(file);
    expect(rows(await cmdlet('Get-BlockedSenderAddress', { SenderAddress: upn }))).toHaveLength(1);
    expect(
      (await cmdlet('Remove-BlockedSenderAddress', { SenderAddress: upn, Reason: 'secured' })).status,
    ).toBe(200);
    expect(rows(await cmdlet('Get-BlockedSenderAddress', { SenderAddress: upn }))).toEqual([]);
    expect(thrown(await cmdlet('Remove-BlockedSenderAddress', { SenderAddress: upn }))[0]).toBe(404);
  });

  it('refuses a sender that was lifted too often', async () => {
    const { cmdlet } = await callerOf(file);
    expect((await cmdlet('Remove-BlockedSenderAddress', { SenderAddress: 'megan@contoso.com' })).status).toBe(
      400,
    );
  });
});

describe('rights', () => {
  it('answers an empty 403 with the reason in a header if the token lacks Exchange.ManageAsApp', async () => {
    const { cmdlet } = await callerOf(file, { permissions: ['User.Read.All'] });
    const { status, body, headers } = await cmdlet('Get-Mailbox', { Identity: upn });
    expect([status, body]).toEqual([403, undefined]);
    expect(headers.get('x-ms-diagnostics')).toContain('reason="');
  });

  it('refuses an app without any role that Exchange knows', async () => {
    const { cmdlet } = await callerOf({ ...file, app: { directoryRoles: ['User Administrator'] } });
    const answered = await cmdlet('Get-Mailbox', { Identity: upn });
    expect(thrown(answered)).toEqual([403, 'CmdletAccessDeniedException']);
    expect(JSON.stringify(answered.body)).toContain("isn't supported in this scenario");
  });

  it.each([
    ['Global Reader', 'Get-Mailbox', 200],
    ['Global Reader', 'Get-InboxRule', 400],
    ['Exchange Recipient Administrator', 'Get-InboxRule', 200],
    ['Exchange Recipient Administrator', 'Get-BlockedSenderAddress', 400],
    ['Security Administrator', 'Get-BlockedSenderAddress', 200],
  ])('as %s %s answers %i', async (role, name, status) => {
    const { tenant, cmdlet } = await callerOf({ ...file, app: { directoryRoles: [role] } });
    const parameters = name === 'Get-InboxRule' ? { Mailbox: upn } : {};
    expect((await cmdlet(name, parameters, { anchor: upn })).status).toBe(status);
    expect(tenant.requests[0]).toMatchObject({ cmdlet: name, role: status === 200 ? role : null });
  });
});

describe('pages', () => {
  const pageSchema = z.object({ '@odata.nextLink': z.string(), value: z.array(z.unknown()) });

  it('continues with the same POST, and the link dies after ten minutes', async () => {
    const time = clock();
    const { cmdlet } = await callerOf(file, { now: time.now });
    const headers = { prefer: 'odata.maxpagesize=1' };
    const first = pageSchema.parse((await cmdlet('Get-Mailbox', {}, { headers })).body);
    expect(first.value).toHaveLength(1);
    const query = new URL(first['@odata.nextLink']).search;
    const second = await cmdlet('Get-Mailbox', {}, { headers, query });
    expect(rows(second)).toEqual([expect.objectContaining({ UserPrincipalName: 'megan@contoso.com' })]);
    expect(second.body).not.toHaveProperty('@odata.nextLink');
    time.advance(11 * 60_000);
    expect((await cmdlet('Get-Mailbox', {}, { headers, query })).status).toBe(404);
  });
});

it('accepts mail for the verified domains if the file names no others', async () => {
  const { cmdlet } = await callerOf(file);
  expect(rows(await cmdlet('Get-AcceptedDomain', {}))).toEqual([
    expect.objectContaining({ DomainName: 'contoso.com', DomainType: 'Authoritative' }),
  ]);
});
