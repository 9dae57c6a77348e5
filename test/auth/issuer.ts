// Plays Entra ID: tokens as it issues them, of every kind, signed by a key of one's own.
import { createServer } from 'node:http';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';

export const tenantId = '6f2b1c8e-3d4a-4e5b-9c7d-1a2b3c4d5e6f';
export const clientId = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
export const loginUrl = 'https://login.microsoftonline.com';
export const adele = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';

/** Seconds since 1970. */
export const seconds = (at: Date) => Math.floor(at.getTime() / 1000);

/** As version 2 issues it to a person by way of the Azure CLI. */
export const delegated = (now: Date): Record<string, unknown> => ({
  aud: clientId,
  iss: `${loginUrl}/${tenantId}/v2.0`,
  iat: seconds(now),
  nbf: seconds(now),
  exp: seconds(now) + 4200,
  azp: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  name: 'Adele Vance',
  oid: adele,
  preferred_username: 'adele@contoso.com',
  roles: ['Responder.Operator'],
  scp: 'access',
  tid: tenantId,
  ver: '2.0',
});

export async function createIssuer(kid = 'of-november') {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' };
  return {
    jwk,
    publicKey,
    keys: createLocalJWKSet({ keys: [jwk] }),
    sign: (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid, ...header }).sign(privateKey),
  };
}

/** The keys of an issuer, where an app would read those of Entra ID. */
export async function serveKeys(jwk: object): Promise<{ loginUrl: string; close: () => void }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { loginUrl: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

/** What App Service Authentication says of the same person. */
export const principalOf = (claims: readonly (readonly [string, string])[], authTyp = 'aad'): string =>
  Buffer.from(
    JSON.stringify({
      auth_typ: authTyp,
      claims: claims.map(([typ, val]) => ({ typ, val })),
      name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
    }),
  ).toString('base64');

export const signedIn: readonly (readonly [string, string])[] = [
  ['aud', clientId],
  ['iss', `${loginUrl}/${tenantId}/v2.0`],
  ['name', 'Adele Vance'],
  ['http://schemas.microsoft.com/identity/claims/objectidentifier', adele],
  ['preferred_username', 'adele@contoso.com'],
  ['roles', 'Responder.Operator'],
  ['http://schemas.microsoft.com/identity/claims/tenantid', tenantId],
];
