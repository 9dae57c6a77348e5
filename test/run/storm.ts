// One life of a run in a world where everything goes wrong, from a seed: processes die between any two effects; messages
// come twice, late, out of order or not at all; storage is busy, cuts answers or loses them; the services throttle, lose
// requests and answers, take what has no effect, and show for a while what was; clocks differ; the playbook changes; the
// mailer can't look; other alerts come; and the intruder is still there. After each event the promises are checked, and what is called done
// is held against the tenant.
//
// A life is its seed and its list of faults: the same seed with fewer faults is another life, so that of a failing one
// the faults that matter can be found (`smallest`).
import { deliveryNumber, handled } from '../../functions/delivery.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunRow, RunState, StepRow } from '../../shared/model/rows.ts';
import type { Signal } from '../../shared/model/signal.ts';
import type { Step } from '../../shared/model/step.ts';
import { type Apply, advance } from '../../shared/run/advance.ts';
import { queues, stepMessageSchema, summaryMessageSchema } from '../../shared/run/bus.ts';
import { toUndo, verificationOf } from '../../shared/run/changes.ts';
import { settleDeadLetter } from '../../shared/run/dead-letter.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { firstMove } from '../../shared/run/first-move.ts';
import { isHandingBack, isStuck } from '../../shared/run/hand-back.ts';
import {
  approveRoles,
  begin,
  ownerBack,
  passMade,
  reservePass,
  tasksLeft,
  unaccepted,
  unacceptedTasks,
  whyNoPass,
} from '../../shared/run/hand-back-orders.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { retry, undo } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { type Mailer, sendSummary } from '../../shared/run/send-summary.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { ofTheRun, taskKey, tickOff, unsentSummary } from '../../shared/run/tick-off.ts';
import {
  endedBadly,
  endedWell,
  openTasks,
  verdictFrom,
  verdictOf,
  verdictText,
} from '../../shared/run/verdict.ts';
import { MemoryBus, type MemoryMessage } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { seeded } from '../fakes/seeded.ts';
import { noClients } from './no-clients.ts';
import { adele, riskySignIn, start } from './simulation.ts';
import { playbookOf, World } from './world.ts';

/** For each kind of fault, how often it happens at a place where it may happen. */
export const kinds = {
  death: 0.012,
  'storage busy': 0.015,
  'storage answer lost': 0.015,
  'write refused': 0.02,
  'write repeated': 0.02,
  'bus busy': 0.015,
  'message twice': 0.06,
  'message lost': 0.015,
  'message late': 0.05,
  throttled: 0.04,
  'request lost': 0.02,
  'answer lost': 0.02,
  'no effect': 0.02,
  'old view': 0.06,
  intruder: 0.01,
  'playbook changes': 0.002,
  'deployment rolls': 0.002,
  'row unreadable': 0.002,
  'foreign answer': 0.003,
  'alert comes': 0.006,
  'mail answer lost': 0.08,
  'mail never left': 0.08,
  'look fails': 0.2,
  'look refused': 0.03,
  'a person retries': 0.004,
  'a person undoes': 0.001,
  'a person ticks off': 0.02,
  'a person takes the mail': 0.1,
  'a person hands back': 0.04,
} as const;
type Kind = keyof typeof kinds;

interface Fault {
  /** The number of the place, counted from the beginning. */
  at: number;
  kind: Kind;
  where: string;
}

export interface Life {
  seed: number;
  /** The promises that were broken; empty if all were kept. */
  broken: readonly string[];
  faults: readonly Fault[];
  mails: readonly string[];
  events: number;
}

/** The process is gone: nothing that it still tries takes effect. */
class Death extends Error {
  override readonly name = 'Death';
}

/** How an order or an alert may end in a storm; anything else is a fault in the engine. */
const isPassing = (thrown: unknown) =>
  thrown instanceof Death ||
  thrown instanceof RetryableError ||
  (thrown instanceof PermanentError && thrown.code === 'UnreadableRow');

