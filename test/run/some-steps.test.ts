// A held run that a person lets begin with less than the lock: what is done, what is only looked at, and what sets off
// the rest.
import { describe, expect, it } from 'vitest';
import { advance } from '../../shared/run/advance.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { approve } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { adele, chaosOf, outcomeOf, riskySignIn, Simulation } from './simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['rule'],
};
const chosen = ['reset-password', 'revoke-sessions'];
const settled = (rows: RunRows) => rows.run.row.state === 'finished' && rows.run.row.summary.state === 'sent';

async function begun(found: Readonly<Record<string, readonly string[]>> = things, waits = true) {
  const simulation = new Simulation(
    { things: found, refused: [], level: 'contain', held: 'leaked credentials, and no sign-in tied to them' },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  await simulation.live((rows) => rows.run.row.summary.state === 'sent');
  const by = (reason: string) => ({ who: 'on-call', reason, now: new Date(simulation.clock) });
  const order = (level: 'contain' | 'full', only?: readonly string[]) =>
    advance(simulation.engine, runRef(runId), approve(level, by('as agreed by telephone'), only));
  await order('contain', chosen);
  if (waits) await simulation.live(settled);
  const fixed = () => [...new Set(simulation.world.effects.map(({ step }) => step))].toSorted();
  return { simulation, order, fixed };
}

describe('a held run that begins with a reset and the end of sessions', () => {
  it('does these two and locks nobody out', async () => {
    const { simulation, fixed } = await begun();
    const { rows, broken } = simulation.end();
    expect(broken).toEqual([]);
    expect(fixed()).toEqual(chosen);
    expect(outcomeOf(rows, 'block-sign-in')).toBe('reported');
    expect(outcomeOf(rows, 'disable-inbox-rules')).toBe('reported');
    expect(simulation.mails[0]).toBe('HELD');
    expect(simulation.mails.at(-1)).toBe('DECIDE');
    expect(simulation.mails).not.toContain('LOCKED');
    expect(simulation.mails.join()).not.toContain('NOT CONTAINED');
  });

  it('does everything by itself when evidence turns up', async () => {
    const { simulation, fixed } = await begun({ ...things, 'disable-inbox-rules': ['!rule'] });
    const { rows } = simulation.end();
    expect(rows.run.row.level).toBe('full');
    expect(fixed()).toEqual(Object.keys(things).toSorted());
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });

  it('does the rest when a person approves more: the lock, or everything', async () => {
    const { simulation, order, fixed } = await begun();
    await order('contain');
    await simulation.live(settled);
    expect(fixed()).toEqual(['block-sign-in', 'revoke-sessions', 'reset-password'].toSorted());
    await order('full');
    await simulation.live(settled);
    expect(fixed()).toEqual(Object.keys(things).toSorted());
    expect(simulation.end().broken).toEqual([]);
  });

  it.each([
    ['while it runs', false],
    ['after it has ended', true],
  ])('locks when another alert says that this was no old leak: %s', async (_, waits) => {
    const { simulation, fixed } = await begun(things, waits);
    const signal = {
      ...riskySignIn,
      sourceId: 'd2',
      activityAt: new Date(simulation.clock).toISOString(),
      version: new Date(simulation.clock).toISOString(),
    };
    await openRun(simulation.engine, {
      ...{ account: adele, signals: [signal], level: 'contain', held: null, why: 'a high risk' },
    });
    await simulation.live(settled);
    expect(fixed()).toContain('block-sign-in');
  });
});
