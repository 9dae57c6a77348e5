// An upgrade in the middle of a run, in every state: the rows of each earlier release are lived on with by the present
// engine. A release adds its rows beside rows-0.1.0.generated.json; what is there already is never changed.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openTasks } from '../../shared/run/verdict.ts';
import { storedRunSchema, storedStepSchema, versioned } from '../../shared/store/row-versions.ts';
import { adele, chaosOf, outcomeOf, Simulation } from './simulation.ts';

const snapshot = z.object({
  name: z.string(),
  at: z.string(),
  run: storedRunSchema,
  steps: z.array(storedStepSchema),
  /** What was in the tenant at that moment, by step. */
  world: z.record(z.string(), z.array(z.string())),
});

const releases = ['0.1.0'];

const snapshots = releases.flatMap((release) => {
  const text = readFileSync(new URL(`../store/rows-${release}.generated.json`, import.meta.url), 'utf8');
  const all: unknown = JSON.parse(text);
  return z
    .array(snapshot)
    .parse(all)
    .map((one) => [`${release}: ${one.name}`, one] as const);
});

async function resumed({ run, steps, at, world }: z.infer<typeof snapshot>) {
  const simulation = new Simulation(
    { things: world, refused: [], level: run.level },
    chaosOf(() => 0.6),
  );
  simulation.clock = Date.parse(at);
  await simulation.resume(run, steps);
  return simulation;
}

describe.each(snapshots)('rows of %s', (_, given) => {
  it('are lived on with to the end: nothing is stuck, nothing false is called done', async () => {
    const simulation = await resumed(given);
    const waits = ['held', 'pass', 'owner'];
    const isThere = ({ state, handBack }: { state: string; handBack?: { phase: string } | undefined }) =>
      state === 'closed' || waits.includes(state) || waits.includes(handBack?.phase ?? '');
    await simulation.live(
      ({ run, steps }) =>
        isThere(run.row) &&
        steps.every(
          ({ row }) => row.state === 'settled' || row.stage === 'hand-back' || run.row.state === 'held',
        ),
    );
    expect(simulation.broken).toEqual([]);
    const rows = simulation.rows();
    for (const { row } of rows.steps) {
      // The world of these rows forgot what is done once; so does the tenant for a while.
      if (
        row.name !== 'scan-devices' &&
        row.outcome?.is === 'done' &&
        row.stage !== 'hand-back' &&
        row.aim !== 'undo' &&
        row.stage !== 'collect'
      )
        expect(simulation.world.has(row.name), row.name).toEqual([]);
    }
    if (given.run.state !== 'held' && given.run.endsAs === null)
      expect(outcomeOf(rows, 'block-sign-in')).toBe('done');
  });

  it('are lived on with although a step is gone — a person does what it would have done', async () => {
    const simulation = await resumed(given);
    simulation.engine.playbook = simulation.engine.playbook.filter(
      ({ name }) => name !== 'remove-auth-methods',
    );
    await simulation.live(({ run }) => run.row.state !== 'open');
    const row = simulation.rows().steps.find((entry) => entry.row.name === 'remove-auth-methods')?.row;
    if (simulation.rows().run.row.state === 'held' || row === undefined) return;
    expect(simulation.broken).toEqual([]);
    expect(row.state).toBe('settled');
    if (row.outcome?.is === 'needs-human') expect(openTasks(row).length).toBeGreaterThan(0);
  });
});

describe('a row of a newer version', () => {
  const [, { run, steps }] = snapshots[0] ?? [undefined, { run: undefined, steps: [] }];

  it('keeps what this version does not know, and its version — both are at work while one replaces the other', () => {
    const newer = { ...run, rowVersion: 99, somethingNew: { a: 1 } };
    const read = storedRunSchema.parse(newer);
    expect(read).toMatchObject({ somethingNew: { a: 1 } });
    expect(versioned({ ...read, state: 'finished' })).toMatchObject({
      rowVersion: 99,
      somethingNew: { a: 1 },
      state: 'finished',
    });
  });

  it('gets this version where it is older', () => {
    const [step] = steps;
    if (step === undefined) throw new Error('no step');
    expect(versioned(step)).toMatchObject({ rowVersion: 2 });
  });
});

it('fixtures hold accounts of the tests alone', () => {
  for (const [, { run }] of snapshots) expect(run.account.id).toBe(adele.id);
});
