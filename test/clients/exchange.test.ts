import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createExchange, theMailbox } from '../../shared/clients/exchange.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { fakeService, lost, type Scripted, thrownBy } from '../fakes/service.ts';

const tenantId = '5a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const base = 'http://127.0.0.1:7071/exchange';
const endpoint = `${base}/adminapi/beta/${tenantId}/InvokeCommand`;
const adele = { id: '4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f', userPrincipalName: 'adele.vance@contoso.com' };
const named = z.object({ Name: z.string() });

function exchangeWith(...script: Parameters<typeof fakeService>) {
  const service = fakeService(...script);
  return { ...service, exchange: createExchange({ ...service.options, baseUrl: base, tenantId }) };
}

const notFound = 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException';
const sentence = "The operation couldn't be performed because object 'adele' couldn't be found on 'DB7PR04'.";

describe('a cmdlet', () => {
  it('is posted to the tenant, with its own token and the mailbox it is about', async () => {
    const { exchange, asked, tokens } = exchangeWith([{ body: { value: [{ Name: 'Hide' }] } }]);
    const options = { anchor: adele.userPrincipalName, select: ['Name', 'Enabled'] };
    const rules = await exchange.get(
      'Get-InboxRule',
      { Mailbox: adele.id, IncludeHidden: true },
      named,
      options,
    );
    expect(rules).toEqual([{ Name: 'Hide' }]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: `${endpoint}?$select=Name,Enabled`,
      body: {
        CmdletInput: {
          CmdletName: 'Get-InboxRule',
          Parameters: { Mailbox: adele.id, IncludeHidden: true },
        },
      },
    });
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toMatchObject({
      authorization: 'Bearer token-1',
      'content-type': 'application/json; charset=utf-8',
      prefer: 'odata.maxpagesize=1000',
      'x-anchormailbox': adele.userPrincipalName,
    });
    expect(tokens).toEqual(['https://outlook.office365.com/.default']);
  });

  it('is one of three at once and no more — the service slows down whoever asks too much', async () => {
    let together = 0;
    let most = 0;
    const service = fakeService([{ body: { value: [] } }]);
    const fetch: typeof service.options.fetch = async (url, init) => {
      together += 1;
      most = Math.max(most, together);
      await new Promise((resolve) => setImmediate(resolve));
      together -= 1;
      return service.options.fetch(url, init);
    };
    const exchange = createExchange({ ...service.options, fetch, baseUrl: base, tenantId });
    await Promise.all(
      Array.from({ length: 12 }, () => exchange.get('Get-InboxRule', { Mailbox: adele.id }, named)),
    );
    expect(most).toBe(3);
  });

  it('about the tenant goes to its system mailbox — a wrong anchor is answered "Cmdlet needs proxy"', async () => {
    const { exchange, asked } = exchangeWith([{ body: { value: [] } }]);
    await exchange.get('Get-AcceptedDomain', {}, named);
    expect(asked[0]?.headers.get('x-anchormailbox')).toBe(
      `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenantId}`,
    );
  });

  it('that clears sends null as null, answers no prompt, and types its hashtables', async () => {
    const { exchange, asked } = exchangeWith([{ status: 200 }]);
    await exchange.run('Set-Mailbox', {
      Identity: adele.id,
      ForwardingAddress: null,
      DeliverToMailboxAndForward: false,
      GrantSendOnBehalfTo: { remove: ['alex@contoso.com'] },
      EmailAddresses: ['a@contoso.com', 'b@contoso.com'],
    });
    expect(asked[0]?.body).toEqual({
      CmdletInput: {
        CmdletName: 'Set-Mailbox',
        Parameters: {
          Confirm: false,
          Identity: adele.id,
          ForwardingAddress: null,
          DeliverToMailboxAndForward: false,
          GrantSendOnBehalfTo: {
            '@odata.type': '#Exchange.GenericHashTable',
            remove: ['alex@contoso.com'],
          },
          EmailAddresses: ['a@contoso.com', 'b@contoso.com'],
        },
      },
    });
  });

  it('without -Confirm is not given one — Exchange refuses a parameter it does not know', async () => {
    const { exchange, asked } = exchangeWith([{ status: 200 }]);
    await exchange.run('Remove-BlockedSenderAddress', { SenderAddress: adele.userPrincipalName });
    expect(asked[0]?.body).toEqual({
      CmdletInput: {
        CmdletName: 'Remove-BlockedSenderAddress',
        Parameters: { SenderAddress: adele.userPrincipalName },
      },
    });
  });

  it('that warns is told in the log', async () => {
    const warnings = ['No properties of the object have been modified.'];
    const { exchange, lines } = exchangeWith([{ body: { value: [], '@adminapi.warnings': warnings } }]);
    await exchange.run('Set-Mailbox', { Identity: adele.id });
    expect(lines).toEqual([`Exchange Online warns on Set-Mailbox for ${adele.id}: ${warnings[0]}`]);
  });
});

