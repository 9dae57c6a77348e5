// A run played through in memory: real steps and real clients on a simulated tenant, one message after another, under a
// clock that jumps to the next one. The summary is not sent; a test that wants later checks moves the clock on.
import { createTenant } from '../../local/tenant/tenant.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import type { Step } from '../../shared/model/step.ts';
import { advance } from '../../shared/run/advance.ts';
import { queues, stepMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type OpenRequest, openRun } from '../../shared/run/open-run.ts';
import { undo } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { connected } from './connected.ts';
import { MemoryBus } from './memory-bus.ts';
import { MemoryProgress } from './memory-progress.ts';

export interface Life {
  steps: readonly Step[];
  /** A tenant file. */
  file: unknown;
  /** Object id or user principal name. */
  user: string;
  level: 'contain' | 'full';
  stepSettings?: Readonly<Record<string, unknown>>;
  request?: Partial<OpenRequest>;
}

export async function lived({ steps, file, user, level, stepSettings = {}, request = {} }: Life) {
  let at = Date.parse('2026-11-20T09:15:00.400Z');
  const now = () => new Date(at);
  const tenant = createTenant(file, { now });
  const clients = connected(tenant, now);
  const bus = new MemoryBus({ now });
  const engine: Engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: steps,
    stepSettings,
    clients,
    now,
    random: () => 0.5,
    deadlineSeconds: 60,
    log: () => undefined,
  };
  const reading = clients(new AbortController().signal);
  const account = await readAccount({ ...reading, tenantId: tenant.tenantId, id: user, now: now() });
  const before = JSON.stringify(tenant.state());
  const opened = await openRun(engine, {
    account,
    signals: [],
    level,
    held: null,
    why: 'a test',
    ...request,
  });
  const ref = runRef(opened.run.id);

  /** Until nothing is left to do, or this time is up. */
  async function live(seconds: number) {
    const end = at + seconds * 1000;
    for (;;) {
      const message = bus.take();
      if (message === undefined) {
        const next = bus.nextAt()?.getTime();
        if (next === undefined || next > end) break;
        at = Math.max(at + 1, next);
        continue;
      }
      at += 20;
      if (message.queue !== queues.summaries) {
        await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
      }
      bus.complete(message);
    }
  }
  await live(600);

  const rows = async () => {
    const read = await engine.progress.read(ref);
    if (read === undefined) throw new Error('the run is gone');
    return { run: read.run.row, steps: read.steps.map(({ row }) => row) };
  };
  return {
    tenant,
    account,
    before,
    rows,
    live,
    outcomes: async () =>
      Object.fromEntries((await rows()).steps.map(({ name, outcome }) => [name, outcome?.is ?? 'pending'])),
    async undo() {
      await advance(
        engine,
        ref,
        undo(steps, undefined, { who: 'on-call', reason: 'false alarm', now: now() }),
      );
      await live(600);
    },
    /** The later checks. */
    async later(minutes: number) {
      at += minutes * 60_000;
      await sweepRuns(engine);
      await live(600);
    },
  };
}
