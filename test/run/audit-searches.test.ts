// The searches that a tenant may start, shared by all runs: in memory and in Table Storage.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../local/azurite.ts';
import {
  type AuditSearches,
  type Look,
  noSearches,
  withoutSearch,
  withSearch,
} from '../../shared/run/audit-searches.ts';
import { TableAuditSearches } from '../../shared/store/table-audit-searches.ts';
import { memoryAuditSearches } from '../fakes/memory-stores.ts';

const start = Date.parse('2026-11-24T19:05:00Z');
const at = (minutes: number) => new Date(start + minutes * 60_000);
const day = 24 * 60;
const azurite = await startAzurite();
afterAll(azurite.close);

const inTables = () => new TableAuditSearches({ connectionString: azurite.connectionString });

describe('searches of the audit log', () => {
  it.each<[string, () => AuditSearches[]]>([
    [
      'in memory',
      () => {
        const all = memoryAuditSearches();
        return [all, all];
      },
    ],
    ['in Table Storage, from two instances', () => [inTables(), inTables()]],
  ])('%s: ten run at once, no matter which run asks, and one that ends makes room', async (_where, open) => {
    const [one, other] = open();
    if (one === undefined || other === undefined) throw new Error('two instances');
    const asked = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (index % 2 === 0 ? one : other).start(`run-${index}`, 'first', at(0)),
      ),
    );
    const running = asked.flatMap((answer, index) => (answer === 'started' ? [`run-${index}`] : []));
    expect(running).toHaveLength(10);
    expect(asked.filter((answer) => answer === 'running')).toHaveLength(20);
    await other.end(running[0] ?? '', 'ended', at(1));
    expect(await one.start('another', 'first', at(1))).toBe('started');
    expect(await other.start('one more', 'first', at(1))).toBe('running');
  });

  it('never run more than ten at once nor start more than 200 in any 24 hours, whatever the order', () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 40 }).map(String),
      look: fc.constantFrom<Look>('first', 'later'),
      ends: fc.boolean(),
      minutes: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 250, maxLength: 500 }), (steps) => {
        let row = noSearches;
        let minutes = 0;
        const started: number[] = [];
        const running = new Map<string, number>();
        for (const { who, look, ends, minutes: later } of steps) {
          minutes += later;
          if (ends) {
            row = withoutSearch(row, who, 'ended', at(minutes));
            running.delete(who);
            continue;
          }
          const next = withSearch(row, who, look, at(minutes));
          if (typeof next === 'string') continue;
          row = next;
          started.push(minutes);
          running.set(who, minutes);
          const alive = [...running.values()].filter((since) => since > minutes - 60);
          expect(alive.length).toBeLessThanOrEqual(look === 'first' ? 10 : 6);
          const today = started.filter((when) => when > minutes - day);
          expect(today.length).toBeLessThanOrEqual(look === 'first' ? 200 : 120);
        }
      }),
    );
  });

  it('leave room for logs that were never read: searches of logs already read wait', async () => {
    const searches = memoryAuditSearches();
    const later = await Promise.all(
      Array.from({ length: 8 }, (_, index) => searches.start(`again-${index}`, 'later', at(0))),
    );
    expect(later.filter((answer) => answer === 'started')).toHaveLength(6);
    for (let index = 0; index < 4; index += 1)
      expect(await searches.start(`new-${index}`, 'first', at(0))).toBe('started');
    expect(await searches.start('new-4', 'first', at(0))).toBe('running');
  });

  it('are counted afresh a day later, and one that nobody ended frees its place after an hour', async () => {
    const searches = memoryAuditSearches();
    for (let index = 0; index < 200; index += 1) {
      expect(await searches.start('run', 'first', at(index / 100))).toBe('started');
      await searches.end('run', 'ended', at(index / 100));
    }
    expect(await searches.start('run', 'first', at(10))).toBe('day');
    expect(await searches.start('run', 'first', at(day + 10))).toBe('started');
    for (let index = 0; index < 9; index += 1) await searches.start(`run-${index}`, 'first', at(day + 10));
    expect(await searches.start('another', 'first', at(day + 69))).toBe('running');
    expect(await searches.start('another', 'first', at(day + 71))).toBe('started');
  });

  it('that the service refused count neither as running nor for the day — they are asked for again and again', async () => {
    const searches = memoryAuditSearches();
    for (let index = 0; index < 250; index += 1) {
      expect(await searches.start('run', 'first', at(index / 100))).toBe('started');
      await searches.end('run', 'refused', at(index / 100));
    }
    for (let index = 0; index < 10; index += 1)
      expect(await searches.start(`run-${index}`, 'first', at(3))).toBe('started');
  });

  it('of one run count as one: a retry after a lost answer takes no second place', async () => {
    const searches = memoryAuditSearches();
    for (let index = 0; index < 9; index += 1) await searches.start(`run-${index}`, 'first', at(0));
    expect(await searches.start('mine', 'first', at(0))).toBe('started');
    expect(await searches.start('mine', 'first', at(1))).toBe('started');
    expect(await searches.start('another', 'first', at(1))).toBe('running');
  });
});
