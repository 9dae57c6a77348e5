// Who is let in, and above all who is not: tokens of Entra ID, the header of App Service Authentication, function keys.
import { createServer } from 'node:http';
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type AuthSettings,
  authLevelOf,
  createAuthenticate,
  withoutCredentials,
} from '../../shared/auth/authenticate.ts';
import { type Caller, mayDo, TokenRefused } from '../../shared/auth/caller.ts';
import { keysOf } from '../../shared/auth/entra-token.ts';
import { RetryableError } from '../../shared/errors.ts';
import {
  adele,
  clientId,
  createIssuer,
  delegated,
  loginUrl,
  principalOf,
  seconds,
  signedIn,
  tenantId,
} from './issuer.ts';

const now = new Date('2026-11-20T09:12:00Z');
const issuer = await createIssuer();
const elsewhere = '11111111-2222-4333-8444-555555555555';
const settings: AuthSettings = {
  AUTH: ['entra', 'easy-auth'],
  TENANT_ID: tenantId,
  API_CLIENT_ID: clientId,
  API_AUDIENCES: [`api://${tenantId}/reclaim`],
  LOGIN_URL: loginUrl,
  GRAPH_URL: 'https://graph.microsoft.com',
  WEBSITE_AUTH_ENABLED: true,
};
const ask = (headers: Record<string, string>, more: Partial<AuthSettings> = {}): Promise<Caller> =>
  createAuthenticate({ ...settings, ...more }, () => now, issuer.keys)(headers);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const withToken = async (claims: Record<string, unknown>, header = {}) =>
  ask(bearer(await issuer.sign({ ...delegated(now), ...claims }, header)));

/** Why it was refused; fails when it was not. */
async function refusal(asked: Promise<Caller>): Promise<TokenRefused> {
  const end = await asked.then(
    (caller) => `let in as ${caller.who}`,
    (thrown: unknown) => thrown,
  );
  if (end instanceof TokenRefused) return end;
  throw new Error(`not refused: ${String(end)}`);
}

