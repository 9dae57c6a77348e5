// The poller against the simulated tenant through the real client, its marks in Azurite: paths, filters, permissions and
// rows must hold there, and a process that restarts goes on where the last one was.
import { RestError } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import type { FeedPositions } from '../../shared/alerts/feed-position.ts';
import { feeds, pollPermissions } from '../../shared/alerts/feeds.ts';
import { eventId, outgoing } from '../../shared/alerts/outgoing.ts';
import { pollAll } from '../../shared/alerts/poll.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { GraphReader } from '../../shared/model/clients.ts';
import type { OutgoingAlert } from '../../shared/model/step.ts';
import { TableFeedPositions } from '../../shared/store/table-feed-positions.ts';
import { memoryMarks } from '../fakes/memory-stores.ts';
import { tableOptions } from '../run/progress-stores.ts';
import { fakeGraph } from './fake-graph.ts';
import { adele, now, payload, tenantId } from './samples.ts';

const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();

const file = {
  tenantId,
  domains: [{ id: 'contoso.com' }],
  users: [{ id: adele, displayName: 'Adele Vance', userPrincipalName: 'adele@contoso.com' }],
  alerts: [
    { id: 'ad-old', title: 'Anomalous Token', severity: 'high', createdDateTime: at(-300) },
    { id: 'ad-new', title: 'Anomalous Token', severity: 'high', createdDateTime: at(-3) },
  ],
  riskDetections: [
    {
      id: 'old',
      userId: adele,
      riskEventType: 'anomalousToken',
      riskLevel: 'high',
      detectedDateTime: at(-90),
    },
    {
      id: 'new',
      userId: adele,
      riskEventType: 'anomalousToken',
      riskLevel: 'high',
      detectedDateTime: at(-2),
    },
  ],
  riskyUsers: [{ id: adele, riskLevel: 'high', riskLastUpdatedDateTime: at(-2) }],
};

function poller(
  marks: FeedPositions,
  tenantFile: object = file,
  permissions: readonly string[] = pollPermissions.graph,
) {
  let time = now.getTime();
  const clock = () => new Date(time);
  const tenant = createTenant(tenantFile, { now: clock, permissions });
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential: tenant.credential,
    fetch: tenant.fetch,
    now: clock,
    wait: async () => undefined,
  });
  const published: OutgoingAlert[] = [];
  const lines: string[] = [];
  return {
    published,
    lines,
    pass: (minutes: number) => {
      time += minutes * 60_000;
    },
    used: () => new Set(tenant.requests.flatMap(({ permission }) => permission ?? [])),
    poll: () =>
      pollAll(
        {
          graph,
          marks,
          publish: async (alerts) => void published.push(...alerts),
          now: clock,
          deadline: new Date(time + 45_000),
          answered: () => {},
          log: (line) => lines.push(line),
          error: (line) => lines.push(`ERROR ${line}`),
        },
        feeds,
      ),
  };
}

describe('the feeds', () => {
  it('return what is new in each, named by source, id and version, with the declared permissions', async () => {
    const { poll, published, used, lines } = poller(memoryMarks());
    await poll();
    expect(published.map(({ id, type }) => `${type} ${id}`)).toEqual([
      `Reclaim.Alert alert:ad-new:${at(-3)}`,
      `Reclaim.RiskDetection riskDetection:new:${at(-2)}`,
      `Reclaim.RiskyUser riskyUser:${adele}:${at(-2)}`,
    ]);
    expect(published[1]?.data).toMatchObject({ id: 'new', riskLevel: 'high', userId: adele });
    expect(used()).toEqual(new Set(pollPermissions.graph));
    expect(lines).toEqual([]);
  });

  it('work independently — a tenant may lack some licences', async () => {
    const without = { ...file, servicePlans: ['EXCHANGE_S_ENTERPRISE', 'THREAT_INTELLIGENCE'] };
    const { poll, published, lines } = poller(memoryMarks(), without);
    for (let count = 0; count < 3; count += 1) await poll();
    expect(published.map(({ type }) => type)).toEqual(['Reclaim.Alert']);
    expect(lines).toEqual([
      expect.stringMatching(/^ERROR risk detections .*IdentityRiskEvent\.Read\.All.*Entra ID P1/),
      expect.stringMatching(/^ERROR risky users .*IdentityRiskyUser\.Read\.All/),
    ]);
  });

  it('abandon a filter that is accepted and ignored — it would replay the whole history', async () => {
    for (const feed of feeds.slice(1)) {
      const [best, other] = feed.cuts;
      const graph: GraphReader = {
        ...fakeGraph({}),
        list: async (_path, item) => [item.parse({ id: 'a', [best.property]: '2020-01-01T00:00:00Z' })],
      };
      const list = (cut = best) => feed.list(graph, cut, new Date(now.getTime() - 60_000), now, false);
      await expect(list()).rejects.toMatchObject({ status: 400 });
      expect(await list(other)).toHaveLength(other?.here ? 0 : 1);
    }
  });

  it('find users at high risk even if the service accepts no time in the filter', async () => {
    const [, , risky] = feeds;
    if (risky === undefined) throw new Error('the feed is missing');
    const asked: string[] = [];
    const users = ['2026-11-20T10:03:00Z', '2026-11-19T10:03:00Z'].map((riskLastUpdatedDateTime) => ({
      ...{ id: adele, riskLevel: 'high', riskState: 'atRisk', riskLastUpdatedDateTime },
    }));
    const graph: GraphReader = {
      ...fakeGraph({}),
      async list(path, item) {
        asked.push(decodeURIComponent(path));
        if (path.includes('DateTime')) throw new PermanentError('Invalid filter clause', { status: 400 });
        return users.map((user) => item.parse(user));
      },
    };
    const published: string[] = [];
    const deps = {
      graph,
      marks: memoryMarks(),
      publish: async (alerts: readonly OutgoingAlert[]) => void published.push(...alerts.map(({ id }) => id)),
      now: () => now,
      deadline: new Date(now.getTime() + 60_000),
      answered: () => {},
      log: () => {},
      error: () => {},
    };
    await pollAll(deps, [risky]);
    expect(published).toEqual([`riskyUser:${adele}:2026-11-20T10:03:00.000Z`]);
    expect(asked.at(-1)).toBe(
      "/identityProtection/riskyUsers?$filter=riskLevel eq 'high' and riskState eq 'atRisk'&$top=500",
    );
  });

  it('are cut at whole seconds, so that the filter matches the documented form', async () => {
    const { poll, pass, published } = poller(memoryMarks(), {
      ...file,
      alerts: Array.from({ length: 250 }, (_, index) => ({
        id: `ad${index}`,
        title: 'Anomalous Token',
        severity: 'medium',
        createdDateTime: at(-29 + index / 10),
      })),
    });
    await poll();
    pass(1);
    await poll();
    expect(published.filter(({ type }) => type === 'Reclaim.Alert')).toHaveLength(250);
  });
});

