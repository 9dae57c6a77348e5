// A story that continues through its later looks, over real sockets, on a clock that moves for the app and every
// stand-in alike. In a file of its own, because it changes the time for everything that runs here.
import { TableClient } from '@azure/data-tables';
import { expect, it } from 'vitest';
import { type Look, liveOn } from '../local/later.ts';
import { timing } from '../shared/run/timing.ts';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();
const hours = 3_600_000;

it(
  'looks again a quarter of an hour, some hours and a day later, and the run closes with that — in seconds',
  () =>
    within('business-email-compromise', async ({ stack, live }) => {
      const since = new Date();
      const looks: Look[] = [];
      const ended = await liveOn(stack, await live(), { since, onLook: (look) => looks.push(look) });

      expect(looks.map(({ minutes }) => minutes)).toEqual([...timing.checkMinutes]);
      const [rows] = ended.runs;
      expect(rows?.run.row).toMatchObject({
        state: 'closed',
        checks: timing.checkMinutes.length,
        wakeAt: null,
      });

      // Each look has its own time, by the app's clock.
      const finished = Date.parse(rows?.run.row.finishedAt ?? '');
      for (const { after, minutes } of looks) {
        const lookedAt = after[0]?.steps.flatMap(({ row }) => row.lookedAt ?? []) ?? [];
        expect(Math.max(...lookedAt.map(Date.parse))).toBeGreaterThanOrEqual(finished + minutes * 60_000);
      }
      // The tenant and the storage have followed.
      const last = stack.tenant.requests.at(-1)?.time ?? '';
      expect(Date.parse(last) - since.getTime()).toBeGreaterThan(24 * hours);
      const runs = TableClient.fromConnectionString(stack.azurite.connectionString, 'runs', {
        allowInsecureConnection: true,
      });
      const written: number[] = [];
      for await (const { timestamp } of runs.listEntities()) written.push(Date.parse(timestamp ?? ''));
      expect(Math.max(...written) - since.getTime()).toBeGreaterThan(24 * hours);
    }),
  120_000,
);
