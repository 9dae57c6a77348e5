import { describe, expect, it } from 'vitest';
import { progressLine } from '../../cli/look-back/look-back.ts';

describe('the progress of a look back', () => {
  const at = (seen: number, of: number | undefined) => ({ what: 'mailboxes', seen, of, finds: 3 });
  it.each([
    [at(0, undefined), undefined, 'Looking at mailboxes.'],
    [at(1, 2000), undefined, '1 of 2,000 mailboxes, 3 found'],
    [at(500, 2000), 45_000, '500 of 2,000 mailboxes, 3 found; about a minute left'],
    [at(500, 2000), 20 * 60_000, '500 of 2,000 mailboxes, 3 found; about 20 minutes left'],
    [at(500, 2000), 300 * 60_000, '500 of 2,000 mailboxes, 3 found; about 5 hours left'],
    [at(2000, 2000), 0, '2,000 of 2,000 mailboxes, 3 found'],
  ])('says how far it is, and how long it will take once that is known: %j', (progress, left, line) => {
    expect(progressLine(progress, left)).toBe(line);
  });
});
