// When the intruder signed in and from where, as collect-sign-ins hands it on for the story and the timeline. Pure.
import { z } from 'zod';
import type { Trail } from './find-intruder.ts';

const factsSchema = z.object({
  signIns: z.array(
    z.object({
      at: z.string(),
      from: z.string().nullable(),
      /** `Amsterdam, NL` */
      place: z.string().nullable().default(null),
      app: z.string().nullable().default(null),
    }),
  ),
});
export type IntruderSignIn = z.infer<typeof factsSchema>['signIns'][number];

/** More than a page could show one by one. */
const mostSignIns = 60;

/** The earliest ones: what the intruder did later lies between these and the lock. */
export const intruderSignIns = ({ hits }: Pick<Trail, 'hits'>): z.infer<typeof factsSchema> => ({
  signIns: hits.slice(0, mostSignIns).map(({ signIn: { at, address, city, country, app } }) => ({
    at,
    from: address,
    place: [city, country].filter((part) => part !== null).join(', ') || null,
    app,
  })),
});

/** None while the sign-ins are not read, or if they cannot be. */
export function intruderSignInsIn(facts: unknown): readonly IntruderSignIn[] {
  const parsed = factsSchema.safeParse(facts);
  return parsed.success ? parsed.data.signIns : [];
}