describe('the guard', () => {
  it.each([
    ['Get-Mailbox', {}],
    ['Get-Mailbox', { Identity: '' }],
    ['Get-Mailbox', { Identity: ' ' }],
    ['Get-Mailbox', { Identity: null }],
    ['Get-Mailbox', { Identity: '*' }],
    ['Get-InboxRule', { Mailbox: null, Identity: 'Hide' }],
    ['Get-InboxRule', { IncludeHidden: true }],
    ['Get-BlockedSenderAddress', {}],
    ['Get-BlockedSenderAddress', { SenderAddress: '' }],
    ['Get-RecipientPermission', {}],
    ['Get-RecipientPermission', { Trustee: '' }],
    ['Get-AcceptedDomain', { Identity: null }],
  ] as const)('sends no %s with %j — it would return all of the tenant', async (cmdlet, parameters) => {
    const { exchange, asked } = exchangeWith([{ body: { value: [] } }]);
    expect(await thrownBy(exchange.get(cmdlet, parameters, named))).toBeInstanceOf(PermanentError);
    expect(asked).toEqual([]);
  });

  it('takes whose permissions are meant for a list of them, and not for a change', async () => {
    const { exchange, asked } = exchangeWith([{ body: { value: [] } }, { status: 200 }]);
    expect(await exchange.get('Get-RecipientPermission', { Trustee: 'alex@contoso.com' }, named)).toEqual([]);
    const change = exchange.run('Remove-RecipientPermission', { Trustee: 'alex@contoso.com' });
    expect(await thrownBy(change)).toBeInstanceOf(PermanentError);
    expect(asked).toHaveLength(1);
  });

  it.each(['Set-Mailbox', 'Disable-InboxRule', 'New-InboxRule', 'Remove-MailboxPermission'] as const)(
    'sends no %s that is not told whose',
    async (cmdlet) => {
      const { exchange, asked } = exchangeWith([{ status: 200 }]);
      expect(await thrownBy(exchange.run(cmdlet, { ForwardingAddress: null }))).toBeInstanceOf(
        PermanentError,
      );
      expect(await thrownBy(exchange.run(cmdlet, { Identity: '' }))).toBeInstanceOf(PermanentError);
      expect(asked).toEqual([]);
    },
  );

  it('lets nothing but Get- read, whatever it is called', async () => {
    const { exchange, asked } = exchangeWith([{ body: { value: [] } }]);
    const odd = exchange.get('Get-Mailbox; Remove-Mailbox', { Identity: adele.id }, named);
    expect(await thrownBy(odd)).toBeInstanceOf(PermanentError);
    expect(asked).toEqual([]);
  });
});

