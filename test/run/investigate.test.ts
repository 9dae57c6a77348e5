// What an investigation hands to others: facts to later steps, alerts to the front door.
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import { investigation, type OutgoingAlert, type RunView, settings } from '../../shared/model/step.ts';
import { advance } from '../../shared/run/advance.ts';
import { queues, stepMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { noClients } from './no-clients.ts';
import { adele, riskySignIn } from './simulation.ts';

const alert: OutgoingAlert = { id: 'related-sign-in:1', type: 'Reclaim.RelatedSignIn', data: { id: '1' } };
const common = {
  guide: ['MS tools'],
  stage: 'collect',
  settings: settings('act'),
  permissions: {},
  appliesTo: () => true as const,
} as const;

async function live(publish: Engine['publish'] | undefined) {
  const seen: RunView['facts'][] = [];
  const first = investigation({
    ...common,
    name: 'find-other-victims',
    title: 'Find other victims',
    collects: 'others',
    handsOn: 'acts',
    collect: async () => ({ findings: [], facts: { others: ['diego'] }, alerts: [alert] }),
  });
  const second = investigation({
    ...common,
    name: 'review-others',
    title: 'Review others',
    collects: 'what the first one knows',
    after: ['find-other-victims'],
    collect: async ({ run }) => {
      seen.push(run.facts);
      return { findings: [] };
    },
  });
  const now = () => new Date('2026-11-20T09:15:00Z');
  const bus = new MemoryBus({ now });
  const engine: Engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: [first, second],
    stepSettings: {},
    clients: () => noClients,
    ...(publish ? { publish } : {}),
    now,
    random: () => 0.5,
    deadlineSeconds: 30,
    log: () => undefined,
  };
  const { run } = await openRun(engine, {
    account: adele,
    signals: [riskySignIn],
    level: 'contain',
    held: null,
    why: 'a test',
  });
  await runStep(engine, { run: run.id, step: first.name, turn: 1 }, 1);
  await runStep(engine, { run: run.id, step: second.name, turn: 1 }, 1);
  const rows = await engine.progress.read(runRef(run.id));
  return { seen, rows, first: rows?.steps[0]?.row };
}

describe('an investigation', () => {
  it('hands facts to the steps that come after it, under the name it declares', async () => {
    const { seen } = await live(async () => undefined);
    expect(seen).toEqual([{ acts: { others: ['diego'] } }]);
  });

  it('sends its alerts before it settles — after a crash in between they come twice rather than never', async () => {
    const told: OutgoingAlert[][] = [];
    const { first } = await live(async (alerts) => {
      told.push([...alerts]);
    });
    expect(told).toEqual([[alert]]);
    expect(first).toMatchObject({ state: 'settled', tasks: [] });
  });

  it('is tried again when the front door does not answer', async () => {
    const { first } = await live(async () => {
      throw new RetryableError('Event Grid topic: 503');
    });
    expect(first).toMatchObject({
      state: 'queued',
      attempt: 1,
      lastError: { message: 'Event Grid topic: 503' },
    });
  });

  it('leaves the alerts to a person if there is no front door', async () => {
    const { first } = await live(undefined);
    expect(first?.tasks).toMatchObject([{ id: 'alerts-not-sent', doneAt: null }]);
  });

  it.each([
    ['brings nothing new', (look: number) => ({ count: 1, horizons: [look] }), 1],
    ['brings news', (look: number) => ({ count: look }), 2],
  ])(
    'that is read again and %s calls the steps that follow it only for news',
    async (_what, facts, looks) => {
      let read = 0;
      let followed = 0;
      const first = investigation({
        ...common,
        name: 'collect-audit-log',
        title: 'Collect',
        collects: 'a log',
        handsOn: 'acts',
        collect: async () => {
          read += 1;
          return { findings: [], facts: facts(read) };
        },
      });
      const second = investigation({
        ...common,
        name: 'review-others',
        title: 'Review others',
        collects: 'what the first one knows',
        after: ['collect-audit-log'],
        collect: async () => {
          followed += 1;
          return { findings: [] };
        },
      });
      let at = Date.parse('2026-11-20T09:15:00Z');
      const now = () => new Date(at);
      const bus = new MemoryBus({ now });
      const engine: Engine = {
        progress: new MemoryProgress(),
        bus,
        playbook: [first, second],
        stepSettings: {},
        clients: () => noClients,
        now,
        random: () => 0.5,
        deadlineSeconds: 30,
        log: () => undefined,
      };
      const { run } = await openRun(engine, {
        account: adele,
        signals: [riskySignIn],
        level: 'full',
        held: null,
        why: 'a test',
      });
      const turns = async () => {
        for (let message = bus.take(); message !== undefined; message = bus.take()) {
          if (message.queue !== queues.summaries)
            await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
          bus.complete(message);
        }
      };
      await turns();
      expect([read, followed]).toEqual([1, 1]);
      // Only the log itself is due: only news calls for the steps that follow it.
      await advance(engine, runRef(run.id), ({ run: row, steps }) => ({
        run: row,
        steps: steps.map((step) =>
          step.name === first.name
            ? { ...step, state: 'waiting' as const, aim: 'check' as const, until: null }
            : step,
        ),
      }));
      at += 60_000;
      await turns();
      expect([read, followed]).toEqual([2, looks]);
    },
  );
});
