// Every HTTP function that the built app registers, on the local stack with real tokens: nobody gets in without the
// right ones, and nothing is done for anybody who has none.
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientId, createIssuer, delegated, principalOf, serveKeys, signedIn } from './auth/issuer.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();
const name = 'business-email-compromise';
const issuer = await createIssuer();
const { loginUrl, close } = await serveKeys(issuer.jwk);
afterAll(close);

const registeredSchema = z.array(
  z.object({
    name: z.string(),
    config: z.object({
      bindings: z.array(
        z.looseObject({
          type: z.string(),
          authLevel: z.string().optional(),
          route: z.string().optional(),
          methods: z.array(z.string()).optional(),
        }),
      ),
    }),
  }),
);

/** Each door: a method and a path of it. */
async function doorsOf({ stack }: Whole) {
  const answer = await fetch(`${stack.host?.url}/admin/functions`, {
    headers: { 'x-functions-key': stack.host?.keys.master ?? '' },
  });
  return registeredSchema.parse(await answer.json()).flatMap((registered) => {
    const trigger = registered.config.bindings.find(({ type }) => /^httpTrigger$/i.test(type));
    const path = (trigger?.route ?? registered.name)
      .replace('{*rest}', 'nothing/here')
      .replaceAll(/\{\w+\}/g, 'x');
    return (trigger?.methods ?? []).map((method) => ({
      name: registered.name,
      method: method.toUpperCase(),
      path: `/api/${path}`,
      authLevel: trigger?.authLevel,
    }));
  });
}

const writes = ({ stack }: Whole) => stack.tenant.requests.filter(({ method }) => method !== 'GET');

describe('every HTTP function', () => {
  it('with Entra ID lets in nobody without a good token, and the right people with one', () =>
    within(
      name,
      async (whole) => {
        const now = new Date();
        const tenantId = whole.stack.tenant.tenantId;
        const good = { ...delegated(now), tid: tenantId, iss: `${loginUrl}/${tenantId}/v2.0` };
        const token = async (claims: Record<string, unknown> = {}) => ({
          authorization: `Bearer ${await issuer.sign({ ...good, ...claims })}`,
        });
        const principal = signedIn.map(
          ([type, value]) => [type, type.endsWith('tenantid') ? tenantId : value] as const,
        );
        const reader = await token({ roles: ['Responder.Reader'] });
        const cases: [what: string, status: number, headers: Record<string, string>][] = [
          ['no token', 401, {}],
          ['the function key', 401, { 'x-functions-key': whole.stack.host?.keys.default ?? '' }],
          ['wrong tenant', 401, await token({ tid: crypto.randomUUID() })],
          ['wrong audience', 401, await token({ aud: crypto.randomUUID() })],
          ['expired', 401, await token({ exp: 1_700_000_000 })],
          ['missing role', 403, await token({ roles: [] })],
          // The platform does not say that App Service Authentication is in front.
          ['forged principal header', 401, { 'x-ms-client-principal': principalOf(principal) }],
        ];
        const doors = await doorsOf(whole);
        expect(doors.length).toBeGreaterThan(10);
        const body = '{"reason":"because","user":"adele@contoso.com","level":"full"}';
        for (const { name: door, method, path, authLevel } of doors) {
          expect([door, authLevel]).toEqual([door, 'anonymous']);
          const answers = cases.map(async ([what, , headers]) => {
            const answer = await fetch(`${whole.stack.host?.url}${path}`, {
              method,
              headers: { 'content-type': 'application/json', ...headers },
              ...(method === 'POST' ? { body } : {}),
            });
            return [door, method, what, answer.status];
          });
          const expected = cases.map(([what, status]) => [door, method, what, status]);
          expect(await Promise.all(answers)).toEqual(expected);
        }
        const get = (path: string, headers: Record<string, string>) =>
          fetch(`${whole.stack.host?.url}${path}`, { headers });
        expect((await get('/api/runs', reader)).status).toBe(200);
        const unknown = await get('/api/nothing', reader);
        expect(unknown.status).toBe(404);
        expect(await unknown.json()).toMatchObject({ title: 'Unknown path' });
        const start = (headers: Record<string, string>, more: Record<string, string> = {}) =>
          fetch(`${whole.stack.host?.url}/api/runs`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers, ...more },
            body: '{"user":"adele@contoso.com","reason":"called in by the owner"}',
          });
        expect((await start(reader)).status).toBe(403);
        expect((await start(await token(), { origin: 'https://evil.example' })).status).toBe(403);
        const handBack = (headers: Record<string, string>) =>
          fetch(`${whole.stack.host?.url}/api/runs/x/hand-back`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: '{"do":"pass","reason":"because"}',
          });
        const application = await token({ scp: undefined, idtyp: 'app' });
        expect((await handBack(application)).status).toBe(403);
        expect((await handBack(reader)).status).toBe(403);
        // A person gets far enough to be told that there is no such run.
        expect((await handBack(await token())).status).toBe(404);
        expect(writes(whole)).toEqual([]);
        const started = await start(await token());
        expect([started.status, await started.json()]).toMatchObject([
          201,
          { log: [{ who: expect.stringMatching(/^adele@contoso\.com \(f5e829f5-/) }] },
        ]);
      },
      { AUTH: 'entra,easy-auth', API_CLIENT_ID: clientId, LOGIN_URL: loginUrl },
    ));

  it('is closed by the host by default to callers without a key', () =>
    within(name, async (whole) => {
      for (const { name: door, method, path, authLevel } of await doorsOf(whole)) {
        expect([door, authLevel]).toEqual([door, 'function']);
        const answer = await fetch(`${whole.stack.host?.url}${path}`, {
          method,
          headers: { 'x-ms-client-principal': principalOf(signedIn) },
        });
        expect([door, answer.status]).toEqual([door, 401]);
      }
      const known = await whole.ask('DELETE', '/api/runs');
      expect(known).toMatchObject({ status: 405, type: 'application/problem+json' });
    }));
});
