// A storm: far more alerts than any attack on people explains, all at once, with forged traces behind every one. What
// the breaker lets through is locked, what it holds is untouched, and on-call gets a handful of mails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { type BreakerSettings, createBreaker, heldMails } from '../../shared/alerts/breaker.ts';
import { tellOfStorms } from '../../shared/alerts/breaker-notice.ts';
import type { BreakerPlaces } from '../../shared/alerts/breaker-places.ts';
import type { BreakerStages } from '../../shared/alerts/breaker-stages.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import type { Notice } from '../../shared/mail/notice.ts';
import { createNotices } from '../../shared/mail/notices.ts';
import { remediation, type Step, settings } from '../../shared/model/step.ts';
import type { Mode } from '../../shared/model/words.ts';
import { advance } from '../../shared/run/advance.ts';
import { queues, stepMessageSchema, summaryMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { approve } from '../../shared/run/operate.ts';
import { type Progress, runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { sendSummary } from '../../shared/run/send-summary.ts';
import { TableBreakerPlaces } from '../../shared/store/table-breaker-places.ts';
import { TableBreakerStages } from '../../shared/store/table-breaker-stages.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryBreakerPlaces, memoryDecisions, memoryNotices, memoryTrips } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { noClients } from '../run/no-clients.ts';
import { fakeGraph } from './fake-graph.ts';
import { account, cloudEvent, payload, tenantId } from './samples.ts';

const userId = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const detection = payload('risk-detection/anomalous-token');
const kinds = ['anomalousToken', 'attackerInTheMiddle', 'maliciousIPAddress'];

const alerts = (many: number, users: number) =>
  Array.from({ length: many }, (_, index) => ({
    ...detection,
    id: `storm-${index}`,
    userId: userId(index % users),
    userPrincipalName: `user-${index % users}@contoso.com`,
    riskEventType: kinds[index % kinds.length],
  }));

/** A lock, and a mailbox rule that the attacker of this app has forged into every mailbox. */
function playbookOf(locked: Set<string>, cleaned: Set<string>): Step[] {
  const step = (name: string, stage: Step['stage'], done: Set<string>, evidence?: string) =>
    remediation({
      name,
      title: name,
      removes: name,
      guide: [],
      stage,
      settings: settings('act' satisfies Mode),
      permissions: { graph: ['User.Read.All'] },
      appliesTo: () => true,
      before: z.object({}),
      async find({ account: { id } }) {
        if (done.has(id)) return { changes: [] };
        return {
          changes: [{ id: name, what: name, why: 'found', before: {}, ...(evidence ? { evidence } : {}) }],
        };
      },
      async fix(_change, { account: { id } }) {
        done.add(id);
      },
      undo: 'not here',
    });
  return [
    step('block-sign-in', 'contain', locked),
    step('disable-inbox-rules', 'evict', cleaned, 'made from the address in the alert'),
  ];
}

interface Stores {
  progress: Progress;
  places: BreakerPlaces;
  trips: BreakerStages;
}

function world(
  { progress, places, trips }: Stores,
  limits: BreakerSettings,
  answers: Record<string, unknown>,
) {
  let at = Date.parse('2026-11-20T10:05:00Z');
  const now = () => new Date(at);
  const bus = new MemoryBus({ now });
  const locked = new Set<string>();
  const cleaned = new Set<string>();
  const mails: string[] = [];
  const told: Notice[] = [];
  const engine: Engine = {
    progress,
    bus,
    playbook: playbookOf(locked, cleaned),
    stepSettings: {},
    clients: () => noClients,
    now,
    random: Math.random,
    deadlineSeconds: 60,
    log: () => undefined,
  };
  const breaker = createBreaker({ places, trips, settings: limits, users: async () => 1000, now });
  const decisions = memoryDecisions();
  const graph = fakeGraph(answers);
  const triage = createTriageAlert({
    graph,
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async (id) =>
      account({ id, userPrincipalName: `user-${Number(id.slice(-12))}@contoso.com` }),
    lastRun: async () => undefined,
    openRun: (request) => openRun(engine, { ...request, admit: breaker.admit }),
    decisions,
    now,
    log: () => undefined,
  });
  const notices = createNotices({
    store: memoryNotices(),
    mailer: { send: async (notice) => void told.push(notice), wasSent: async () => false },
    now,
    log: () => undefined,
  });
  const mailer = {
    send: async ({ run }: { run: { row: { state: string } } }) => void mails.push(run.row.state),
    wasSent: async () => false,
  };
  return {
    engine,
    locked,
    cleaned,
    mails,
    told,
    decisions,
    triage,
    turn: (minutes: number) => {
      at += minutes * 60_000;
    },
    storms: () =>
      tellOfStorms({
        trips,
        progress,
        notices,
        baseUrl: 'https://reclaim.test',
        mailTo: ['oncall@contoso.com'],
        now,
        log: () => undefined,
      }),
    async work() {
      for (let message = bus.take(); message !== undefined; message = bus.take()) {
        if (message.queue === queues.summaries) {
          await sendSummary(engine, mailer, summaryMessageSchema.parse(message.body));
        } else await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
        bus.complete(message);
      }
    },
    async runs() {
      const refs = await progress.list(new Date(at), 1000);
      const rows = await Promise.all(refs.map((ref) => progress.read(ref)));
      return rows.flatMap((read) => (read === undefined ? [] : [read.run.row]));
    },
  };
}

const answersOf = (events: readonly Readonly<Record<string, unknown>>[]) =>
  Object.fromEntries(events.map((event) => [`/identityProtection/riskDetections/${event['id']}`, event]));

const defaults = { BREAKER_FULL_PER_HOUR: 20, BREAKER_RUNS_PER_HOUR: 100, BREAKER_SHARE: 20 };

describe('500 alerts for 200 users at once', () => {
  const events = alerts(500, 200);
  const storm = world(
    { progress: new MemoryProgress(), places: memoryBreakerPlaces(), trips: memoryTrips() },
    defaults,
    answersOf(events),
  );
  beforeAll(async () => {
    await Promise.all(events.map((event) => storm.triage(cloudEvent('Reclaim.RiskDetection', event))));
    await storm.work();
    await storm.storms();
  }, 60_000);

  it('are all accounted for, in one run per user', async () => {
    expect(storm.decisions.all).toHaveLength(500);
    expect(storm.decisions.all.filter(({ runId }) => runId === null)).toEqual([]);
    const runs = await storm.runs();
    expect(runs).toHaveLength(200);
    expect(new Set(runs.map((run) => run.account.id)).size).toBe(200);
    expect(runs.reduce((sum, run) => sum + run.signals.length, 0)).toBe(500);
  });

  it('lock as many accounts as the second stage allows, and touch no others', async () => {
    const runs = await storm.runs();
    const held = runs.filter(({ state }) => state === 'held');
    expect(storm.locked.size).toBe(100);
    expect(held).toHaveLength(100);
    expect(held.filter((run) => storm.locked.has(run.account.id))).toEqual([]);
    expect(held[0]?.heldBecause).toContain('the circuit breaker is open');
  });

  it('clean only the first stage’s accounts, whatever was forged into the others', async () => {
    const runs = await storm.runs();
    expect(storm.cleaned.size).toBe(20);
    expect(runs.filter(({ level, state }) => level === 'full' && state !== 'held')).toHaveLength(20);
    const limited = runs.filter((run) => run.state !== 'held' && run.limitedBecause !== undefined);
    expect(limited).toHaveLength(80);
    expect(limited.filter(({ level }) => level === 'full')).toEqual([]);
  });

  it('send on-call one mail per changed account, ten for held ones, and one per stage', () => {
    expect(storm.mails.filter((state) => state === 'held')).toHaveLength(heldMails);
    expect(storm.told.map(({ headline }) => headline)).toEqual([
      'CIRCUIT BREAKER: ONLY CONTAINING',
      'CIRCUIT BREAKER: HOLDING',
      'MANY RUNS WAIT',
    ]);
    expect(storm.told[1]).toMatchObject({
      subject: '100 runs held, 80 runs only contained since 10:00 UTC',
      tone: 'alarm',
    });
    expect(storm.told[1]?.sections[1]?.lines[0]).toMatchObject({
      text: expect.stringMatching(/^user-\d+@contoso\.com \(run [0-9A-Z]{4}\)$/),
      details: [expect.stringContaining('the circuit breaker is open')],
      link: { url: expect.stringContaining('https://reclaim.test/api/runs/') },
    });
  });

  it('are told once per stage and once after the hour, not every minute', async () => {
    await storm.storms();
    expect(storm.told).toHaveLength(3);
    storm.turn(60);
    await storm.storms();
    await storm.storms();
    expect(storm.told.map(({ headline }) => headline).slice(3)).toEqual(['CIRCUIT BREAKER: WHAT WAITS']);
  });

  it('don’t stop a person: an approved run continues, evidence and all', async () => {
    const runs = await storm.runs();
    const order = { who: 'on-call', reason: 'the owner denies it', now: storm.engine.now() };
    const held = runs.find(({ state }) => state === 'held');
    const limited = runs.find((run) => run.state !== 'held' && run.limitedBecause !== undefined);
    for (const run of [held, limited]) {
      await advance(storm.engine, runRef(run?.id ?? ''), approve('full', order));
    }
    await storm.work();
    expect(storm.cleaned.size).toBe(22);
    expect(storm.locked.size).toBe(101);
  });

  it('open the held runs of the last hour if their attack continues in a calmer one', async () => {
    const [held] = (await storm.runs()).filter(({ state }) => state === 'held');
    if (held === undefined) throw new Error('none is held');
    const again = {
      ...detection,
      id: 'storm-again',
      userId: held.account.id,
      riskEventType: 'attackerInTheMiddle',
    };
    const calmer = world(
      { progress: storm.engine.progress, places: memoryBreakerPlaces(), trips: memoryTrips() },
      defaults,
      answersOf([again]),
    );
    expect(await calmer.triage(cloudEvent('Reclaim.RiskDetection', again))).toMatchObject([
      { action: 'full', joined: true, raised: true, runId: held.id },
    ]);
    const run = (await storm.engine.progress.read(runRef(held.id)))?.run.row;
    expect(run).toMatchObject({ state: 'open', level: 'full', heldBecause: null });
    expect(run?.limitedBecause).toBeUndefined();
  });
});

describe('a smaller storm through Table Storage', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite.close());

  it('takes as many places as there are, however many workers ask at once', async () => {
    const service = { connectionString: azurite.connectionString };
    const events = alerts(40, 20);
    const now = () => new Date('2026-11-20T10:05:00Z');
    const storm = world(
      {
        progress: new TableProgress(service, now),
        places: new TableBreakerPlaces(service, Math.random),
        trips: new TableBreakerStages(service),
      },
      { BREAKER_FULL_PER_HOUR: 3, BREAKER_RUNS_PER_HOUR: 8, BREAKER_SHARE: 20 },
      answersOf(events),
    );
    for (let from = 0; from < events.length; from += 10) {
      const some = events.slice(from, from + 10);
      await Promise.all(some.map((event) => storm.triage(cloudEvent('Reclaim.RiskDetection', event))));
    }
    const runs = await storm.runs();
    expect(runs).toHaveLength(20);
    expect(runs.filter(({ state }) => state === 'held')).toHaveLength(12);
    expect(runs.filter((run) => run.state === 'open' && run.limitedBecause !== undefined)).toHaveLength(5);
    expect(await storm.storms()).toEqual(['limited', 'held', 'listed']);
  }, 60_000);
});
