// The part of host.json that this host obeys: times, the route prefix, and the Service Bus settings. The rest (logging,
// extension bundle) configures parts of the real host that do not exist here.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Milliseconds in a .NET TimeSpan: `00:05:00`, `1.00:00:00`, `00:00:00.5`. */
const timeSpanSchema = z.string().transform((text, context) => {
  const parts = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (parts === null) {
    context.addIssue({ code: 'custom', message: `"${text}" is no time span such as 00:05:00` });
    return z.NEVER;
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
});

const minutes = (count: number) => count * 60_000;

/** The documented defaults: https://learn.microsoft.com/azure/azure-functions/functions-host-json */
const hostJsonSchema = z.object({
  version: z.literal('2.0'),
  /** Milliseconds, or null for without end (`-1`). */
  functionTimeout: z.union([z.literal('-1').transform(() => null), timeSpanSchema]).default(minutes(30)),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      serviceBus: z
        .object({
          maxConcurrentCalls: z.int().positive().default(16),
          maxAutoLockRenewalDuration: timeSpanSchema.default(minutes(5)),
          autoCompleteMessages: z.literal(true, 'is only driven as true').default(true),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type HostJson = z.infer<typeof hostJsonSchema>;

/** Reads the host.json beside the bundle. Throws with every problem in it: the real host does not start either. */
export function readHostJson(bundle: string): HostJson {
  const file = join(dirname(bundle), 'host.json');
  const parsed = hostJsonSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new Error(`${file} cannot be used: ${problems.join('; ')}`);
}
