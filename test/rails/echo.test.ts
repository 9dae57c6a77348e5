// Rail 6: late reports about what the intruder did before the lock belong to the run that locked them out, and so does
// what this app's own acts set off. They raise that run if they say more, and never open another.
import { describe, expect, it } from 'vitest';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { adele, chaosOf, outcomeOf, riskySignIn, Simulation } from '../run/simulation.ts';

const things = { 'block-sign-in': ['lock'], 'reset-password': ['password'], 'disable-inbox-rules': ['rule'] };
const minutes = (time: string | null, more: number) =>
  new Date(Date.parse(time ?? '') + more * 60_000).toISOString();

async function finished(until: 'finished' | 'closed') {
  const simulation = new Simulation(
    { things, level: 'contain', refused: [] },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  await simulation.live(({ run }) => run.row.state === until && run.row.summary.state === 'sent');
  const { containedAt } = simulation.rows().run.row;
  const tell = (some: object, level: 'contain' | 'full' = 'contain') =>
    openRun(simulation.engine, {
      account: adele,
      signals: [{ ...riskySignIn, sourceId: 'd2', version: minutes(containedAt, 200), ...some }],
      level,
      held: null,
      why: 'a late detection',
    });
  return { simulation, runId, containedAt, tell };
}

describe.each(['finished', 'closed'] as const)('a run that is %s', (until) => {
  it('takes a detection that comes hours late, about what was done before the lock', async () => {
    const { runId, containedAt, tell } = await finished(until);
    const late = { activityAt: minutes(containedAt, -30), detectedAt: minutes(containedAt, 30 * 60) };
    expect(await tell(late)).toMatchObject({ joined: true, raised: false, run: { id: runId } });
  });

  it('is raised by a detection that leaves no doubt, and does the rest', async () => {
    const { simulation, runId, containedAt, tell } = await finished(until);
    expect(outcomeOf(simulation.rows(), 'reset-password')).toBe('reported');
    const late = { activityAt: minutes(containedAt, -30), detector: 'attackerInTheMiddle' };
    expect(await tell(late, 'full')).toMatchObject({ joined: true, raised: true, run: { id: runId } });
    // Whatever message was lost, the sweep still finds it.
    for (const message of simulation.bus.list()) simulation.bus.drop(message);
    await simulation.live(({ run }) => run.row.state === 'finished' || run.row.state === 'closed');
    expect(outcomeOf(simulation.rows(), 'reset-password')).toBe('done');
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('done');
    expect(simulation.broken).toEqual([]);
  });

  it('takes the same alert again if only its text has changed — this app itself comments on it', async () => {
    const { simulation, runId, containedAt, tell } = await finished(until);
    const own = { sourceId: riskySignIn.sourceId, activityAt: riskySignIn.activityAt };
    expect(await tell(own)).toMatchObject({ joined: true, raised: false });
    expect(simulation.rows().run.row.signals).toHaveLength(1);
    const grown = { ...own, lastActivityAt: minutes(containedAt, 5), version: minutes(containedAt, 300) };
    const opened = await tell(grown);
    expect(opened.joined).toBe(false);
    expect(opened.run.id).not.toBe(runId);
  });

  it('makes room for a new run if the intruder acts again after the lock', async () => {
    const { simulation, runId, containedAt, tell } = await finished(until);
    const opened = await tell({ activityAt: minutes(containedAt, 1) });
    expect(opened).toMatchObject({ joined: false });
    expect(opened.run.id).not.toBe(runId);
    expect(await simulation.progress.read(runRef(opened.run.id))).toBeDefined();
  });
});
