// How many people the tenant has, for limits that are a percentage of them. Guests and disabled accounts don't count: an
// intruder could invite any number of guests.
import { z } from 'zod';
import type { GraphReader } from '../model/clients.ts';

/** GET /users with $count: User.Read.All (https://learn.microsoft.com/graph/aad-advanced-queries). */
async function countMembers(graph: GraphReader): Promise<number> {
  const answer = await graph.get(
    "/users?$filter=accountEnabled eq true and userType eq 'Member'&$count=true&$select=id&$top=1",
    z.object({ '@odata.count': z.number() }),
    { headers: { ConsistencyLevel: 'eventual' } },
  );
  return answer['@odata.count'];
}

const keptMinutes = 60;

/**
 * Asked at most once an hour, and once for everybody who asks in the meantime; null while nobody can tell, and the
 * reason goes to the log. Never throws.
 */
export function memberCount(
  graph: () => GraphReader,
  now: () => Date,
  log: (line: string) => void,
  /** Accounts that are only disabled because this app locked them; they still count. */
  lockedHere: () => Promise<number> = async () => 0,
): () => Promise<number | null> {
  let known: { count: number | null; at: number } | undefined;
  let asking: Promise<number | null> | undefined;
  const ask = async () => {
    try {
      const [enabled, locked] = await Promise.all([countMembers(graph()), lockedHere()]);
      known = { count: enabled + locked, at: now().getTime() };
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      log(`the circuit breaker knows no number of users, so its share does not count: ${why}`);
      // Asked again soon, but not for every alert of a storm.
      known = { count: known?.count ?? null, at: now().getTime() - (keptMinutes - 5) * 60_000 };
    }
    return known.count;
  };
  return async () => {
    if (known !== undefined && now().getTime() - known.at < keptMinutes * 60_000) return known.count;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return await asking;
  };
}
