// Whatever a tenant has, its alert leads to the right account, or to a reason why not: from the body of a message to
// the decision, with Microsoft Graph as the judge.
import { describe, expect, it } from 'vitest';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { type Answers, fakeGraph, forbidden } from './fake-graph.ts';
import { account, adele, cloudEvent, idOf, now, payload, tenantId } from './samples.ts';

const grady = 'd1f0a3c2-58b7-4c8e-9a64-2b1e7f905c33';
const detectionsPath = '/identityProtection/riskDetections';
const spray = payload('risk-detection/password-spray', { riskLevel: 'high' });
const riskyPath = `/identityProtection/riskyUsers/${adele}`;
const incidents = ['attack-disruption', 'initial-access', 'classified-as-compromised', 'merged', 'resolved'];

const held: Answers = {
  [`${detectionsPath}/${spray['id']}`]: spray,
  [`/security/alerts_v2/${idOf('alert-v2/anomalous-token')}`]: payload('alert-v2/anomalous-token'),
  ...Object.fromEntries(
    incidents.map((name) => [`/security/incidents/${idOf(`incident/${name}`)}`, payload(`incident/${name}`)]),
  ),
  [riskyPath]: payload('risky-user/high'),
  [detectionsPath]: [],
  '/beta/auditLogs/signIns': [],
  '/users/adele@contoso.com': { id: adele, userPrincipalName: 'adele@contoso.com' },
  '/users': [{ id: grady, userPrincipalName: 'grady@contoso.com' }],
};

async function decisionsOn(body: unknown, changes: Answers = {}) {
  const decisions = memoryDecisions();
  const bus = new MemoryBus({ now: () => now });
  const engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: [],
    stepSettings: {},
    now: () => now,
    random: () => 0.5,
  };
  const triage = createTriageAlert({
    graph: fakeGraph({ ...held, ...changes }),
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async (id) =>
      account({ id, userPrincipalName: id === grady ? 'grady@contoso.com' : 'adele@contoso.com' }),
    lastRun: async () => undefined,
    openRun: (request) => openRun(engine, request),
    decisions,
    now: () => now,
    log: () => {},
  });
  const error: unknown = await triage(body).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const said = decisions.all
    .filter(({ row }) => row !== 'left-alone')
    .map(({ action, userPrincipalName, row }) =>
      action === 'refused' ? 'refused' : `${action} ${userPrincipalName?.split('@')[0]} (${row})`,
    );
  return { said, all: decisions.all, error };
}

const calm: Answers = { [riskyPath]: payload('risky-user/remediated') };

