import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPriority, holdingBack } from '../../functions/priority.ts';
import type { Outgoing } from '../../shared/run/bus.ts';

const settled = () => vi.advanceTimersByTimeAsync(0);

/** Work that a test ends by hand. */
function held() {
  let end = () => {};
  let begun = false;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    work: async () => {
      begun = true;
      await over;
    },
    end: () => end(),
    begun: () => begun,
  };
}

describe('containment first', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const create = (places = 2) =>
    createPriority({ places, longestWaitMs: 1000, placesMeanwhile: 1 }, () => Date.now());

  it('makes evidence wait while anything urgent runs, and begin as soon as that ends', async () => {
    const priority = create();
    const [lock, evidence] = [held(), held()];
    const urgent = priority.urgent(lock.work);
    void priority.other(evidence.work);
    await settled();
    expect(evidence.begun()).toBe(false);
    lock.end();
    await urgent;
    expect(evidence.begun()).toBe(true);
  });

  it('never makes urgent work wait', async () => {
    const priority = create(1);
    void priority.other(held().work);
    const locks = [held(), held(), held()];
    for (const lock of locks) void priority.urgent(lock.work);
    await settled();
    expect(locks.every((lock) => lock.begun())).toBe(true);
  });

  it('delays nothing for ever: even an endless storm leaves room for what has waited long', async () => {
    const priority = create();
    void priority.urgent(held().work);
    const evidence = held();
    void priority.other(evidence.work);
    await vi.advanceTimersByTimeAsync(999);
    expect(evidence.begun()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(evidence.begun()).toBe(true);
  });

  it('keeps locks fast in a long storm: what has waited long runs a few at a time, in order', async () => {
    const priority = create(3);
    const lock = held();
    const urgent = priority.urgent(lock.work);
    const works = [held(), held(), held(), held()];
    const ends = works.map((one) => priority.other(one.work));
    await vi.advanceTimersByTimeAsync(5000);
    expect(works.map((one) => one.begun())).toEqual([true, false, false, false]);
    works[0]?.end();
    await ends[0];
    expect(works.map((one) => one.begun())).toEqual([true, true, false, false]);
    lock.end();
    await urgent;
    expect(works.map((one) => one.begun())).toEqual([true, true, true, true]);
  });

  it('runs as many tasks as there are places, in order of arrival', async () => {
    const priority = create(2);
    const works = [held(), held(), held(), held()];
    const ends = works.map((one) => priority.other(one.work));
    await settled();
    expect(works.map((one) => one.begun())).toEqual([true, true, false, false]);
    works[1]?.end();
    await ends[1];
    expect(works.map((one) => one.begun())).toEqual([true, true, true, false]);
  });

  it('gives the place back when the work fails — on either side', async () => {
    const priority = create(1);
    await expect(priority.urgent(() => Promise.reject(new Error('no lock')))).rejects.toThrow('no lock');
    await expect(priority.other(() => Promise.reject(new Error('no log')))).rejects.toThrow('no log');
    const next = held();
    void priority.other(next.work);
    await settled();
    expect(next.begun()).toBe(true);
  });
});

describe('what a lock sets going', () => {
  const now = new Date('2026-11-20T10:00:00Z');
  const body = { run: 'r', turn: 1 };
  const messages: Outgoing[] = [
    { queue: 'step-collect-sign-ins', id: 'evidence', body },
    { queue: 'step-block-sign-in', id: 'lock', body },
    { queue: 'step-block-sign-in', id: 'later', body, at: new Date('2026-11-20T10:01:00Z') },
    { queue: 'step-collect-sign-ins', id: 'much later', body, at: new Date('2026-11-20T10:02:00Z') },
  ];

  async function sentAmong(locks: number): Promise<Record<string, string | undefined>> {
    const priority = createPriority({ places: 1, longestWaitMs: 1000, placesMeanwhile: 1 }, () => 0);
    const sent: Outgoing[] = [];
    const bus = { send: async (some: readonly Outgoing[]) => void sent.push(...some) };
    const back = holdingBack(bus, priority, new Set(['step-block-sign-in']), () => now);
    const others = Array.from({ length: locks - 1 }, held);
    for (const other of others) void priority.urgent(other.work);
    await priority.urgent(() => back.send(messages));
    for (const other of others) other.end();
    return Object.fromEntries(sent.map(({ id, at }) => [id, at?.toISOString().slice(14)]));
  }
  const asGiven = { lock: undefined, later: '01:00.000Z', 'much later': '02:00.000Z' };

  it('comes at once where no other lock waits — evidence must not be late', async () => {
    expect(await sentAmong(1)).toEqual({ evidence: undefined, ...asGiven });
  });

  it('comes after the locks that wait in the process, and nothing else is put off', async () => {
    expect(await sentAmong(21)).toEqual({ evidence: '00:01.000Z', ...asGiven });
  });

  it('is free to come at once again when the locks have ended', async () => {
    const priority = createPriority({ places: 1, longestWaitMs: 1000, placesMeanwhile: 1 }, () => 0);
    await Promise.all([1, 2, 3].map(() => priority.urgent(async () => {})));
    expect(priority.aheadMs()).toBe(0);
  });
});
