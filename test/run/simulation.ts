// Lives through one whole run under a virtual clock, with messages in any order, twice, or not at all, and processes
// that die around any write or request. It checks the promises that the engine makes, whatever happens.

import { RetryableError } from '../../shared/errors.ts';
import type { Account } from '../../shared/model/account.ts';
import type { RunRow, StepRow } from '../../shared/model/rows.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { stepMessageSchema, summaryMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type FirstMove, firstMove } from '../../shared/run/first-move.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { RunRows } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { type Mailer, sendSummary } from '../../shared/run/send-summary.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { endedWell } from '../../shared/run/verdict.ts';
import { sampleAccount } from '../fakes/account.ts';
import { MemoryBus, type MemoryMessage } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { noClients } from './no-clients.ts';
import { playbookOf, World, type WorldOptions } from './world.ts';

/** The process is gone: nothing that it still tries takes effect. */
class Death extends Error {
  override readonly name = 'Death';
}

export interface Chaos {
  /** Next number in [0, 1). */
  next: () => number;
  /** Share of operations around which the process dies. */
  death: number;
  /** Share of storage answers that get lost although the write took effect. */
  lostAnswers: number;
  /** Share of service requests that are throttled. */
  throttled: number;
  /** Share of messages that are delivered twice, and whether the order is kept. */
  twice: number;
  shuffled: boolean;
  /** How many messages are handled side by side. */
  together: number;
  /** Share of messages that never arrive. */
  lost: number;
}

export interface History {
  world: World;
  rows: RunRows;
  mails: string[];
  broken: string[];
}

export const start = Date.parse('2026-11-20T09:00:00Z');

export const adele: Account = sampleAccount();

export const riskySignIn: Signal = {
  source: 'riskDetection',
  sourceId: 'd1',
  version: '2026-11-20T08:59:00Z',
  tenantId: adele.tenantId,
  userId: adele.id,
  userPrincipalName: adele.userPrincipalName,
  detector: 'anomalousToken',
  title: 'Anomalous token',
  level: 'high',
  standing: true,
  state: 'atRisk',
  activityAt: '2026-11-20T08:50:00Z',
  detectedAt: '2026-11-20T08:59:00Z',
  address: '203.0.113.7',
  sessionId: null,
  requestId: null,
  correlationId: null,
  deviceId: null,
  userAgent: null,
  link: null,
};

const quiet: Chaos = {
  next: () => 0.5,
  death: 0,
  lostAnswers: 0,
  throttled: 0,
  twice: 0,
  shuffled: false,
  together: 1,
  lost: 0,
};
export const chaosOf = (next: () => number, some: Partial<Chaos> = {}): Chaos => ({
  ...quiet,
  next,
  ...some,
});

export interface Scenario extends WorldOptions {
  level: 'contain' | 'full';
  held?: string;
  stepSettings?: Readonly<Record<string, unknown>>;
  /** Called with the engine after the run is settled for the first time. */
  midway?: (engine: Engine, runId: string, world: World) => Promise<void>;
}

/** A generous limit: a history that needs more has gone astray. */
const mostRounds = 4000;

export class Simulation {
  clock = start;
  readonly broken: string[] = [];
  readonly mails: string[] = [];
  readonly world: World;
  readonly bus: MemoryBus;
  readonly progress: MemoryProgress;
  readonly engine: Engine;
  readonly #chaos: Chaos;
  readonly #scenario: Scenario;
  #dead = false;
  #stuck = false;
  /** Off while the test itself looks. */
  #chaotic = false;

