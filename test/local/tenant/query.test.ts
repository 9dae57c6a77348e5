import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callerOf, refusal, row, rows } from './caller.ts';

const detection = (id: string, more: object = {}) => ({
  id,
  userPrincipalName: 'adele@contoso.com',
  riskEventType: 'anomalousToken',
  riskLevel: 'high',
  detectedDateTime: 'now-10m',
  ...more,
});
const file = {
  users: [{ userPrincipalName: 'adele@contoso.com' }, { userPrincipalName: 'megan@contoso.com' }],
  riskDetections: [
    detection('d1'),
    detection('d2', { riskLevel: 'low', detectedDateTime: 'now-2d' }),
    detection('d3', { userPrincipalName: 'megan@contoso.com', riskState: 'dismissed' }),
    detection('d4', { riskEventType: "o'clock" }),
    detection('d5', { riskLevel: 'medium' }),
  ],
};
const list = '/v1.0/identityProtection/riskDetections';
const found = async (filter: string) => {
  const { get } = await callerOf(file);
  return rows(await get(`${list}?$filter=${encodeURIComponent(filter)}`)).map(({ id }) => id);
};

describe('$filter', () => {
  it.each([
    ["riskLevel eq 'high' and userPrincipalName eq 'adele@contoso.com'", ['d1', 'd4']],
    ["riskLevel eq 'low' or riskLevel eq 'medium'", ['d2', 'd5']],
    ["riskLevel eq 'high' and (riskState eq 'dismissed' or riskEventType eq 'o''clock')", ['d3', 'd4']],
    ["not (userPrincipalName eq 'adele@contoso.com')", ['d3']],
    ["userPrincipalName eq 'ADELE@contoso.com' and riskState eq 'atRisk'", ['d1', 'd2', 'd4', 'd5']],
    ['detectedDateTime lt 2026-11-19T00:00:00Z', ['d2']],
    ['detectedDateTime ge 2026-11-20T11:50:00Z', ['d1', 'd3', 'd4', 'd5']],
    ['ipAddress eq null', ['d1', 'd2', 'd3', 'd4', 'd5']],
  ])('%s', async (filter, ids) => {
    expect(await found(filter)).toEqual(ids);
  });

  it.each([
    ['a property that does not exist', "riskScore eq 'high'", 'BadRequest'],
    ['a time in quotes', "detectedDateTime ge '2026-11-20T11:50:00Z'", 'BadRequest'],
    ['a text without quotes', 'riskLevel eq high', 'BadRequest'],
    ['a value that the enumeration does not have', "riskLevel eq 'severe'", 'BadRequest'],
    ['an operator that does not exist', "riskLevel is 'high'", 'BadRequest'],
    ['a bracket that is not closed', "(riskLevel eq 'high'", 'BadRequest'],
    ['something behind the end', "riskLevel eq 'high' riskLevel eq 'low'", 'BadRequest'],
    ['an operator that the property does not support', "riskLevel gt 'low'", 'Request_UnsupportedQuery'],
    ['a property that cannot be filtered', "source eq 'IdentityProtection'", 'Request_UnsupportedQuery'],
  ])('refuses %s', async (_, filter, code) => {
    const { get } = await callerOf(file);
    expect(refusal(await get(`${list}?$filter=${encodeURIComponent(filter)}`))).toEqual([400, code]);
  });
});

describe('pages', () => {
  const pageSchema = z.object({
    '@odata.nextLink': z.string(),
    value: z.array(z.object({ id: z.string() })),
  });

  it('continues where the page ended and keeps the query — a list that stops at the first page proves nothing', async () => {
    const { get } = await callerOf(file);
    const first = pageSchema.parse(
      (await get(`${list}?$top=2&$select=id&$filter=riskState eq 'atRisk'`)).body,
    );
    expect(first.value.map(({ id }) => id)).toEqual(['d1', 'd2']);
    const link = new URL(first['@odata.nextLink']);
    expect(link.origin + link.pathname).toBe(`https://graph.microsoft.com${list}`);
    const second = await get(link.pathname + link.search);
    expect(second.body).toEqual({
      '@odata.context': expect.any(String),
      value: [{ id: 'd4' }, { id: 'd5' }],
    });
  });

  it.each([
    ...['$top=0', '$top=501', '$skiptoken=AAAA', '$skip=1', '$search="x"', 'top=5'],
    ...['$count=yes', '$select=id&$select=riskLevel', '$select='],
  ])('refuses %s', async (query) => {
    const { get } = await callerOf(file);
    expect((await get(`${list}?${query}`)).status).toBe(400);
  });
});

describe('paths', () => {
  it.each([
    ['/v1.0/users/adele@contoso.com/colour', 400, 'BadRequest'],
    ['/v1.0/Users/adele@contoso.com', 400, 'BadRequest'],
    ['/v2.0/users', 400, 'BadRequest'],
    ['/v1.0/users/nobody@contoso.com', 404, 'Request_ResourceNotFound'],
  ])('refuses %s', async (path, status, code) => {
    const { get } = await callerOf(file);
    expect(refusal(await get(path))).toEqual([status, code]);
  });

  it.each([
    ['/v1.0/users/$dolly@contoso.com', 400],
    ['/v1.0/users/%24dolly@contoso.com', 400],
    ["/v1.0/users('$dolly@contoso.com')", 200],
    ["/v1.0/users('%24dolly%40contoso.com')/transitiveMemberOf", 200],
    ["/v1.0/users('brian.o''brian@contoso.com')", 200],
    ["/v1.0/users/brian.o'brian@contoso.com", 200],
    ["/v1.0/users/brian.o''brian@contoso.com", 404],
  ])('answers GET %s with %i', async (path, status) => {
    const { get } = await callerOf({
      users: [
        { userPrincipalName: '$dolly@contoso.com' },
        { userPrincipalName: "brian.o'brian@contoso.com" },
      ],
    });
    expect((await get(path)).status).toBe(status);
  });

  it('names the segment that is wrong', async () => {
    const { get } = await callerOf(file);
    expect(row(await get('/v1.0/users/adele@contoso.com/colour/red'))).toMatchObject({
      error: { message: "Resource not found for the segment 'colour'." },
    });
  });

  it('refuses to delete a user — a forgotten /$ref must not pass', async () => {
    const { send } = await callerOf(file);
    expect((await send('DELETE', '/v1.0/users/adele@contoso.com')).status).toBe(405);
  });
});

describe('advanced queries', () => {
  const withGroup = {
    ...file,
    groups: [
      { displayName: 'Tier 0', isAssignableToRole: true, members: ['Admins'] },
      { displayName: 'Admins', members: ['adele@contoso.com'] },
    ],
  };
  const groups = '/v1.0/users/adele@contoso.com/transitiveMemberOf/microsoft.graph.group';
  const filter = '$filter=isAssignableToRole eq true&$select=displayName';

  it('finds a role-assignable group through another group', async () => {
    const { get } = await callerOf(withGroup);
    const answered = await get(`${groups}?${filter}&$count=true`, { ConsistencyLevel: 'eventual' });
    expect(answered.body).toMatchObject({ '@odata.count': 1, value: [{ displayName: 'Tier 0' }] });
  });

  it.each([
    ['without the header', `${filter}&$count=true`, undefined],
    ['without $count', filter, 'eventual'],
  ])('refuses %s', async (_, query, level) => {
    const { get } = await callerOf(withGroup);
    const answered = await get(`${groups}?${query}`, level ? { ConsistencyLevel: level } : {});
    expect(refusal(answered)).toEqual([400, 'Request_UnsupportedQuery']);
  });
});
