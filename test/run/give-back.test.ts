// What was taken because of the intruder and turns out to be the owner's is given back: once, and then left alone.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Mark, nobodyKnown, type StoredTrace } from '../../shared/model/intruder.ts';
import { type Change, remediation, settings } from '../../shared/model/step.ts';
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

const by: StoredTrace = {
  session: 's1',
  request: null,
  address: '203.0.113.9',
  device: null,
  userAgent: null,
};
const mark = (kind: Mark['kind'], value: string, verdict: Mark['verdict']): Mark => ({
  kind,
  value,
  verdict,
  certainty: 'certain',
  reason: 'a test',
  source: 'sign-ins',
});

interface Given {
  undo?: 'works' | 'cannot' | 'hands it to a person';
  owners?: () => readonly string[];
}

/** A rule that is on; `on` shows whatever the step does to it. */
async function living({ undo = 'works', owners = () => [] }: Given = {}) {
  const state = { on: true, undone: 0, fixed: 0 };
  const rule: Change<{ was: string }> = {
    id: 'rule',
    what: 'the rule',
    why: 'it hides mail',
    evidence: "made in the intruder's session s1",
    by,
    before: { was: 'on' },
  };
  const step = remediation({
    name: 'disable-inbox-rules',
    title: 'Disable rules',
    removes: 'rules',
    guide: [],
    stage: 'evict',
    settings: settings('act'),
    permissions: { graph: ['User.Read.All'] },
    appliesTo: () => true,
    before: z.object({ was: z.string() }),
    find: async () => ({ changes: state.on ? [rule] : [], owners: owners() }),
    fix: async () => {
      state.fixed += 1;
      state.on = false;
    },
    undo:
      undo === 'cannot'
        ? 'A rule cannot be switched on again.'
        : async () => {
            state.undone += 1;
            if (undo === 'works') state.on = true;
            return undo === 'works'
              ? undefined
              : {
                  id: 'again',
                  what: 'Make it again',
                  instruction: 'x',
                  link: 'https://example.com',
                  role: 'User Administrator',
                  instead: true,
                };
          },
  });
  let at = Date.parse('2026-11-20T09:15:00Z');
  const now = () => new Date(at);
  const bus = new MemoryBus({ now });
  const engine: Engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: [step],
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
  const ref = runRef(run.id);
  async function turns() {
    for (let message = bus.take(); message !== undefined; message = bus.take()) {
      if (message.queue !== queues.summaries)
        await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
      bus.complete(message);
    }
  }
  await turns();
  return {
    state,
    /** Another look, with what is known about the marks by then. */
    async look(...marks: Mark[]) {
      at += 60_000;
      await advance(engine, ref, ({ run: row, steps }) => ({
        run: { ...row, intruder: { ...nobodyKnown, marks } },
        steps: steps.map((one) => ({
          ...one,
          state: 'waiting' as const,
          aim: 'check' as const,
          until: null,
        })),
      }));
      await turns();
      const row = (await engine.progress.read(ref))?.steps[0]?.row;
      if (row === undefined) throw new Error('the step is gone');
      return row;
    },
  };
}

describe('a mark that turns out to be the owner’s', () => {
  it('gives back what was taken because of it, and does not take it again', async () => {
    const life = await living();
    expect(life.state).toMatchObject({ on: false, fixed: 1 });
    const row = await life.look(mark('session', 's1', 'owner'));
    expect(life.state).toMatchObject({ on: true, fixed: 1, undone: 1 });
    expect(row.changes[0]).toMatchObject({ undoneAt: expect.any(String), ownersSince: expect.any(String) });
    await life.look(mark('session', 's1', 'owner'));
    expect(life.state).toMatchObject({ on: true, fixed: 1, undone: 1 });
  });

  it.each<[string, Mark[]]>([
    ['nothing is known of it any more', []],
    ['it is shared', [mark('session', 's1', 'shared')]],
    ['another session is the owner’s', [mark('session', 's2', 'owner')]],
  ])(
    'gives back nothing while %s — not being tied to the intruder does not make it the owner’s',
    async (_why, marks) => {
      const life = await living();
      await life.look(...marks);
      expect(life.state).toMatchObject({ on: false, undone: 0 });
    },
  );

  it.each(['cannot', 'hands it to a person'] as const)(
    'asks a person, once, if the undo %s',
    async (undo) => {
      const life = await living({ undo });
      const row = await life.look(mark('session', 's1', 'owner'));
      expect(row.tasks).toMatchObject([
        { id: 'give-back:rule', what: "Give back what was the owner's: the rule" },
      ]);
      expect((await life.look(mark('session', 's1', 'owner'))).tasks).toHaveLength(1);
      expect(life.state.undone).toBe(undo === 'cannot' ? 0 : 1);
    },
  );

  it('also gives back what the step itself now knows to be the owner’s', async () => {
    let known: readonly string[] = [];
    const life = await living({ owners: () => known });
    known = ['rule'];
    await life.look();
    expect(life.state).toMatchObject({ on: true, undone: 1 });
  });
});
