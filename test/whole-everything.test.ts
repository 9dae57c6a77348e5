// Two extreme tenants: an account in which every step finds something, and one in which there is nothing to find.
import { describe, expect, it } from 'vitest';
import { merge } from '../local/scenario.ts';
import { openTasks } from '../shared/run/verdict.ts';
import { scenarioCalled, told } from './fakes/told.ts';

/** A story in which the audit log shows each act this long after it. */
async function lagging(name: string, auditLagMinutes: number) {
  const scenario = await scenarioCalled(name);
  return told({ ...scenario, tenant: merge(scenario.tenant, { behaviour: { auditLagMinutes } }) });
}

describe('the whole playbook', () => {
  it('finds something with every step if an intruder left nothing out', async () => {
    const { steps, summary } = await (await lagging('everything', 0)).run();
    const taking = steps.filter(({ stage }) => stage !== 'hand-back');
    const empty = taking.filter(({ changes, tasks, kept, kind }) =>
      kind === 'remediation' ? changes.length + tasks.length === 0 : tasks.length + kept.length === 0,
    );
    expect(empty.map(({ name }) => name)).toEqual([]);
    expect(taking.filter(({ outcome }) => outcome?.is !== 'done').map(({ name }) => name)).toEqual([
      // Its role groups have no documented interface, so a person is asked.
      'remove-defender-roles',
    ]);
    expect(summary.subject).toMatch(/^\[Reclaim\] CONTAINED, \d+ TASKS: lynne@contoso\.com/);
    expect(Buffer.byteLength(summary.html)).toBeLessThan(102_000);
  });

  it.each(['everything', 'back-doors'])('%s ends the same however late the audit log is', async (name) => {
    const ends = await Promise.all(
      [0, 75, 360].map(async (minutes) => {
        const story = await lagging(name, minutes);
        for (const wait of [15, 45, 60, 1320]) await story.later(wait);
        const { steps } = await story.run();
        return steps.map(({ name: step, outcome, changes }) => [step, outcome?.is, changes.length]);
      }),
    );
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });

  it('ties nothing to anybody and asks for nothing by the next day if there is nothing to find', async () => {
    const { steps, run, summary } = await (await told(await scenarioCalled('locked-undecided'))).run();
    expect(steps.flatMap(({ changes }) => changes.flatMap(({ evidence }) => evidence ?? []))).toEqual([]);
    expect(steps.flatMap(openTasks)).toEqual([]);
    expect(run.level).toBe('contain');
    expect(summary.subject).toMatch(/^\[Reclaim\] DECIDE: /);
  });
});
