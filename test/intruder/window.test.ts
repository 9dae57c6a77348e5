import { describe, expect, it } from 'vitest';
import { judgeOther } from '../../shared/intruder/others.ts';
import { windowStart } from '../../shared/intruder/window.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { context } from '../fakes/context.ts';
import { attacker, firefox, signal, signIn } from '../fakes/sign-ins.ts';

const minute = 60_000;

describe('the time from which a thing may be the intruder’s', () => {
  const { run } = context();
  const opened = Date.parse(run.openedAt);
  const startOf = (activityAt: string[], since: string | null = null) => {
    const signals = activityAt.map((at) => signal({ activityAt: at }));
    return windowStart({ ...run, signals }, { ...nobodyKnown, since });
  };

  it('is an hour before the earliest time in the alerts — the first activity noticed is rarely the first', () => {
    const early = new Date(opened - 300 * minute).toISOString();
    expect(startOf([new Date(opened - 5 * minute).toISOString(), early])).toBe(opened - 360 * minute);
  });

  it('is never after the run, is a day before it if no alert names a time, and is the known time once there is one', () => {
    expect(startOf([new Date(opened + 5 * minute).toISOString()])).toBe(opened - 60 * minute);
    expect(startOf([])).toBe(opened - 24 * 60 * minute);
    expect(startOf([], '2026-11-20T01:00:00Z')).toBe(Date.parse('2026-11-20T01:00:00Z'));
  });
});

it('twenty minutes around midnight are no habit, although they span two dates', () => {
  const there = (createdDateTime: string) =>
    signIn({ createdDateTime, ipAddress: attacker, userAgent: firefox });
  const verdict = (times: string[]) => judgeOther(times.map(there), attacker, 'intruder', nobodyKnown);
  expect(verdict(['2026-11-19T23:50:00Z', '2026-11-20T00:10:00Z'])).toMatchObject({ is: 'victim' });
  const days = ['16', '17', '18', '19'].map((day) => `2026-11-${day}T09:00:00Z`);
  expect(verdict(days)).toMatchObject({ is: 'bystander', habit: true });
});
