import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { triagedSchema, triageNow } from '../../functions/alerts/triage-now.ts';
import { answerOf } from '../../functions/runs/api.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { type Answers, fakeGraph } from '../alerts/fake-graph.ts';
import { account, adele, idOf, now, payload, tenantId } from '../alerts/samples.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { noClients } from '../run/no-clients.ts';

const detection = payload('risk-detection/anomalous-token');
const path = `/identityProtection/riskDetections/${idOf('risk-detection/anomalous-token')}`;

function asked(answers: Answers = { [path]: detection }) {
  const engine: Engine = {
    progress: new MemoryProgress(),
    bus: new MemoryBus({ now: () => now }),
    playbook: [],
    stepSettings: {},
    clients: () => noClients,
    now: () => now,
    random: () => 0.5,
    deadlineSeconds: 90,
    log: () => {},
  };
  const decisions = memoryDecisions();
  const triage = (log: (line: string) => void) =>
    createTriageAlert({
      graph: fakeGraph(answers),
      settings: namesNobody(tenantId),
      policy: defaultPolicy,
      readAccount: async (id) => account({ id }),
      lastRun: async () => undefined,
      openRun: (request) => openRun(engine, request),
      decisions,
      now: () => now,
      log,
    });
  const ask = async (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = {
      params: {},
      query: {},
      url: 'http://127.0.0.1:7071/api/alerts',
      headers: {},
      text,
      who: 'megan',
    };
    return triageNow(engine, triage, request).catch(answerOf);
  };
  return { ask, decisions };
}

describe('an alert by hand', () => {
  it('is judged at once like any other, and answered with the run', async () => {
    const { ask, decisions } = asked();
    const { status, json } = await ask({ type: 'x', ...detection });
    expect(status).toBe(200);
    const { runs, decisions: said } = triagedSchema.parse(json);
    expect(said).toMatchObject([{ action: 'contain', userId: adele, row: 'high' }]);
    expect(runs.map(({ id }) => id)).toEqual([said[0]?.runId]);
    expect(decisions.all[0]?.message).toContain('by hand: megan');
  });

  it('may be only an id, and joins the second time', async () => {
    const { ask } = asked();
    const event = {
      specversion: '1.0',
      id: '1',
      type: 'Reclaim.RiskDetection',
      source: 'soc',
      data: { id: detection['id'] },
    };
    await ask(event);
    const { decisions } = triagedSchema.parse((await ask(event)).json);
    expect(decisions).toMatchObject([{ joined: true }]);
  });

  it('names the account that Microsoft Graph names, whichever the request accuses', async () => {
    const { ask } = asked();
    const { json } = await ask({ ...detection, userId: 'ffffffff-1111-4222-8333-444444444444' });
    const { runs } = triagedSchema.parse(json);
    expect(JSON.stringify(runs)).not.toContain('ffffffff-1111');
  });

  it('is refused with every reason if it is not believed or not understood', async () => {
    const { ask, decisions } = asked({});
    const problem = z.object({ title: z.string(), detail: z.string(), decisions: z.array(z.string()) });
    for (const [body, why] of [
      [detection, 'knows no risk detection'],
      [{ hello: 'world' }, 'not a CloudEvent 1.0'],
    ] as const) {
      const { status, json } = await ask(body);
      expect(status).toBe(422);
      expect(problem.parse(json)).toMatchObject({ title: 'Refused', detail: expect.stringContaining(why) });
    }
    expect(decisions.all.map(({ action }) => action)).toEqual(['refused', 'refused']);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a word', '"alert"', 400],
    ['an empty list', '[]', 400],
    ['more than a request may hold', JSON.stringify({ pad: 'x'.repeat(20_000) }), 413],
  ])('is refused before it is read when it is %s', async (_, body, status) => {
    expect((await asked().ask(body)).status).toBe(status);
  });

  it('must be sent again if Microsoft Graph is busy', async () => {
    const busy = new RetryableError('Microsoft Graph is busy (429).', { retryAfterSeconds: 7 });
    const { status, headers } = await asked({ [path]: busy }).ask(detection);
    expect([status, headers?.['retry-after']]).toEqual([503, '7']);
  });
});
