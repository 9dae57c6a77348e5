// Who can get a pass for which account: each kind of caller against each class of account, in the built app with real
// tokens. A single operator gets one only for an ordinary account, and on-call hears of each.
import { afterAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { passAnswerSchema } from '../functions/runs/hand-back.ts';
import { playbook } from '../functions/steps/index.ts';
import { userIdOf } from '../local/tenant/directory.ts';
import { handBackViewSchema } from '../shared/run/hand-back-view.ts';
import { clientId, createIssuer, delegated, serveKeys } from './auth/issuer.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();
const issuer = await createIssuer();
const { loginUrl, close } = await serveKeys(issuer.jwk);
afterAll(close);

const operatorRole = 'b0a1c2d3-e4f5-4a6b-8c7d-0123456789ab';
const vip = '11111111-0000-4000-8000-00000000000a';
const user = (name: string, more: object = {}) => ({
  displayName: name,
  userPrincipalName: `${name}@contoso.com`,
  ...more,
});
const tenant = {
  domains: [{ id: 'contoso.com', isDefault: true }],
  users: [
    user('plain'),
    user('reader'),
    user('global'),
    user('helpdesk'),
    user('eligible'),
    user('assignable'),
    user('owner'),
    user('group-eligible'),
    user('group-operator'),
    user('restricted', { isManagementRestricted: true }),
    user('vip', { id: vip }),
    user('glass'),
    user('fenced'),
    user('oncall', { mailbox: {} }),
    user('guest', { userPrincipalName: 'guest_fabrikam.com#EXT#@contoso.com', userType: 'Guest' }),
    user('first'),
    user('second'),
    user('third'),
    user('other-global'),
    user('reclaim', { accountEnabled: false, mailbox: { RecipientTypeDetails: 'SharedMailbox' } }),
  ],
  groups: [
    {
      displayName: 'Tier 0',
      isAssignableToRole: true,
      members: ['assignable@contoso.com'],
      owners: ['owner@contoso.com'],
    },
    { displayName: 'Fence', members: ['fenced@contoso.com'], id: '22222222-0000-4000-8000-00000000000b' },
    { displayName: 'Responders', members: ['group-operator@contoso.com'] },
  ],
  groupEligibilities: [{ groupId: 'Tier 0', principalId: 'group-eligible@contoso.com' }],
  roleAssignments: [
    { principalId: 'global@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'other-global@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'helpdesk@contoso.com', roleDefinitionId: 'Helpdesk Administrator' },
  ],
  roleEligibilities: [{ principalId: 'eligible@contoso.com', roleDefinitionId: 'Global Administrator' }],
  servicePrincipals: [
    {
      displayName: 'Reclaim',
      appId: clientId,
      appRoles: [
        { id: operatorRole, value: 'Responder.Operator' },
        { id: 'c0a1c2d3-e4f5-4a6b-8c7d-0123456789ab', value: 'Responder.Reader' },
      ],
    },
  ],
  appRoleAssignments: [
    ...['first@contoso.com', 'second@contoso.com', 'third@contoso.com', 'Responders'].map((principalId) => ({
      principalId,
      resourceId: 'Reclaim',
      appRoleId: operatorRole,
    })),
    {
      principalId: 'reader@contoso.com',
      resourceId: 'Reclaim',
      appRoleId: 'c0a1c2d3-e4f5-4a6b-8c7d-0123456789ab',
    },
  ],
};

/** What locks, and what gives back; the other steps would only take time. */
const wanted = ['block-sign-in', 'revoke-sessions', 'remove-admin-roles', 'delete-passes', 'dismiss-risk'];
const steps = Object.fromEntries(
  playbook.filter(({ name }) => !wanted.includes(name)).map(({ name }) => [name, { mode: 'off' }]),
);

const soon = { timeout: 60_000, interval: 100 };
const problemSchema = z.object({ detail: z.string() });
const documentSchema = z.looseObject({ id: z.string(), state: z.string() });
type Headers = Readonly<Record<string, string>>;

async function callersOf({ stack }: Whole) {
  const now = new Date();
  const { tenantId } = stack.tenant;
  const idOf = (name: string) => {
    const found = stack.tenant.state().users.find(({ displayName }) => displayName === name);
    return found === undefined ? '' : userIdOf(found);
  };
  const token = async (name: string, claims: Record<string, unknown> = {}) => ({
    authorization: `Bearer ${await issuer.sign({
      ...delegated(now),
      tid: tenantId,
      iss: `${loginUrl}/${tenantId}/v2.0`,
      oid: idOf(name),
      preferred_username: `${name}@contoso.com`,
      ...claims,
    })}`,
  });
  const first = await token('first');
  const second = await token('second');
  const strangers: [string, Headers][] = [
    ['the function key', { 'x-functions-key': stack.host?.keys.default ?? '' }],
    ['the master key', { 'x-functions-key': stack.host?.keys.master ?? '' }],
    ['a reader', await token('reader', { roles: ['Responder.Reader'] })],
    ['an application', await token('second', { scp: undefined, idtyp: 'app' })],
    ['an application under a name', await token('second', { scp: '' })],
    ['a person without a role', await token('second', { roles: [] })],
    ['a stolen token that is over', await token('second', { exp: 1_700_000_000 })],
    ['a token for another API', await token('second', { aud: 'https://graph.microsoft.com' })],
  ];
  // The same person under another name, and with the id in different case.
  const again: [string, Headers][] = [
    ['the first operator', first],
    ['the first operator renamed', await token('first', { preferred_username: 'second@contoso.com' })],
    ['the first operator in capitals', await token('first', { oid: idOf('first').toUpperCase() })],
  ];
  return { token, first, second, strangers, again };
}

/** Class of account, the user, and whether one operator is enough. */
const classes: [what: string, name: string, alone: boolean][] = [
  ['an ordinary account', 'plain', true],
  ['a reader of this app', 'reader', true],
  ['a Global Administrator', 'global', false],
  ['an administrator of one role', 'helpdesk', false],
  ['one eligible for a role', 'eligible', false],
  ['a member of a group that carries roles', 'assignable', false],
  ['the owner of such a group', 'owner', false],
  ['one eligible for such a group', 'group-eligible', false],
  ['an account under restricted management', 'restricted', false],
  ['a VIP', 'vip', false],
  ['a protected account', 'glass', false],
  ['a member of a protected group', 'fenced', false],
  ['the mailbox of on-call', 'oncall', false],
  ['another operator', 'third', false],
  ['an operator through a group', 'group-operator', false],
  ['the second operator', 'second', false],
];

describe('a pass', () => {
  it(
    'is made by no stranger for anybody, by one operator for ordinary accounts only, each time announced',
    () =>
      within(
        'business-email-compromise',
        async (whole) => {
          const { token, first, second, strangers, again } = await callersOf(whole);
          const ask = async (method: string, path: string, headers: Headers, body?: object) => {
            const answer = await fetch(`${whole.stack.host?.url}${path}`, {
              method,
              headers: { 'content-type': 'application/json', ...headers },
              ...(body === undefined ? {} : { body: JSON.stringify({ reason: 'a test', ...body }) }),
            });
            const json: unknown = await answer.json();
            return { status: answer.status, json };
          };
          const viewOf = async (path: string) =>
            handBackViewSchema.parse((await ask('GET', path, first)).json);
          const passesOf = (name: string) =>
            (
              whole.stack.tenant.state().users.find(({ displayName }) => displayName === name)
                ?.authenticationMethods ?? []
            ).filter((method) => method['@odata.type'].includes('emporaryAccessPass'));
          const announced = (name: string) =>
            (whole.stack.tenant.state().outbox ?? []).filter(({ message }) =>
              JSON.stringify(message).includes(`[Reclaim] PASS ASKED FOR: ${name}@contoso.com`),
            ).length;

          const ready = async (name: string) => {
            const started = await ask('POST', '/api/runs', first, {
              user: `${name}@contoso.com`,
              level: 'full',
            });
            expect([name, started.status]).toEqual([name, 201]);
            const { id, state } = documentSchema.parse(started.json);
            if (state === 'held')
              expect(await ask('POST', `/api/runs/${id}/approve`, first, { level: 'full' })).toMatchObject({
                status: 202,
              });
            return { name, path: `/api/runs/${id}/hand-back` };
          };
          const runs = await Promise.all(classes.map(([, name]) => ready(name)));
          for (const { path } of runs)
            await vi.waitFor(async () => expect((await viewOf(path)).notPossible).toBeNull(), soon);
          for (const { path } of runs) {
            const view = await viewOf(path);
            const despite = view.left.filter(({ blocks }) => blocks).map(({ step }) => step);
            const accepts = view.tasks.flatMap(({ name: task, withOwner }) => (withOwner ? [] : [task]));
            const begun = { do: 'begin', identified: 'seen in person', despite, accepts };
            for (const [who, headers] of strangers)
              expect([who, (await ask('POST', path, headers, begun)).status]).toEqual([
                who,
                expect.toBeOneOf([401, 403]),
              ]);
            expect(await ask('POST', path, first, begun)).toMatchObject({ status: 202 });
          }
          for (const { path } of runs)
            await vi.waitFor(async () => expect((await viewOf(path)).phase).toBe('pass'), soon);

          for (const [what, name, alone] of classes) {
            const path = runs.find((run) => run.name === name)?.path ?? '';
            const pass = { do: 'pass' };
            for (const [who, headers] of strangers) {
              const refused = await ask('POST', path, headers, pass);
              expect([what, who, refused.status]).toEqual([what, who, expect.toBeOneOf([401, 403])]);
            }
            const own = await ask('POST', path, await token(name), pass);
            expect([what, 'themselves', own.status]).toEqual([what, 'themselves', 403]);
            if (!alone)
              for (const [who, headers] of again) {
                const refused = await ask('POST', path, headers, pass);
                expect([what, who, refused.status]).toEqual([what, who, 403]);
                expect(problemSchema.parse(refused.json).detail).toMatch(/second operator/);
              }
            expect([what, passesOf(name).length, announced(name)]).toEqual([what, 0, 0]);

            const maker = alone ? first : name === 'second' ? await token('third') : second;
            const longest = await ask('POST', path, maker, { ...pass, lifetimeInMinutes: 481 });
            expect([what, longest.status]).toEqual([what, 400]);
            const made = await ask('POST', path, maker, { ...pass, lifetimeInMinutes: 480 });
            expect([what, made.status, made.status === 201 ? '' : made.json]).toEqual([what, 201, '']);
            expect(passAnswerSchema.parse(made.json).temporaryAccessPass.usableOnce).toBe(true);
            expect([what, passesOf(name).length, announced(name)]).toEqual([what, 1, 1]);
            // Another pass replaces the first, and is announced as well.
            expect(await ask('POST', path, maker, pass)).toMatchObject({ status: 409 });
            expect(await ask('POST', path, maker, { ...pass, again: true })).toMatchObject({ status: 201 });
            expect([what, passesOf(name).length, announced(name)]).toEqual([what, 1, 2]);
          }
        },
        {
          AUTH: 'entra,easy-auth',
          API_CLIENT_ID: clientId,
          LOGIN_URL: loginUrl,
          STEPS: JSON.stringify(steps),
          VIP_ACCOUNTS: vip,
          PROTECTED_ACCOUNTS: 'glass@contoso.com',
          PROTECTED_GROUPS: '22222222-0000-4000-8000-00000000000b',
        },
        () => tenant,
      ),
    300_000,
  );

  it(
    'is made for no guest: its home tenant lets it in',
    () =>
      within(
        'business-email-compromise',
        async (whole) => {
          const started = await whole.ask(
            'POST',
            '/api/runs',
            JSON.stringify({
              user: tenant.users.find(({ displayName }) => displayName === 'guest')?.userPrincipalName,
              reason: 'a test',
              level: 'full',
            }),
          );
          const { id } = documentSchema.parse(started.json);
          await whole.live([]);
          const path = `/api/runs/${id}/hand-back`;
          const view = handBackViewSchema.parse((await whole.ask('GET', path)).json);
          const begun = {
            do: 'begin',
            identified: 'seen in person',
            reason: 'a test',
            despite: view.left.filter(({ blocks }) => blocks).map(({ step }) => step),
            accepts: view.tasks.flatMap(({ name, withOwner }) => (withOwner ? [] : [name])),
          };
          expect(await whole.ask('POST', path, JSON.stringify(begun))).toMatchObject({ status: 202 });
          await whole.live([]);
          const end = await whole.ask('POST', path, '{"do":"pass","reason":"a test"}', 'second');
          expect(end.status).toBe(409);
          expect(problemSchema.parse(end.json).detail).toMatch(/home tenant/);
        },
        {},
        () => tenant,
      ),
    120_000,
  );
});
