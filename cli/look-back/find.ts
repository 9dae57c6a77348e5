// What a look back finds, and what it could not see: the shapes that the state file keeps and the report shows. The three
// answers are the app's own: what a run would remove, what it would ask about, and what it would keep, which is only counted.
import { z } from 'zod';

/** In the order in which a report tells them. */
export const kinds = ['forwarding', 'rule', 'application', 'method', 'administrator'] as const;
export type Kind = (typeof kinds)[number];

const personSchema = z.object({ id: z.string(), userPrincipalName: z.string() });
export type Person = z.infer<typeof personSchema>;

export const findSchema = z.object({
  /** The same however often it is found. */
  id: z.string(),
  kind: z.enum(kinds),
  /** `remove`: a run would take it away. `ask`: it would ask the owner. */
  verdict: z.enum(['remove', 'ask']),
  /** Whose it is; null where it is everybody's, such as a consent for the whole organisation. */
  person: personSchema.nullable(),
  what: z.string(),
  why: z.string(),
  /** What a person does about it. */
  now: z.string(),
  link: z.string(),
});
export type Find = z.infer<typeof findSchema>;

/** Something that was not seen, so that nobody takes it for clean. */
export const gapSchema = z.object({
  what: z.string(),
  why: z.string(),
  /** Looking again may show it: once a permission is granted, or the service answers. */
  again: z.boolean(),
});
export type Gap = z.infer<typeof gapSchema>;

/** What one look came to. */
export interface Seen {
  looked: number;
  finds: Find[];
  gaps: Gap[];
}
