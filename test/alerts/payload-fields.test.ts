import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clean, guid, listOf, maybe, sourceId, words } from '../../shared/alerts/payload-fields.ts';

describe('clean', () => {
  it('removes line breaks and control characters — they would forge a line of the log', () => {
    expect(clean('Anomalous\r\nfull: ceo@contoso.com\u0007 token')).toBe(
      'Anomalous full: ceo@contoso.com token',
    );
  });

  it('removes direction marks — they reverse a name on the screen', () => {
    expect(clean('invoice\u202egnp.exe')).toBe('invoice gnp.exe');
  });

  it('cuts more than anybody reads — a row of the table has a limit', () => {
    expect(clean('A'.repeat(10_000))).toHaveLength(300);
  });

  it('never cuts an emoji in half — half a character cannot be stored', () => {
    expect(clean('🙂'.repeat(200), 4)?.isWellFormed()).toBe(true);
  });

  it.each([[''], ['  '], ['\u200b'], [42], [null]])('finds nothing in %j — it is no text', (given) => {
    expect(clean(given)).toBeNull();
  });
});

describe('sourceId', () => {
  it.each([
    ['6a5874ca9abcdd82e1a4bc4ab3a6bb0d26cbb5e6ea1a4b1c9b6fe7f2f0cd3e77'],
    ['da637551227677560813_-961444813'],
    ['fa5f9b2c1e-6d70-4d1c-8d2e-08dd0a1b2c3d'],
    ['2972395'],
  ])('takes %s — an id that a source gives', (id) => {
    expect(sourceId.safeParse(id).success).toBe(true);
  });

  it.each([['..'], ['.'], ['../users/1'], ['a/b'], ['a?$expand=x'], ['a b'], ['a%2fb'], ['']])(
    'refuses %j — it becomes part of a path',
    (id) => {
      expect(sourceId.safeParse(id).success).toBe(false);
    },
  );

  it('refuses an endless id — no source issues one', () => {
    expect(sourceId.safeParse('x'.repeat(201)).success).toBe(false);
  });
});

describe('fields', () => {
  it('treats an id of zeros as missing — sources write it for "unknown"', () => {
    expect(guid.parse('00000000-0000-0000-0000-000000000000')).toBeNull();
    expect(guid.parse(' 87D349ED-44D7-43E1-9A83-5F2406DEE5BD ')).toBe('87d349ed-44d7-43e1-9a83-5f2406dee5bd');
  });

  it('reads the readable entries of a list — one odd entry must not hide the others', () => {
    const schema = z.object({ entries: listOf(z.object({ a: z.string() })), roles: words });
    expect(schema.parse({ entries: [{ a: 'x' }, null, 7, { a: 1 }], roles: ['compromised', 3] })).toEqual({
      entries: [{ a: 'x' }],
      roles: ['compromised'],
    });
    expect(schema.parse({})).toEqual({ entries: [], roles: [] });
  });

  it('treats an object of the wrong shape as missing', () => {
    expect(maybe(z.object({ a: z.string() })).parse('text')).toBeNull();
  });
});
