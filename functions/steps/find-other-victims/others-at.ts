// Who else signs in from an address, and whether that makes them victims or the address a shared one: a company's own
// line, a VPN, a carrier. One request of the five in ten seconds that all reading of these logs shares.

import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { type SignIn, signInSchema } from '../../../shared/intruder/sign-ins.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Skip } from '../../../shared/model/step.ts';
import { wholeSeconds } from '../../../shared/model/text.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Enough of the time before to know an address by, and no longer than the log is kept. */
const historyMs = 7 * dayMs;
/** So many colleagues well before the intruder make an address a shared one; a single one may be an earlier victim. */
const crowd = 2;
const mostSignIns = 3000;
const noLicence = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';

export interface Others {
  /** Why the address is no intruder's alone, or null. */
  shared: string | null;
  victims: readonly { userId: string; name: string; signIn: SignIn; count: number }[];
  /** Accounts that only failed there. */
  failed: number;
}

/** `since` (ms) is when the intruder came. */
export async function othersAt(
  graph: GraphReader,
  userId: string,
  address: string,
  since: number,
): Promise<Others | Skip> {
  const from = wholeSeconds(since - historyMs);
  const kinds = "signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')";
  let signIns: SignIn[];
  try {
    signIns = await graph.list(
      `${path`/auditLogs/signIns?$filter=ipAddress eq '${address}' and createdDateTime ge ${from} and `}${encodeURIComponent(kinds)}&$top=1000`,
      signInSchema,
      { version: 'beta', most: mostSignIns },
    );
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== noLicence) throw error;
    return { skip: 'the tenant has no Entra ID P1 licence, without which the sign-in log cannot be read' };
  }
  if (signIns.length >= mostSignIns) {
    return {
      shared: `more than ${mostSignIns} sign-ins came from there in a few days`,
      victims: [],
      failed: 0,
    };
  }
  return judgeOthers(
    signIns.filter((signIn) => signIn.userId !== null && signIn.userId !== userId),
    since,
  );
}

/** Pure. Anything that makes the address a shared one clears everybody at it: an alert locks an account. */
function judgeOthers(others: readonly SignIn[], since: number): Others {
  const successes = others.filter(({ errorCode }) => errorCode === 0);
  const users = (signIns: readonly SignIn[]) => new Set(signIns.flatMap(({ userId }) => userId ?? []));
  const before = users(successes.filter(({ time }) => time < since - dayMs));
  const managed = users(successes.filter((signIn) => signIn.managed));
  const nobody = { victims: [], failed: 0 };
  if (before.size >= crowd) {
    return { ...nobody, shared: `${before.size} colleagues signed in from there before the intruder came` };
  }
  if (managed.size > 0) {
    return { ...nobody, shared: 'the company’s own managed devices sign in from there' };
  }
  const hits = [...users(successes)].flatMap((id) => {
    const own = successes.filter((one) => one.userId === id).toSorted((a, b) => b.time - a.time);
    const [signIn] = own;
    if (signIn === undefined) return [];
    return [{ userId: id, name: signIn.userName ?? id, signIn, count: own.length }];
  });
  const failed = [...users(others)].filter((id) => hits.every((hit) => hit.userId !== id)).length;
  return { shared: null, victims: hits, failed };
}
