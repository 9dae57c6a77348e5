import { describe, expect, it } from 'vitest';
import { createGraph } from '../../../shared/clients/graph.ts';
import { directoryAuditSchema, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { callerOf, refusal, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const byAdele = { user: { userPrincipalName: 'adele@contoso.com', ipAddress: '203.0.113.7' } };
const file = {
  users: [
    { id: adele, userPrincipalName: 'adele@contoso.com' },
    { userPrincipalName: 'helpdesk@contoso.com' },
  ],
  directoryAudits: [
    {
      activityDateTime: 'now-10m',
      activityDisplayName: 'User registered security info',
      loggedByService: 'Authentication Methods',
      initiatedBy: byAdele,
      targetResources: [{ userPrincipalName: 'adele@contoso.com' }],
      additionalDetails: [{ key: 'User-Agent', value: 'axios/1.7.9' }],
    },
    {
      activityDateTime: 'now-5m',
      activityDisplayName: 'Consent to application',
      category: 'ApplicationManagement',
      initiatedBy: byAdele,
      targetResources: [{ id: '5c1', type: 'ServicePrincipal', displayName: 'eM Client' }],
    },
    {
      activityDateTime: 'now-1m',
      activityDisplayName: 'Admin registered security info',
      initiatedBy: { user: { userPrincipalName: 'helpdesk@contoso.com' } },
      targetResources: [{ userPrincipalName: 'adele@contoso.com' }],
    },
  ],
  behaviour: { directoryAuditLagMinutes: 0 },
};
const path = '/v1.0/auditLogs/directoryAudits';

describe('the directory audit log', () => {
  it('lists newest first who did what, with the ids that the file left out', async () => {
    const caller = await callerOf(file);
    const found = rows(await caller.get(path));
    expect(found.map((entry) => entry['activityDisplayName'])).toEqual([
      'Admin registered security info',
      'Consent to application',
      'User registered security info',
    ]);
    expect(found[2]).toMatchObject({
      initiatedBy: { app: null, user: { id: adele, ipAddress: '203.0.113.7' } },
      targetResources: [{ id: adele, type: 'User', modifiedProperties: [] }],
      result: 'success',
    });
    expect(found.map((entry) => directoryAuditSchema.safeParse(entry).success)).toEqual([true, true, true]);
  });

  it('can be read by actor and by target — steps ask for either', async () => {
    const { tenant } = await callerOf(file);
    const graph = createGraph({
      baseUrl: 'https://graph.microsoft.com',
      credential: tenant.credential,
      fetch: tenant.fetch,
    });
    const activities = async (which: 'by' | 'on') => {
      const found = await readDirectoryAudits(graph, adele, Date.parse('2026-11-20T11:00:00Z'), which);
      return 'skip' in found ? [] : found.map(({ activity }) => activity);
    };
    expect(await activities('by')).toEqual(['Consent to application', 'User registered security info']);
    expect(await activities('on')).toEqual([
      'Admin registered security info',
      'User registered security info',
    ]);
  });

  it('refuses an app without the permission, and filters that the service does not have', async () => {
    const caller = await callerOf(file, { permissions: ['User.Read.All'] });
    expect(refusal(await caller.get(path))).toEqual([403, 'Authentication_MSGraphPermissionMissing']);
    const allowed = await callerOf(file);
    expect(refusal(await allowed.get(`${path}?$filter=resultReason eq 'x'`))).toEqual([
      400,
      'Request_UnsupportedQuery',
    ]);
  });
});
