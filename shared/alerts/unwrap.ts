// Wrappings without meaning of their own: lists, pages, tables, events within events, and what connectors and SIEM tools put
// around an alert. Opened only a few layers deep; nobody nests them deeper on purpose.
import { z } from 'zod';
import { jsonIn } from './json-text.ts';
import type { Inner } from './source.ts';

const object = z.looseObject({});
const list = z.array(z.unknown()).min(1);
const inside = z.union([object, list]);

/** Names of an object's only property that holds a payload. */
const soleNames = new Set([
  ...[
    'alert',
    'alerts',
    'incident',
    'incidents',
    'riskDetection',
    'riskDetections',
    'riskyUser',
    'riskyUsers',
  ],
  ...['event', 'events', 'payload', 'data', 'items', 'results', 'message', 'body'],
]);

type Wrapping = (data: unknown, type: string) => Inner | readonly unknown[] | undefined;

const wrapping =
  <T>(
    schema: z.ZodType<T>,
    open: (found: T, type: string) => Inner | readonly unknown[] | undefined,
  ): Wrapping =>
  (data, type) => {
    const found = schema.safeParse(data);
    return found.success ? open(found.data, type) : undefined;
  };

const wrappings: readonly Wrapping[] = [
  wrapping(list, (all) => all),
  // A page of Microsoft Graph or Azure Resource Manager.
  wrapping(z.object({ value: list }), ({ value }) => value),
  // An event within an event.
  wrapping(z.object({ specversion: z.string(), type: z.string(), data: object }), ({ type, data }) => ({
    type,
    data,
  })),
  wrapping(z.object({ eventType: z.string(), eventTime: z.string(), data: object }), (event) => ({
    type: event.eventType,
    data: event.data,
  })),
  // The output of a Logic App trigger.
  wrapping(z.object({ body: inside }), ({ body }, type) => ({ type, data: body })),
  // Answers of advanced hunting and of Log Analytics.
  wrapping(z.object({ schema: list, results: list }), ({ results }) => results),
  wrapping(z.object({ Schema: list, Results: list }), ({ Results }) => Results),
  wrapping(
    z.object({
      tables: z
        .array(
          z.object({ columns: z.array(z.object({ name: z.string() })), rows: z.array(z.array(z.unknown())) }),
        )
        .min(1),
    }),
    ({ tables }) =>
      tables.flatMap(({ columns, rows }) =>
        rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]))),
      ),
  ),
  // Wazuh, Splunk and Elastic: the alert as ingested by their connectors.
  wrapping(z.object({ 'ms-graph': object }), (found, type) => ({ type, data: found['ms-graph'] })),
  wrapping(z.object({ data: z.object({ 'ms-graph': object }) }), ({ data }, type) => ({
    type,
    data: data['ms-graph'],
  })),
  wrapping(
    z.object({ search_name: z.string(), result: z.object({ _raw: z.string() }) }),
    ({ result }, type) => asJson(result._raw, type),
  ),
  wrapping(z.object({ event: z.object({ original: z.string() }) }), ({ event }, type) =>
    asJson(event.original, type),
  ),
  wrapping(object, (found, type) => {
    const [[name = '', data] = [], ...rest] = Object.entries(found);
    const sole = rest.length === 0 && soleNames.has(name);
    if (typeof data === 'string') return sole ? asJson(data, type) : undefined;
    return sole && inside.safeParse(data).success ? { type, data } : undefined;
  }),
];

function asJson(text: string, type: string): Inner | undefined {
  const data = jsonIn(text);
  return inside.safeParse(data).success ? { type, data } : undefined;
}

/** What is inside, or undefined if it isn't a wrapping. */
export function unwrapped({ type, data }: Inner): readonly Inner[] | undefined {
  for (const open of wrappings) {
    const found = open(data, type);
    if (found === undefined) continue;
    return 'data' in found ? [found] : found.map((one) => ({ type, data: one }));
  }
  return undefined;
}
