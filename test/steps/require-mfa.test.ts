import { describe, expect, it } from 'vitest';
import { requireMfa } from '../../functions/steps/require-mfa/require-mfa.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const group = '1f5c7a90-4b2d-4d0e-8c11-9a7e6b5d4c30';
const inGroup = { ...context(), settings: { group } };
const perUser = { ...context(), settings: { perUserMfa: true } };
const tenant = (given: object = {}, user: object = {}) => ({
  users: [
    { id: adele, userPrincipalName: 'adele@contoso.com', ...user },
    { userPrincipalName: 'b@contoso.com' },
  ],
  groups: [{ id: group, displayName: 'MFA required' }],
  ...given,
});

describe('require-mfa', () => {
  it.each([{}, synced, { ...synced, federated: true }, guest, { privileged: true }, { hasMailbox: false }])(
    'applies to every class of account: %o',
    (given) => {
      expect(requireMfa.appliesTo(account(given))).toBe(true);
    },
  );

  it.each([
    ['the configured group', inGroup, tenant()],
    [
      'the configured group, which has members',
      inGroup,
      tenant({ groups: [{ id: group, displayName: 'MFA', members: ['b@contoso.com'] }] }),
    ],
    ['the user', perUser, tenant()],
    ['the user who was only enabled for it', perUser, tenant({}, { perUserMfaState: 'enabled' })],
  ])('requires it by %s, sees that done, and undo leaves the file as it was', async (_by, run, file) => {
    const { clients, tenant: simulation } = simulated(requireMfa, file);
    const before = JSON.stringify(simulation.state());
    const change = onlyChange(await requireMfa.find(run, clients));
    expect(change.evidence).toBeUndefined();
    await requireMfa.fix(change, run, clients);
    expect(JSON.stringify(simulation.state())).not.toBe(before);
    expect(changesOf(await requireMfa.find(run, clients))).toEqual([]);
    if (typeof requireMfa.undo === 'string') throw new Error('can be undone');
    await requireMfa.undo(change, run, clients);
    expect(JSON.stringify(simulation.state())).toBe(before);
    expect(changesOf(await requireMfa.find(run, clients))).toEqual([change]);
  });

  it('sends what Microsoft documents, and reads before it writes', async () => {
    const { clients, asked } = simulated(requireMfa, tenant());
    await requireMfa.fix(onlyChange(await requireMfa.find(inGroup, clients)), inGroup, clients);
    await requireMfa.fix(onlyChange(await requireMfa.find(perUser, clients)), perUser, clients);
    expect(asked()).toEqual([
      `GET /v1.0/users/${adele}/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999 (User.Read.All)`,
      `POST /v1.0/groups/${group}/members/$ref (GroupMember.ReadWrite.All)`,
      `GET /beta/users/${adele}/authentication/requirements (Policy.ReadWrite.AuthenticationMethod)`,
      `PATCH /beta/users/${adele}/authentication/requirements (Policy.ReadWrite.AuthenticationMethod)`,
    ]);
  });

  it('is content with a group inside the group', async () => {
    const groups = [
      { id: group, displayName: 'MFA required', members: ['Sales'] },
      { displayName: 'Sales', members: [adele] },
    ];
    const { clients } = simulated(requireMfa, tenant({ groups }));
    const { changes, kept } = found(await requireMfa.find(inGroup, clients));
    expect(changes).toEqual([]);
    expect(kept).toHaveLength(1);
  });

  it('does not fail if somebody else added the account to the group since the look', async () => {
    const { clients } = simulated(requireMfa, tenant());
    const change = onlyChange(await requireMfa.find(inGroup, clients));
    await requireMfa.fix(change, inGroup, clients);
    await expect(requireMfa.fix(change, inGroup, clients)).resolves.toBeUndefined();
  });

  it.each([
    ['nothing is configured', context()],
    ['a guest', { ...perUser, account: account(guest) }],
  ])('becomes a task if %s', async (_case, run) => {
    const { changes, tasks } = found(await requireMfa.find(run, simulated(requireMfa, tenant()).clients));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ id: 'require-mfa', link: expect.stringContaining('ConditionalAccess') }]);
  });

  it('refuses a group that is not an id — a name in its place would lead to another path', () => {
    expect(() => requireMfa.settings.parse({ group: 'MFA required' })).toThrow();
  });

  it.each([
    [
      'a group that is filled by a rule',
      { groups: [{ id: group, displayName: 'MFA', groupTypes: ['DynamicMembership'] }] },
      400,
    ],
    ['a group that is not there', { groups: [] }, 404],
    ['a missing permission', { app: { permissions: ['User.Read.All'] } }, 403],
  ])('fails for good on %s', async (_case, given, status) => {
    const { clients } = simulated(requireMfa, tenant(given));
    const change = onlyChange(await requireMfa.find(inGroup, clients));
    const refused = requireMfa.fix(change, inGroup, clients);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ status });
  });

  it('tries again when it is throttled', async () => {
    const faults = [{ on: 'POST /v1.0/groups/*', status: 429, retryAfter: 20 }];
    const { clients } = simulated(requireMfa, tenant({ behaviour: { faults } }));
    const change = onlyChange(await requireMfa.find(inGroup, clients));
    await expect(requireMfa.fix(change, inGroup, clients)).rejects.toBeInstanceOf(RetryableError);
  });
});
