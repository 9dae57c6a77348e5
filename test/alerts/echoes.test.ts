// Our own confirmation as it comes back, through every door at once: one run, told once.
import { describe, expect, it } from 'vitest';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { lastRunOf } from '../../shared/alerts/earlier-runs.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import type { ChangeRecord } from '../../shared/model/rows.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';
import { fakeGraph } from './fake-graph.ts';
import { account, adele, cloudEvent, payload, tenantId } from './samples.ts';

const confirmedAt = '2026-11-20T10:00:02.000Z';
const later = (minutes: number) => new Date(Date.parse(confirmedAt) + minutes * 60_000).toISOString();
const confirmation: ChangeRecord = {
  ...{ id: 'risk', what: 'the risk', why: 'under attack', evidence: null, before: {}, once: false },
  recordedAt: confirmedAt,
  attemptedAt: confirmedAt,
  fixedAt: confirmedAt,
  ...{ goneAt: null, returned: 0, undoneAt: null, failure: null },
};

const risk = {
  riskLevel: 'high',
  riskState: 'confirmedCompromised',
  riskDetail: 'adminConfirmedUserCompromised',
};
const detection = payload('risk-detection/anomalous-token', {
  id: 'echo-1',
  ...risk,
  riskEventType: 'adminConfirmedUserCompromised',
  activityDateTime: later(0),
  detectedDateTime: later(1),
  lastUpdatedDateTime: later(1),
});
/** An earlier detection: confirming the user confirms it too. */
const older = payload('risk-detection/anomalous-token', {
  id: 'older-1',
  ...risk,
  lastUpdatedDateTime: later(1),
});
const user = {
  ...{ id: adele, isDeleted: false, ...risk },
  riskLastUpdatedDateTime: later(1),
  userPrincipalName: 'adele@contoso.com',
};
const alert = payload('alert-v2/anomalous-token', {
  id: 'ad-echo-1',
  title: 'Admin confirmed user compromised',
  detectorId: 'AdminConfirmedUserCompromised',
  createdDateTime: later(20),
  lastUpdateDateTime: later(20),
  firstActivityDateTime: later(0),
  lastActivityDateTime: later(0),
});

async function echoed(level: 'contain' | 'full', state: 'open' | 'finished') {
  const progress = new MemoryProgress();
  const run = sampleRun(adele, {
    level,
    state,
    openedAt: '2026-11-20T09:55:00.000Z',
    containedAt: '2026-11-20T09:55:05.000Z',
    finishedAt: state === 'finished' ? '2026-11-20T10:01:00.000Z' : null,
  });
  const confirming = sampleStep('confirm-compromise', {
    part: 'risk-confirmation',
    changes: [confirmation],
    state: 'settled',
    until: null,
    outcome: { is: 'done' },
  });
  const steps = [confirming];
  await progress.open(run, steps, undefined, []);
  const bus = new MemoryBus({ now: () => new Date(later(30)) });
  const engine = {
    progress,
    bus,
    playbook: [],
    stepSettings: {},
    now: () => new Date(later(30)),
    random: () => 0.5,
  };
  const opened: string[] = [];
  const triage = createTriageAlert({
    graph: fakeGraph({
      '/identityProtection/riskDetections/echo-1': detection,
      '/identityProtection/riskDetections/older-1': older,
      [`/identityProtection/riskyUsers/${adele}`]: user,
      '/security/alerts_v2/ad-echo-1': alert,
    }),
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async () => account(),
    lastRun: (id) => lastRunOf(progress, id),
    openRun: async (request) => {
      const answer = await openRun(engine, request);
      if (!answer.joined || answer.raised) opened.push(`${answer.run.id} ${answer.run.level}`);
      return answer;
    },
    decisions: memoryDecisions(),
    now: () => new Date(later(30)),
    log: () => {},
  });
  const decisions = [
    ...(await triage(cloudEvent('Reclaim.RiskDetection', detection), 'm1')),
    ...(await triage(cloudEvent('Reclaim.RiskDetection', older), 'm2')),
    ...(await triage(cloudEvent('Reclaim.RiskyUser', user), 'm3')),
    ...(await triage(cloudEvent('Reclaim.Alert', alert), 'm4')),
  ];
  return { decisions, opened, runId: run.id, row: progress.peek(run.id)?.run.row };
}

describe.each([
  ['contain', 'open'],
  ['contain', 'finished'],
  ['full', 'open'],
  ['full', 'finished'],
] as const)('the echo of a run at level %s that is %s', (level, state) => {
  it('starts no run and raises none, in whatever form it arrives', async () => {
    const { decisions, opened, runId, row } = await echoed(level, state);
    expect(opened).toEqual([]);
    expect(decisions).toHaveLength(4);
    expect(decisions.map((decision) => decision.runId)).toEqual([runId, runId, runId, runId]);
    expect(decisions.filter(({ row: by }) => by === 'echo')).toHaveLength(3);
    expect(row).toMatchObject({ level, endsAs: null });
  });
});
