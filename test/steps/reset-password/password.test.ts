import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPassword } from '../../../functions/steps/reset-password/password.ts';

const allowed = /^[A-Za-z0-9\-_!@#%*+=]+$/;
const classes = [/[A-Z]/, /[a-z]/, /[0-9]/, /[-_!@#%*+=]/];

/** A source of numbers that fast-check can repeat: a linear congruential generator with the given start. */
const seeded = (seed: number) => {
  let state = seed >>> 0;
  return (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
};

describe('a new password', () => {
  it('has 24 characters or more, of all four classes, within what Entra ID takes — from any source', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const password = newPassword(seeded(seed));
        expect(password.length).toBeGreaterThanOrEqual(24);
        expect(password.length).toBeLessThanOrEqual(256);
        expect(password).toMatch(allowed);
        for (const kind of classes) expect(password).toMatch(kind);
      }),
    );
  });

  it('comes from the cryptographic source and never twice', () => {
    const made = Array.from({ length: 2000 }, () => newPassword());
    expect(new Set(made).size).toBe(made.length);
    for (const password of made) expect(password).toMatch(allowed);
  });

  it('prefers no character at any position — 71 characters over 6,400 draws each', () => {
    const counts = new Map<string, number>();
    for (let made = 0; made < 14_200; made += 1) {
      for (const character of newPassword()) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(71);
    // Only complete candidates count, so the rarer classes come out about one in a hundred more often.
    for (const [character, count] of counts) {
      expect(count, `'${character}'`).toBeGreaterThan(5_900);
      expect(count, `'${character}'`).toBeLessThan(6_900);
    }
  });

  it('draws only numbers below the size of the alphabet — a remainder would make early letters likelier', () => {
    const bounds = new Set<number>();
    const draw = seeded(7);
    newPassword((bound) => {
      bounds.add(bound);
      return draw(bound);
    });
    expect([...bounds]).toEqual([71]);
  });

  it('fails with a broken source rather than consisting of one letter', () => {
    expect(() => newPassword(() => 0)).toThrow('source of random numbers is broken');
  });
});
