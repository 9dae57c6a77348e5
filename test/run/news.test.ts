// A step looks again only for news: because what it judges by has changed, not because another step did some work.
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { merge } from '../../local/scenario.ts';
import { type Intruder, nobodyKnown } from '../../shared/model/intruder.ts';
import { type StepRow, stepRowSchema } from '../../shared/model/rows.ts';
import type { Step } from '../../shared/model/step.ts';
import { newRecord } from '../../shared/run/changes.ts';
import { contextOf } from '../../shared/run/execution.ts';
import { newsOf, newsOfIntruder } from '../../shared/run/news.ts';
import { type Order, plan, settledBefore } from '../../shared/run/plan.ts';
import { scenarioCalled, told } from '../fakes/told.ts';
import { sampleRun, sampleStep } from './sample-rows.ts';

const at = '2026-11-24T19:06:00.000Z';
const later = '2026-11-24T19:08:00.000Z';
const now = new Date('2026-11-24T19:30:00Z');

const order = (name: string, given: Partial<Order> = {}): Order => ({
  ...{ name, stage: 'evict', kind: 'remediation', after: [], againAfter: [], requires: [] },
  ...given,
});
const log = (given: Partial<StepRow> = {}) =>
  sampleStep('collect-audit-log', {
    ...{ stage: 'collect', kind: 'investigation', state: 'settled', outcome: { is: 'done' } },
    ...{ until: null, settledAt: later, ...given },
  });
const roles = (given: Partial<StepRow> = {}) =>
  sampleStep('remove-admin-roles', {
    ...{ stage: 'evict', state: 'settled', outcome: { is: 'unchanged' }, until: null, settledAt: later },
    ...given,
  });

/** Made, and seen to be made. */
const fixed = (fixedAt: string) => ({
  ...newRecord({ id: 'role', what: 'a role', why: 'it rules', before: null }, at, true),
  ...{ fixedAt, goneAt: fixedAt },
});

/** Whether a step that looked while `before` stood looks again now that `after` stands. */
function looksAgain(before: StepRow, after: StepRow, given: Partial<Order> = {}): boolean {
  const follower = order('reset-password', { againAfter: [before.name], ...given });
  const orders = [order(before.name, { kind: before.kind }), follower];
  const run = { ...sampleRun('u1'), level: 'full' as const };
  const mine = { stage: follower.stage, state: 'settled', outcome: { is: 'done' }, settledAt: at } as const;
  const row = sampleStep('reset-password', { ...mine, until: null });
  const seen = settledBefore(follower, { run, steps: [before, row] });
  const planned = plan(orders, { run, steps: [after, { ...row, seen }] }, now);
  return planned.steps[1]?.state === 'queued';
}

const running = { state: 'running', outcome: null, settledAt: null } as const;
const acts = { acts: [{ activity: 'New-InboxRule' }], left: 0, unified: true };
const noActs = { acts: [], rulesOfOthers: [], left: 0, unified: false, horizons: [{ completeUntil: at }] };

describe('a step', () => {
  it.each<[string, StepRow, StepRow, boolean]>([
    ['a log that was silent speaks', log({ facts: noActs }), log({ facts: acts }), true],
    ['a log answers for the first time', log(running), log({ facts: acts }), true],
    ['a log answers, and has nothing to say', log(running), log({ facts: noActs }), false],
    [
      'a log is complete until later',
      log({ facts: { ...acts, horizons: [] } }),
      log({ facts: { ...acts, horizons: [at] } }),
      false,
    ],
    ['more is known of the intruder', log({ madeKnown: 'a' }), log({ madeKnown: 'b' }), true],
    ['a log can’t be read after all', log(running), log({ outcome: { is: 'skipped', reason: 'no' } }), true],
    ['nothing was there to take away', roles(running), roles(), false],
    [
      'something was taken away',
      roles(running),
      roles({ outcome: { is: 'done' }, changes: [fixed(later)] }),
      true,
    ],
    [
      'something was taken away once more',
      roles({ outcome: { is: 'done' }, changes: [fixed(at)] }),
      roles({ outcome: { is: 'done' }, changes: [fixed(later)] }),
      true,
    ],
    ['it only settled again', roles({ settledAt: at }), roles({ settledAt: later }), false],
  ])('is told only what it judges by: %s', (_what, before, after, again) => {
    expect(looksAgain(before, after)).toBe(again);
  });

  it('that judges by whether a log was read hears of an empty answer too', () => {
    expect(looksAgain(log(running), log({ facts: noActs }), { judgesByAnswers: true })).toBe(true);
  });

  it('that closes the run reports on everything that settles', () => {
    expect(looksAgain(roles({ settledAt: at }), roles({ settledAt: later }), { stage: 'close' })).toBe(true);
  });

  it('reports nothing about the intruder that is already known, in whatever order it is written', () => {
    const { since, ...rest } = nobodyKnown;
    const reordered: Intruder = { ...rest, since };
    expect(newsOfIntruder(reordered, nobodyKnown)).toBeUndefined();
    expect(newsOfIntruder(undefined, nobodyKnown)).toBeUndefined();
    expect(newsOfIntruder({ ...nobodyKnown, sessions: ['s'] }, nobodyKnown)).toBeDefined();
  });

  it('sees no news in facts that only went through a table', () => {
    const row = log({ facts: acts });
    expect(newsOf(stepRowSchema.parse(JSON.parse(JSON.stringify(row))), {})).toBe(newsOf(row, {}));
  });
});

describe('the playbook', () => {
  const following = (step: Step) => [...step.after, ...step.againAfter].includes('collect-audit-log');

  it('treats a log without records as news only to steps that judge by answers', async () => {
    const scenario = await scenarioCalled('everything');
    const evicts = playbook.filter(({ stage, kind }) => stage === 'evict' && kind === 'remediation');
    const STEPS = JSON.stringify(Object.fromEntries(evicts.map(({ name }) => [name, { mode: 'report' }])));
    const tenant = merge(scenario.tenant, {
      behaviour: { auditLagMinutes: 600, directoryAuditLagMinutes: 600 },
    });
    const { engine, run } = await told({ ...scenario, tenant, settings: { STEPS } });
    const rows = await run();
    const answered = rows.steps.map((row) =>
      row.name === 'collect-audit-log'
        ? { ...row, outcome: { is: 'done' as const }, facts: { ...noActs, horizons: [] } }
        : row,
    );
    const asked = answered.map((row): StepRow => {
      const { facts, ...rest } = row;
      return row.name === 'collect-audit-log' ? { ...rest, outcome: null } : row;
    });
    const looks = playbook.filter(
      (step) => following(step) && rows.steps.some(({ name }) => name === step.name),
    );
    const found = async (step: Step, steps: readonly StepRow[]) => {
      const { signal } = new AbortController();
      const context = contextOf(engine, step, { run: rows.run, steps }, signal);
      const clients = engine.clients(signal);
      return step.kind === 'remediation'
        ? await step.find(context, clients)
        : await step.collect(context, clients, null);
    };
    const differs: string[] = [];
    for (const step of looks) {
      const [before, after] = [await found(step, asked), await found(step, answered)];
      if (JSON.stringify(before) !== JSON.stringify(after)) differs.push(step.name);
    }
    expect(looks.length).toBeGreaterThan(12);
    expect(differs).toEqual(expect.arrayContaining(['remove-mailbox-delegates', 'review-shared-files']));
    expect(differs.filter((name) => !looks.find((step) => step.name === name)?.judgesByAnswers)).toEqual([]);
  });
});
