import { describe, expect, it } from 'vitest';
import { createBreaker, fewestRuns, heldMails, limitsOf } from '../../shared/alerts/breaker.ts';
import { bookOf } from '../../shared/alerts/breaker-places.ts';
import { hourOf } from '../../shared/alerts/breaker-stages.ts';
import type { OpenRequest } from '../../shared/run/open-run.ts';
import { memoryBreakerPlaces, memoryTrips } from '../fakes/memory-stores.ts';
import { account, signal } from './samples.ts';

const settings = { BREAKER_FULL_PER_HOUR: 2, BREAKER_RUNS_PER_HOUR: 4, BREAKER_SHARE: 20 };
const start = Date.parse('2026-11-20T10:05:00Z');

function world(users: number | null = 1000) {
  let at = start;
  const places = memoryBreakerPlaces();
  const trips = memoryTrips();
  const breaker = createBreaker({
    places,
    trips,
    settings,
    users: async () => users,
    now: () => new Date(at),
  });
  const asked = (id: string, more: Partial<OpenRequest> = {}): OpenRequest => ({
    account: account({ id }),
    signals: [signal({ userId: id })],
    level: 'full',
    held: null,
    why: 'a test',
    ...more,
  });
  return {
    places,
    trips,
    breaker,
    admit: (id: string, more?: Partial<OpenRequest>) => breaker.admit(asked(id, more)),
    inAnHour: () => {
      at += 3_600_000;
    },
    stages: () => trips.of(hourOf(new Date(at))),
    now: () => new Date(at),
  };
}

describe('the circuit breaker', () => {
  it('lets the first runs of an hour go as far as they ask, only contains the next, and holds the rest', async () => {
    const { admit, stages } = world();
    const admitted = [];
    for (const id of ['a', 'b', 'c', 'd', 'e']) admitted.push(await admit(id));
    expect(admitted.map(({ level, held }) => (held === null ? level : 'held'))).toEqual([
      'full',
      'full',
      'contain',
      'contain',
      'held',
    ]);
    expect(admitted[2]?.limited).toContain('2 runs an hour');
    expect(admitted[4]?.held).toBe(
      'the circuit breaker is open: this app changes at most 4 accounts an hour by itself, and since 10:00 UTC there were as many',
    );
    expect(await stages()).toEqual(['limited', 'held']);
  });

  it('also limits what may be raised later — one forged rule could raise a containing run to full', async () => {
    const { admit } = world();
    for (const id of ['a', 'b']) expect((await admit(id, { level: 'contain' })).limited).toBeNull();
    expect((await admit('c', { level: 'contain' })).limited).not.toBeNull();
  });

  it('gives an account one place an hour, however many alerts arrive', async () => {
    const { admit, places, now } = world();
    for (let times = 0; times < 20; times += 1) expect((await admit('a')).held).toBeNull();
    expect(places.of(bookOf('breaker', now())).size).toBe(1);
  });

  it('closes again with the hour', async () => {
    const { admit, inAnHour } = world();
    for (const id of ['a', 'b', 'c', 'd', 'e']) await admit(id);
    inAnHour();
    expect(await admit('e')).toMatchObject({ level: 'full', held: null, limited: null });
  });

  it('counts runs that a person starts or approves, and holds none of them', async () => {
    const { admit, breaker } = world();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await breaker.count({ id });
    expect((await admit('g')).held).toContain('the circuit breaker is open');
  });

  it('is not filled by waiting runs — they change nothing', async () => {
    const { admit } = world();
    for (let index = 0; index < 50; index += 1) await admit(`held-${index}`, { held: 'a protected account' });
    expect(await admit('a')).toMatchObject({ level: 'full', held: null });
  });

  it('mails on-call about the first held runs, and lists the others', async () => {
    const { admit, stages } = world();
    const listed = [];
    for (let index = 0; index < heldMails + 3; index += 1) {
      listed.push((await admit(`held-${index}`, { held: 'not confirmed' })).listed);
    }
    expect(listed.filter((one) => one)).toHaveLength(3);
    expect(listed.indexOf(true)).toBe(heldMails);
    expect(await stages()).toEqual(['listed']);
  });
});

describe('limitsOf', () => {
  it.each([
    ['the numbers alone where nobody knows how many users there are', null, { full: 2, runs: 4 }],
    ['the numbers in a large tenant', 5000, { full: 2, runs: 4 }],
  ])('is %s', (_, users, expected) => {
    expect(limitsOf(settings, users)).toEqual(expected);
  });

  const large = { BREAKER_FULL_PER_HOUR: 20, BREAKER_RUNS_PER_HOUR: 100, BREAKER_SHARE: 20 };

  it('is a share of the tenant if that is fewer — a hundred locks would be a whole company', () => {
    expect(limitsOf(large, 150)).toEqual({ full: 20, runs: 30 });
    expect(limitsOf(large, 60)).toEqual({ full: 12, runs: 12 });
  });

  it('never stops at the second victim of a small company', () => {
    expect(limitsOf(large, 6)).toEqual({ full: fewestRuns, runs: fewestRuns });
  });

  it('does not limit by itself if the settings say so, with or without a share', () => {
    expect(limitsOf({ ...large, BREAKER_RUNS_PER_HOUR: 0 }, 150)).toEqual({ full: 0, runs: 0 });
  });
});