  constructor(scenario: Scenario, chaos: Chaos) {
    this.#scenario = scenario;
    this.#chaos = chaos;
    const now = () => new Date(this.clock++);
    this.world = new World({
      ...scenario,
      before: (request) => {
        this.#mayDie();
        if (this.#hit(chaos.throttled))
          throw new RetryableError(`${request} throttled`, { tookEffect: 'no' });
      },
      after: () => this.#mayDie(),
    });
    this.progress = new MemoryProgress({
      before: () => this.#mayDie(),
      after: (operation) => {
        this.#mayDie();
        if (operation.name === 'write' && this.#hit(chaos.lostAnswers))
          throw new RetryableError('answer lost');
      },
      repeats: (operation) => operation.name === 'write' && this.#hit(chaos.lostAnswers),
    });
    this.bus = new MemoryBus({
      now: () => new Date(this.clock),
      before: () => this.#mayDie(),
      after: () => this.#mayDie(),
    });
    this.engine = {
      progress: this.progress,
      bus: this.bus,
      playbook: playbookOf(this.world),
      stepSettings: scenario.stepSettings ?? {},
      clients: () => noClients,
      now,
      random: chaos.next,
      deadlineSeconds: 90,
      log: () => {},
    };
    this.world.onFix = (step, change) => this.#checkFix(step, change.id);
  }

  #hit(share: number): boolean {
    return this.#chaotic && share > 0 && this.#chaos.next() < share;
  }

  #mayDie(): void {
    if (this.#chaotic && !this.#dead && this.#hit(this.#chaos.death)) this.#dead = true;
    if (this.#dead) throw new Death('the process died');
  }

  async #calm<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#chaotic;
    this.#chaotic = false;
    try {
      return await work();
    } finally {
      this.#chaotic = before;
    }
  }

  /** A person who asks again when the answer was lost. */
  async insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#dead = false;
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof Death) && !(thrown instanceof RetryableError)) throw thrown;
      }
    }
  }

  /** What must hold whenever something is changed. Rows are read as they stand at that moment. */
  #checkFix(step: string, id: string): void {
    const rows = this.progress.peek(this.#runId);
    const row = rows?.steps.find((entry) => entry.row.name === step)?.row;
    const record = row?.changes.find((change) => change.id === id);
    if (record?.attemptedAt == null) this.broken.push(`${step} ${id} was changed before it was recorded`);
    const gates = this.engine.playbook.find((candidate) => candidate.name === step)?.requires ?? [];
    for (const gate of gates) {
      const before = rows?.steps.find((entry) => entry.row.name === gate)?.row;
      if (!endedWell(before?.outcome ?? null)) this.broken.push(`${step} acted before ${gate} ended well`);
    }
  }

  #runId = '';
  /** Does what waits for a person, once nothing moves by itself; returns whether there was anything to do. */
  person: (() => Promise<boolean>) | undefined;
  async open(): Promise<string> {
    const move = this.#chaos.next() < 0.5 ? this.#firstMove() : undefined;
    const ask = () =>
      openRun(
        this.engine,
        {
          account: adele,
          signals: [riskySignIn],
          level: this.#scenario.level,
          held: this.#scenario.held ?? null,
          why: 'a high-risk sign-in',
        },
        move,
      );
    // The alert is delivered again if the process dies over it.
    const opened = await this.#calm(() => this.insist(ask));
    this.#dead = false;
    this.#runId = opened.run.id;
    return opened.run.id;
  }

  /** Continues a run as another version left it. */
  async resume(run: RunRow, steps: readonly StepRow[]): Promise<void> {
    this.#runId = run.id;
    await this.#calm(() => this.progress.open(run, steps, undefined, []));
  }

  /** As in triage: from the moment that the run exists, anything may go wrong. */
  #firstMove(): FirstMove {
    const move = firstMove(this.engine);
    return async (planned, now) => {
      const begun = await move(planned, now);
      this.#runId = begun.run.id;
      return {
        ...begun,
        carryOut: async (rows) => {
          this.#chaotic = true;
          try {
            await begun.carryOut(rows);
          } finally {
            this.#chaotic = false;
          }
        },
      };
    };
  }

  rows(): RunRows {
    const rows = this.progress.peek(this.#runId);
    if (rows === undefined) throw new Error('the run is gone');
    return rows;
  }

  /** Delivers and sweeps until the run is closed, or `until` says so. */
  async live(until: (rows: RunRows) => boolean = (rows) => rows.run.row.state === 'closed'): Promise<void> {
    this.#chaotic = true;
    for (let round = 0; round < mostRounds; round += 1) {
      if (this.#stuck || until(this.rows())) return;
      const ready = this.bus.ready();
      const chosen = this.#choose(ready);
      // Side by side, as instances do: their reads and writes fall between each other's.
      if (chosen.length > 0) await Promise.all(chosen.map((message) => this.#deliver(message)));
      else await this.#wait();
      this.#dead = false;
    }
    const { run, steps } = this.rows();
    const stuck = steps
      .filter((step) => step.row.state !== 'settled')
      .map((step) => `${step.row.name} ${step.row.state}`);
    this.broken.push(`still ${run.row.state} after ${mostRounds} rounds: ${stuck.join(', ')}`);
  }

  #choose(ready: readonly MemoryMessage[]): MemoryMessage[] {
    if (!this.#chaos.shuffled) return ready.slice(0, this.#chaos.together);
    const left = [...ready];
    return Array.from({ length: Math.min(left.length, this.#chaos.together) }).flatMap(() =>
      left.splice(Math.floor(this.#chaos.next() * left.length), 1),
    );
  }

  async #deliver(chosen: MemoryMessage): Promise<void> {
    if (this.#hit(this.#chaos.lost)) return this.bus.drop(chosen);
    const message = this.bus.take(chosen);
    if (message === undefined) return;
    const copies = this.#hit(this.#chaos.twice) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      try {
        await this.#handle(message);
        if (copy === copies - 1) this.bus.complete(message);
      } catch (thrown) {
        if (!(thrown instanceof Death) && !(thrown instanceof RetryableError)) throw thrown;
        if (!(thrown instanceof Death)) this.bus.abandon(message);
      }
    }
  }

  async #handle(message: MemoryMessage): Promise<void> {
    const step = stepMessageSchema.safeParse(message.body);
    if (step.success) return runStep(this.engine, step.data, message.deliveryCount);
    return sendSummary(this.engine, this.#mailer, summaryMessageSchema.parse(message.body));
  }

  /** Mail leaves before the process can die again, just as when its answer is still on the way. */
  readonly #mailer: Mailer = {
    send: async (rows) => {
      this.#mayDie();
      this.mails.push(rows.run.row.summary.verdict ?? '');
      this.#mayDie();
    },
    wasSent: async (rows) => this.mails.at(-1) === rows.run.row.summary.verdict,
  };

  async #wait(): Promise<void> {
    const next = this.bus.nextAt()?.getTime() ?? Number.POSITIVE_INFINITY;
    const wake = Date.parse(this.rows().run.row.wakeAt ?? '');
    const at = Math.min(next, Number.isNaN(wake) ? Number.POSITIVE_INFINITY : wake);
    if (at === Number.POSITIVE_INFINITY && (await this.#calm(async () => this.person?.()))) return;
    if (at === Number.POSITIVE_INFINITY) {
      const { run, steps } = this.rows();
      if (run.row.state === 'held') return;
      this.broken.push(
        `nothing will ever happen again while the run is ${run.row.state}: ${steps.map((s) => `${s.row.name} ${s.row.state} ${s.row.outcome?.is}`).join(', ')}`,
      );
      this.#stuck = true;
      return;
    }
    this.clock = Math.max(this.clock, at) + 1;
    this.#dead = false;
    try {
      await sweepRuns(this.engine);
    } catch (thrown) {
      if (!(thrown instanceof Death) && !(thrown instanceof RetryableError)) throw thrown;
    }
    this.#dead = false;
  }

  /** What must hold at the end, whatever happened on the way. */
  end(): History {
    const rows = this.rows();
    for (const { row } of rows.steps) {
      if (row.state !== 'settled' && row.stage !== 'hand-back') this.broken.push(`${row.name} never settled`);
    }
    for (const [index, mail] of this.mails.entries()) {
      if (index > 0 && this.mails[index - 1] === mail) this.broken.push(`two mails say ${mail}`);
    }
    for (const once of ['unblock-sender', 'scan-devices']) {
      const times = this.world.effects.filter(
        (effect) => effect.step === once && effect.did === 'fix',
      ).length;
      if (times > 1) this.broken.push(`${once} was done ${times} times`);
    }
    return { world: this.world, rows, mails: this.mails, broken: this.broken };
  }
}

export const outcomeOf = (rows: RunRows, step: string) =>
  rows.steps.find((entry) => entry.row.name === step)?.row.outcome?.is;
