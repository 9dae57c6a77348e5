// A second for each caller, in memory and in Table Storage: no two ever get the same.
import { afterAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../local/azurite.ts';
import { RetryableError } from '../../shared/errors.ts';
import { aheadSeconds, paceBy, type TenantRate } from '../../shared/run/tenant-rate.ts';
import { TableTenantRate } from '../../shared/store/table-tenant-rate.ts';
import { MemoryTenantRate } from '../fakes/memory-stores.ts';

const rate = 'identity-protection';
const now = new Date('2026-11-24T19:05:00.400Z');
const second = (ahead: number) => Math.floor(now.getTime() / 1000) * 1000 + ahead * 1000;
const azurite = await startAzurite();
afterAll(azurite.close);

describe.each<[string, () => TenantRate[]]>([
  [
    'in memory',
    () => {
      const slots = new MemoryTenantRate();
      return [slots, slots];
    },
  ],
  [
    'in Table Storage, from two instances',
    () => [
      new TableTenantRate({ connectionString: azurite.connectionString }),
      new TableTenantRate({ connectionString: azurite.connectionString }),
    ],
  ],
])('slots %s', (_where, open) => {
  it('gives each caller a second of its own, and none far ahead — one that is given up costs nobody a turn', async () => {
    const [one, other] = open();
    if (one === undefined || other === undefined) throw new Error('two instances');
    const asked = Array.from({ length: aheadSeconds + 2 }, (_, index) => (index % 2 === 0 ? one : other));
    const given = await Promise.all(asked.map((slots) => slots.reserve(rate, now)));
    const got = given.flatMap((at) => at ?? []).toSorted((a, b) => a - b);
    expect(got).toEqual(Array.from({ length: aheadSeconds }, (_, ahead) => second(ahead)));
    expect(given.filter((at) => at === undefined)).toHaveLength(2);
    const later = new Date(now.getTime() + 120_000);
    expect(await one.reserve(rate, later)).toBe(second(120));
    expect(await other.reserve(rate, later)).toBe(second(121));
  });
});

describe('pacing', () => {
  it('waits for its slot; if none is near, it says so and sends nothing', async () => {
    const waits: number[] = [];
    const pace = paceBy(
      new MemoryTenantRate(),
      rate,
      () => now,
      async (ms) => void waits.push(ms),
    );
    for (let asked = 0; asked < aheadSeconds; asked += 1) await pace(undefined);
    expect(waits).toEqual([600, 1600, 2600, 3600, 4600, 5600, 6600]);
    const refused = await pace(undefined).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RetryableError);
    expect(refused).toMatchObject({ retryAfterSeconds: aheadSeconds, tookEffect: 'no' });
  });
});
