// An act appears in a log minutes later; records that come in pages may come late, twice and in any order.
import { describe, expect, it } from 'vitest';
import { callerOf, clock, row, rows } from './caller.ts';

const who = 'adele@contoso.com';
const record = (id: string, createdDateTime: string, service = 'Exchange') => ({
  id,
  createdDateTime,
  operation: 'New-InboxRule',
  service,
  userPrincipalName: who,
});
const signIn = (id: string, createdDateTime: string) => ({ id, createdDateTime, userPrincipalName: who });
const base = { users: [{ userPrincipalName: who }] };

async function tenantOf(file: object) {
  const time = clock();
  const caller = await callerOf({ ...base, ...file }, { now: time.now });
  const ids = async (path: string) => rows(await caller.get(path)).map(({ id }) => id);
  /** Searches the audit log, and returns the address of what it found. */
  async function search() {
    const asked = await caller.send('POST', '/v1.0/security/auditLog/queries', {
      displayName: 'all',
      filterStartDateTime: '2026-11-19T00:00:00Z',
      filterEndDateTime: '2026-11-22T00:00:00Z',
    });
    const path = `/v1.0/security/auditLog/queries/${row(asked)['id']}`;
    await caller.get(path);
    return `${path}/records`;
  }
  return { caller, ids, search, later: (minutes: number) => time.advance(minutes * 60_000) };
}

describe('a log', () => {
  it('shows an act 75 minutes later — the unified audit log promises nothing sooner', async () => {
    const { ids, search, later } = await tenantOf({ auditRecords: [record('act', 'now-10m')] });
    expect(await ids(await search())).toEqual([]);
    later(64);
    expect(await ids(await search())).toEqual([]);
    later(1);
    expect(await ids(await search())).toEqual(['act']);
  });

  it('shows what it held when the search began, however late the answer is read', async () => {
    const { ids, search, later } = await tenantOf({ auditRecords: [record('act', 'now-10m')] });
    const early = await search();
    later(600);
    expect(await ids(early)).toEqual([]);
  });

  it('may have a delay of its own for each workload, in any case of its name', async () => {
    const { ids, search, later } = await tenantOf({
      behaviour: { auditLagMinutes: { exchange: 20, SharePoint: 0, default: 300 } },
      auditRecords: [
        record('rule', 'now-10m'),
        record('file', 'now-10m', 'SharePoint'),
        { ...record('chat', 'now-10m'), service: null, auditData: { Workload: 'MicrosoftTeams' } },
      ],
    });
    expect(await ids(await search())).toEqual(['file']);
    later(10);
    expect(await ids(await search())).toEqual(['rule', 'file']);
    later(280);
    expect(await ids(await search())).toEqual(['rule', 'file', 'chat']);
  });

  it('of sign-ins is five minutes behind, and a single record can be read no sooner than in the list', async () => {
    const { caller, ids, later } = await tenantOf({
      signIns: [signIn('a', 'now-6m'), signIn('b', 'now-4m')],
    });
    expect(await ids('/v1.0/auditLogs/signIns')).toEqual(['a']);
    expect((await caller.get('/v1.0/auditLogs/signIns/b')).status).toBe(404);
    later(1);
    expect(await ids('/v1.0/auditLogs/signIns')).toEqual(['b', 'a']);
    expect((await caller.get('/v1.0/auditLogs/signIns/b')).status).toBe(200);
  });

  it('of the directory is five minutes behind unless the file says otherwise', async () => {
    const directoryAudits = [{ id: 'x', activityDateTime: 'now-4m', activityDisplayName: 'Register device' }];
    const path = '/v1.0/auditLogs/directoryAudits';
    const { ids, later } = await tenantOf({ directoryAudits });
    expect(await ids(path)).toEqual([]);
    later(1);
    expect(await ids(path)).toEqual(['x']);
    const prompt = await tenantOf({ directoryAudits, behaviour: { directoryAuditLagMinutes: 0 } });
    expect(await prompt.ids(path)).toEqual(['x']);
  });
});

describe('the pages of a log', () => {
  const names = Array.from({ length: 7 }, (_, index) => `r${index}`);
  const auditRecords = names.map((id) => record(id, 'now-1d'));
  const signIns = names.map((id, index) => signIn(id, `now-${index + 1}h`));

  /** The ids of each page. */
  async function pagesAt(file: object, path?: string) {
    const { caller, search } = await tenantOf(file);
    const pages: unknown[][] = [];
    let next: unknown = path ?? (await search());
    while (typeof next === 'string') {
      const page = await caller.get(next.replace('https://graph.microsoft.com', ''));
      pages.push(rows(page).map(({ id }) => id));
      next = row(page)['@odata.nextLink'];
    }
    return pages;
  }

  it('hold as many records as the file says, and no more than are asked for', async () => {
    const logPages = { size: 3 };
    const pages = await pagesAt({ auditRecords, behaviour: { logPages } });
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    const smaller = await pagesAt({ signIns, behaviour: { logPages } }, '/v1.0/auditLogs/signIns?$top=2');
    expect(smaller.map((page) => page.length)).toEqual([2, 2, 2, 1]);
  });

  it('repeat a record, the second time after all others', async () => {
    const pages = await pagesAt({ auditRecords, behaviour: { logPages: { size: 5, repeatEvery: 3 } } });
    expect(pages.flat()).toEqual([...names, 'r0', 'r3', 'r6']);
  });

  it('come in a different order, the same for all pages of one answer', async () => {
    const pages = await pagesAt({ auditRecords, behaviour: { logPages: { size: 2, order: 'shuffled' } } });
    expect(pages.flat()).not.toEqual(names);
    expect(pages.flat().toSorted()).toEqual(names);
  });

  it('keep the order that was asked for', async () => {
    const asked = '/v1.0/auditLogs/signIns?$orderby=createdDateTime%20desc';
    const pages = await pagesAt({ signIns, behaviour: { logPages: { order: 'reversed' } } }, asked);
    expect(pages.flat()).toEqual(names);
  });
});
