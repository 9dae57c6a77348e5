// Reads what a lock waits for while Microsoft Graph still confirms the alert. What the event claims is only a hint
// here: it decides what is read early, never what is done. Nothing is written, and what was read for an account that
// the confirmation does not name is thrown away.
import type { JudgeDeps } from '../../shared/alerts/judge.ts';
import type { Reading } from '../../shared/alerts/source.ts';

type Ahead = Pick<JudgeDeps, 'readAccount' | 'protection'>;
type Given = Ahead & Pick<JudgeDeps, 'now'>;

/** An incident may name hundreds; each costs half a dozen requests that may turn out to be in vain. */
const mostAccounts = 4;

/** The same two reads, already under way for the accounts that the event calls highly at risk. */
export function readAhead(deps: Given, claim: Reading): Ahead {
  const { protection } = deps;
  const hinted = claim.subjects.flatMap(({ signal }) =>
    signal.userId !== null && signal.standing && signal.level === 'high' ? [signal] : [],
  );
  const accounts = new Map<string, ReturnType<JudgeDeps['readAccount']>>();
  const protections = new Map<string, ReturnType<NonNullable<JudgeDeps['protection']>>>();
  for (const { userId, userPrincipalName } of hinted.slice(0, mostAccounts)) {
    if (userId === null || accounts.has(userId)) continue;
    const account = deps.readAccount(userId, deps.now(), userPrincipalName);
    accounts.set(userId, account);
    // The caller that needs it gets the failure; if none does, nobody misses it.
    account.catch(() => undefined);
    const marks = protection?.(userId);
    marks?.catch(() => undefined);
    if (marks !== undefined) protections.set(userId, marks);
  }
  return {
    // Used once: a second judgement of the same account needs it as it is by then.
    readAccount: (id, now, likelyName) => taken(accounts, id) ?? deps.readAccount(id, now, likelyName),
    ...(protection === undefined
      ? {}
      : { protection: (userId: string) => taken(protections, userId) ?? protection(userId) }),
  };
}

function taken<T>(from: Map<string, T>, key: string): T | undefined {
  const value = from.get(key);
  from.delete(key);
  return value;
}
