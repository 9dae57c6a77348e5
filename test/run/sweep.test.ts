// The sweep looks at what has waited past its time, whatever became of the messages.
import { expect, it } from 'vitest';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { timing } from '../../shared/run/timing.ts';
import { adele, chaosOf, riskySignIn, Simulation } from './simulation.ts';

async function lost() {
  const simulation = new Simulation(
    { things: { 'block-sign-in': ['lock'] }, refused: [], level: 'contain' },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const megan = {
    ...adele,
    id: '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24',
    userPrincipalName: 'megan@contoso.com',
  };
  const request = {
    account: megan,
    signals: [riskySignIn],
    level: 'contain',
    held: null,
    why: 'high',
  } as const;
  const opened = await openRun(simulation.engine, request);
  for (const message of simulation.bus.list()) simulation.bus.drop(message);
  const lines: string[] = [];
  const engine: Engine = { ...simulation.engine, log: (line) => lines.push(line) };
  const turnOf = (id: string) =>
    simulation.progress.peek(id)?.steps.find(({ row }) => row.name === 'block-sign-in')?.row.turn;
  return { simulation, engine, lines, runs: [runId, opened.run.id] as const, turnOf };
}

it('leaves runs alone until their time has come', async () => {
  const { engine, runs, turnOf } = await lost();
  expect(await sweepRuns(engine)).toBe(0);
  expect(runs.map(turnOf)).toEqual([1, 1]);
});

it('sends lost messages again under a new turn, and says how many runs it looked at', async () => {
  const { engine, runs, turnOf, simulation } = await lost();
  simulation.clock += (timing.graceSeconds + 1) * 1000;
  expect(await sweepRuns(engine)).toBe(2);
  expect(runs.map(turnOf)).toEqual([2, 2]);
});

it('does not let one failing run keep the others waiting, and says which it was', async () => {
  const { engine, runs, turnOf, simulation, lines } = await lost();
  simulation.clock += (timing.graceSeconds + 1) * 1000;
  const read = engine.progress.read.bind(engine.progress);
  engine.progress.read = (ref) =>
    ref.runId === runs[0] ? Promise.reject(new RetryableError('the table is busy')) : read(ref);
  expect(await sweepRuns(engine)).toBe(2);
  expect(runs.map(turnOf)).toEqual([1, 2]);
  expect(lines).toEqual([`sweep: run ${runs[0]}: the table is busy`]);
});

it('ends a run that could not be read when an alert came, as soon as it can be read — two would undo each other’s work', async () => {
  const { engine, runs, simulation } = await lost();
  const read = engine.progress.read.bind(engine.progress);
  engine.progress.read = (ref) =>
    ref.runId === runs[0]
      ? Promise.reject(new PermanentError('can’t be read', { code: 'UnreadableRow' }))
      : read(ref);
  simulation.clock += 2000;
  const alert = { ...riskySignIn, sourceId: 'd9' };
  const request = { account: adele, signals: [alert], level: 'contain', held: null, why: 'high' } as const;
  const second = await openRun(engine, request);
  expect(second.joined).toBe(false);
  engine.progress.read = read;
  simulation.clock += (timing.graceSeconds + 1) * 1000;
  await sweepRuns(engine);
  expect(simulation.progress.peek(runs[0])?.run.row.endsAs).toBe('superseded');
  expect(simulation.progress.peek(second.run.id)?.run.row.endsAs).toBeNull();
});
