// When an account was locked and when it was contained, read from the requests the tenant received. The same measure
// serves this project and every peer, whatever they record themselves.
import type { RecordedRequest } from '../local/tenant/record.ts';

export interface Times {
  /** Milliseconds from the start until the sign-in was blocked. */
  locked: number | null;
  /**
   * Milliseconds until sign-in was blocked, the sessions were revoked and the account was read once more afterwards.
   */
  contained: number | null;
}

const endOf = (request: RecordedRequest) => Date.parse(request.time) + request.durationMs;
const idInPath = /\/users\/([0-9a-f-]{36})/;
const succeeded = ({ status }: RecordedRequest) => status !== null && status < 300;

/** `readsBack: false` for a peer that doesn't check whether its change arrived. */
export function timesOf(
  requests: readonly RecordedRequest[],
  accounts: readonly string[],
  start: number,
  readsBack = true,
): Times[] {
  // In one pass: a storm's requests grow with its accounts, and measuring shares the app's processors.
  const byAccount = Map.groupBy(requests.filter(succeeded), ({ url }) => idInPath.exec(url)?.[1]);
  return accounts.map((id) => {
    const own = byAccount.get(id) ?? [];
    const blocked = own.find(({ route }) => route === 'PATCH /users/{id}');
    const revoked = own.find(({ route }) => route === 'POST /users/{id}/revokeSignInSessions');
    if (blocked === undefined || revoked === undefined) {
      return { locked: blocked === undefined ? null : endOf(blocked) - start, contained: null };
    }
    // The tenant records whole milliseconds: a read that began in the same one as the write's end counts as after it.
    const checked = (write: RecordedRequest) =>
      own.find(
        ({ route, time }) => route === 'GET /users/{id}' && Date.parse(time) >= Math.floor(endOf(write)),
      );
    const ends = [blocked, revoked].map((write) => (readsBack ? checked(write) : write));
    const contained = ends.some((end) => end === undefined)
      ? undefined
      : Math.max(...ends.flatMap((end) => (end === undefined ? [] : endOf(end))));
    return {
      locked: endOf(blocked) - start,
      contained: contained === undefined ? null : contained - start,
    };
  });
}

export const latest = (times: readonly (number | null)[]): number | null =>
  times.some((time) => time === null) ? null : Math.max(...times.flatMap((time) => time ?? []));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
