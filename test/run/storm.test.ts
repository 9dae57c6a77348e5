// A short run of the storms; `npm run soak -- --minutes N` is a long one. A seed that once broke a promise stays here.
import { describe, expect, it } from 'vitest';
import { kinds, lifeOf, smallest, told } from './storm.ts';

const seeds = Number(process.env['HISTORIES'] ?? 40);
/** Lives that found a fault, or that contain a rare combination of several. */
const kept: readonly number[] = [1018367];

describe('a run in a storm', () => {
  it('keeps every promise, whatever happens together', async () => {
    const injected = new Set<string>();
    for (const seed of [...kept, ...Array.from({ length: seeds }, (_, index) => index + 1)]) {
      const life = await lifeOf(seed);
      if (life.broken.length > 0) expect.fail(told(await smallest(life)));
      for (const { kind } of life.faults) injected.add(kind);
    }
    // A few lives can't contain everything.
    if (seeds < 40) return;
    const usual = Object.keys(kinds).filter((kind) => kind !== 'look refused' && kind !== 'no effect');
    expect([...injected]).toEqual(expect.arrayContaining(usual));
  }, 120_000);

  it('is the same every time — a failing seed can be repeated', async () => {
    for (const seed of [7, 8]) expect(await lifeOf(seed)).toEqual(await lifeOf(seed));
  });

  it('stays the same with all of its own faults, and is quiet with none', async () => {
    const life = await lifeOf(9);
    expect(await lifeOf(9, new Set(life.faults.map(({ at }) => at)))).toEqual(life);
    expect((await lifeOf(9, new Set())).faults).toEqual([]);
  });
});