describe('a list of Exchange', () => {
  const page = (name: string, next?: string): Scripted => ({
    body: { value: [{ Name: name }], ...(next === undefined ? {} : { '@odata.nextLink': next }) },
  });

  it('is paged by posting the same again to the link', async () => {
    const { exchange, asked } = exchangeWith([page('a', `${endpoint}?$skiptoken=2`), page('b')]);
    const found = await exchange.get('Get-RoleGroup', {}, named);
    expect(found).toEqual([{ Name: 'a' }, { Name: 'b' }]);
    expect(asked[1]).toMatchObject({ method: 'POST', url: `${endpoint}?$skiptoken=2`, body: asked[0]?.body });
    expect(asked[1]?.headers.get('x-anchormailbox')).toBe(asked[0]?.headers.get('x-anchormailbox'));
  });

  it.each(['https://evil.example/adminapi', 'http://127.0.0.1:1/exchange', 'nonsense'])(
    'does not follow %s — the token would go with it',
    async (link) => {
      const { exchange, asked } = exchangeWith([page('a', link)]);
      expect(await thrownBy(exchange.get('Get-RoleGroup', {}, named))).toBeInstanceOf(PermanentError);
      expect(asked).toHaveLength(1);
    },
  );

  it.each([{ status: 404 }, { status: 200 }])(
    'whose second page is %j is read again later — a part of the rules is not the rules',
    async (second) => {
      const { exchange } = exchangeWith([page('a', `${endpoint}?$skiptoken=2`), second]);
      const error = await thrownBy(exchange.get('Get-RoleGroup', {}, named));
      expect(error).toBeInstanceOf(RetryableError);
      expect(error).toMatchObject({ status: undefined });
    },
  );

  it('that is answered with nothing at all is not an empty list', async () => {
    const { exchange } = exchangeWith([{ status: 200 }]);
    const error = await thrownBy(exchange.get('Get-InboxRule', { Mailbox: adele.id }, named));
    expect(error).toBeInstanceOf(RetryableError);
  });
});

describe('a refusal of Exchange', () => {
  const details = [{ code: 'Context', target: '', message: `Ex6F9304|${notFound}|${sentence}` }];
  const internalexception = { message: sentence, type: notFound, stacktrace: '' };
  const generic = 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException';
  const innererror = { message: 'Error executing cmdlet', type: generic, internalexception };

  it.each([
    [404, { code: 'NotFound', message: 'Error executing request. ', details }],
    [400, { code: 'BadRequest', message: 'Error executing cmdlet', innererror }],
    [500, { code: 'InternalServerError', message: 'Error executing cmdlet', details, innererror }],
  ])(
    'with status %i that its exception calls "not found" is one — in any language',
    async (status, error) => {
      const { exchange, asked } = exchangeWith([{ status, body: { error } }]);
      const refused = exchange.get('Get-Mailbox', { Identity: adele.id }, named);
      expect(await thrownBy(refused)).toMatchObject({
        name: 'PermanentError',
        status: 404,
        code: 'ManagementObjectNotFoundException',
        message: expect.stringContaining(sentence),
      });
      expect(asked).toHaveLength(1);
    },
  );

  it('that only reads like "couldn\'t be found" is none — the sentence is for people', async () => {
    const error = { code: 'BadRequest', message: sentence };
    const { exchange } = exchangeWith([{ status: 400, body: { error } }]);
    const refused = exchange.get('Get-Mailbox', { Identity: adele.id }, named);
    expect(await thrownBy(refused)).toMatchObject({
      name: 'PermanentError',
      status: 400,
      code: 'BadRequest',
    });
  });

  it.each(['CommandNotFoundException', 'ParameterBindingException'])(
    'of something that is not there for this app (%s) says that its role is too small',
    async (exception) => {
      const hides = { type: `System.Management.Automation.${exception}`, message: 'Kein solcher Parameter.' };
      const error = { code: 'BadRequest', innererror: { type: generic, internalexception: hides } };
      const { exchange } = exchangeWith([{ status: 400, body: { error } }]);
      expect(await thrownBy(exchange.get('Get-InboxRule', { Mailbox: adele.id }, named))).toMatchObject({
        name: 'PermanentError',
        status: 403,
        code: exception,
        message: expect.stringMatching(/refused Get-InboxRule .*a role that holds this cmdlet with all/),
      });
    },
  );

  it('where nobody says whether something was hidden names the role as well', async () => {
    const error = { code: 'BadRequest', message: "A parameter cannot be found that matches 'Mailbox'." };
    const { exchange } = exchangeWith([{ status: 400, body: { error } }]);
    expect(await thrownBy(exchange.get('Get-InboxRule', { Mailbox: adele.id }, named))).toMatchObject({
      status: 400,
      message: expect.stringContaining("the app's role is missing or too small"),
    });
  });

  it('keeps the code where the exception says nothing', async () => {
    const expired = { message: 'Expired or Invalid pagination request.', type: 'System.Exception' };
    const error = { code: 'BadRequest', innererror: { type: generic, internalexception: expired } };
    const { exchange } = exchangeWith([{ status: 400, body: { error } }]);
    expect(await thrownBy(exchange.get('Get-RoleGroup', {}, named))).toMatchObject({
      code: 'BadRequest',
      message: expect.stringContaining('Expired or Invalid pagination request.'),
    });
  });

  it('without a body is explained by its header, and names the role that may be missing', async () => {
    const headers = {
      'x-ms-diagnostics':
        '2000003;reason="The role assigned to application is not supported.";error_category="x"',
      'request-id': 'b1f0c2d3-0000-4000-8000-000000000001',
    };
    const { exchange } = exchangeWith([{ status: 403, headers }]);
    const refused = exchange.run('Set-Mailbox', { Identity: adele.id });
    expect(await thrownBy(refused)).toMatchObject({
      name: 'PermanentError',
      status: 403,
      requestId: 'b1f0c2d3-0000-4000-8000-000000000001',
      message: expect.stringMatching(
        /Set-Mailbox for 4f1c.*\(403\).*Exchange Administrator.*said: The role assigned to application is not supported\.$/,
      ),
    });
  });

  it('is repeated for what is declared, and for nothing that adds or is scarce', async () => {
    const tried = async (cmdlet: 'Set-Mailbox' | 'New-InboxRule' | 'Remove-BlockedSenderAddress') => {
      const { exchange, asked } = exchangeWith([lost(), { status: 200 }]);
      await exchange.run(cmdlet, { SenderAddress: adele.userPrincipalName }).catch(() => {});
      return asked.length;
    };
    expect(await tried('Set-Mailbox')).toBe(2);
    expect(await tried('New-InboxRule')).toBe(1);
    expect(await tried('Remove-BlockedSenderAddress')).toBe(1);
  });

  it('after a lost answer of Remove-, that it is not there, is a success', async () => {
    const gone = { status: 404, body: { error: { code: 'NotFound', message: '', details } } };
    const { exchange } = exchangeWith([lost(), gone]);
    await expect(exchange.run('Remove-InboxRule', { Identity: 'adele\\123' })).resolves.toBeUndefined();
  });
});

