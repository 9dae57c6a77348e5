// All instances go by one clock: a machine that is minutes ahead must not take over what others have in hand.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageClock } from '../../shared/store/storage-clock.ts';

const truth = Date.parse('2026-11-20T09:00:00.000Z');
const header = (time: number) => new Date(time).toUTCString();

describe('the time', () => {
  it('is the storage’s within two seconds, however wrong the machine’s is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -86_400_000, max: 86_400_000 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.nat(999),
        (off, travel, fraction) => {
          const real = truth + fraction;
          const clock = new StorageClock(() => real + off);
          clock.heard(header(real), real + off - travel / 2, real + off + travel / 2);
          expect(Math.abs(clock.now().getTime() - real)).toBeLessThanOrEqual(
            Math.abs(off) <= 6000 ? 6000 : 2000,
          );
        },
      ),
    );
  });

  it('is the machine’s own if both agree, so that times stay exact', () => {
    const clock = new StorageClock(() => truth + 1234);
    clock.heard(header(truth), truth + 1000, truth + 1100);
    expect(clock.now().getTime()).toBe(truth + 1234);
  });

  it.each([
    ['nothing', undefined, truth, truth],
    ['no date', 'yesterday', truth, truth],
    ['a late answer', header(truth - 600_000), truth - 600_000, truth],
  ])('is not changed by %s', (_, date, sent, received) => {
    const clock = new StorageClock(() => truth);
    clock.heard(date, sent, received);
    expect(clock.now().getTime()).toBe(truth);
  });
});
