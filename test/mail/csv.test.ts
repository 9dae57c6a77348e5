import { expect, it } from 'vitest';
import { toCsv } from '../../shared/mail/csv.ts';

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
    expect(toCsv(['subject'], [[text]])).toBe(`subject\r\n'${text}\r\n`);
  },
);
