import { describe, expect, it } from 'vitest';
import { removeAppAccess } from '../../functions/steps/remove-app-access/remove-app-access.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { directoryAudit, intruder } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, attacker, office, signal } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const perfectData = 'ff8d92dc-3d82-41d6-bcbd-b9174d163620';
const mailId = 'aaaaaaaa-0000-4000-8000-000000000001';
const mail = { id: mailId, appId: 'bbbbbbbb-0000-4000-8000-000000000001', displayName: 'Mail Sync Pro' };
const consent = (clientId: string, given: object = {}) => ({
  clientId,
  principalId: 'adele@contoso.com',
  resourceId: 'Microsoft Graph',
  scope: 'Mail.ReadWrite offline_access',
  ...given,
});
const assigned = (resourceId: string, createdDateTime: string | null = '2026-11-20T09:13:10Z') => ({
  resourceId,
  principalId: 'adele@contoso.com',
  createdDateTime,
});
const about = (id: string) => ({ targetResources: [{ type: 'ServicePrincipal', id }] });
const consented = (by: 'intruder' | 'owner', id = mailId) =>
  directoryAudit(by, 'Consent to application', about(id));
const brought = directoryAudit('intruder', 'Add service principal', about(mailId));

const tenant = (given: object = {}) => ({
  domains: [{ id: 'contoso.com' }],
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }, { userPrincipalName: 'diego@contoso.com' }],
  servicePrincipals: [mail],
  oauth2PermissionGrants: [consent('Mail Sync Pro')],
  appRoleAssignments: [assigned('Mail Sync Pro')],
  directoryAudits: [consented('intruder'), brought],
  ...given,
});

const run = context({ run: { signals: [signal({ activityAt: '2026-11-20T09:12:04Z' })] }, intruder });
const look = async (file: object) =>
  found(await removeAppAccess.find(run, simulated(removeAppAccess, file).clients));
const nothing = { directoryAudits: [] };

