// What the app keeps of its own watch, in memory and in Table Storage: the same promises of both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../local/azurite.ts';
import type { SourceHealth } from '../../shared/alerts/source-health.ts';
import type { UnknownTitles } from '../../shared/alerts/unknown-titles.ts';
import type { NoticeRow, NoticeStore } from '../../shared/mail/notice.ts';
import { TableNotices } from '../../shared/store/notice-store.ts';
import { TableSourceHealth } from '../../shared/store/table-source-health.ts';
import { TableUnknownTitles } from '../../shared/store/table-unknown-titles.ts';
import { memoryNotices, memorySourceHealth, memoryUnknownTitles } from '../fakes/memory-stores.ts';
import { brokenConnection, tableOptions } from '../run/progress-stores.ts';

let azurite: Awaited<ReturnType<typeof startAzurite>>;
let losing = false;
let health: Record<'memory' | 'table', SourceHealth>;
let notices: Record<'memory' | 'table', NoticeStore>;
let titles: Record<'memory' | 'table', UnknownTitles>;

beforeAll(async () => {
  azurite = await startAzurite();
  const service = { connectionString: azurite.connectionString };
  const options = tableOptions(async (request, next) => {
    const response = await next(request);
    if (!losing || !request.url.includes('$batch')) return response;
    losing = false;
    throw brokenConnection();
  });
  health = { memory: memorySourceHealth(), table: new TableSourceHealth(service) };
  titles = { memory: memoryUnknownTitles(), table: new TableUnknownTitles(service) };
  notices = { memory: memoryNotices(), table: new TableNotices(service, options) };
});
afterAll(() => azurite.close());

const at = (time: string) => new Date(`2026-11-20T${time}Z`);
const both = [['memory'], ['table']] as const;

describe.each(both)('the health of sources (%s)', (kind) => {
  it('records separately when a source answered and when it delivered', async () => {
    await health[kind].answered('alert', at('09:00:00'));
    await health[kind].delivered('alert', at('09:05:00'));
    await health[kind].answered('riskDetection', at('09:01:00'));
    await health[kind].answered('alert', at('09:10:00'));
    const all = await health[kind].all();
    expect(all.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'alert', answeredAt: '2026-11-20T09:10:00.000Z', deliveredAt: '2026-11-20T09:05:00.000Z' },
      { name: 'riskDetection', answeredAt: '2026-11-20T09:01:00.000Z', deliveredAt: null },
    ]);
  });

  it('begins once — a restart does not start over', async () => {
    expect(await health[kind].watchedSince(at('08:00:00'))).toEqual(at('08:00:00'));
    expect(await health[kind].watchedSince(at('10:00:00'))).toEqual(at('08:00:00'));
    expect(await health[kind].all()).toHaveLength(2);
  });
});

describe.each(both)('unknown titles (%s)', (kind) => {
  const detection = (title: string) => ({ source: 'alert' as const, detector: 'x', title, product: 'p' });
  const long = `token replay https://contoso.com ${'é'.repeat(500)}`;

  it('are told once, however long they are and however often they come', async () => {
    const store = titles[kind];
    await store.keep(detection('Contoso: token replay'), at('09:00:00'));
    await store.keep(detection(long), at('09:01:00'));
    await store.keep(detection('CONTOSO: token replay'), at('09:02:00'));
    const untold = await store.untold();
    expect(untold.map(({ title }) => title.slice(0, 12))).toEqual(['Contoso: tok', 'token replay']);
    await store.told(untold);
    await store.keep(detection(long), at('11:00:00'));
    expect(await store.untold()).toEqual([]);
  });
});

describe.each(both)('notices (%s)', (kind) => {
  const row = (key: string, state: NoticeRow['state'] = 'waiting'): NoticeRow => ({
    notice: {
      key,
      version: '1',
      headline: 'NO SIGNAL',
      subject: 's',
      tone: 'alarm',
      lead: 'l',
      sections: [{ title: 'Do now', lines: [{ text: 't' }], numbered: true }],
    },
    state,
    attempt: 0,
    until: null,
    claimedAt: null,
    toldAt: null,
  });

  it('are written only by a writer that saw the latest version', async () => {
    const store = notices[kind];
    const first = await store.write(row('a|1'), undefined);
    expect(await store.write(row('a|1'), undefined)).toBe('conflict');
    const second = await store.write(row('a|1', 'sending'), first);
    expect(await store.write(row('a|1', 'told'), first)).toBe('conflict');
    expect(await store.read('a|1')).toEqual({ row: row('a|1', 'sending'), etag: second });
    expect(await store.read('b')).toBeUndefined();
  });

  it('are found again until they are told', async () => {
    const store = notices[kind];
    await store.write(row('b'), undefined);
    await store.write(row('c', 'told'), undefined);
    expect((await store.waiting()).map((one) => one.row.notice.key).toSorted()).toEqual(['a|1', 'b']);
  });
});

describe('notices in a table', () => {
  it('recognise their own write when its answer was lost', async () => {
    const store = notices.table;
    const row = (await store.read('b'))?.row;
    if (!row) throw new Error('row b is gone');
    losing = true;
    const fresh = { ...row, notice: { ...row.notice, key: 'd' } };
    const etag = await store.write(fresh, undefined);
    expect(losing).toBe(false);
    expect(etag).not.toBe('conflict');
    losing = true;
    expect(await store.write({ ...fresh, state: 'told' }, etag)).not.toBe('conflict');
    expect((await store.read('d'))?.row.state).toBe('told');
  });
});
