// Confirms the risk detections of a storm together. Identity Protection answers one request a second for the whole
// tenant (https://learn.microsoft.com/graph/throttling-limits), so fifty alerts confirmed one by one would make the
// fiftieth lock wait for fifty seconds. The first is asked for at once; those that arrive before an answer is back are
// looked up in one list of the latest detections.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import type { GraphReader } from '../model/clients.ts';
import { wholeSeconds } from '../model/text.ts';

const one = /^\/identityProtection\/riskDetections\/([^/?]+)$/;
/** Alerts follow a detection within minutes or hours; anything older is asked for by its id. */
const listedHours = 48;
const mostListed = 500;
const identified = z.looseObject({ id: z.string() });

interface Waiting {
  id: string;
  answer: (asked: Promise<unknown>) => void;
}

/** One reader for all alerts of a process; everything but a single detection passes through to `connect`'s. */
export function gatherDetections(connect: () => GraphReader, now: () => Date): GraphReader {
  let waiting: Waiting[] = [];
  let isAsking = false;

  const single = (id: string) => connect().get(path`/identityProtection/riskDetections/${id}`, z.unknown());

  async function askForAll(): Promise<void> {
    isAsking = true;
    while (waiting.length > 0) {
      const [first, ...more] = waiting;
      waiting = [];
      if (first === undefined) break;
      const listed = more.length > 0 ? await list().catch(() => new Map<string, unknown>()) : new Map();
      for (const { id, answer } of [first, ...more]) {
        const found = listed.get(id.toLowerCase());
        const asked = found === undefined ? single(id) : Promise.resolve(found);
        answer(asked);
        await asked.catch(() => undefined);
      }
    }
    isAsking = false;
  }

  async function list(): Promise<Map<string, unknown>> {
    const since = wholeSeconds(new Date(now().getTime() - listedHours * 3_600_000));
    const found = await connect().list(
      path`/identityProtection/riskDetections?$filter=detectedDateTime ge ${since}&$top=${String(mostListed)}`,
      identified,
      { most: mostListed },
    );
    return new Map(found.map((detection) => [detection.id.toLowerCase(), detection]));
  }

  return {
    list: (place, item, options) => connect().list(place, item, options),
    search: (place, body, schema) => connect().search(place, body, schema),
    async get(place, schema, options) {
      const id = one.exec(place)?.[1];
      if (id === undefined || options !== undefined) return connect().get(place, schema, options);
      const found = await new Promise<unknown>((resolve) => {
        waiting.push({ id: decodeURIComponent(id), answer: resolve });
        if (!isAsking) void askForAll();
      });
      const fits = schema.safeParse(found);
      // The client itself gives the best error for an odd answer.
      return fits.success ? fits.data : await connect().get(place, schema);
    },
  };
}
