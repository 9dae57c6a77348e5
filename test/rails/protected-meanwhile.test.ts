// Rail 2 once more, where steps act: an account that became protected only after its run began.
import { describe, expect, it } from 'vitest';
import { advance } from '../../shared/run/advance.ts';
import { approve, undo } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { reportOf } from '../../shared/summary/report.ts';
import { chaosOf, outcomeOf, Simulation } from '../run/simulation.ts';

const things = { 'block-sign-in': ['lock'], 'reset-password': ['password'], 'disable-inbox-rules': ['rule'] };

async function opened() {
  const simulation = new Simulation(
    { things, level: 'full', refused: [] },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const protect = () => {
    simulation.engine.protects = ({ userPrincipalName }) => `${userPrincipalName} is a protected account`;
  };
  const fixes = () => simulation.world.effects.filter(({ did }) => did === 'fix').map(({ step }) => step);
  const log = async () => (await simulation.progress.log(runRef(runId))).map(({ what }) => what);
  return { simulation, runId, protect, fixes, log };
}

describe('an account that became protected', () => {
  it('is not changed at all if that was before the first step, and on-call is asked', async () => {
    const { simulation, protect, fixes, log } = await opened();
    protect();
    await simulation.live(({ run }) => run.row.summary.state === 'sent');
    expect(fixes()).toEqual([]);
    expect(simulation.rows().run.row.onlyLooksBecause).toBe('adele@contoso.com is a protected account');
    expect(simulation.mails).toEqual(['NOT CONTAINED']);
    expect((await log()).filter((what) => what === 'the run only looks from now on')).toHaveLength(1);
    const { run, steps } = simulation.rows();
    const given = {
      run: run.row,
      steps: steps.map(({ row }) => row),
      playbook: simulation.engine.playbook,
      runUrl: 'https://reclaim.test',
      now: new Date(simulation.clock),
    };
    expect(reportOf(given, 30).story).toMatch(
      /Nothing more is changed until somebody approves it: adele@contoso.com is a protected account\.$/,
    );
  });

  it('is not locked again by a later check — on-call unlocked and protected it', async () => {
    const { simulation, protect, fixes } = await opened();
    await simulation.live(({ run }) => run.row.state === 'finished');
    const before = fixes().length;
    protect();
    simulation.world.putBack('block-sign-in', 'lock');
    await simulation.live();
    expect(fixes()).toHaveLength(before);
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
    expect(simulation.rows().run.row.state).toBe('closed');
    expect(simulation.broken).toEqual([]);
  });

  it('is changed once a person approves it, and no longer asked about', async () => {
    const { simulation, runId, protect, fixes } = await opened();
    protect();
    await simulation.live(({ run }) => run.row.summary.state === 'sent');
    const order = { who: 'on-call', reason: 'it is taken over', now: new Date(simulation.clock) };
    await advance(simulation.engine, runRef(runId), approve('full', order));
    await simulation.live();
    expect(fixes()).toEqual(
      expect.arrayContaining(['block-sign-in', 'reset-password', 'disable-inbox-rules']),
    );
    expect(outcomeOf(simulation.rows(), 'block-sign-in')).toBe('done');
    expect(simulation.rows().run.row.onlyLooksBecause).toBeUndefined();
  });

  it('does not stop a run that a person approved before', async () => {
    const simulation = new Simulation(
      { things, level: 'full', held: 'adele@contoso.com is a protected account', refused: [] },
      chaosOf(() => 0.5),
    );
    const runId = await simulation.open();
    simulation.engine.protects = () => 'adele@contoso.com is a protected account';
    const order = { who: 'on-call', reason: 'it is taken over', now: new Date(simulation.clock) };
    await advance(simulation.engine, runRef(runId), approve('full', order));
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual([]);
  });

  it('is still restored by an undo — what this app did must be undone', async () => {
    const { simulation, runId, protect } = await opened();
    await simulation.live(({ run }) => run.row.state === 'finished');
    protect();
    const order = { who: 'on-call', reason: 'false alarm', now: new Date(simulation.clock) };
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });
});
