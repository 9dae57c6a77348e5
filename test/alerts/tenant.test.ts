// Triage against the simulated tenant, through the real client: paths, filters, permissions and shapes must hold there.
import { describe, expect, it } from 'vitest';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { alertPermissions } from '../../shared/alerts/sources.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { accountPermissions, readAccount } from '../../shared/microsoft365/read-account.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { adele, cloudEvent, now, tenantId } from './samples.ts';

const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();
const admin = 'c1f0a3c2-58b7-4c8e-9a64-2b1e7f905c31';

const file = {
  tenantId,
  domains: [{ id: 'contoso.com' }],
  users: [
    { id: adele, displayName: 'Adele Vance', userPrincipalName: 'adele@contoso.com', mailbox: {} },
    { id: admin, displayName: 'Isaiah Langer', userPrincipalName: 'isaiah@contoso.com' },
    { displayName: 'Lee Gu', userPrincipalName: 'lee_gu.example#EXT#@contoso.com', userType: 'Guest' },
  ],
  roleAssignments: [{ principalId: 'isaiah@contoso.com', roleDefinitionId: 'Exchange Administrator' }],
  riskDetections: [
    {
      id: 'high-adele',
      userPrincipalName: 'adele@contoso.com',
      riskEventType: 'anomalousToken',
      riskLevel: 'high',
    },
    { id: 'aitm-admin', userId: admin, riskEventType: 'attackerInTheMiddle', riskLevel: 'high' },
    {
      id: 'guest',
      userPrincipalName: 'lee_gu.example#EXT#@contoso.com',
      riskEventType: 'unfamiliarFeatures',
      riskLevel: 'high',
    },
    {
      id: 'spray',
      userId: adele,
      riskEventType: 'passwordSpray',
      riskLevel: 'medium',
      ipAddress: '203.0.113.7',
      detectedDateTime: at(-20),
    },
    {
      id: 'safe',
      userId: adele,
      riskEventType: 'unlikelyTravel',
      riskLevel: 'high',
      riskState: 'confirmedSafe',
    },
  ],
  signIns: [
    {
      id: 'silent',
      createdDateTime: at(-15),
      userId: adele,
      ipAddress: '203.0.113.7',
      isInteractive: false,
      riskLevelAggregated: 'medium',
      riskState: 'atRisk',
    },
  ],
  incidents: [
    { id: '2972395', displayName: 'BEC attack (attack disruption)', severity: 'high' },
    {
      id: '2972396',
      displayName: 'Anomalous token on one endpoint',
      severity: 'high',
      status: 'redirected',
      redirectIncidentId: '2972395',
    },
  ],
  alerts: [
    {
      id: 'ad-in-incident',
      incidentId: '2972395',
      title: 'Anomalous Token',
      severity: 'medium',
      evidence: [
        {
          '@odata.type': '#microsoft.graph.security.userEvidence',
          roles: ['compromised'],
          userAccount: { userPrincipalName: 'adele@contoso.com' },
        },
      ],
    },
    {
      id: 'fa-restricted',
      title: 'User restricted from sending email',
      severity: 'high',
      serviceSource: 'microsoftDefenderForOffice365',
      evidence: [
        {
          '@odata.type': '#microsoft.graph.security.userEvidence',
          userAccount: { azureAdUserId: null, userPrincipalName: 'adele@contoso.com' },
        },
      ],
    },
  ],
};

const all = [...new Set([...alertPermissions.graph, ...accountPermissions.graph])];

function stack(permissions: readonly string[] = all) {
  const tenant = createTenant(file, { now: () => now, permissions });
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential: tenant.credential,
    fetch: tenant.fetch,
    now: () => now,
  });
  const bus = new MemoryBus({ now: () => now });
  const progress = new MemoryProgress();
  const engine = { progress, bus, playbook: [], stepSettings: {}, now: () => now, random: () => 0.5 };
  const triage = createTriageAlert({
    graph,
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: (id, time) => readAccount({ graph, tenantId, id, now: time }),
    lastRun: async () => undefined,
    openRun: (request) => openRun(engine, request),
    decisions: memoryDecisions(),
    now: () => now,
    log: () => {},
  });
  const detection = (id: string, claims: object = {}) =>
    triage(cloudEvent('Reclaim.RiskDetection', { id, ...claims }));
  const alert = (id: string) => triage(cloudEvent('Reclaim.Alert', { id }));
  const incident = (id: string) => triage(cloudEvent('Reclaim.Incident', { id }));
  const risky = (id: string) => triage(cloudEvent('Reclaim.RiskyUser', { id }));
  return { detection, alert, incident, risky, requests: tenant.requests };
}

describe('triage in the simulated tenant', () => {
  it('contains a high risk when the event holds nothing but an id', async () => {
    const { detection, requests } = stack();
    expect(await detection('high-adele')).toMatchObject([
      { action: 'contain', row: 'high', userId: adele, userPrincipalName: 'adele@contoso.com' },
    ]);
    expect(requests.map(({ status }) => status).every((status) => status === 200)).toBe(true);
  });

  it('finds the silent sign-in after a password spray — only beta shows it', async () => {
    expect(await stack().detection('spray')).toMatchObject([{ action: 'contain', row: 'password-used' }]);
  });

  it('goes full for a restricted sender, identified by name, with a risky sign-in', async () => {
    expect(await stack().alert('fa-restricted')).toMatchObject([
      { action: 'full', row: 'restricted-sender-and-risky-sign-in', userId: adele },
    ]);
  });

  it('only contains an administrator, and holds for a guest', async () => {
    expect(await stack().detection('aitm-admin')).toMatchObject([{ action: 'contain', row: 'certain' }]);
    expect(await stack().detection('guest')).toMatchObject([{ action: 'hold', row: 'high' }]);
  });

  it('opens nothing for a risk that is confirmed safe', async () => {
    expect(await stack().detection('safe')).toMatchObject([{ action: 'none', row: 'closed' }]);
  });

  it('refuses an alert that the tenant does not have', async () => {
    await expect(stack().detection('made-up')).rejects.toThrow(
      'Microsoft Graph knows no risk detection made-up',
    );
    await expect(stack().alert('high-adele')).rejects.toThrow('Microsoft Graph knows no alert high-adele');
  });

  it('believes the risky user if it may not read risk detections', async () => {
    const { detection } = stack(all.filter((permission) => permission !== 'IdentityRiskEvent.Read.All'));
    expect(await detection('high-adele', { riskEventType: 'anomalousToken', userId: adele })).toMatchObject([
      { action: 'contain', row: 'high', userId: adele },
    ]);
  });

  it('goes full for an incident of attack disruption, even under its number before it was merged', async () => {
    for (const id of ['2972395', '2972396']) {
      expect(await stack().incident(id)).toMatchObject([{ action: 'full', row: 'certain', userId: adele }]);
    }
  });

  it('reads the detections behind a risky user', async () => {
    const made = await stack().risky(adele);
    expect(made).toMatchObject([{ action: 'contain', row: 'high', source: 'riskyUser', userId: adele }]);
  });

  it('needs each permission that it declares, and no other', async () => {
    const { detection, alert, incident, requests } = stack();
    await incident('2972395');
    for (const id of ['high-adele', 'spray', 'guest', 'safe']) await detection(id);
    await alert('fa-restricted');
    const blind = stack(all.filter((permission) => permission !== 'IdentityRiskEvent.Read.All'));
    await blind.detection('high-adele', { userId: adele });
    const used = new Set([...requests, ...blind.requests].map(({ permission }) => permission));
    for (const permission of alertPermissions.graph) expect(used).toContain(permission);
    expect(requests.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  });
});
