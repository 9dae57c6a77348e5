// The kinds of value a tenant file holds. The same schemas describe the file and tell which properties Microsoft
// Graph knows, so that a wrong $select fails here as it would there.
import { z } from 'zod';

export const text = z.string();
export const flag = z.boolean();
export const whole = z.number().int();
/** How long something takes. */
export const minutes = z.number().min(0);
export const texts = z.array(z.string());
export const guid = z.guid();

/** A time: ISO 8601 in UTC, or relative to the moment the tenant is loaded. */
export const instant = z
  .string()
  .regex(
    /^(now[+-](\d+[dhms])+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)$/,
    'is neither an ISO 8601 time in UTC nor relative such as now-10m',
  )
  .meta({ description: 'ISO 8601 in UTC (2026-11-20T10:00:00Z), or relative: now-10m, now-1d2h, now+30s' });

/** Any JSON, for parts that the simulation passes through unread. */
export const anything = z.json();
export const open = z.looseObject({});

/** When left out, the property has the default in its description, or is null. */
export const may = <T extends z.ZodType>(type: T) => type.nullable().optional();

/** Annotations that a copied object may carry; accepted and ignored. */
export const annotations = {
  '@odata.type': text.optional(),
  '@odata.context': text.optional(),
  '@odata.etag': text.optional(),
};

export type Kind = 'string' | 'boolean' | 'number' | 'date' | 'collection' | 'complex';

/** Asked for each property of each row of an answer. */
const kinds = new WeakMap<object, Kind>();

/** How a query treats a property: which operators and literals it takes. */
export function kindOf(type: unknown): Kind {
  if (typeof type !== 'object' || type === null) return 'complex';
  const known = kinds.get(type) ?? kindIn(type);
  kinds.set(type, known);
  return known;
}

function kindIn(type: object): Kind {
  if (type === instant) return 'date';
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable) return kindOf(type.unwrap());
  if (type instanceof z.ZodBoolean) return 'boolean';
  if (type instanceof z.ZodNumber) return 'number';
  if (type instanceof z.ZodArray) return 'collection';
  if (type instanceof z.ZodString || type instanceof z.ZodEnum || type instanceof z.ZodGUID) return 'string';
  return 'complex';
}

/** The members of an enumeration, or undefined where any text goes. */
export function membersOf(type: unknown): readonly string[] | undefined {
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable) return membersOf(type.unwrap());
  return type instanceof z.ZodEnum ? type.options.map(String) : undefined;
}
