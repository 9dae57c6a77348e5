// What a look back finds, and what it could not see, as the state file keeps it and the report shows it. The three
// answers are the app's own: what a run would remove, what it would ask about, and what it would keep (only counted).
import { z } from 'zod';

/** In the report's order. */
export const kinds = ['forwarding', 'rule', 'application', 'method', 'administrator'] as const;
export type Kind = (typeof kinds)[number];

const personSchema = z.object({ id: z.string(), userPrincipalName: z.string() });
export type Person = z.infer<typeof personSchema>;

export const findSchema = z.object({
  /** Stable: the same find always has the same id. */
  id: z.string(),
  kind: z.enum(kinds),
  /** `remove`: a run would remove it. `ask`: it would ask the owner. */
  verdict: z.enum(['remove', 'ask']),
  /** The owner; null if it affects everybody, such as a consent for the whole organisation. */
  person: personSchema.nullable(),
  what: z.string(),
  why: z.string(),
  /** What a person does about it. */
  now: z.string(),
  link: z.string(),
});
export type Find = z.infer<typeof findSchema>;

/** Something that could not be seen, so that nobody takes it for clean. */
export const gapSchema = z.object({
  what: z.string(),
  why: z.string(),
  /** Looking again may help: once a permission is granted, or the service answers. */
  again: z.boolean(),
});
export type Gap = z.infer<typeof gapSchema>;

/** The result of one look. */
export interface Seen {
  looked: number;
  finds: Find[];
  gaps: Gap[];
}