describe('theMailbox', () => {
  const schema = z.object({ ForwardingSmtpAddress: z.string().nullable() });
  const mailbox = { ExternalDirectoryObjectId: adele.id.toUpperCase(), ForwardingSmtpAddress: null };
  const read = (exchange: ReturnType<typeof createExchange>) =>
    theMailbox(exchange, adele, ['ForwardingSmtpAddress'], schema);

  it("is read by object id, on the account's own mailbox", async () => {
    const { exchange, asked } = exchangeWith([{ body: { value: [mailbox] } }]);
    await expect(read(exchange)).resolves.toEqual({ ForwardingSmtpAddress: null });
    expect(asked[0]?.url).toBe(`${endpoint}?$select=ExternalDirectoryObjectId,ForwardingSmtpAddress`);
    expect(asked[0]?.headers.get('x-anchormailbox')).toBe(adele.userPrincipalName);
    expect(asked[0]?.body).toMatchObject({ CmdletInput: { Parameters: { Identity: adele.id } } });
  });

  it('is none where there is none', async () => {
    const { exchange } = exchangeWith([{ body: { value: [] } }]);
    expect(await thrownBy(read(exchange))).toMatchObject({ name: 'PermanentError', status: 404 });
  });

  it.each([
    ['two', [mailbox, mailbox]],
    ["somebody else's", [{ ...mailbox, ExternalDirectoryObjectId: '99999999-0000-4000-8000-000000000000' }]],
    ["nobody's", [{ ForwardingSmtpAddress: null }]],
  ])('is refused when it is %s — the change would hit another person', async (_which, value) => {
    const { exchange } = exchangeWith([{ body: { value } }]);
    expect(await thrownBy(read(exchange))).toMatchObject({ name: 'PermanentError', status: undefined });
  });
});
