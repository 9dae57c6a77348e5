// The responder's HTTP API, as a drill uses it.
import { z } from 'zod';
import { drillRunSchema, type Responder } from '../../functions/drill/drill.ts';
import { drillAnswerSchema } from '../../functions/drill/drills.ts';
import type { Client } from '../client.ts';
import { pathOf } from '../find-run.ts';
import { shown } from '../terminal.ts';

const runsSchema = z.object({
  runs: z.array(z.object({ id: z.string(), userId: z.string(), openedAt: z.string() })),
});
const reportSchema = z.object({ checks: z.array(z.object({ is: z.string(), what: z.string() })) });

/** `raise`: publishes to the front door, if that isn't the API. */
export function responderOf(client: Client, raise?: Responder['raise']): Responder {
  return {
    drill: async (body) => drillAnswerSchema.parse((await client.post('/api/drills', body)).json),
    raise:
      raise ??
      (async ({ id, type, data }) => {
        await client.post('/api/alerts', { specversion: '1.0', id, source: 'reclaim/drill', type, data });
      }),
    async start(userId, reason) {
      await client.post('/api/runs', { user: userId, level: 'full', reason });
    },
    async runsOf(userId, since) {
      const { runs } = runsSchema.parse(
        (await client.get(`/api/runs?days=2&most=200&person=${encodeURIComponent(userId)}`)).json,
      );
      return runs.flatMap(({ id, openedAt }) => (openedAt >= since ? [id] : []));
    },
    run: async (id) => drillRunSchema.parse((await client.get(pathOf(id))).json),
    async undo(id, reason) {
      await client.post(`${pathOf(id)}/undo`, { reason, falseAlarm: true });
    },
    async problems() {
      const { checks } = reportSchema.parse((await client.post('/api/preflight', {})).json);
      return checks.flatMap(({ is, what }) => (is === 'problem' ? [shown(what)] : []));
    },
  };
}
