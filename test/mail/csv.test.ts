import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../shared/mail/csv.ts';
import { isFormula, opened } from '../fakes/spreadsheet.ts';

it('quotes what would break a table, and leaves the rest as it is', () => {
  expect(
    toCsv(
      ['time', 'object'],
      [
        ['2026-11-20T09:13:30Z', 'a, "b"\nc'],
        [null, 3],
      ],
    ),
  ).toBe('time,object\r\n2026-11-20T09:13:30Z,"a, ""b""\nc"\r\n,3\r\n');
});

it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', ' =1', '\u200b=1', '＝1'])(
  'defuses %j — a subject line must not run in a spreadsheet',
  (text) => {
    expect(toCsv(['subject'], [[text]]).replaceAll('"', '')).toBe(`subject\r\n'${text}\r\n`);
  },
);

describe.each([',', ';', '\t', '|'])('opened where %j ends a cell', (separator) => {
  it('no text becomes a formula, wherever in the text it is', () => {
    const bit = fc.constantFrom(
      '=1',
      '+',
      '-',
      '@',
      ';',
      '|',
      '\t',
      ',',
      '"',
      "'",
      ' ',
      '\u200b',
      '\n',
      'a',
      '＝',
      'x',
    );
    const text = fc.array(bit, { maxLength: 12 }).map((bits) => bits.join(''));
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { maxLength: 3 }), (rows) => {
        expect(opened(toCsv(['name'], rows), separator).filter(isFormula)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['x;=cmd|calc', 'x\t=1', 'x|=1', 'x;"=1', 'x; =1', 'a;b;\u200b＝1', 'x\n=1'])(
    '%j is defused',
    (text) => {
      expect(opened(toCsv(['name'], [['first', text]]), separator).filter(isFormula)).toEqual([]);
    },
  );
});

it('is no slower for a text that is all separators and spaces', () => {
  for (const text of [' ', ';', '\t', '"', '; ']) {
    const start = performance.now();
    toCsv(['name'], [[text.repeat(200_000)]]);
    expect(performance.now() - start).toBeLessThan(2000);
  }
});