describe('the marks in Table Storage', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite.close());

  it('survive the process — the next one repeats nothing', async () => {
    const marks = () => new TableFeedPositions({ connectionString: azurite.connectionString });
    const first = poller(marks());
    await first.poll();
    expect(first.published).toHaveLength(3);
    const second = poller(marks());
    second.pass(1);
    await second.poll();
    expect(second.published).toEqual([]);
  });

  it('are replaced only by a writer that has read them last', async () => {
    const marks = new TableFeedPositions({ connectionString: azurite.connectionString });
    const kept = await marks.read('alerts');
    if (kept === undefined) throw new Error('the mark is missing');
    const written = await marks.write('alerts', { ...kept.mark, cut: 1 }, kept.etag);
    expect(written?.mark.cut).toBe(1);
    expect(await marks.write('alerts', kept.mark, kept.etag)).toBeUndefined();
    expect(await marks.write('alerts', kept.mark, undefined)).toBeUndefined();
    expect(await marks.read('alerts')).toEqual(written);
  });

  it('recognise their own write when its answer was lost', async () => {
    let lost = 0;
    const losing = tableOptions(async (request, next) => {
      const answer = await next(request);
      if (request.method !== 'POST' || lost++ > 0) return answer;
      throw new RestError('the connection broke', { code: 'ECONNRESET' });
    });
    const marks = new TableFeedPositions({ connectionString: azurite.connectionString }, losing);
    const kept = await new TableFeedPositions({ connectionString: azurite.connectionString }).read('alerts');
    if (kept === undefined) throw new Error('the mark is missing');
    expect((await marks.write('alerts', { ...kept.mark, cut: 0 }, kept.etag))?.mark.cut).toBe(0);
    expect(lost).toBeGreaterThan(1);
  });
});

describe('what is published', () => {
  it('has an id that Service Bus accepts, and a different one when the alert grows', () => {
    const id = 'a'.repeat(200);
    expect(eventId('alert', id, '1')).toMatch(/^alert:[0-9a-f]{64}$/);
    expect(eventId('alert', id, '1')).not.toBe(eventId('alert', id, '2'));
    expect(eventId('alert', 'ad1', '2026-11-20T09:14:31.002Z')).toBe('alert:ad1:2026-11-20T09:14:31.002Z');
  });

  it('is small whatever the alert contains — a queue takes 256 KB', () => {
    const huge = payload('alert-v2/attack-disruption', {
      description: 'x'.repeat(400_000),
      title: 'x'.repeat(5000),
    });
    const event = outgoing({ type: 'Reclaim.Alert', data: huge }, '');
    expect(JSON.stringify(event).length).toBeLessThan(4000);
  });

  it('is nothing if there is no id to ask for', () => {
    expect(outgoing({ type: 'Reclaim.Alert', data: { title: 'Anomalous Token' } }, '')).toContain(
      'has no id',
    );
    expect(outgoing({ type: 'Reclaim.Alert', data: { id: '../users' } }, '')).toContain('has no id');
    expect(outgoing({ type: 'Reclaim.Else', data: { id: '1' } }, '')).toContain('nothing is known');
  });
});
