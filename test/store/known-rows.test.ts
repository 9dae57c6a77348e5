// Each version of a row is parsed once.
import { describe, expect, it } from 'vitest';
import { KnownRows } from '../../shared/store/known-rows.ts';

const entity = (etag: string, more: Record<string, string | number> = {}) => ({
  ...{ partitionKey: 'u1', rowKey: 'run|step|block-sign-in', etag, json0: '{}' },
  ...more,
});

function counting() {
  const rows = new KnownRows<{ is: string; changes: string[] }>();
  let taken = 0;
  const of = (etag: string, more?: Record<string, string | number>) =>
    rows.of(entity(etag, more), async () => {
      taken += 1;
      return { is: etag, changes: [] };
    });
  return { of, taken: () => taken };
}

describe('a row that was read before', () => {
  it('is not parsed again', async () => {
    const { of, taken } = counting();
    expect(await of('1')).toBe(await of('1'));
    expect(taken()).toBe(1);
  });

  it('is parsed again if somebody else has written it, or if it is another row', async () => {
    const { of, taken } = counting();
    await of('1');
    expect(await of('2')).toMatchObject({ is: '2' });
    await of('2', { rowKey: 'run|step|revoke-sessions' });
    await of('2', { partitionKey: 'u2' });
    expect(taken()).toBe(4);
  });

  it.each([{ parts: 1 }, { json1: '{}' }])('is parsed again if it is large: %j', async (more) => {
    const { of, taken } = counting();
    await of('1', more);
    await of('1', more);
    expect(taken()).toBe(2);
  });

  it('is not parsed at all if this process wrote it', async () => {
    const rows = new KnownRows<{ is: string }>();
    const written = { is: '1' };
    rows.keep(entity('1'), '1', written);
    expect(await rows.of(entity('1'), () => Promise.reject(new Error('it was read')))).toBe(written);
  });

  it('can’t be altered — the next caller gets the same object', async () => {
    const { of } = counting();
    const row = await of('1');
    expect(() => row.changes.push('x')).toThrow(TypeError);
  });

  it('is forgotten once thousands of others were read, but kept while it is in use', async () => {
    const { of, taken } = counting();
    for (let number = 0; number < 5000; number += 1) {
      await of(`${number}`);
      await of('kept');
    }
    expect(taken()).toBe(5001);
    await of('0');
    expect(taken()).toBe(5002);
  });
});
