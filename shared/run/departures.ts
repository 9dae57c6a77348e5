// Two runs that each take one of the last two administrators still see the other's administrator in place. So a run
// that is about to take one writes it down first, in one row that only one writer can change at a time. The entry
// lapses by itself once the directory must have caught up. Here: the interface, and what follows from the row.
import { z } from 'zod';

export interface Departures {
  /**
   * Notes that `who` is about to go and returns true, unless one of `others` is about to go as well; then it notes
   * nothing and returns false.
   */
  mayGo(who: string, others: readonly string[], now: Date): Promise<boolean>;
}

/** Longer than the directory lags behind a write; each try notes it again. */
const minutes = 15;

export const departuresSchema = z.array(z.object({ who: z.string(), until: z.string() }));
export type Noted = z.infer<typeof departuresSchema>;

/** The row with `who` in it, or undefined when nobody else would be left. Pure. */
export function withDeparture(
  noted: Noted,
  who: string,
  others: readonly string[],
  now: Date,
): Noted | undefined {
  const standing = noted.filter((one) => one.until > now.toISOString() && one.who !== who);
  const going = new Set(standing.map((one) => one.who));
  if (!others.some((other) => other !== who && !going.has(other))) return undefined;
  return [...standing, { who, until: new Date(now.getTime() + minutes * 60_000).toISOString() }];
}
