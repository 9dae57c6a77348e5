// Reads that serve several steps: a run's steps read the same log and the same list of domains within seconds of each
// other. Nothing that a step changes and checks is shared.
import { z } from 'zod';
import type { Clients, CmdletOptions, CmdletParameters, GraphOptions } from '../model/clients.ts';

/** By the start of a path. Logs lag behind by minutes anyway; a tenant's domains change once in years. */
const keptSeconds: Readonly<Record<string, number>> = {
  '/auditLogs/directoryAudits?': 10,
  '/domains?': 300,
  'Get-AcceptedDomain': 300,
};

const secondsFor = (what: string) =>
  Object.entries(keptSeconds).find(([start]) => what.startsWith(start))?.[1];

interface Kept {
  until: number;
  answer: Promise<readonly unknown[]>;
}

/** The same clients, sharing those answers within this process. `now` in milliseconds. */
export function sharingReads(
  connect: (abort: AbortSignal) => Clients,
  now: () => number,
): (abort: AbortSignal) => Clients {
  const kept = new Map<string, Kept>();

  async function shared<T>(
    what: string,
    how: unknown,
    item: z.ZodType<T>,
    read: <I>(schema: z.ZodType<I>) => Promise<I[]>,
  ): Promise<T[]> {
    const seconds = secondsFor(what);
    if (seconds === undefined) return read(item);
    for (const [key, { until }] of kept) if (until <= now()) kept.delete(key);
    const key = JSON.stringify([what, how]);
    const known = kept.get(key);
    const answer = known?.answer ?? read(z.unknown());
    if (known === undefined) {
      kept.set(key, { until: now() + seconds * 1000, answer });
      answer.catch(() => kept.delete(key));
    }
    // The other caller's request may have ended together with that caller, who gets the failure.
    const items = known === undefined ? await answer : await answer.catch(() => undefined);
    const fits = items === undefined ? undefined : z.array(item).safeParse(items);
    return fits?.success ? fits.data : read(item);
  }

  return (abort) => {
    const clients = connect(abort);
    const { graph, exchange } = clients;
    return {
      ...clients,
      graph: {
        ...graph,
        list: <T>(path: string, item: z.ZodType<T>, options?: GraphOptions) =>
          shared(path, options, item, (schema) => graph.list(path, schema, options)),
      },
      exchange: {
        ...exchange,
        get: <T>(
          cmdlet: `Get-${string}`,
          parameters: CmdletParameters,
          item: z.ZodType<T>,
          options?: CmdletOptions,
        ) =>
          shared(cmdlet, [parameters, options], item, (schema) =>
            exchange.get(cmdlet, parameters, schema, options),
          ),
      },
    };
  };
}
