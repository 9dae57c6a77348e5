// A password nobody will ever know: it only replaces the old one. The owner comes back through a pass or a reset of
// their own, so this one is never stored, logged, mailed or returned to anybody.
import { randomInt } from 'node:crypto';

/**
 * Within what Entra ID allows, and without characters that a shell, URL or JSON would have to quote
 * (https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy#microsoft-entra-password-policies).
 */
const classes = [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
  '-_!@#%*+=',
] as const;
const alphabet = classes.join('');
/** 32 of 71 characters: 196 bits. */
const length = 32;

/** An unbiased whole number from 0 up to, but not including, the bound. */
export type Draw = (bound: number) => number;

/**
 * 32 characters from all four classes. Whole candidates are drawn until one has them all (98 in 100 do), so that no
 * position is likelier to hold a class than another.
 */
export function newPassword(draw: Draw = randomInt): string {
  for (let tries = 0; tries < 100; tries += 1) {
    const candidate = Array.from({ length }, () => alphabet.charAt(draw(alphabet.length))).join('');
    const complete = classes.every((kind) => [...candidate].some((character) => kind.includes(character)));
    if (complete) return candidate;
  }
  throw new Error('The source of random numbers is broken: no password was made in 100 tries.');
}