describe('every source', () => {
  it.each([
    ['incident/attack-disruption', {}, ['full adele (certain)', 'full grady (certain)']],
    ['incident/initial-access', {}, ['contain adele (high)']],
    ['incident/classified-as-compromised', {}, ['full adele (certain)']],
    ['incident/merged', {}, ['full adele (certain)', 'full grady (certain)']],
    ['incident/resolved', {}, ['none adele (closed)']],
    ['risky-user/high', {}, ['contain adele (high)']],
    ['risky-user/high', calm, ['none adele (closed)']],
    ['risky-user/high', { [riskyPath]: payload('risky-user/deleted') }, ['none adele (closed)']],
    [
      'risky-user/high',
      { [riskyPath]: payload('risky-user/confirmed-compromised') },
      ['full adele (certain)'],
    ],
    ['diagnostic-records/user-risk-events', {}, ['hold adele (password-known)']],
    ['diagnostic-records/risky-users', {}, ['contain adele (high)']],
    ['diagnostic-records/defender-streaming', {}, ['contain adele (high)']],
    ['sentinel/from-defender', {}, ['full adele (certain)', 'full grady (certain)']],
    ['sentinel/analytics-rule', {}, ['contain adele (high)']],
    ['sentinel/analytics-rule', calm, ['hold adele (unconfirmed)']],
    ['sentinel/closed', calm, ['none adele (closed)']],
    ['sentinel/no-account', {}, ['refused']],
    ['azure-monitor/risky-sign-in', {}, ['contain adele (high)']],
    ['azure-monitor/risky-sign-in', calm, ['hold adele (unconfirmed)']],
    ['azure-monitor/risk-detection', {}, ['hold adele (password-known)']],
    ['azure-monitor/resolved', {}, ['none adele (closed)']],
    ['azure-monitor/no-account', {}, ['refused']],
    ['graph-notification/alert-created', {}, ['contain adele (high)']],
    ['event-grid/alert', {}, ['contain adele (high)']],
  ] as const)('%s %o: %j', async (name, changes, expected) => {
    const bare = payload(name);
    const enveloped = name.startsWith('event-grid') ? bare : cloudEvent('com.contoso.alert', bare);
    for (const body of [bare, JSON.stringify(bare), [enveloped], enveloped]) {
      expect((await decisionsOn(body, changes)).said).toEqual(expected);
    }
  });

  it.each(['azure-monitor/no-account', 'sentinel/no-account'])(
    'gives the reason where an alert names nobody: %s',
    async (name) => {
      const { all } = await decisionsOn(payload(name));
      expect(all.map(({ why }) => why)).toEqual([expect.stringMatching(/account/)]);
    },
  );

  it('reads the records of a stream one by one — an unrelated record does not affect the others', async () => {
    const { said, all, error } = await decisionsOn(payload('diagnostic-records/mixed'));
    expect(said.toSorted()).toEqual([
      'contain adele (high)',
      'hold adele (password-known)',
      'refused',
      'refused',
    ]);
    expect(all.flatMap(({ action, why }) => (action === 'refused' ? [why] : []))).toEqual([
      expect.stringContaining('record 2: records of category "SignInLogs" tell of no account at risk'),
      expect.stringContaining('record 4: no diagnostic record'),
    ]);
    expect(error).toMatchObject({ name: 'PermanentError' });
  });

  it('uses the record’s tenant for its contents — they name none themselves', async () => {
    const text = JSON.stringify(payload('diagnostic-records/user-risk-events'));
    const foreign = text.replaceAll(tenantId, 'aaaabbbb-0000-cccc-1111-dddd2222eeee');
    const { said, all } = await decisionsOn(foreign);
    expect(said).toEqual(['refused']);
    expect(all[0]?.why).toContain('is of another tenant, aaaabbbb-0000-cccc-1111-dddd2222eeee');
  });

  it('reads a page of Microsoft Graph as the alerts in it', async () => {
    const page = {
      '@odata.context': 'https://graph.microsoft.com/…',
      value: [payload('alert-v2/anomalous-token')],
    };
    expect((await decisionsOn(page)).said).toEqual(['contain adele (high)']);
  });

  it('ends a circle of merged incidents with what to do', async () => {
    const circle = payload('incident/merged', { redirectIncidentId: '2972396' });
    const { said, all } = await decisionsOn(circle, { '/security/incidents/2972396': circle });
    expect(said).toEqual(['refused']);
    expect(all[0]?.why).toContain('was merged more than 5 times');
  });

  it('leaves out an incident’s alert that was found to be a false alarm', async () => {
    const [first, second] = [payload('alert-v2/anomalous-token'), payload('alert-v2/attack-disruption')];
    const mixed = payload('incident/attack-disruption', {
      alerts: [first, { ...second, classification: 'falsePositive', status: 'resolved' }],
    });
    const { said } = await decisionsOn(mixed, { '/security/incidents/2972395': mixed });
    expect(said).toEqual(['full adele (certain)']);
  });
});

describe('a risky user', () => {
  const body = payload('risky-user/high');
  const behind = (riskEventType: string, riskLevel: string) => ({
    ...spray,
    id: riskEventType,
    riskEventType,
    riskLevel,
  });

  it.each([
    ['leaked credentials alone', [behind('leakedCredentials', 'high')], ['hold adele (password-known)']],
    [
      'leaked credentials, and a token of high risk',
      [behind('leakedCredentials', 'high'), behind('anomalousToken', 'high')],
      ['hold adele (password-known)', 'contain adele (high)'],
    ],
    ['only medium detections, which add up', [behind('anomalousToken', 'medium')], ['contain adele (high)']],
    ['an attacker in the middle', [behind('attackerInTheMiddle', 'medium')], ['full adele (certain)']],
  ])('is what the detections behind it are: %s', async (_, detections, expected) => {
    expect((await decisionsOn(body, { [detectionsPath]: detections })).said).toEqual(expected);
  });

  it('is contained if the detections can’t be read — the level is all there is', async () => {
    const { said } = await decisionsOn(body, { [detectionsPath]: forbidden(detectionsPath) });
    expect(said).toEqual(['contain adele (high)']);
  });
});

describe('an alert that only its own service has', () => {
  const low = JSON.stringify(payload('sentinel/analytics-rule')).replaceAll(
    '"severity":"High"',
    '"severity":"Low"',
  );

  it('is only recorded if even the service rates it low — a mail for each would teach on-call to look away', async () => {
    expect((await decisionsOn(low, calm)).said).toEqual(['none adele (low)']);
  });

  it('never names an account of another tenant', async () => {
    const foreign = low.replaceAll(tenantId, 'aaaabbbb-0000-cccc-1111-dddd2222eeee');
    expect((await decisionsOn(foreign, calm)).said).toEqual(['refused']);
  });
});
