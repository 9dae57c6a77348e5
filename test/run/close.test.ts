// The step that tells others how a run ended.
import { describe, expect, it } from 'vitest';
import type { StepRow } from '../../shared/model/rows.ts';
import { type Order, plan, settledBefore } from '../../shared/run/plan.ts';
import { sampleRun, sampleStep } from './sample-rows.ts';

const now = new Date('2026-11-24T19:30:00Z');
const order = (name: string, stage: Order['stage']): Order => ({
  name,
  stage,
  kind: 'remediation',
  after: [],
  againAfter: [],
  requires: [],
});
const orders = [
  order('reset-password', 'evict'),
  order('unblock-sender', 'hand-back'),
  order('update-alert', 'close'),
];
const settled = (name: string, stage: Order['stage'], settledAt: string, given: Partial<StepRow> = {}) =>
  sampleStep(name, {
    stage,
    kind: 'remediation',
    state: 'settled',
    outcome: { is: 'done' },
    settledAt,
    ...given,
  });

const early = '2026-11-24T19:06:00.000Z';
const late = '2026-11-24T19:20:00.000Z';
const planned = (resetAt: string, unblockedAt: string, seen: Record<string, string>) => {
  const steps = [
    settled('reset-password', 'evict', resetAt),
    settled('unblock-sender', 'hand-back', unblockedAt),
    settled('update-alert', 'close', early, { seen }),
  ];
  return plan(orders, { run: { ...sampleRun('u1'), level: 'full', state: 'open' }, steps }, now);
};

describe('a step that closes the run', () => {
  it('looks again when any other step has settled again — it reports on all of them', () => {
    const { steps, send } = planned(late, early, { 'reset-password': early });
    expect(steps.find(({ name }) => name === 'update-alert')).toMatchObject({
      state: 'queued',
      aim: 'check',
    });
    expect(send.map(({ queue }) => queue)).toContain('step-update-alert');
  });

  it('rests while nothing is new, and ignores the hand-back', () => {
    const { steps } = planned(early, late, { 'reset-password': early });
    expect(steps.find(({ name }) => name === 'update-alert')).toMatchObject({ state: 'settled' });
  });

  it('knows how far the others were when it looked', () => {
    const steps = [settled('reset-password', 'evict', late), settled('unblock-sender', 'hand-back', late)];
    expect(settledBefore(order('update-alert', 'close'), { run: sampleRun('u1'), steps })).toEqual({
      'reset-password': late,
    });
  });
});
