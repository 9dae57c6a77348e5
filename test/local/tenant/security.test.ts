import { describe, expect, it } from 'vitest';
import { callerOf, refusal, row, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const file = {
  tenantId: '6f2b1c8e-3d4a-4e5b-9c7d-1a2b3c4d5e6f',
  users: [{ id: adele, displayName: 'Adele Vance', userPrincipalName: 'adele@contoso.com' }],
  riskDetections: [
    { id: 'd1', userPrincipalName: 'adele@contoso.com', riskEventType: 'anomalousToken', riskLevel: 'high' },
    { id: 'd2', userId: adele, riskEventType: 'unfamiliarFeatures', riskLevel: 'low' },
  ],
  signIns: [
    { id: 's1', createdDateTime: 'now-2h', userPrincipalName: 'adele@contoso.com', sessionId: 'a' },
    {
      id: 's2',
      createdDateTime: 'now-1h',
      userPrincipalName: 'adele@contoso.com',
      sessionId: 'b',
      ipAddress: '203.0.113.7',
    },
    {
      id: 's3',
      createdDateTime: 'now-30m',
      userPrincipalName: 'adele@contoso.com',
      sessionId: 'b',
      isInteractive: false,
    },
  ],
  alerts: [
    {
      id: 'ad1',
      title: 'Anomalous Token',
      severity: 'high',
      incidentId: '14',
      evidence: [
        {
          '@odata.type': '#microsoft.graph.security.userEvidence',
          roles: ['compromised'],
          userAccount: { userPrincipalName: 'adele@contoso.com' },
        },
      ],
    },
    { id: 'fa2', title: 'Phish delivered', severity: 'low', lastUpdateDateTime: 'now-3d' },
  ],
  incidents: [{ id: '14', displayName: 'Anomalous Token involving one user', severity: 'high' }],
};
const beta = '/beta/auditLogs/signIns';

describe('risk', () => {
  it('fills in who a detection is about and what Microsoft would say about it', async () => {
    const { get } = await callerOf(file);
    expect(row(await get('/v1.0/identityProtection/riskDetections/d1'))).toMatchObject({
      userId: adele,
      userDisplayName: 'Adele Vance',
      riskState: 'atRisk',
      source: 'IdentityProtection',
      detectedDateTime: '2026-11-20T12:00:00.000Z',
    });
  });

  it('derives a risky user from the highest detection — the file need not say it twice', async () => {
    const { get } = await callerOf(file);
    expect(row(await get(`/v1.0/identityProtection/riskyUsers/${adele}`))).toMatchObject({
      riskLevel: 'high',
      riskState: 'atRisk',
      userPrincipalName: 'adele@contoso.com',
    });
  });

  it('dismisses the user together with all detections', async () => {
    const { get, send } = await callerOf(file);
    const answered = await send('POST', '/v1.0/identityProtection/riskyUsers/dismiss', { userIds: [adele] });
    expect(answered.status).toBe(204);
    expect(row(await get(`/v1.0/identityProtection/riskyUsers/${adele}`))).toMatchObject({
      riskLevel: 'none',
      riskState: 'dismissed',
    });
    const states = rows(await get('/v1.0/identityProtection/riskDetections')).map(
      ({ riskState }) => riskState,
    );
    expect(states).toEqual(['dismissed', 'dismissed']);
  });

  it.each([
    ['riskDetections/nowhere', [404, 'NotFound']],
    ['riskyUsers/nobody', [404, 'NotFound']],
  ])('does not know %s', async (path, expected) => {
    const { get } = await callerOf(file);
    expect(refusal(await get(`/v1.0/identityProtection/${path}`))).toEqual(expected);
  });

  it('needs a licence: P1 for detections, P2 for risky users', async () => {
    const { get } = await callerOf({ ...file, servicePlans: ['AAD_PREMIUM'] });
    expect((await get('/v1.0/identityProtection/riskDetections/d1')).status).toBe(200);
    expect(refusal(await get(`/v1.0/identityProtection/riskyUsers/${adele}`))).toEqual([403, 'Forbidden']);
    const none = await callerOf({ ...file, servicePlans: [] });
    expect(refusal(await none.get('/v1.0/identityProtection/riskDetections/d1'))).toEqual([403, 'Forbidden']);
  });
});

describe('sign-ins', () => {
  it('shows interactive ones newest first in v1.0, without the session', async () => {
    const { get } = await callerOf(file);
    const found = rows(await get(`/v1.0/auditLogs/signIns?$filter=userId eq '${adele}'`));
    expect(found.map(({ id }) => id)).toEqual(['s2', 's1']);
    expect(found[0]).not.toHaveProperty('sessionId');
    expect(refusal(await get('/v1.0/auditLogs/signIns?$select=sessionId'))).toEqual([400, 'BadRequest']);
  });

  it.each([
    ['nonInteractiveUser', ['s3']],
    ['interactiveUser', ['s2', 's1']],
  ])('shows %s in beta when asked for, with the session', async (type, ids) => {
    const { get } = await callerOf(file);
    const filter = `userId eq '${adele}' and createdDateTime ge 2026-11-20T00:00:00Z and signInEventTypes/any(t: t eq '${type}')`;
    const found = rows(await get(`${beta}?$filter=${encodeURIComponent(filter)}&$top=1000`));
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found[0]).toMatchObject({ sessionId: 'b', signInEventTypes: [type] });
  });

  it('shows only interactive ones in beta when not asked for more', async () => {
    const { get } = await callerOf(file);
    expect(rows(await get(beta)).map(({ id }) => id)).toEqual(['s2', 's1']);
  });

  it.each(["sessionId eq 'b'", 'createdDateTime lt 2026-11-20T11:00:00Z'])(
    'refuses a filter that is not documented: %s',
    async (filter) => {
      const { get } = await callerOf(file);
      expect(refusal(await get(`${beta}?$filter=${encodeURIComponent(filter)}`))).toEqual([
        400,
        'Request_UnsupportedQuery',
      ]);
    },
  );

  it('needs a premium tenant', async () => {
    const { get } = await callerOf({ ...file, servicePlans: ['EXCHANGE_S_ENTERPRISE'] });
    expect(refusal(await get('/v1.0/auditLogs/signIns'))).toEqual([
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
    ]);
  });
});