const letterOf = ({ body, properties }: MemoryMessage) => {
  const text = (name: string) => (properties?.[name] === undefined ? null : String(properties[name]));
  return { body, source: text('source'), reason: text('reason'), description: text('description') };
};

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['rule', '!rule', 'deep', '!deep'],
  'remove-auth-methods': ['phone', '!phone'],
  'scan-devices': ['laptop'],
  'update-alert': ['comment'],
  'unblock-sender': ['adele@contoso.com'],
};
const clockSeconds = 4;
const mostEvents = 3000;
/** Everything goes wrong for this long; then the world is quiet, and everything must come to its end. */
const stormHours = 6;

class Storm {
  clock = start;
  readonly broken = new Set<string>();
  readonly mails: { run: string; verdict: string; at: number }[] = [];
  readonly faults: Fault[] = [];
  readonly world: World;
  readonly bus: MemoryBus;
  readonly progress: MemoryProgress;
  readonly engine: Engine;
  events = 0;
  readonly #chance: () => number;
  readonly #course: () => number;
  readonly #only: ReadonlySet<number> | undefined;
  readonly #full: readonly Step[];
  /** What the intruder put back, or never removed: the engine is not responsible for its state. */
  readonly #intruders = new Set<string>();
  readonly #inVain = new Set<string>();
  #runId = '';
  readonly #runs: string[] = [];
  #versions: readonly (readonly Step[])[] = [];
  #unreadable = false;
  #alert: Signal | undefined;
  #place = 0;
  #dead = false;
  #stormy = false;
  #skew = 0;

