import { describe, expect, it } from 'vitest';
import { parseNcrontab } from '../../../local/functions-host/ncrontab.ts';

const after = (expression: string, time: string) => parseNcrontab(expression)(new Date(time)).toISOString();

describe('the next occurrence', () => {
  it.each([
    ['every five minutes', '0 */5 * * * *', '2026-11-20T10:00:00.000Z', '2026-11-20T10:05:00.000Z'],
    ['strictly after, to the second', '* * * * * *', '2026-11-20T10:00:00.999Z', '2026-11-20T10:00:01.000Z'],
    [
      'a start with a step runs on to the end',
      '0 20/15 * * * *',
      '2026-11-20T10:36:00Z',
      '2026-11-20T10:50:00.000Z',
    ],
    ['over the hour', '30 0,30 * * * *', '2026-11-20T10:59:00Z', '2026-11-20T11:00:30.000Z'],
    ['over the year', '0 0 3 1 1 *', '2026-11-20T10:00:00Z', '2027-01-01T03:00:00.000Z'],
    ['a weekday by its name', '0 30 9 * * Mon-Fri', '2026-11-20T10:00:00Z', '2026-11-23T09:30:00.000Z'],
    ['a month by its name', '0 0 0 1 mar *', '2026-11-20T10:00:00Z', '2027-03-01T00:00:00.000Z'],
    [
      'both days must fit: Friday the 13th',
      '0 0 0 13 * 5',
      '2026-11-20T10:00:00Z',
      '2027-08-13T00:00:00.000Z',
    ],
    ['29 February', '0 0 0 29 2 *', '2026-11-20T10:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['five fields begin at second 0', '*/5 * * * *', '2026-11-20T10:00:00Z', '2026-11-20T10:05:00.000Z'],
    [
      'a month without that day is passed over',
      '0 0 0 31 * *',
      '2026-11-01T00:00:00Z',
      '2026-12-31T00:00:00.000Z',
    ],
  ])('%s', (_what, expression, from, next) => {
    expect(after(expression, from)).toBe(next);
  });
});

describe('what is no NCRONTAB', () => {
  it.each([
    ['0 60 * * * *', '"60" is no minute'],
    ['0 0 0 0 * *', '"0" is no day'],
    ['0 0 0 * * 7', '"7" is no day of week'],
    ['0 0 0 * foo *', '"foo" is no month'],
    ['0 5-3 * * * *', '"5-3" is no minute'],
    ['0 */0 * * * *', '"*/0" is no minute'],
    ['0 1,,2 * * * *', '"1,,2" is no minute'],
    ['* * *', 'has 3 fields'],
    ['00:05:00', 'has 1 fields'],
    ['', 'has 1 fields'],
  ])('%s', (expression, message) => {
    expect(() => parseNcrontab(expression)).toThrow(message);
  });

  it('a day that never comes is reported when it is asked for', () => {
    expect(() => after('0 0 0 31 2 *', '2026-11-20T10:00:00Z')).toThrow('never happens');
  });
});