describe('alerts', () => {
  it('may have a severity and properties that nobody has seen yet — Microsoft adds some without notice', async () => {
    const alert = { id: 'n1', title: 'x', severity: 'critical', agentName: 'Copilot', incidentId: 'n2' };
    const incident = { id: 'n2', displayName: 'x', severity: 'critical', agentName: 'Copilot' };
    const { get } = await callerOf({ users: [], alerts: [alert], incidents: [incident] });
    expect(row(await get('/v1.0/security/alerts_v2/n1'))).toMatchObject(alert);
    const shown = row(await get('/v1.0/security/incidents/n2?$expand=alerts'));
    expect(shown).toMatchObject({ ...incident, alerts: [alert] });
  });

  it('fills in the account that evidence names', async () => {
    const { get } = await callerOf(file);
    expect(row(await get('/v1.0/security/alerts_v2/ad1'))).toMatchObject({
      status: 'new',
      serviceSource: 'azureAdIdentityProtection',
      tenantId: file.tenantId,
      evidence: [{ roles: ['compromised'], userAccount: { azureAdUserId: adele, accountName: 'adele' } }],
    });
  });

  it('finds alerts by time, and by the account in their evidence', async () => {
    const { get } = await callerOf(file);
    const ids = async (filter: string) =>
      rows(await get(`/v1.0/security/alerts_v2?$filter=${encodeURIComponent(filter)}`)).map(({ id }) => id);
    expect(await ids('lastUpdateDateTime ge 2026-11-20T00:00:00Z')).toEqual(['ad1']);
    expect(
      await ids(
        "evidence/any(e: e/microsoft.graph.security.userEvidence/userAccount/userPrincipalName eq 'adele@contoso.com')",
      ),
    ).toEqual(['ad1']);
  });

  it('shows an incident with its alerts on request', async () => {
    const { get } = await callerOf(file);
    expect(row(await get('/v1.0/security/incidents/14'))).not.toHaveProperty('alerts');
    expect(row(await get('/v1.0/security/incidents/14?$expand=alerts'))).toMatchObject({
      alerts: [{ id: 'ad1' }],
    });
  });

  it('accepts a status and a comment, and refuses a value that is not in the metadata', async () => {
    const { get, send } = await callerOf(file);
    const path = '/v1.0/security/alerts_v2/ad1';
    const done = await send('PATCH', path, {
      status: 'inProgress',
      classification: 'truePositive',
      determination: 'compromisedAccount',
    });
    expect(row(done)).toMatchObject({ status: 'inProgress', determination: 'compromisedAccount' });
    expect(refusal(await send('PATCH', path, { determination: 'compromisedUser' }))).toEqual([
      400,
      'BadRequest',
    ]);
    const typed = { '@odata.type': '#microsoft.graph.security.alertComment', comment: 'Contained.' };
    expect((await send('POST', `${path}/comments`, { comment: 'Contained.' })).status).toBe(400);
    expect((await send('POST', `${path}/comments`, typed)).status).toBe(200);
    expect(row(await get(path))['comments']).toEqual([expect.objectContaining({ comment: 'Contained.' })]);
  });
});

describe('permissions', () => {
  it.each([
    ['/v1.0/users/adele@contoso.com', 'Authorization_RequestDenied'],
    ['/v1.0/identityProtection/riskDetections/d1', 'Forbidden'],
    ['/v1.0/auditLogs/signIns', 'Authentication_MSGraphPermissionMissing'],
    ['/v1.0/security/alerts_v2/ad1', 'Forbidden'],
    ['/v1.0/users/adele@contoso.com/mailFolders/inbox/messageRules', 'ErrorAccessDenied'],
  ])('refuses %s in the words of the service behind it', async (path, code) => {
    const { get } = await callerOf(file, { permissions: ['Domain.Read.All'] });
    expect(refusal(await get(path))).toEqual([403, code]);
  });

  it('records which permission allowed a request, the least privileged one held', async () => {
    const { tenant, get } = await callerOf(file, { permissions: ['Directory.Read.All', 'User.Read.All'] });
    await get('/v1.0/users/adele@contoso.com?$select=id');
    await get('/v1.0/auditLogs/signIns');
    expect(tenant.requests.map(({ permission, status }) => [permission, status])).toEqual([
      ['User.Read.All', 200],
      [null, 403],
    ]);
  });
});