describe('an access token of Entra ID', () => {
  it('lets a person in under its name and object id — a name alone may be reassigned later', async () => {
    expect(await withToken({})).toEqual({
      who: `adele@contoso.com (${adele})`,
      id: adele,
      kind: 'person',
      access: 'operator',
      by: 'token',
    });
  });

  it.each([
    [
      'of version 1',
      {
        iss: `https://sts.windows.net/${tenantId}/`,
        ver: '1.0',
        preferred_username: undefined,
        upn: 'adele@contoso.com',
        aud: `api://${tenantId}/reclaim`,
      },
      `adele@contoso.com (${adele})`,
    ],
    [
      'of an application',
      { azp: elsewhere, preferred_username: undefined, name: undefined, scp: undefined, idtyp: 'app' },
      `application ${elsewhere} (${adele})`,
    ],
    ['for the URI of the API', { aud: `api://${clientId}` }, `adele@contoso.com (${adele})`],
    [
      'that has expired just now, by the other clock',
      { exp: seconds(now) - 30 },
      `adele@contoso.com (${adele})`,
    ],
  ])('%s is taken', async (_which, claims, who) => {
    expect((await withToken(claims)).who).toBe(who);
  });

  it('does not take a self-chosen name for one from the directory', async () => {
    const { who } = await withToken({
      preferred_username: undefined,
      name: 'admin@contoso.com',
      azp: elsewhere,
    });
    expect(who).toBe(`application ${elsewhere} (${adele})`);
  });

  it('cannot forge a line of the log through its name', async () => {
    const { who } = await withToken({ preferred_username: 'a\r\nadmin@contoso.com: approved\u202e full' });
    expect(who).toBe(`a admin@contoso.com: approved full (${adele})`);
    expect((await withToken({ preferred_username: 'A'.repeat(10_000) })).who.length).toBeLessThan(300);
  });

  it.each([
    ['of another tenant', { tid: elsewhere, iss: `${loginUrl}/${elsewhere}/v2.0` }, /another tenant/],
    ['of another tenant under our issuer', { tid: elsewhere }, /another tenant/],
    ['of no tenant', { tid: undefined }, /another tenant|lacks/],
    ['of another issuer', { iss: 'https://login.evil.example/v2.0' }, /another tenant/],
    ['of the issuer for all tenants', { iss: `${loginUrl}/common/v2.0` }, /another tenant/],
    ['for another API', { aud: '00000003-0000-0000-c000-000000000000' }, /another API/],
    ['for no API', { aud: undefined }, /another API/],
    ['for an API whose name begins alike', { aud: `${clientId}0` }, /another API/],
    ['that has expired', { exp: seconds(now) - 120 }, /expired/],
    ['without an end', { exp: undefined }, /lacks/],
    ['that is not valid yet', { nbf: seconds(now) + 120 }, /not valid yet/],
    ['whose roles are text', { roles: 'Responder.Operator' }, /./],
  ])('%s is refused', async (_which, claims, why) => {
    expect(await refusal(withToken(claims))).toMatchObject({
      because: 'token',
      message: expect.stringMatching(why),
    });
  });

  it.each([
    ['none', []],
    ['no list of them', undefined],
    ['one of another application', ['Reclaim.Operator']],
    ['one that is almost ours', ['responder.operator', 'Responder.Operator ', 'Responder']],
    ['one in the scopes alone', []],
  ])('with a role that is %s is refused by name, with where to get one', async (_which, roles) => {
    const { because, message } = await refusal(withToken({ roles, scp: 'Responder.Operator' }));
    expect(because).toBe('role');
    expect(message).toMatch(/adele@contoso\.com.*Responder\.Operator.*Enterprise applications/);
  });

  it.each([
    ['no delegated permission', { scp: undefined, preferred_username: undefined }],
    ['an empty one', { scp: ' ' }],
    ['the word for an application', { idtyp: 'app' }],
    ['no person behind it', { oid: undefined }],
  ])('is an application’s with %s, whatever name is in it', async (_what, claims) => {
    expect(await withToken(claims)).toMatchObject({ kind: 'application', access: 'operator' });
  });

  it('lets a reader look but not decide, and an operator do both', async () => {
    const reader = await withToken({ roles: ['Responder.Reader'] });
    const both = await withToken({ roles: ['Responder.Reader', 'Responder.Operator'] });
    expect([mayDo(reader, 'reader'), mayDo(reader, 'operator')]).toEqual([true, false]);
    expect([mayDo(both, 'reader'), mayDo(both, 'operator')]).toEqual([true, true]);
  });

  it('signed by somebody else is refused, even under the same key id', async () => {
    const forger = await createIssuer();
    expect((await refusal(ask(bearer(await forger.sign(delegated(now)))))).message).toMatch(/not signed/);
    const other = await createIssuer('of-december');
    expect((await refusal(ask(bearer(await other.sign(delegated(now)))))).message).toMatch(/not signed/);
  });

  it('is refused without a signature, and with one made of the public key — both were real attacks', async () => {
    const none = new UnsecuredJWT(delegated(now)).encode();
    await refusal(ask(bearer(none)));
    const publicText = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
    const confused = await new SignJWT(delegated(now))
      .setProtectedHeader({ alg: 'HS256', kid: 'of-november' })
      .sign(publicText);
    await refusal(ask(bearer(confused)));
  });

  it('changed after signing is refused', async () => {
    const [head, , signature] = (await issuer.sign({ ...delegated(now), roles: [] })).split('.');
    const claims = Buffer.from(JSON.stringify(delegated(now))).toString('base64url');
    expect((await refusal(ask(bearer(`${head}.${claims}.${signature}`)))).message).toMatch(/not signed/);
  });

  it('cannot name its own keys: the token never decides where they are read', async () => {
    const forger = await createIssuer();
    const header = { jwk: forger.jwk, jku: 'https://evil.example/keys' };
    await refusal(ask(bearer(await forger.sign(delegated(now), header))));
  });

  it.each([
    ['Bearer'],
    ['Bearer '],
    ['Bearer a.b'],
    ['Bearer a.b.c.d'],
    ['Basic YTpi'],
    ['a.b.c'],
    ['Bearer ..'],
    [`Bearer ${'a'.repeat(9000)}.b.c`],
  ])('is not what %j is', async (authorization) => {
    expect((await refusal(ask({ authorization }))).because).toBe('token');
  });

  it('that is refused is not rescued by a header beside it', async () => {
    const token = await issuer.sign({ ...delegated(now), exp: seconds(now) - 9000 });
    await refusal(ask({ ...bearer(token), 'x-ms-client-principal': principalOf(signedIn) }));
  });

  it('opens nothing if only browsers may come in', async () => {
    await refusal(ask(bearer(await issuer.sign(delegated(now))), { AUTH: ['easy-auth'] }));
  });
});

