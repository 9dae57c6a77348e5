// The messages between the Functions host and the process that started it: plain JSON over Node's IPC channel. Both ends
// parse it, so that neither has to trust the other's version.
import { z } from 'zod';

export const logLevels = ['trace', 'debug', 'information', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof logLevels)[number];

const logLineSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  level: z.enum(logLevels),
  /** `app`: context.log; `host`: this host, about the function; `console`: what the app wrote past its context. */
  source: z.enum(['app', 'host', 'console']),
  /** The function it is about, or null. */
  function: z.string().nullable(),
  invocation: z.string().nullable(),
  message: z.string(),
});

/** One line of the host's log. */
export type LogLine = z.infer<typeof logLineSchema>;

const keysSchema = z.object({
  /** Opens everything, `/admin` too. */
  master: z.string().min(1),
  /** The host key: opens every function of level `function`. */
  default: z.string().min(1),
  /** By function name; opens that function alone. */
  functions: z.record(z.string(), z.string().min(1)),
});
export type Keys = z.infer<typeof keysSchema>;

const startSchema = z.object({
  is: z.literal('start'),
  /** Absolute path of the built app. */
  bundle: z.string(),
  keys: keysSchema,
  /** 0 for a free one. */
  port: z.number(),
  /** Whether timers fire by themselves. */
  timers: z.boolean(),
  /** Milliseconds by which its clock is ahead of the machine's. */
  ahead: z.number(),
});
export type Start = z.infer<typeof startSchema>;

export const toHostSchema = z.discriminatedUnion('is', [
  startSchema,
  z.object({ is: z.literal('fire'), id: z.number(), name: z.string(), input: z.string() }),
  z.object({ is: z.literal('rest'), id: z.number() }),
  z.object({ is: z.literal('move'), id: z.number(), ahead: z.number() }),
  z.object({ is: z.literal('stop') }),
]);
export type ToHost = z.infer<typeof toHostSchema>;

export const fromHostSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('log'), line: logLineSchema }),
  z.object({
    is: z.literal('ready'),
    port: z.number(),
    functions: z.array(z.string()),
    /** Why the app could not be loaded; then it has no functions. */
    loadError: z.string().nullable(),
  }),
  /** Whatever was requested with this id is done. */
  z.object({ is: z.literal('done'), id: z.number(), error: z.string().nullable() }),
]);
export type FromHost = z.infer<typeof fromHostSchema>;

/** Writes one line for people; what the app says is told apart from what the host says about it. */
export function formatLine(line: LogLine): string {
  const who =
    line.function === null ? line.source : `${line.function}${line.source === 'app' ? '' : ' (host)'}`;
  return `${line.at} ${line.level.padEnd(11)} ${who}: ${line.message}`;
}
