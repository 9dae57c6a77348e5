// GET /api/decisions, as a person calls it.
import { describe, expect, it } from 'vitest';
import { decisionListSchema, listDecisions } from '../../functions/alerts/list-decisions.ts';
import { type ApiRequest, Problem } from '../../functions/runs/api.ts';
import type { Decision } from '../../shared/alerts/decisions.ts';
import { signal } from '../alerts/samples.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';

const adele = '9f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b';

async function asked(query: Readonly<Record<string, string>>) {
  const decisions = memoryDecisions();
  const decided = (at: string, changes: Partial<Decision>): Decision => ({
    ...{ at, message: null, source: 'riskDetection', sourceId: 'd1', version: null, userId: adele },
    ...{
      userPrincipalName: 'adele@contoso.com',
      action: 'none',
      row: 'low',
      why: 'is below what is acted on',
    },
    ...{ runId: null, joined: false, raised: false, signal: signal() },
    ...changes,
  });
  await decisions.record(decided('2026-11-10T09:00:00.000Z', { why: 'long ago' }));
  await decisions.record(
    decided('2026-11-19T09:00:00.000Z', { action: 'contain', why: 'locks the account' }),
  );
  await decisions.record(decided('2026-11-20T09:00:00.000Z', { why: 'is below what is acted on' }));
  await decisions.record(
    decided('2026-11-20T10:00:00.000Z', { action: 'refused', userId: null, why: 'is of another tenant' }),
  );
  const request: ApiRequest = { params: {}, query, url: '', headers: {}, text: '', who: 'a reader' };
  const idOf = async (name: string) => (name === 'adele@contoso.com' ? adele.toUpperCase() : undefined);
  const answer = await listDecisions(
    { decisions, idOf, now: () => new Date('2026-11-20T12:00:00Z') },
    request,
  );
  expect(answer.status).toBe(200);
  return decisionListSchema.parse(answer.json);
}

const whys = async (query: Readonly<Record<string, string>>) =>
  (await asked(query)).decisions.map(({ why }) => why);

describe('GET /api/decisions', () => {
  it('answers with the last week, "no run" and refusals included', async () => {
    expect(await whys({})).toEqual([
      'is of another tenant',
      'is below what is acted on',
      'locks the account',
    ]);
  });

  it.each([
    [{ since: '2026-11-20' }, 2],
    [{ since: '2026-11-20T11:30:00+02:00' }, 1],
    [{ since: '2026-01-01' }, 4],
    [{ account: adele.toUpperCase(), since: '2026-01-01' }, 3],
    [{ account: 'adele@contoso.com', since: '2026-01-01' }, 3],
    [{ account: 'nobody' }, 1],
    [{ action: 'contain' }, 1],
    [{ account: adele, action: 'contain' }, 1],
  ])('%o', async (query, expected) => {
    expect(await whys(query)).toHaveLength(expected);
  });

  it('says where the next page begins', async () => {
    const { decisions, next } = await asked({ most: '2' });
    expect(decisions).toHaveLength(2);
    expect(next).not.toBeNull();
  });

  it('leaves out the signal — addresses and sessions don’t belong in a list', async () => {
    expect(JSON.stringify(await asked({}))).not.toContain('ipAddress');
    expect((await asked({})).decisions[0]).not.toHaveProperty('signal');
  });

  it.each([
    [{ since: 'yesterday' }, 'since'],
    [{ action: 'lock' }, 'action'],
    [{ most: '1000' }, 'most'],
    [{ after: "x' or PartitionKey gt '" }, 'after'],
    [{ sinse: '2026-11-20' }, 'sinse'],
  ])('refuses %o and names what is wrong', async (query, named) => {
    const refused = await asked(query).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(Problem);
    expect(String(refused)).toContain(named);
  });

  it('says to use the id for a name that the directory does not have', async () => {
    await expect(asked({ account: 'gone@contoso.com' })).rejects.toThrow(/Ask by object id/);
  });
});
