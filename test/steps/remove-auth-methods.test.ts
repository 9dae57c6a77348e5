import { describe, expect, it } from 'vitest';
import { removeAuthMethods } from '../../functions/steps/remove-auth-methods/remove-auth-methods.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { adele, attacker, home } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const intruder = { ...nobodyKnown, since: '2026-11-20T08:12:00.000Z', addresses: [attacker] };
const run = context({ intruder });
const type = (name: string) => `#microsoft.graph.${name}AuthenticationMethod`;

const authenticator = { '@odata.type': type('microsoftAuthenticator') };
const old = { ...authenticator, id: 'a-old', displayName: 'iPhone', createdDateTime: '2025-02-03T10:00:00Z' };
const theirs = {
  ...authenticator,
  id: 'a-new',
  displayName: 'SM-G998B',
  createdDateTime: '2026-11-20T09:13:08Z',
};
const phone = (phoneType: string, given: object = {}) => ({
  '@odata.type': type('phone'),
  phoneType,
  phoneNumber: '+1 5555550100',
  createdDateTime: '2026-11-20T09:10:00Z',
  ...given,
});
const entry = (given: object = {}, ipAddress = attacker) => ({
  activityDateTime: '2026-11-20T09:13:10Z',
  activityDisplayName: 'User registered security info',
  loggedByService: 'Authentication Methods',
  resultReason: 'User registered Authenticator App with Notification and Code',
  initiatedBy: { user: { id: adele, ipAddress } },
  targetResources: [{ id: adele, type: 'User' }],
  ...given,
});
const tenant = (authenticationMethods: object[], directoryAudits: object[] = [], more: object = {}) => ({
  users: [
    { id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance', authenticationMethods },
  ],
  directoryAudits,
  ...more,
});
const find = async (file: object) =>
  found(await removeAuthMethods.find(run, simulated(removeAuthMethods, file).clients));
const left = (state: {
  users: readonly { authenticationMethods?: readonly { id?: string | undefined }[] | undefined }[];
}) => state.users[0]?.authenticationMethods?.map(({ id }) => id);

describe('remove-auth-methods', () => {
  it.each([
    ['cloud', {}],
    ['synced', synced],
    ['federated', { ...synced, federated: true }],
    ['guest', guest],
    ['privileged', { privileged: true }],
    ['without a mailbox', { hasMailbox: false }],
  ])('looks at a %s account: methods are kept in this tenant', (_class, given) => {
    expect(removeAuthMethods.appliesTo(account(given))).toBe(true);
  });

  it('deletes what was registered from the intruder’s address, and nothing else, once', async () => {
    const {
      clients,
      tenant: simulation,
      asked,
    } = simulated(removeAuthMethods, tenant([old, theirs], [entry()]));
    const change = onlyChange(await removeAuthMethods.find(run, clients));
    expect(change).toMatchObject({
      what: 'Microsoft Authenticator "SM-G998B"',
      evidence: `made from the intruder's address ${attacker} at 2026-11-20 09:13 UTC`,
      // Recognised by this if the address turns out to be the owner's: then a task says so.
      by: { address: attacker },
    });
    await removeAuthMethods.fix(change, run, clients);
    await removeAuthMethods.fix(change, run, clients);
    expect(left(simulation.state())).toEqual(['a-old']);
    const { changes, kept } = found(await removeAuthMethods.find(run, clients));
    expect(changes).toEqual([]);
    expect(kept).toEqual([
      {
        what: 'Microsoft Authenticator "iPhone"',
        why: 'registered at 2025-02-03 10:00 UTC, before the intruder came',
      },
    ]);
    expect(asked().filter((line) => !line.startsWith('GET'))).toEqual([
      `DELETE /v1.0/users/${adele}/authentication/microsoftAuthenticatorMethods/a-new (UserAuthenticationMethod.ReadWrite.All)`,
      `DELETE /v1.0/users/${adele}/authentication/microsoftAuthenticatorMethods/a-new (UserAuthenticationMethod.ReadWrite.All)`,
    ]);
    expect(removeAuthMethods.undo).toContain('registers');
  });

  it.each([
    ['phone', phone('mobile'), 'phoneMethods', 'User registered Mobile Phone SMS'],
    [
      'software token',
      { '@odata.type': type('softwareOath') },
      'softwareOathMethods',
      'User registered Authenticator App with Code',
    ],
    [
      'passkey',
      { '@odata.type': type('fido2'), displayName: 'key' },
      'fido2Methods',
      'User registered FIDO2 security key',
    ],
    [
      'email address',
      { '@odata.type': type('email'), emailAddress: 'a@mail.example' },
      'emailMethods',
      'User registered Email',
    ],
    [
      'Windows Hello',
      { '@odata.type': type('windowsHelloForBusiness') },
      'windowsHelloForBusinessMethods',
      'Windows Hello for Business credential',
    ],
    [
      'platform credential',
      { '@odata.type': type('platformCredential') },
      'platformCredentialMethods',
      'Platform credential',
    ],
    [
      'Temporary Access Pass',
      { '@odata.type': type('temporaryAccessPass') },
      'temporaryAccessPassMethods',
      'Admin registered temporary access pass method for user',
    ],
    [
      'external method',
      {
        '@odata.type': '#microsoft.graph.externalAuthenticationMethod',
        displayName: 'Duo',
        configurationId: 'c1',
      },
      'externalAuthenticationMethods',
      'User registered External auth method',
    ],
  ])('deletes a %s at the endpoint of its type', async (_name, method, collection, resultReason) => {
    const made = { ...method, createdDateTime: '2026-11-20T09:13:08Z' };
    const {
      clients,
      tenant: simulation,
      asked,
    } = simulated(removeAuthMethods, tenant([made], [entry({ resultReason })]));
    await removeAuthMethods.fix(onlyChange(await removeAuthMethods.find(run, clients)), run, clients);
    expect(asked().at(-1)).toContain(`/authentication/${collection}/`);
    expect(left(simulation.state())).toEqual([]);
  });

  it('deletes the default last, and the mobile phone after the alternate one — the service refuses otherwise', async () => {
    const reason = (resultReason: string, at: string) => entry({ resultReason, activityDateTime: at });
    const file = tenant(
      [phone('mobile'), phone('alternateMobile', { createdDateTime: '2026-11-20T09:11:00Z' }), theirs],
      [
        reason('User registered Mobile Phone SMS', '2026-11-20T09:10:05Z'),
        reason('User registered Alternate Mobile Phone Call', '2026-11-20T09:11:05Z'),
        entry(),
      ],
    );
    const { clients, tenant: simulation } = simulated(removeAuthMethods, file);
    const changes = changesOf(await removeAuthMethods.find(run, clients));
    expect(changes.map(({ what }) => what)).toEqual([
      'phone +1 5555550100 (alternateMobile)',
      'Microsoft Authenticator "SM-G998B"',
      'phone +1 5555550100 (mobile)',
    ]);
    for (const change of changes) await removeAuthMethods.fix(change, run, clients);
    expect(left(simulation.state())).toEqual([]);
  });

  it('says what to do if the default cannot go while the owner’s own methods stay', async () => {
    const file = tenant([theirs, old], [entry()]);
    const { clients } = simulated(removeAuthMethods, file);
    const { changes, tasks } = found(await removeAuthMethods.find(run, clients));
    expect(tasks).toMatchObject([
      { id: 'default:a-new', instruction: expect.stringContaining('select another one') },
    ]);
    const [change] = changes;
    if (!change) throw new Error('found none');
    await expect(removeAuthMethods.fix(change, run, clients)).rejects.toMatchObject({
      name: 'PermanentError',
      status: 400,
    });
  });

  it('says nothing about the default if it is the last method — then it may go', async () => {
    const { changes, tasks } = await find(tenant([theirs], [entry()]));
    expect(changes).toHaveLength(1);
    expect(tasks).toEqual([]);
  });

  it('never removes what the owner registered meanwhile, or what has no date — people judge that', async () => {
    const { changes, tasks } = await find(
      tenant([theirs, { ...authenticator, id: 'undated', createdDateTime: null }], [entry({}, home)]),
    );
    expect(changes).toEqual([]);
    // One question for both; its id names them, so that a tick does not also answer for a method found later.
    expect(tasks.map(({ id, essential }) => [id, essential])).toEqual([['methods:a-new,undated', undefined]]);
    expect(tasks[0]?.instruction).toContain(`from ${home}`);
    expect(tasks[0]?.instruction).toContain('nobody can tell when it was registered');
  });

  it.each([
    ['09:13:50', 'after'],
    ['09:12:40', 'before'],
  ])('lets a person choose if the owner registered one too, at %s, a minute %s the intruder', async (at) => {
    const own = entry({ activityDateTime: `2026-11-20T${at}Z` }, home);
    const { changes, tasks } = await find(tenant([theirs], [entry(), own]));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      { instruction: expect.stringContaining('both the owner and the intruder') },
    ]);
  });

  it('recognises a changed number by the log although the phone kept its old date', async () => {
    const resultReason = 'User updated Mobile Phone SMS';
    const overwritten = phone('mobile', { createdDateTime: '2024-01-01T00:00:00Z' });
    const named = [
      {
        id: adele,
        modifiedProperties: [
          { displayName: 'PhoneNumber', oldValue: '"+1 5555550199"', newValue: '"+15555550100"' },
        ],
      },
    ];
    const activity = { activityDisplayName: 'User updated security info', resultReason };
    const told = await find(tenant([overwritten], [entry({ ...activity, targetResources: named })]));
    expect(told.changes).toHaveLength(1);
    const silent = await find(tenant([overwritten], [entry(activity)]));
    expect(silent.changes).toEqual([]);
    expect(silent.tasks).toMatchObject([{ instruction: expect.stringContaining('this may be it') }]);
  });

  it.each([
    ['without a date', null],
    ['of the same minute', '2026-11-20T09:13:30Z'],
    ['of long ago', '2024-01-01T00:00:00Z'],
  ])('is not explained by an entry that names another number: a phone %s', async (_, createdDateTime) => {
    const other = {
      id: adele,
      modifiedProperties: [{ displayName: 'PhoneNumber', oldValue: 'null', newValue: '"+1 5555550177"' }],
    };
    const named = entry({ resultReason: 'User registered Mobile Phone SMS', targetResources: [other] });
    const { changes, tasks } = await find(tenant([phone('mobile', { createdDateTime })], [named]));
    expect(changes).toEqual([]);
    expect(JSON.stringify(tasks)).not.toContain('the intruder registered a phone');
    expect(JSON.stringify(tasks)).not.toContain('both the owner');
  });

  it('names the owner’s methods that the intruder deleted — they must be registered again', async () => {
    const gone = {
      activityDisplayName: 'User deleted security info',
      resultReason: 'User deleted Mobile Phone SMS',
    };
    const { tasks } = await find(tenant([old], [entry(gone), entry(gone, home)]));
    expect(tasks).toHaveLength(1);
    expect(tasks).toMatchObject([{ instruction: expect.stringContaining('User deleted Mobile Phone SMS') }]);
  });

  it('leaves a token that only a person can delete as an essential task', async () => {
    const hardware = { '@odata.type': type('hardwareOath'), createdDateTime: '2026-11-20T09:13:08Z' };
    const { changes, tasks } = await find(tenant([hardware], [entry({ resultReason: null })]));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ essential: true }]);
  });

  it('asks about a pass of unknown origin, and keeps one that is used up', async () => {
    const pass = { '@odata.type': type('temporaryAccessPass'), createdDateTime: '2026-11-20T09:00:00Z' };
    const { tasks, kept } = await find(
      tenant([
        { ...pass, id: 'open' },
        { ...pass, id: 'spent', methodUsabilityReason: 'OneTimeUsed', isUsable: false },
      ]),
    );
    expect(tasks.map(({ id }) => id)).toEqual(['methods:open']);
    expect(kept).toMatchObject([{ why: 'can no longer be used' }]);
  });

  it('only reads while it looks, and reads no report if there is nothing to delete', async () => {
    const { clients, asked } = simulated(removeAuthMethods, tenant([old]));
    await removeAuthMethods.find(run, clients);
    expect(asked().map((line) => line.split('?')[0]?.split(' (')[0])).toEqual([
      `GET /v1.0/users/${adele}/authentication/methods`,
      'GET /v1.0/auditLogs/directoryAudits',
    ]);
  });

  it('asks about an old phone if the log cannot be read — it keeps its date when the number changes', async () => {
    const since = phone('mobile', { id: 'p-1', createdDateTime: '2025-02-03T10:00:00Z' });
    const known = await find(tenant([since, old]));
    expect(known.tasks).toEqual([]);
    const code = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';
    const faults = [{ on: 'GET /v1.0/auditLogs/*', status: 403, code }];
    const { changes, tasks } = await find(
      tenant([since, old], [], { servicePlans: [], behaviour: { faults } }),
    );
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ instruction: expect.stringContaining('another number') }]);
    expect(tasks[0]?.instruction).not.toContain('iPhone');
  });

  it('chooses an order without the report if the licence for it is missing', async () => {
    const { changes } = await find(tenant([theirs], [entry()], { servicePlans: ['EXCHANGE_S_ENTERPRISE'] }));
    expect(changes).toHaveLength(1);
  });

  it.each([
    [429, RetryableError],
    [403, PermanentError],
  ])('fails as the service does with %i', async (status, kind) => {
    const faults = [{ on: 'GET /v1.0/users/*/authentication/methods', status }];
    const { clients } = simulated(removeAuthMethods, tenant([theirs], [], { behaviour: { faults } }));
    await expect(removeAuthMethods.find(run, clients)).rejects.toBeInstanceOf(kind);
  });
});
