// Messages that nobody could handle, on the engine in memory.
import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/model/words.ts';
import { settleDeadLetter } from '../../shared/run/dead-letter.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { timing } from '../../shared/run/timing.ts';
import { chaosOf, Simulation } from './simulation.ts';

async function opened() {
  const simulation = new Simulation(
    { things: { 'block-sign-in': ['lock'], 'reset-password': ['password'] }, refused: [], level: 'full' },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const lines: { line: string; facts: Readonly<Record<string, Json>> | undefined }[] = [];
  const engine: Engine = { ...simulation.engine, log: (line, facts) => lines.push({ line, facts }) };
  const row = (name: string) => simulation.rows().steps.find((entry) => entry.row.name === name)?.row;
  return { simulation, engine, runId, lines, row };
}

const why = { source: null, reason: 'MaxDeliveryCountExceeded', description: 'ten deliveries' };

describe('a dead letter of a step', () => {
  it('frees its row at once, counts the attempt and sends it again under a new turn', async () => {
    const { engine, runId, row, simulation } = await opened();
    const body = { run: runId, step: 'block-sign-in', turn: 1 };
    expect(await settleDeadLetter(engine, { ...why, source: 'step-block-sign-in', body })).toBe('settled');
    expect(row('block-sign-in')).toMatchObject({ state: 'queued', turn: 2, attempt: 1 });
    expect(simulation.bus.list().map((message) => message.id)).toContain(`${runId}:block-sign-in:2`);
  });

  it('fences off a worker that still has the row: its writes are lost, and nothing is done twice', async () => {
    const { engine, runId, row, simulation } = await opened();
    const body = { run: runId, step: 'block-sign-in', turn: 1 };
    let freed = false;
    const slow: Engine = {
      ...engine,
      playbook: engine.playbook.map((step) => {
        if (step.name !== body.step || step.kind !== 'remediation') return step;
        const find: typeof step.find = async (context, readers) => {
          if (!freed) await settleDeadLetter(engine, { ...why, body });
          freed = true;
          return step.find(context, readers);
        };
        return { ...step, find };
      }),
    };
    await runStep(slow, body, 1);
    expect(simulation.world.effects).toEqual([]);
    expect(row('block-sign-in')).toMatchObject({ state: 'queued', turn: 2 });
  });

  it('ends the step as failed when no attempt is left — it never loops for ever', async () => {
    const { engine, runId, row } = await opened();
    for (let turn = 1; turn <= timing.mostAttempts; turn += 1) {
      await settleDeadLetter(engine, { ...why, body: { run: runId, step: 'block-sign-in', turn } });
    }
    expect(row('block-sign-in')?.outcome).toMatchObject({ is: 'failed' });
  });

  it('changes nothing if its turn is over', async () => {
    const { engine, runId, row } = await opened();
    const before = row('block-sign-in');
    expect(
      await settleDeadLetter(engine, { ...why, body: { run: runId, step: 'block-sign-in', turn: 7 } }),
    ).toBe('settled');
    expect(row('block-sign-in')).toEqual(before);
  });

  it('changes nothing if the step has settled meanwhile', async () => {
    const { engine, runId, row, simulation } = await opened();
    await simulation.live((rows) => rows.run.row.state === 'finished');
    const before = row('block-sign-in');
    await settleDeadLetter(engine, {
      ...why,
      body: { run: runId, step: 'block-sign-in', turn: before?.turn ?? 0 },
    });
    expect(row('block-sign-in')).toEqual(before);
  });

  it('frees nothing when it lay in another step’s queue — somebody else put it there', async () => {
    const { engine, runId, row } = await opened();
    const body = { run: runId, step: 'block-sign-in', turn: 1 };
    const before = row('block-sign-in');
    expect(await settleDeadLetter(engine, { ...why, source: 'step-reset-password', body })).toBe('kept');
    expect(row('block-sign-in')).toEqual(before);
  });
});

describe('a dead letter of the summary', () => {
  it('looks at its run, and the summary is sent again when its time is up', async () => {
    const { engine, runId } = await opened();
    expect(
      await settleDeadLetter(engine, { ...why, source: 'summaries', body: { run: runId, turn: 1 } }),
    ).toBe('settled');
  });
});

describe('is kept for a person', () => {
  it.each([
    ['text that is no JSON', 'alert!'],
    ['nothing at all', null],
    ['an alert', { specversion: '1.0', type: 'Reclaim.RiskDetection' }],
    [
      'a step of a run that there is not',
      { run: 'nobody.20261120T091200-8M2P', step: 'block-sign-in', turn: 1 },
    ],
    ['a run id without a user', { run: 'x', step: 'block-sign-in', turn: 1 }],
    ['a summary of a run that there is not', { run: 'nobody.20261120T091200-8M2P', turn: 1 }],
    ['a message with more keys than it should have', { run: 'a.b', turn: 1, admin: true }],
  ])('%s', async (_, body) => {
    const { engine } = await opened();
    expect(await settleDeadLetter(engine, { ...why, body })).toBe('kept');
  });

  it('a step that the run does not have', async () => {
    const { engine, runId } = await opened();
    expect(
      await settleDeadLetter(engine, { ...why, body: { run: runId, step: 'format-disk', turn: 1 } }),
    ).toBe('kept');
  });
});

describe('the log', () => {
  it('says where it came from, why, and what it contained', async () => {
    const { engine, lines } = await opened();
    await settleDeadLetter(engine, {
      source: 'alerts',
      reason: 'Refused',
      description: 'no JSON',
      body: 'alert!',
    });
    expect(lines).toEqual([
      { line: 'dead letter from alerts: Refused', facts: { description: 'no JSON', body: 'alert!' } },
    ]);
  });

  it('holds no more than two thousand characters of it', async () => {
    const { engine, lines } = await opened();
    await settleDeadLetter(engine, { ...why, body: { filler: 'A'.repeat(300_000) } });
    expect(String(lines[0]?.facts?.['body'])).toHaveLength(2000);
    expect(lines[0]?.line).toBe('dead letter from an unknown queue: MaxDeliveryCountExceeded');
  });
});
