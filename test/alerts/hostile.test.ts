// Thousands of generated messages: whatever comes, it is accounted for, and no account is touched but the one that
// Microsoft Graph names.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { fakeGraph, forbidden, missing } from './fake-graph.ts';
import { account, adele, cloudEvent, idOf, now, payload, tenantId } from './samples.ts';

const samples = [
  'risk-detection/anomalous-token',
  'risk-detection/attacker-in-the-middle',
  'risk-detection/password-spray',
  'risk-detection/dismissed',
  'alert-v2/anomalous-token',
  'alert-v2/restricted-sender',
  'alert-v2/attack-disruption',
  'alert-v2/clicked-malicious-url',
  'incident/attack-disruption',
  'incident/initial-access',
  'risky-user/high',
];
/** What services wrap around such payloads, or send of their own. */
const wrapped = [
  'diagnostic-records/mixed',
  'diagnostic-records/defender-streaming',
  'sentinel/analytics-rule',
  'sentinel/from-defender',
  'azure-monitor/risky-sign-in',
  'azure-monitor/risk-detection',
  'graph-notification/alert-created',
  'event-grid/alert',
];
const ceo = 'ffffffff-1111-4222-8333-444444444444';

const places: Readonly<Record<string, string>> = {
  'risk-detection': '/identityProtection/riskDetections',
  'alert-v2': '/security/alerts_v2',
  incident: '/security/incidents',
  'risky-user': '/identityProtection/riskyUsers',
};

/** Graph holds the samples as they are, the directory Adele and a bystander whom no sample accuses. */
const graph = fakeGraph({
  ...Object.fromEntries(
    samples.map((name) => [`${places[name.split('/')[0] ?? '']}/${idOf(name)}`, payload(name)]),
  ),
  '/users/adele@contoso.com': { id: adele, userPrincipalName: 'adele@contoso.com' },
  '/users/ceo@contoso.com': { id: ceo, userPrincipalName: 'ceo@contoso.com' },
  '/users': [],
  '/identityProtection/riskDetections': [],
  '/beta/auditLogs/signIns': forbidden('/beta/auditLogs/signIns'),
});

function world() {
  const touched: string[] = [];
  /** Held runs: nothing is changed, a person is asked. */
  const asked: string[] = [];
  const lines: string[] = [];
  const decisions = memoryDecisions();
  const triage = createTriageAlert({
    graph,
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    async readAccount(id) {
      if (id !== adele && id !== ceo) throw missing(`/users/${id}`);
      return account({ id, userPrincipalName: id === ceo ? 'ceo@contoso.com' : 'adele@contoso.com' });
    },
    lastRun: async () => undefined,
    async openRun({ account: { id }, held }) {
      (held === null ? touched : asked).push(id);
      throw new RetryableError('no run is opened in this test');
    },
    decisions,
    now: () => now,
    log: (line) => lines.push(line),
  });
  return { triage, touched, asked, decisions, lines };
}

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    '../../users',
    "' or 1 eq 1",
    '\u202egnp.exe',
    'x\ncontain: ceo@contoso.com',
    '0001-01-01T00:00:00Z',
    'ceo@contoso.com',
    ceo,
    'A'.repeat(5000),
  ),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);
const accused = {
  '@odata.type': '#microsoft.graph.security.userEvidence',
  roles: ['compromised'],
  userAccount: { azureAdUserId: ceo },
};

/** A real payload with fields replaced, added or taken out, or one that accuses the bystander. */
const bent = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.dictionary(fc.constantFrom(...samples.flatMap((name) => Object.keys(payload(name)))), nasty, {
      maxKeys: 6,
    }),
    fc.boolean(),
  )
  .map(([name, changes, accuses]) => ({
    ...payload(name),
    ...changes,
    ...(accuses ? { userId: ceo, userPrincipalName: 'ceo@contoso.com', evidence: [accused] } : {}),
  }));

/** A wrapping with one text in it replaced: ids, names, categories, times, brackets. */
const bentWrapping = fc
  .tuple(fc.constantFrom(...wrapped), fc.nat(), nasty, fc.boolean())
  .map(([name, at, put, accuses]): unknown => {
    const texts = [...JSON.stringify(payload(name)).matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => text);
    const text = JSON.stringify(payload(name)).replace(texts[at % texts.length] ?? '', () =>
      JSON.stringify(typeof put === 'string' ? put : JSON.stringify(put)),
    );
    const accused = text.replaceAll(adele, ceo).replaceAll('adele', 'ceo');
    try {
      return JSON.parse(accuses ? accused : text);
    } catch {
      return text;
    }
  });

const enveloped = fc
  .tuple(
    fc.constantFrom('Reclaim.Alert', 'Reclaim.RiskDetection', 'Reclaim.Incident', 'Reclaim.RiskyUser', 'x'),
    fc.oneof(bent, bentWrapping, nasty),
  )
  .map(([type, data]) => cloudEvent(type, data));

const message = fc.oneof(
  { weight: 6, arbitrary: enveloped },
  { weight: 2, arbitrary: fc.oneof(bent, bentWrapping) },
  { weight: 2, arbitrary: fc.array(fc.oneof(enveloped, nasty), { maxLength: 4 }) },
  { weight: 1, arbitrary: nasty },
  {
    weight: 1,
    arbitrary: fc.tuple(enveloped, fc.nat(2000)).map(([event, end]) => JSON.stringify(event).slice(0, end)),
  },
);

describe('triage of hostile messages', () => {
  it('accounts for each, and touches nobody whom Graph does not name', async () => {
    await fc.assert(
      fc.asyncProperty(message, async (body) => {
        const { triage, touched, asked, decisions, lines } = world();
        const ended = await triage(body).then(
          () => 'decided',
          (error: unknown) => error,
        );
        if (ended !== 'decided' && !(ended instanceof PermanentError))
          expect(ended).toBeInstanceOf(RetryableError);
        expect(touched.filter((id) => id !== adele)).toEqual([]);
        expect(decisions.all.length + touched.length + asked.length).toBeGreaterThan(0);
        for (const line of lines) expect(line).not.toMatch(/[\n\r\u202e]/);
      }),
      { numRuns: Number(process.env['EVENTS'] ?? 2000) },
    );
  }, 300_000);
});