describe('the header of App Service Authentication', () => {
  const withHeader = (claims = signedIn, more: Partial<AuthSettings> = {}, type = 'aad') =>
    ask({ 'x-ms-client-principal': principalOf(claims, type) }, more);
  const without = (name: string) => signedIn.filter(([type]) => type !== name);

  it('lets in a user who has signed in', async () => {
    expect(await withHeader()).toEqual({
      who: `adele@contoso.com (${adele})`,
      id: adele,
      kind: 'person',
      access: 'operator',
      by: 'sign-in',
    });
  });

  it.each([
    ['the settings do not name it', { AUTH: ['entra'] }],
    ['the platform does not say that it stands in front', { WEBSITE_AUTH_ENABLED: false }],
  ] satisfies [string, Partial<AuthSettings>][])(
    'is not believed where %s — anybody can send it there',
    async (_where, more) => {
      expect((await refusal(withHeader(signedIn, more))).because).toBe('token');
    },
  );

  it.each([
    [
      'another tenant',
      [...without('http://schemas.microsoft.com/identity/claims/tenantid'), ['tid', elsewhere]],
    ],
    ['two tenants', [...signedIn, ['tid', elsewhere]]],
    ['no tenant', without('http://schemas.microsoft.com/identity/claims/tenantid')],
    ['another application', [...without('aud'), ['aud', elsewhere]]],
    ['no application that is named', without('aud')],
    ['two applications', [...signedIn, ['aud', elsewhere]]],
  ] satisfies [string, [string, string][] | (readonly [string, string])[]][])(
    'of %s is refused',
    async (_whose, claims) => {
      expect((await refusal(withHeader(claims))).because).toBe('token');
    },
  );

  it('without one of our roles is refused by name', async () => {
    const end = await refusal(
      withHeader([...without('roles'), ['roles', 'Reader'], ['name', 'Responder.Operator']]),
    );
    expect(end).toMatchObject({ because: 'role', message: expect.stringContaining('adele@contoso.com') });
  });

  it.each([['facebook'], ['google'], ['']])('of somebody who signed in with %j is refused', async (type) => {
    await refusal(withHeader(signedIn, {}, type));
  });

  it.each([
    [''],
    ['e30='],
    ['bm8='],
    ['%%%'],
    [Buffer.from('[]').toString('base64')],
    [Buffer.from('null').toString('base64')],
  ])('is not what %j is', async (header) => {
    await refusal(ask({ 'x-ms-client-principal': header }));
  });

  it('cannot be replaced by the weaker headers beside it', async () => {
    await refusal(
      ask({
        'x-ms-client-principal-id': adele,
        'x-ms-client-principal-name': 'adele@contoso.com',
        'x-ms-token-aad-id-token': 'a.b.c',
      }),
    );
  });
});

