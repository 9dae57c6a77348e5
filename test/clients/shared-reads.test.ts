import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sharingReads } from '../../shared/clients/shared-reads.ts';
import { RetryableError } from '../../shared/errors.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';
import { noClients } from '../run/no-clients.ts';

const audits = "/auditLogs/directoryAudits?$filter=initiatedBy/user/id eq 'a'";
const row = z.object({ id: z.string() });

function connected(answer: () => unknown) {
  const clock = { now: 0 };
  const graph = scriptedGraph(answer);
  const connect = sharingReads(
    () => ({ ...noClients, graph }),
    () => clock.now,
  );
  return { clock, graph, ask: () => connect(new AbortController().signal).graph };
}

describe('reads that several steps share', () => {
  it('are made once for all callers that read the same log within seconds, with any client', async () => {
    const { graph, ask } = connected(() => [{ id: 'a' }]);
    const answers = await Promise.all([ask().list(audits, row), ask().list(audits, row)]);
    expect(answers).toEqual([[{ id: 'a' }], [{ id: 'a' }]]);
    expect(graph.requests).toHaveLength(1);
  });

  it('are repeated after a while — a log grows', async () => {
    const { clock, graph, ask } = connected(() => [{ id: 'a' }]);
    await ask().list(audits, row);
    clock.now += 10_000;
    await ask().list(audits, row);
    expect(graph.requests).toHaveLength(2);
  });

  it('never include those that show a step its own changes', async () => {
    const { graph, ask } = connected(() => [{ id: 'a' }]);
    for (const path of ['/users/a/authentication/methods', '/users/a/ownedDevices']) {
      await ask().list(path, row);
      await ask().list(path, row);
    }
    expect(graph.requests).toHaveLength(4);
  });

  it('fail for the first caller; those that waited for it ask again', async () => {
    let fails = true;
    const { graph, ask } = connected(() => {
      if (!fails) return [{ id: 'a' }];
      fails = false;
      throw new RetryableError('throttled');
    });
    const [first, second] = await Promise.allSettled([ask().list(audits, row), ask().list(audits, row)]);
    expect(first?.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: [{ id: 'a' }] });
    expect(graph.requests).toHaveLength(2);
  });

  it('are repeated if the answer is not what a step expects — the client gives the best error', async () => {
    const { graph, ask } = connected(() => [{ id: 'a' }]);
    await ask().list(audits, row);
    await expect(ask().list(audits, z.object({ id: z.number() }))).rejects.toThrow();
    expect(graph.requests).toHaveLength(2);
  });
});
