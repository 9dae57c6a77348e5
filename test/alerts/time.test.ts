import { describe, expect, it } from 'vitest';
import { parseTime } from '../../shared/alerts/payload-fields.ts';

describe('parseTime', () => {
  it.each([
    ['2026-11-20T09:12:04Z', '2026-11-20T09:12:04.000Z', 'as Graph writes it'],
    ['2026-11-20T09:12:04.1233333Z', '2026-11-20T09:12:04.123Z', 'with the seven digits of .NET'],
    ['2022-09-09T8:48:50.361Z', '2022-09-09T08:48:50.361Z', 'with the one-digit hour of diagnostic records'],
    ['2022-05-24T23:21:19.3554403+00:00', '2022-05-24T23:21:19.355Z', 'with an offset of nothing'],
    ['2023-10-01T06:21:57-07:00', '2023-10-01T13:21:57.000Z', 'with an offset'],
    ['2025-09-18T15:07:30+0530', '2025-09-18T09:37:30.000Z', 'with an offset without its colon'],
    ['2026-11-20T09:12:04', '2026-11-20T09:12:04.000Z', 'without a zone, which is UTC'],
    ['2026-11-20 09:12', '2026-11-20T09:12:00.000Z', 'with a space and no seconds'],
    ['8/22/2022 6:07:16 PM', '2022-08-22T18:07:16.000Z', 'as Event Hub records write it'],
    ['9/9/2022 12:00:00 AM', '2022-09-09T00:00:00.000Z', 'at midnight'],
    ['3/22/2019 12:36:31 PM', '2019-03-22T12:36:31.000Z', 'at noon'],
    ['12/31/2026 23:59:59', '2026-12-31T23:59:59.000Z', 'in American order on a clock of 24 hours'],
    ['12/31/2026', '2026-12-31T00:00:00.000Z', 'as an American day'],
  ])('reads %s — %s, %s', (given, expected) => {
    expect(parseTime(given)).toBe(expected);
  });

  it.each([
    ['0001-01-01T00:00:00Z', 'is how .NET writes "no date"'],
    ['2026-02-31T10:00:00Z', 'is no day, and must not become 3 March'],
    ['2026-11-20T24:30:00Z', 'is no hour'],
    ['2026-13-01T00:00:00Z', 'is no month'],
    ['22/8/2022 6:07:16 PM', 'is in no order that a service writes'],
    ['8/22/2022 13:07:16 PM', 'is an hour that no clock with two halves shows'],
    ['2025-08-28T16:28:11-0700725Z', 'has digits behind its offset'],
    ['yesterday', 'is a word'],
    ['', 'is empty'],
  ])('takes %s for no time — it %s', (given) => {
    expect(parseTime(given)).toBeNull();
  });

  it.each([[null], [undefined], [1763629924], [{}]])('takes %s for no time — it is no text', (given) => {
    expect(parseTime(given)).toBeNull();
  });
});
