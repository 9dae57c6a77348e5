// The record of decisions, in memory and in Table Storage: what the policy asks of it, and what people ask.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../local/azurite.ts';
import type { Decision, DecisionQuery, DecisionRecord, Decisions } from '../../shared/alerts/decisions.ts';
import { TableDecisions } from '../../shared/store/table-decisions.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { tableOptions } from '../run/progress-stores.ts';

const adele = '9f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b';
const megan = '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24';

const decision = (at: string, changes: Partial<Decision> = {}): Decision => ({
  at: new Date(at).toISOString(),
  message: 'm1',
  source: 'riskDetection',
  sourceId: `at ${at}`,
  version: null,
  userId: adele,
  userPrincipalName: 'adele@contoso.com',
  action: 'none',
  row: 'one-alone',
  why: 'is no proof alone',
  runId: null,
  joined: false,
  raised: false,
  signal: null,
  ...changes,
});

/** Forty days, three decisions a day, of three accounts and nobody, not in the order of time. */
const recorded = Array.from({ length: 120 }, (_, index) => {
  const number = (index * 77) % 120;
  const at = new Date(Date.parse('2026-11-20T12:00:00Z') - number * 8 * 3_600_000).toISOString();
  const userId = [adele, megan, null][number % 3] ?? null;
  return decision(at, { userId, action: number % 5 === 0 ? 'contain' : 'none', sourceId: `n${number}` });
});

let azurite: Awaited<ReturnType<typeof startAzurite>>;
let requests = 0;
let stores: Record<'memory' | 'table', Decisions & DecisionRecord>;

beforeAll(async () => {
  azurite = await startAzurite();
  const options = tableOptions((request, next) => {
    requests += 1;
    return next(request);
  });
  stores = {
    memory: memoryDecisions(),
    table: new TableDecisions({ connectionString: azurite.connectionString }, options),
  };
  for (const store of Object.values(stores)) for (const one of recorded) await store.record(one);
});
afterAll(() => azurite.close());

const since = (day: string) => new Date(`${day}T00:00:00Z`);
const numbers = (decisions: readonly Decision[]) =>
  decisions.map(({ sourceId }) => Number(sourceId?.slice(1)));
const upTo = (end: number, keep: (number: number) => boolean = () => true) =>
  Array.from({ length: end }, (_, number) => number).filter(keep);

describe.each([['memory'], ['table']] as const)('decisions (%s)', (kind) => {
  const list = (query: Partial<DecisionQuery>) =>
    stores[kind].list({ since: since('2026-01-01'), most: 200, ...query });

  it('of one account since a given time are what the policy counts', async () => {
    const found = await stores[kind].of(adele, new Date('2026-11-18T12:00:00Z'));
    expect(numbers(found).toSorted((a, b) => a - b)).toEqual([0, 3, 6]);
    expect(await stores[kind].of("o'brien", since('2026-01-01'))).toEqual([]);
  });

  it('are listed newest first, whatever account they are about', async () => {
    const { decisions, next } = await list({});
    expect(numbers(decisions)).toEqual(upTo(120));
    expect(next).toBeNull();
    expect(decisions[0]).toEqual(recorded.find(({ sourceId }) => sourceId === 'n0'));
  });

  it('are listed from a given time on, to the millisecond', async () => {
    expect(numbers((await list({ since: new Date('2026-11-19T20:00:00.000Z') })).decisions)).toEqual([
      0, 1, 2,
    ]);
    expect(numbers((await list({ since: new Date('2026-11-19T20:00:00.001Z') })).decisions)).toEqual([0, 1]);
  });

  it.each([
    ['an account', { account: megan }, (number: number) => number % 3 === 1],
    ['nobody', { account: 'nobody' }, (number: number) => number % 3 === 2],
    ['an action', { action: 'contain' as const }, (number: number) => number % 5 === 0],
    ['both', { account: adele, action: 'contain' as const }, (number: number) => number % 15 === 0],
    ['an account that never was', { account: 'a/b' }, () => false],
  ])('are listed by %s', async (_, query, keep) => {
    expect(numbers((await list(query)).decisions)).toEqual(upTo(120, keep));
  });

  it.each([
    ['all', {}],
    ['an account', { account: adele }],
    ['an action', { action: 'contain' as const }],
  ])('are listed page by page without loss or repetition: %s', async (_, query) => {
    const found: number[] = [];
    let after: string | undefined;
    do {
      const page = await list({ ...query, most: 7, ...(after === undefined ? {} : { after }) });
      expect(page.decisions.length).toBeLessThanOrEqual(7);
      found.push(...numbers(page.decisions));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(found).toEqual(numbers((await list(query)).decisions));
  });
});

describe('in a table', () => {
  it('costs at most two requests per page — it reads only what it shows', async () => {
    requests = 0;
    const { next } = await stores.table.list({ since: since('2026-01-01'), most: 50 });
    expect(requests).toBe(1);
    requests = 0;
    await stores.table.list({ since: since('2026-01-01'), most: 50, after: next ?? '' });
    expect(requests).toBe(2);
  });
});