describe('remove-app-access', () => {
  it('revokes what the intruder consented to, disables what came with it, and restores exactly that', async () => {
    const { clients, tenant: simulation, used } = simulated(removeAppAccess, tenant());
    const before = JSON.stringify(simulation.state());
    const change = onlyChange(await removeAppAccess.find(run, clients));
    expect(change).toMatchObject({
      what: `application "Mail Sync Pro" (${mail.appId}); may Mail.ReadWrite, offline_access`,
      evidence: `made from the intruder's address ${attacker} at 2026-11-20 09:13 UTC`,
      by: expect.objectContaining({ address: attacker }),
    });
    await removeAppAccess.fix(change, run, clients);
    expect(simulation.state()).toMatchObject({
      servicePrincipals: [{ accountEnabled: false }],
      oauth2PermissionGrants: [],
      appRoleAssignments: [],
    });
    expect(changesOf(await removeAppAccess.find(run, clients))).toEqual([]);
    await removeAppAccess.fix(change, run, clients);

    if (typeof removeAppAccess.undo === 'string') throw new Error('can be undone');
    await removeAppAccess.undo(change, run, clients);
    await removeAppAccess.undo(change, run, clients);
    expect(JSON.stringify(simulation.state())).toBe(before);
    expect(changesOf(await removeAppAccess.find(run, clients))).toEqual([change]);
    expect([...used()].toSorted()).toEqual([...(removeAppAccess.permissions.graph ?? [])].toSorted());
  });

  it('disables first — its consents, by which it is found, must not go before the application is disabled', async () => {
    const faults = [{ on: 'PATCH /v1.0/servicePrincipals/*', status: 403 }];
    const { clients, tenant: simulation } = simulated(removeAppAccess, tenant({ behaviour: { faults } }));
    const change = onlyChange(await removeAppAccess.find(run, clients));
    expect(await thrownBy(removeAppAccess.fix(change, run, clients))).toBeInstanceOf(PermanentError);
    expect(simulation.state().oauth2PermissionGrants).toHaveLength(1);
    expect(changesOf(await removeAppAccess.find(run, clients))).toEqual([change]);
  });

  it('a crash half-way leaves the other half to be found', async () => {
    const { clients } = simulated(
      removeAppAccess,
      tenant({ servicePrincipals: [{ ...mail, accountEnabled: false }] }),
    );
    expect(onlyChange(await removeAppAccess.find(run, clients))).toMatchObject({
      before: { disable: null, consents: [{ clientId: mailId }] },
    });
  });

  it('an application that others use is not disabled: only this user leaves it', async () => {
    const { changes, tasks } = await look(
      tenant({
        oauth2PermissionGrants: [
          consent('Mail Sync Pro'),
          consent('Mail Sync Pro', { principalId: 'diego@contoso.com' }),
        ],
        directoryAudits: [consented('intruder')],
      }),
    );
    expect(changes).toMatchObject([{ before: { disable: null, consents: [{}] } }]);
    expect(tasks.map(({ id }) => id)).toEqual([`shared:${mailId}`]);
  });

  it('a consent for all users is left to a person — removing one user leaves it active', async () => {
    const { changes, tasks } = await look(
      tenant({
        oauth2PermissionGrants: [
          consent('Mail Sync Pro'),
          consent('Mail Sync Pro', { consentType: 'AllPrincipals', principalId: null, scope: 'Mail.Send' }),
        ],
      }),
    );
    expect(changes[0]?.before).toMatchObject({ consents: [{ scope: 'Mail.ReadWrite offline_access' }] });
    expect(tasks).toMatchObject([
      { id: `tenant-wide:${mailId}`, instruction: expect.stringContaining('may Mail.Send') },
    ]);
  });

  it('lists the credentials of a disabled application, also in later looks — they outlive consent and owner', async () => {
    const secret = { keyId: 'k-1', displayName: 'sync', startDateTime: '2026-11-20T09:14:00Z' };
    const file = tenant({ servicePrincipals: [{ ...mail, passwordCredentials: [secret] }] });
    const { clients } = simulated(removeAppAccess, file);
    const [change] = changesOf(await removeAppAccess.find(run, clients));
    if (change === undefined) throw new Error('nothing found');
    await removeAppAccess.fix(change, run, clients);
    expect(found(await removeAppAccess.find(run, clients)).tasks).toMatchObject([
      {
        id: `credentials:${mailId}`,
        instruction: expect.stringContaining('sync (k-1, since 2026-11-20T09:14:00Z)'),
      },
    ]);
  });

  const listed = { displayName: 'PERFECTDATA SOFTWARE', appId: perfectData };
  const withListed = (given: object) =>
    tenant({
      servicePrincipals: [listed],
      oauth2PermissionGrants: [consent(perfectData)],
      appRoleAssignments: [assigned(perfectData)],
      ...nothing,
      ...given,
    });

  it('takes the public list as evidence if nothing else is known — no owner brings these', async () => {
    expect(await look(withListed({}))).toMatchObject({
      changes: [
        {
          evidence: expect.stringContaining('is on the public list'),
          before: { disable: expect.any(String) },
        },
      ],
    });
    expect(await look(withListed({ appRoleAssignments: [] }))).toMatchObject({ changes: [{}] });
  });

  it('a listed application that colleagues use too is not disabled for them', async () => {
    const theirs = consent(perfectData, { principalId: 'diego@contoso.com' });
    const file = withListed({ oauth2PermissionGrants: [consent(perfectData), theirs] });
    const { changes, tasks } = await look(file);
    expect(changes).toMatchObject([{ before: { disable: null } }]);
    expect(tasks).toMatchObject([{ id: expect.stringMatching(/^shared:/) }]);
  });

  it('an application of Microsoft’s is never disabled — too much else would stop working', async () => {
    const own = { ...mail, appOwnerOrganizationId: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a' };
    const { changes } = await look(tenant({ servicePrincipals: [own] }));
    expect(changes).toMatchObject([{ before: { disable: null, consents: [{ clientId: mailId }] } }]);
  });

  it.each([
    ['was there before', { appRoleAssignments: [assigned(perfectData, '2024-04-21T11:03:06Z')] }],
    [
      'the owner let in',
      {
        servicePrincipals: [{ ...listed, id: mailId }],
        directoryAudits: [consented('owner')],
      },
    ],
  ])('asks about a listed application that %s — some use them rightly', async (_what, given) => {
    const { changes, tasks } = await look(withListed(given));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ id: expect.stringMatching(/^app:/) }]);
  });

  it.each([
    [
      'from the owner’s address',
      [consented('owner')],
      '2026-11-20T09:13:10Z',
      `was given access from ${office}`,
    ],
    [
      'since the intruder came, by whom is not known',
      [],
      '2026-11-20T09:13:10Z',
      'was given access since the intruder came',
    ],
    ['at a time that nothing tells', [], null, 'has had access for an unknown time'],
    ['before, and more by the intruder', [consented('intruder')], '2025-01-01T00:00:00Z', 'was used before'],
  ])(
    'asks about a consent given %s, and removes nothing',
    async (_when, directoryAudits, createdDateTime, why) => {
      const { changes, tasks } = await look(
        tenant({ directoryAudits, appRoleAssignments: [assigned('Mail Sync Pro', createdDateTime)] }),
      );
      expect(changes).toEqual([]);
      expect(tasks).toMatchObject([
        {
          id: `app:${mailId}`,
          instruction: expect.stringContaining(why),
          // The admin center cannot withdraw what one person consented to.
          commands: [
            expect.stringMatching(/^Remove-MgOauth2PermissionGrant -OAuth2PermissionGrantId '[^']+'$/),
          ],
        },
      ]);
    },
  );

  it('keeps what is older than the intruder', async () => {
    const { changes, tasks, kept } = await look(
      tenant({ ...nothing, appRoleAssignments: [assigned('Mail Sync Pro', '2025-01-01T00:00:00Z')] }),
    );
    expect([changes, tasks]).toEqual([[], []]);
    expect(kept).toEqual([
      { what: `application "Mail Sync Pro" (${mail.appId})`, why: 'was there before the intruder' },
    ]);
  });

  it('does not mistake an API for an application that was let in — Microsoft Graph is the target of every grant', async () => {
    const graphId = 'aaaaaaaa-0000-4000-8000-0000000000ff';
    const api = { id: graphId, displayName: 'Microsoft Graph' };
    const { changes } = await look(
      tenant({
        servicePrincipals: [mail, api],
        appRoleAssignments: [assigned('Mail Sync Pro'), assigned('Microsoft Graph')],
        directoryAudits: [
          directoryAudit('intruder', 'Add delegated permission grant', {
            targetResources: [
              {
                type: 'ServicePrincipal',
                id: graphId,
                modifiedProperties: [{ displayName: 'ServicePrincipal.ObjectID', newValue: `"${mailId}"` }],
              },
            ],
          }),
        ],
      }),
    );
    expect(changes.map(({ id }) => id)).toEqual([`app:${mailId}`]);
  });

  const registration = {
    displayName: 'Backup job',
    appId: mail.appId,
    owners: ['adele@contoso.com'],
    id: 'cccccccc-0000-4000-8000-000000000001',
  };
  const owning = (given: object) =>
    tenant({ oauth2PermissionGrants: [], appRoleAssignments: [], applications: [registration], ...given });
  const made = (activity: string) =>
    directoryAudit('intruder', activity, { targetResources: [{ type: 'Application', id: registration.id }] });

  it('removes the intruder’s ownership and disables what they made; for the undo, a person adds the owner', async () => {
    const { clients, tenant: simulation } = simulated(
      removeAppAccess,
      owning({ directoryAudits: [made('Add application'), made('Add owner to application')] }),
    );
    const change = onlyChange(await removeAppAccess.find(run, clients));
    expect(change).toMatchObject({ what: 'ownership of "Backup job"', before: { disable: mailId } });
    await removeAppAccess.fix(change, run, clients);
    expect(simulation.state()).toMatchObject({
      applications: [{ owners: [] }],
      servicePrincipals: [{ accountEnabled: false }],
    });
    expect(changesOf(await removeAppAccess.find(run, clients))).toEqual([]);
    if (typeof removeAppAccess.undo === 'string') throw new Error('can be undone');
    // An owner can't be added without Directory.Read.All, which is not granted for this alone.
    expect(await removeAppAccess.undo(change, run, clients)).toMatchObject({
      what: expect.stringContaining('an owner of application'),
      instead: true,
    });
    const { applications, servicePrincipals } = simulation.state();
    expect(applications).toMatchObject([{ owners: [] }]);
    expect(servicePrincipals?.[0]?.accountEnabled).not.toBe(false);
  });

  it('restores an ownership by itself if the app has the permission for it', async () => {
    const { clients, tenant: simulation } = simulated(
      {
        ...removeAppAccess,
        permissions: { graph: [...(removeAppAccess.permissions.graph ?? []), 'Directory.Read.All'] },
      },
      owning({ directoryAudits: [made('Add application'), made('Add owner to application')] }),
    );
    const before = JSON.stringify(simulation.state());
    const change = onlyChange(await removeAppAccess.find(run, clients));
    await removeAppAccess.fix(change, run, clients);
    if (typeof removeAppAccess.undo === 'string') throw new Error('can be undone');
    expect(await removeAppAccess.undo(change, run, clients)).toBeUndefined();
    expect(JSON.stringify(simulation.state())).toBe(before);
  });

  it.each([
    [
      'a fresh credential',
      { passwordCredentials: [{ keyId: 'k', startDateTime: '2026-11-20T09:14:00Z' }] },
      'got a credential',
    ],
    ['a fresh date', { createdDateTime: '2026-11-20T09:14:00Z' }, 'was made since the intruder came'],
  ])('asks about an owned application with %s', async (_what, given, why) => {
    const { changes, tasks } = await look(
      owning({ ...nothing, applications: [{ ...registration, ...given }] }),
    );
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ instruction: expect.stringContaining(why) }]);
  });

  it('keeps an ownership about which nothing changed', async () => {
    const { changes, tasks, kept } = await look(owning(nothing));
    expect([changes, tasks]).toEqual([[], []]);
    expect(kept).toMatchObject([{ what: 'ownership of "Backup job"' }]);
  });

  it('only reads while it looks', async () => {
    const { clients, tenant: simulation } = simulated(removeAppAccess, tenant());
    await removeAppAccess.find(run, clients);
    expect(simulation.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('finds nothing on a quiet account, and applies to every kind of account', async () => {
    const quiet = tenant({ ...nothing, oauth2PermissionGrants: [], appRoleAssignments: [] });
    expect(await look(quiet)).toMatchObject({ changes: [], tasks: [], kept: [] });
    expect(removeAppAccess.appliesTo(context({ account: { guest: true, hasMailbox: false } }).account)).toBe(
      true,
    );
  });

  it.each([
    ['throttled', 429, RetryableError],
    ['without the permission', 403, PermanentError],
  ])('%s, it fails in the right kind', async (_what, status, kind) => {
    const faults = [{ on: 'GET /v1.0/users/*/oauth2PermissionGrants', status }];
    expect(await thrownBy(look(tenant({ behaviour: { faults } })))).toBeInstanceOf(kind);
  });
});