  constructor(seed: number, only?: ReadonlySet<number>) {
    this.#chance = seeded(seed);
    this.#course = seeded(seed ^ 0x5bd1e995);
    this.#only = only;
    const now = () => new Date(this.clock++ + this.#skew);
    this.world = new World({
      things: this.#some(),
      refused: this.#course() < 0.1 ? ['disable-inbox-rules'] : [],
      before: (request) => this.#beforeRequest(request),
      after: (request) => {
        if (this.#hit('answer lost', request))
          throw new RetryableError('no answer', { tookEffect: 'unknown' });
        this.#mayDie(`after ${request}`);
      },
    });
    this.progress = new MemoryProgress({
      before: ({ name }) => {
        this.#mayDie(`before ${name}`);
        if (this.#hit('storage busy', name)) throw new RetryableError('503', { status: 503 });
        if (this.#unreadable && name === 'read')
          throw new PermanentError('a row cannot be read', { code: 'UnreadableRow' });
      },
      after: ({ name }) => {
        this.#mayDie(`after ${name}`);
        if (this.#hit('storage answer lost', name)) throw new RetryableError('cut off');
      },
      refuses: ({ name }) => this.#hit('write refused', name),
      repeats: ({ name }) => (name === 'write' || name === 'open') && this.#hit('write repeated', name),
    });
    this.bus = new MemoryBus({
      now: () => new Date(this.clock),
      before: () => {
        this.#mayDie('before send');
        if (this.#hit('bus busy', 'send')) throw new RetryableError('the bus is busy');
      },
      after: () => this.#mayDie('after send'),
    });
    this.#full = playbookOf(this.world).map((step) => this.#adapted(step));
    this.#versions = [this.#full];
    this.engine = {
      progress: this.progress,
      bus: this.bus,
      playbook: this.#full,
      stepSettings: {},
      clients: () => noClients,
      now,
      random: this.#course,
      deadlineSeconds: 90,
      log: () => {},
    };
    this.world.onFix = (step, change) => this.#recordedFirst(step, change.id);
  }

  #some(): Record<string, string[]> {
    return Object.fromEntries(
      Object.entries(things).map(([step, ids]) => [
        step,
        ids.filter((_, index) => index === 0 || this.#course() < 0.5),
      ]),
    );
  }

  #hit(kind: Kind, where: string): boolean {
    if (!this.#stormy || this.#dead) return false;
    this.#place += 1;
    const at = this.#place;
    const would = this.#chance() < kinds[kind];
    if (!would || (this.#only !== undefined && !this.#only.has(at))) return false;
    this.faults.push({ at, kind, where });
    return true;
  }

  #mayDie(where: string): void {
    if (this.#hit('death', where)) this.#dead = true;
    if (this.#dead) throw new Death('the process died');
  }

  #beforeRequest(request: string): void {
    this.#mayDie(`before ${request}`);
    if (this.#hit('throttled', request)) throw new RetryableError('429', { status: 429, tookEffect: 'no' });
    if (this.#hit('foreign answer', request)) throw new PermanentError('not what was asked', { status: 400 });
    if (this.#hit('request lost', request)) throw new RetryableError('no answer', { tookEffect: 'unknown' });
  }

  /** What the services do to a step: nothing, although they say so; or they show the old state for a while. */
  #adapted(step: Step): Step {
    if (step.kind !== 'remediation') return step;
    let shown: Awaited<ReturnType<typeof step.find>> | undefined;
    return {
      ...step,
      find: async (...given) => {
        if (shown !== undefined && this.#hit('old view', `find ${step.name}`)) return structuredClone(shown);
        const found = await step.find(...given);
        shown = structuredClone(found);
        return found;
      },
      fix: async (change, ...given) => {
        if (this.#hit('no effect', `fix ${step.name}`)) {
          this.#recordedFirst(step.name, change.id);
          this.#inVain.add(`${step.name} ${change.id}`);
          return;
        }
        await step.fix(change, ...given);
      },
    };
  }

  #rows() {
    const rows = this.progress.peek(this.#runId);
    if (rows === undefined) throw new Error('the run is gone');
    return rows;
  }

  #recordedFirst(step: string, id: string): void {
    const recorded = [this.#runId, ...this.#runs].some((runId) =>
      this.progress
        .peek(runId)
        ?.steps.find(({ row }) => row.name === step)
        ?.row.changes.some((change) => change.id === id && change.attemptedAt !== null),
    );
    if (!recorded) this.broken.add(`${step} ${id} was changed before it was recorded`);
  }

  async live(): Promise<Life> {
    const seed = 0;
    await this.#open();
    for (; this.events < mostEvents; this.events += 1) {
      const { state, summary } = this.#rows().run.row;
      if (this.#alert === undefined && (state === 'closed' || (state === 'held' && summary.state === 'sent')))
        break;
      if (this.broken.size > 0) break;
      this.#stormy = this.clock - start < stormHours * 3_600_000;
      await this.#event();
      this.#dead = false;
      this.#skew = 0;
      this.#check();
    }
    this.#stormy = false;
    this.#end();
    return {
      seed,
      broken: [...this.broken],
      faults: this.faults,
      mails: this.mails.map(({ verdict }) => verdict),
      events: this.events,
    };
  }

  async #open(): Promise<void> {
    const move = this.#course() < 0.5 ? firstMove(this.engine) : undefined;
    const level = this.#course() < 0.7 ? 'full' : 'contain';
    const request = {
      account: adele,
      signals: [riskySignIn],
      level,
      held: null,
      why: 'a high-risk sign-in',
    } as const;
    const opened = await openRun(
      this.engine,
      request,
      move &&
        (async (planned, now) => {
          this.#follow(planned.run.id);
          return await move(planned, now);
        }),
    );
    this.#follow(opened.run.id);
  }

  async #event(): Promise<void> {
    // Each event is another instance, with a clock of its own.
    this.#skew = Math.round((this.#course() - 0.5) * 2 * clockSeconds * 1000);
    if (this.#hit('intruder', 'meanwhile')) this.#putBack();
    await this.#person();
    this.#deploy();
    if (this.#hit('row unreadable', 'meanwhile')) this.#unreadable = true;
    else if (this.#course() < 0.1) this.#unreadable = false;
    const at = new Date(this.clock).toISOString();
    const news = { sourceId: `d${this.#place}`, version: at, detectedAt: at, activityAt: at };
    if (this.#alert !== undefined) await this.#another(this.#alert);
    else if (this.#hit('alert comes', 'meanwhile')) await this.#another({ ...riskySignIn, ...news });
    if (this.#dead) return;
    const ready = this.bus.ready();
    if (ready.length === 0) return await this.#sweep();
    const together = 1 + Math.floor(this.#course() * 3);
    const left = [...ready];
    const chosen = Array.from({ length: Math.min(together, left.length) }).flatMap(() =>
      left.splice(Math.floor(this.#course() * left.length), 1),
    );
    await Promise.all(chosen.map((message) => this.#deliver(message)));
  }

  /** An upgrade is one moment, or a period in which each instance has one version or the other. */
  #deploy(): void {
    const rolls = this.#hit('deployment rolls', 'meanwhile');
    if (rolls || this.#hit('playbook changes', 'meanwhile')) {
      const without = ['remove-auth-methods', 'collect-audit-log', 'scan-devices'];
      const gone = without[Math.floor(this.#course() * without.length)];
      const other = this.#full.filter(({ name }) => name !== gone);
      this.#versions = rolls ? [other, this.#full] : [other];
    } else if (this.#course() < 0.05) this.#versions = [this.#full];
    this.engine.playbook = this.#instance().playbook;
  }

  #instance(): Engine {
    const playbook = this.#versions[Math.floor(this.#course() * this.#versions.length)] ?? this.#full;
    return { ...this.engine, playbook };
  }

  /** Another alert: it joins the run, or opens one that replaces it and is followed from then on. */
  async #another(signal: Signal): Promise<void> {
    this.#alert = signal;
    try {
      const request = { account: adele, signals: [signal], held: null, why: 'another alert' };
      const { run } = await openRun(this.#instance(), { ...request, level: 'full' });
      this.#follow(run.id);
      this.#alert = undefined;
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      // The queue keeps the alert, and it comes again.
      this.#follow(this.progress.holder(adele.id) ?? this.#runId);
    }
  }

  #follow(runId: string): void {
    if (runId === this.#runId) return;
    this.#runs.push(runId);
    this.#runId = runId;
  }

  /** What an operator decides while everything goes wrong; once a hand-back has begun, somebody completes it. */
  async #person(): Promise<void> {
    const { run, steps } = this.#rows();
    const state: RunState = { run: run.row, steps: steps.map(({ row }) => row) };
    const order = { who: 'megan', id: 'megan', reason: 'a test', now: new Date(this.clock) };
    if (this.#hit('a person retries', 'meanwhile')) await this.#order(retry(undefined, order));
    if (run.row.endsAs === null && this.#hit('a person undoes', 'meanwhile'))
      await this.#order(undo(this.#full, undefined, order, this.#course() < 0.5));
    const [open] = tasksLeft(state);
    if (open !== undefined && this.#hit('a person ticks off', open.name))
      await this.#order(tickOff(open.step, taskKey(open.task.id), true, order));
    const unsent = unsentSummary(run.row);
    if (unsent !== undefined && this.#hit('a person takes the mail', 'meanwhile'))
      await this.#order(tickOff(ofTheRun, unsent.id, true, order));
    if (
      run.row.state === 'finished' &&
      run.row.endsAs === null &&
      this.#hit('a person hands back', 'meanwhile')
    ) {
      const despite = unaccepted(state, []).map(({ step }) => step);
      const accepts = unacceptedTasks(state, { despite, accepts: [] }).map(({ name }) => name);
      await this.#order(begin({ identified: 'a call back', despite, accepts, second: null }, order));
    }
    const { handBack } = run.row;
    if (!isHandingBack(run.row) || handBack === undefined || this.#course() < 0.5) return;
    if (handBack.phase === 'check' || isStuck(state)) {
      const despite = unaccepted(state, handBack.despite).map(({ step }) => step);
      if (isStuck(state))
        despite.push(...state.steps.filter(({ outcome }) => endedBadly(outcome)).map(({ name }) => name));
      await this.#order(begin({ identified: 'a call back', despite, accepts: [], second: null }, order));
    } else if (handBack.phase === 'pass') {
      if (whyNoPass(state, false, order.now) !== undefined) return;
      await this.#order(reservePass(false, null, order));
      await this.#order(passMade('2026-11-20T20:00:00Z', order.now, order));
    } else if (handBack.phase === 'owner') await this.#order(ownerBack('a new password', order));
    else if (handBack.phase === 'roles') await this.#order(approveRoles(order));
  }

  async #order(apply: Apply): Promise<void> {
    try {
      await advance(this.engine, runRef(this.#runId), apply);
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
    }
  }

  #putBack(): void {
    const steps = ['block-sign-in', 'disable-inbox-rules'] as const;
    const step = steps[Math.floor(this.#course() * steps.length)] ?? 'block-sign-in';
    const id = things[step][0] ?? '';
    this.world.putBack(step, id);
    this.#intruders.add(`${step} ${id}`);
  }

  async #deliver(chosen: MemoryMessage): Promise<void> {
    if (this.#hit('message lost', chosen.id)) return this.bus.drop(chosen);
    if (this.#hit('message late', chosen.id)) return;
    const message = this.bus.take(chosen);
    if (message === undefined) return;
    const copies = this.#hit('message twice', message.id) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      try {
        await this.#handle(message);
        if (copy === copies - 1) this.bus.complete(message);
      } catch (thrown) {
        if (thrown instanceof Death) return;
        if (!(thrown instanceof RetryableError) && !(thrown instanceof PermanentError)) throw thrown;
        this.bus.abandon(message);
      }
    }
  }

  async #handle(message: MemoryMessage): Promise<void> {
    const { queue, id, deliveryCount, body } = message;
    const attempt = Number(message.properties?.['attempt'] ?? 0);
    const delivery = { queue, id, deliveryCount, attempt, source: null, reason: null, description: null };
    const around = {
      post: this.bus,
      wait: async () => {},
      now: () => new Date(this.clock),
      random: this.#course,
      error: () => {},
    };
    await handled(delivery, body, around, async () => {
      const engine = this.#instance();
      const step = stepMessageSchema.safeParse(body);
      if (queue === queues.deadLetters) await settleDeadLetter(engine, letterOf(message));
      else if (step.success) await runStep(engine, step.data, deliveryNumber(delivery));
      else await sendSummary(engine, this.#mailer, summaryMessageSchema.parse(body));
    }).catch((thrown: unknown) => {
      throw this.#dead ? new Death('the process died') : thrown;
    });
  }

  readonly #mailer: Mailer = {
    send: async ({ run, steps }) => {
      this.#mayDie('before mail');
      if (this.#hit('mail never left', 'mail'))
        throw new RetryableError('no answer', { tookEffect: 'unknown' });
      const rows = steps.map(({ row }) => row);
      this.mails.push({ run: run.row.id, verdict: verdictText(verdictOf(run.row, rows)), at: this.clock });
      if (this.#hit('mail answer lost', 'mail'))
        throw new RetryableError('no answer', { tookEffect: 'unknown' });
      this.#mayDie('after mail');
    },
    wasSent: async ({ run }, since) => {
      if (this.#hit('look fails', 'Sent Items'))
        throw new RetryableError('503', { status: 503, tookEffect: 'no' });
      if (this.#hit('look refused', 'Sent Items')) throw new PermanentError('403', { status: 403 });
      // Like the real one: Exchange counts whole seconds, and its clock differs from ours.
      const from = since.getTime() - 5000;
      const says = run.row.summary.verdict;
      return this.mails.some((mail) => mail.at >= from && mail.run === run.row.id && mail.verdict === says);
    },
  };

  async #sweep(): Promise<void> {
    const next = this.bus.nextAt()?.getTime() ?? Number.POSITIVE_INFINITY;
    const wake = Date.parse(this.#rows().run.row.wakeAt ?? '');
    const at = Math.min(next, Number.isNaN(wake) ? Number.POSITIVE_INFINITY : wake);
    // A hand-back waits for people, and an alert waits in its queue: both come sooner or later.
    const waits = isHandingBack(this.#rows().run.row) || this.#alert !== undefined;
    if (at === Number.POSITIVE_INFINITY && waits) {
      this.clock += 60_000;
      return;
    }
    // What a person has just done may have been the last thing to do.
    if (at === Number.POSITIVE_INFINITY && this.#rows().run.row.state === 'closed') return;
    if (at === Number.POSITIVE_INFINITY) {
      this.broken.add(`nothing will ever happen again while the run is ${this.#rows().run.row.state}`);
      return;
    }
    this.clock = Math.max(this.clock, at) + 1;
    try {
      // At least once a minute, whatever the bus holds.
      await sweepRuns(this.engine);
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
    }
  }

  /** What must hold at every moment. */
  #check(): void {
    const { run, steps } = this.#rows();
    const rows = steps.map(({ row }) => row);
    if (run.row.state === 'open' && run.row.wakeAt === null)
      this.broken.add('an open run has no time to wake');
    for (const row of rows) {
      if (row.state === 'settled') this.#checkSettled(run.row, row);
      this.#checkTruth(row);
    }
  }

  #checkSettled(run: RunRow, row: StepRow): void {
    const { outcome } = row;
    if (outcome === null) this.broken.add(`${row.name} is settled without an outcome`);
    if (run.endsAs !== null || outcome?.is !== 'needs-human') return;
    const gates = outcome.waitsFor.some((name) => this.#full.some((step) => step.name === name));
    if (!gates && openTasks(row).length === 0)
      this.broken.add(`${row.name} waits for a person and has no task`);
  }

  /** What was read back as gone is gone, unless somebody has put it back since. */
  #checkTruth(row: StepRow): void {
    const there = this.world.has(row.name);
    for (const change of row.changes) {
      const key = `${row.name} ${change.id}`;
      // An earlier run of the account may still have a worker that puts it back.
      if (this.#runs.length > 1) continue;
      if (change.undoneAt !== null || row.aim === 'undo' || this.#intruders.has(key)) continue;
      if (verificationOf(change) === 'verified' && there.includes(change.id))
        this.broken.add(`${key} is called gone and is there`);
    }
  }

  #end(): void {
    const { run, steps } = this.#rows();
    const rows = steps.map(({ row }) => row);
    if (run.row.state !== 'closed') {
      const busy = rows
        .filter(({ state }) => state !== 'settled')
        .map(({ name, state }) => `${name} ${state}`);
      if (this.broken.size === 0)
        this.broken.add(`still ${run.row.state} after ${this.events} events: ${busy.join(', ')}`);
      return;
    }
    const verdict = verdictText(verdictOf(run.row, rows));
    const listed = run.row.standing && verdictFrom(run.row.standing);
    if (listed === undefined || verdictText(listed) !== verdict)
      this.broken.add(`the list says ${listed?.word}, ${listed?.tasks}, and it is ${verdict}`);
    // A person who ticks a task off sees the new count on the page, so there is no mail for each tick.
    const ticked = this.faults.some(({ kind }) => kind === 'a person ticks off');
    const said = (text: string | undefined) => (ticked ? text?.replace(/, \d+ TASKS?$/, '') : text);
    const mails = this.mails.filter((mail) => mail.run === run.row.id);
    // A person who takes over a mail that can't leave knows what it would have said.
    const taken = this.faults.some(({ kind }) => kind === 'a person takes the mail');
    const last = taken ? (run.row.summary.lastSent ?? undefined) : mails.at(-1)?.verdict;
    if (said(last) !== said(verdict)) this.broken.add(`the last mail says ${last}, and it is ${verdict}`);
    const blind = this.faults.some(({ kind }) => kind === 'look refused' || kind === 'look fails');
    for (const [index, mail] of mails.entries()) {
      if (!blind && !ticked && !taken && index > 0 && mails[index - 1]?.verdict === mail.verdict)
        this.broken.add(`two mails say ${mail.verdict}`);
    }
    if (run.row.endsAs !== null) this.#checkGivenBack(run.row, rows);
    for (const row of run.row.endsAs === null ? rows : []) {
      if ((row.stage !== 'contain' && row.stage !== 'evict') || row.mode !== 'act') continue;
      const left = this.world.has(row.name).filter((id) => row.changes.some((change) => change.id === id));
      const saysSo =
        !endedWell(row.outcome) ||
        left.every((id) => {
          const record = row.changes.findLast((change) => change.id === id);
          return record !== undefined && (record.once || record.attemptedAt === null);
        });
      if (left.length > 0 && !saysSo && !left.every((id) => this.#intruders.has(`${row.name} ${id}`)))
        this.broken.add(`${row.name} is ${row.outcome?.is}, and ${left.join(', ')} is there`);
    }
    const times = this.world.effects.filter(
      ({ step, did }) => step === 'unblock-sender' && did === 'fix',
    ).length;
    const asked = this.faults.some(({ kind }) => kind.startsWith('a person'));
    if (times > 1 && !asked) this.broken.add(`unblock-sender was done ${times} times`);
  }

  /** After an undo nothing is left that can be put back; what is called put back is there. */
  #checkGivenBack(run: RunRow, rows: readonly StepRow[]): void {
    for (const row of rows) {
      const step = this.#full.find(({ name }) => name === row.name);
      const can = step?.kind === 'remediation' && typeof step.undo !== 'string';
      // After a false alarm the alert and the risk are closed as such.
      if (run.falseAlarm && (row.stage === 'close' || row.stage === 'hand-back')) continue;
      const told = row.outcome?.is === 'failed' || row.tasks.length > 0;
      if (run.endsAs === 'undone' && can && !told && toUndo(row.changes).length > 0)
        this.broken.add(`${row.name} is ${row.outcome?.is}, and is not put back`);
      const there = this.world.has(row.name);
      for (const { id, undoneAt } of row.changes) {
        if (undoneAt !== null && !there.includes(id) && this.#runs.length === 1)
          this.broken.add(`${row.name} ${id} is called put back and is not`);
      }
    }
    if (isHandingBack(run) && run.handBack?.phase !== 'done')
      this.broken.add(`the hand-back ended in its phase ${run.handBack?.phase}`);
  }
}

export async function lifeOf(seed: number, only?: ReadonlySet<number>): Promise<Life> {
  try {
    return { ...(await new Storm(seed, only).live()), seed };
  } catch (thrown) {
    const broken = [
      `it broke: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
    ];
    return { seed, broken, faults: [], mails: [], events: 0 };
  }
}

/** The failing life with only the faults that it needs to fail. */
export async function smallest(failing: Life): Promise<Life> {
  let best = failing;
  let before: Life;
  do {
    before = best;
    best = await withoutSome(best);
  } while (best.faults.length < before.faults.length);
  return best;
}

async function withoutSome(failing: Life): Promise<Life> {
  let best = failing;
  for (let size = Math.ceil(best.faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.faults.length; ) {
      const kept = best.faults.filter((_, index) => index < from || index >= from + size);
      const life = await lifeOf(failing.seed, new Set(kept.map(({ at }) => at)));
      if (life.broken.length > 0) best = life;
      else from += size;
    }
  }
  return best;
}

/** For the person who has to find the cause: what went wrong, and how to repeat it. */
export const told = ({ seed, broken, faults, mails, events }: Life): string =>
  [
    `seed ${seed}, ${events} events: ${broken.join('; ')}`,
    ...faults.map(({ at, kind, where }) => `  at ${at}: ${kind} (${where})`),
    `  mails: ${mails.join(' → ') || 'none'}`,
    `  again: npm run soak -- --seed ${seed}${faults.length > 0 ? ` --faults ${faults.map(({ at }) => at).join(',')}` : ''}`,
  ].join('\n');
