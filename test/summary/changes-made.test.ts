// Recorded changes: each is reported once, as what it is.
import { describe, expect, it } from 'vitest';
import { names, of, section } from './read.ts';
import { situations } from './situations.ts';

describe('each recorded change', () => {
  it('is reported exactly once, as what it is', () => {
    for (const name of names) {
      const from = situations[name]();
      const lines = [
        'Still open',
        'Removed or changed',
        'Put back',
        'Found, NOT changed',
        'It would change',
      ].flatMap((title) => section(from, title));
      for (const row of from.steps) {
        for (const { what } of row.changes) {
          expect(lines.filter((line) => line.includes(`: ${what} |`))).toHaveLength(1);
        }
      }
    }
  });

  it('is not said to be verified unless it was checked', () => {
    for (const name of names) {
      const from = situations[name]();
      const unread = from.steps
        .flatMap((row) => row.changes)
        .filter((entry) => entry.goneAt === null || entry.undoneAt !== null);
      const removed = section(from, 'Removed or changed').join('\n');
      for (const { what } of unread) expect(removed).not.toContain(what);
    }
  });

  it('that is tied to the intruder comes first, with its evidence', () => {
    expect(section(situations.contained(), 'Removed or changed')[0]).toBe(
      "Disable suspicious inbox rules: rule '..' forwards to collector@evil.example and deletes the mail | Done, checked | Why: it forwards outside and hides it | Evidence: made in the intruder's session 4c1a at 09:01:12",
    );
  });

  it('of a dry run is reported as what it would change, never as done', () => {
    expect(section(situations['dry run'](), 'It would change')).toHaveLength(4);
    expect(of('dry run').text).not.toMatch(/Removed or changed|FALSE ALARM|LOCKED\n/i);
  });

  it('that was removed again says so', () => {
    expect(section(situations['removed again'](), 'Removed or changed')[0]).toContain(
      'Came back, removed again and checked',
    );
  });
});
