// Risk that its owner has remediated: the alert about it stays open in Defender, but no longer locks anybody.
import { describe, expect, it } from 'vitest';
import { judge } from '../../shared/alerts/judge.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { fakeGraph, forbidden } from './fake-graph.ts';
import { account, adele, mailAlert, now, signal, tenantId } from './samples.ts';

const place = `/identityProtection/riskyUsers/${adele}`;
const user = (riskState: string, riskLastUpdatedDateTime: string, riskDetail = 'none') => ({
  id: adele,
  riskLevel: riskState === 'atRisk' ? 'high' : 'none',
  riskState,
  riskDetail,
  riskLastUpdatedDateTime,
  userPrincipalName: 'adele@contoso.com',
});
const alert = signal({
  source: 'alert',
  sourceId: 'ad702c56',
  detector: 'AnomalousToken',
  title: 'Anomalous Token',
  product: 'azureAdIdentityProtection',
});
const changed = 'userPerformedSecuredPasswordChange';

function judged(given = alert, answer: unknown = user('remediated', '2026-11-20T09:40:00Z', changed)) {
  const engine = {
    progress: new MemoryProgress(),
    bus: new MemoryBus({ now: () => now }),
    playbook: [],
    stepSettings: {},
    now: () => now,
    random: () => 0.5,
  };
  const graph = fakeGraph({ [place]: answer });
  const deps = {
    graph,
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async () => account(),
    lastRun: async () => undefined,
    openRun: (request: Parameters<typeof openRun>[1]) => openRun(engine, request),
    decisions: memoryDecisions(),
    now: () => now,
  };
  return judge(deps, given, null).then((decision) => ({ decision, asked: graph.asked }));
}

describe('an alert of Entra ID Protection', () => {
  it('does not lock an account whose owner has changed the password as the policy asked', async () => {
    const { decision } = await judged();
    expect(decision).toMatchObject({ action: 'none', row: 'closed' });
    expect(decision.why).toContain(changed);
  });

  it.each([
    ['is at risk again', user('atRisk', '2026-11-20T09:40:00Z')],
    ['answered an earlier risk', user('remediated', '2026-11-20T08:40:00Z', changed)],
    ['is confirmed as compromised', user('confirmedCompromised', '2026-11-20T09:40:00Z')],
    ['can’t be asked about', forbidden(place)],
  ])('locks when the user %s', async (_, answer) => {
    expect((await judged(alert, answer)).decision).toMatchObject({ action: 'contain' });
  });

  it('locks even after the owner’s answer if a person called it a compromise — the answer may be the intruder’s', async () => {
    const { decision } = await judged(signal({ ...alert, confirmedByPerson: true }));
    expect(decision.action).toBe('full');
  });
});

it('of another product is judged separately — a new password removes no rule, and the intruder may have set it', async () => {
  const forwarding = mailAlert('Suspicious email forwarding activity', { level: 'high' });
  const { decision, asked } = await judged({ ...forwarding, product: 'microsoftDefenderForOffice365' });
  expect(decision.action).not.toBe('none');
  expect(asked).not.toContain(place);
});
