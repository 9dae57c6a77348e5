// The limits of the real service, which the emulator does not enforce, and the way of a document through properties.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { isKey } from '../../shared/run/progress.ts';
import {
  checkTransaction,
  fromEntity,
  fromVersion,
  toEntity,
  toVersion,
} from '../../shared/store/table-entity.ts';

const user = '8c1b6a3e-58f2-4d0c-9a55-6b1d2e7f9c04';
const row = `${user}.20261124T190500-8M2P|step|collect-sign-ins`;
const entityOf = (document: unknown, columns = {}) => toEntity('runs', user, row, document, columns);
const textSchema = z.object({ text: z.string() });
const there = (text: string) => fromEntity('runs', entityOf({ text }), textSchema).text;

describe('a document in an entity', () => {
  it.each([31_980, 31_990, 32_000, 64_000, 200_000])(
    'comes back whole at %i characters, and never cuts a surrogate pair in two',
    (length) => {
      for (const shift of ['', 'x']) {
        const text = shift + '😀'.repeat(length / 2);
        expect(there(text)).toBe(text);
        const parts = Object.entries(entityOf({ text })).filter(([name]) => name.startsWith('json'));
        for (const [, part] of parts) {
          expect(String(part).isWellFormed()).toBe(true);
          expect(String(part).length).toBeLessThanOrEqual(32_000);
        }
      }
    },
  );

  it('contains no raw line separator — one in an inbox rule’s name would break the transaction', () => {
    expect(there('a\u2028b\u2029c')).toBe('a\u2028b\u2029c');
    expect(JSON.stringify(entityOf({ text: '\u2028' }, { what: 'rule \u2028' }))).not.toMatch(
      /[\u2028\u2029]/,
    );
  });

  it('keeps columns for people short and readable', () => {
    const entity = entityOf(null, { what: `line 1\r\nline 2${'x'.repeat(40_000)}` });
    expect(String(entity['what'])).toMatch(/^line 1 {2}line 2x/);
    expect(String(entity['what'])).toHaveLength(1000);
  });

  it.each([
    ['{"text":7}', /text/],
    ['{"text":', /not JSON/],
    ['', /not JSON/],
  ])('names table, partition and row when it cannot be read: %s', (json0, reason) => {
    const read = () => fromEntity('runs', { partitionKey: user, rowKey: row, json0 }, textSchema);
    expect(read).toThrow(PermanentError);
    expect(read).toThrow(`table runs, partition '${user}', row '${row}'`);
    expect(read).toThrow(reason);
  });
});

describe('the limits of the service', () => {
  it('takes an entity of just under 1 MiB and refuses one above, naming the row', () => {
    expect(() => entityOf('x'.repeat(523_000))).not.toThrow();
    expect(() => entityOf('x'.repeat(525_000))).toThrow(PermanentError);
    expect(() => entityOf('x'.repeat(525_000))).toThrow(`row '${row}'`);
  });

  it('takes 252 properties of its own and refuses one more', () => {
    const columns = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`column${index}`, index]));
    expect(() => entityOf(null, columns(251))).not.toThrow();
    expect(() => entityOf(null, columns(252))).toThrow(/253 properties/);
  });

  it('takes a hundred rows in a transaction and refuses one more', () => {
    const rows = (count: number) => Array.from({ length: count }, () => entityOf(null));
    expect(() => checkTransaction('runs', rows(100))).not.toThrow();
    expect(() => checkTransaction('runs', rows(101))).toThrow(/101 rows/);
  });

  it('refuses a transaction above 4 MiB as sent, naming the largest row', () => {
    const large = entityOf('é'.repeat(400_000));
    const small = toEntity('runs', user, 'claim', null, {});
    expect(() =>
      checkTransaction(
        'runs',
        Array.from({ length: 5 }, () => large),
      ),
    ).not.toThrow();
    expect(() => checkTransaction('runs', [small, ...Array.from({ length: 6 }, () => large)])).toThrow(row);
  });

  it.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\tb', 'a\u007Fb', 'a\u0085b', 'x'.repeat(513)])(
    'refuses %j as a key — the service would too, with a worse explanation',
    (key) => {
      expect(isKey(key)).toBe(false);
      expect(() => toEntity('runs', key, 'claim', null, {})).toThrow(PermanentError);
      expect(() => toEntity('runs', user, key, null, {})).toThrow(PermanentError);
    },
  );
});

describe('a version', () => {
  const etag = 'W/"datetime\'2026-11-24T19%3A05%3A00.1234567Z\'"';

  it('gives back the ETag and the note that it was made of', () => {
    expect(fromVersion(toVersion(etag, '2026-11-24T20:05:00.000Z'))).toEqual({
      etag,
      note: '2026-11-24T20:05:00.000Z',
    });
    expect(fromVersion(toVersion(etag, ''))).toEqual({ etag, note: '' });
    expect(fromVersion(etag)).toEqual({ etag, note: '' });
  });
});