describe('function keys', () => {
  it('are required by the host if nothing else is set, and if the settings cannot be read', () => {
    expect(authLevelOf({ AUTH: ['key'] })).toBe('function');
    expect(authLevelOf(undefined)).toBe('function');
  });

  it('are not required if the code requires more, and open nothing there', async () => {
    expect(authLevelOf({ AUTH: ['entra'] })).toBe('anonymous');
    await refusal(ask({ 'x-functions-key': 'c2VjcmV0', authorization: 'c2VjcmV0' }));
  });
});

describe('the holder of a function key', () => {
  const key = { AUTH: ['key' as const] };

  it('is nobody in particular, and not a person, if the tenant is real', async () => {
    expect(await ask({ 'x-reclaim-operator': 'megan' }, key)).toMatchObject({ id: 'key', kind: 'key' });
  });

  it.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])(
    'is who they say where the tenant is a stand-in on this machine (%s)',
    async (GRAPH_URL) => {
      const local = { ...key, GRAPH_URL };
      expect(await ask({}, local)).toMatchObject({ id: 'key', kind: 'person' });
      expect(await ask({ 'x-reclaim-operator': 'Megan\n' }, local)).toMatchObject({
        who: 'Megan with the function key',
        id: 'key megan',
        kind: 'person',
      });
    },
  );

  it('is not a person at an address that only looks like this machine', async () => {
    const GRAPH_URL = 'https://127.0.0.1.evil.example';
    expect(await ask({}, { ...key, GRAPH_URL })).toMatchObject({ kind: 'key' });
  });
});

describe('the credential that opens a door', () => {
  it('goes no further than the check', () => {
    const secrets = {
      authorization: 'Bearer a.b.c',
      cookie: 'AppServiceAuthSession=x',
      'x-functions-key': 'x',
      'x-zumo-auth': 'x',
      'x-ms-client-principal': 'x',
      'x-ms-client-principal-name': 'x',
      'x-ms-token-aad-access-token': 'x',
    };
    expect(withoutCredentials({ ...secrets, accept: '*/*', 'if-match': '"1"' })).toEqual({
      accept: '*/*',
      'if-match': '"1"',
    });
  });
});

describe('the signing keys', () => {
  async function served(status: number, body: unknown) {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const there = request.url === `/${tenantId}/discovery/v2.0/keys`;
      response
        .writeHead(there ? status : 404, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
    const authenticate = createAuthenticate(
      { ...settings, LOGIN_URL: url },
      () => now,
      keysOf(url, tenantId),
    );
    const token = { ...delegated(now), iss: `${url}/${tenantId}/v2.0` };
    return { authenticate, token, asked: () => asked, close: () => server.close() };
  }

  it('are those of the tenant, read once for many tokens — and not again for each key that a token makes up', async () => {
    const { authenticate, token, asked, close } = await served(200, { keys: [issuer.jwk] });
    try {
      for (let turn = 0; turn < 3; turn += 1) {
        expect((await authenticate(bearer(await issuer.sign(token)))).access).toBe('operator');
      }
      for (const kid of ['a', 'b', 'c'])
        await refusal(authenticate(bearer(await issuer.sign(token, { kid }))));
      expect(asked()).toBe(1);
    } finally {
      close();
    }
  });

  it.each([
    ['there is an error', 500, {}],
    ['the answer is none', 200, { error: 'no' }],
  ])(
    'that cannot be had because %s make it try later, and are no reason to let anybody in or to call a token wrong',
    async (_why, status, body) => {
      const { authenticate, token, close } = await served(status, body);
      try {
        await expect(authenticate(bearer(await issuer.sign(token)))).rejects.toBeInstanceOf(RetryableError);
      } finally {
        close();
      }
      await expect(authenticate(bearer(await issuer.sign(token)))).rejects.toBeInstanceOf(RetryableError);
    },
  );
});
