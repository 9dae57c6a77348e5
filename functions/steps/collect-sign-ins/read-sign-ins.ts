// Reads what Entra ID logged of a user, little at a time: all reading of these logs shares five requests in ten
// seconds for a tenant. What could not be read is said, since a part of a log proves nothing.

import { path } from '../../../shared/clients/path.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { networkOf } from '../../../shared/intruder/address.ts';
import {
  type RiskDetection,
  riskDetectionSchema,
  type SignIn,
  signInSchema,
} from '../../../shared/intruder/sign-ins.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Kept, Skip } from '../../../shared/model/step.ts';
import { wholeSeconds } from '../../../shared/model/text.ts';

const mostSignIns = 5000;
const mostDetections = 1000;
const noLicence = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';
/** So many colleagues make an address a company's, a carrier's or a VPN's. */
const crowd = 2;

/**
 * A user's sign-ins since a time (ms), newest first: AuditLog.Read.All and a licence of Entra ID P1
 * (https://learn.microsoft.com/graph/api/signin-list). Sessions and non-interactive sign-ins are in beta only.
 */
export async function readSignIns(
  graph: GraphReader,
  userId: string,
  since: number,
): Promise<{ signIns: SignIn[]; gaps: Kept[] } | Skip> {
  const from = wholeSeconds(since);
  const of = (type: string) =>
    graph.list(
      path`/auditLogs/signIns?$filter=userId eq '${userId}' and createdDateTime ge ${from} and signInEventTypes/any(t: t eq '${type}')&$top=1000`,
      signInSchema,
      { version: 'beta', most: mostSignIns },
    );
  try {
    const interactive = await of('interactiveUser');
    const silent = await of('nonInteractiveUser');
    return { signIns: [...interactive, ...silent], gaps: [...cut(interactive), ...cut(silent)] };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    if (error.code === noLicence) return unlicensed;
  }
  try {
    const signIns = await graph.list(
      path`/auditLogs/signIns?$filter=userId eq '${userId}' and createdDateTime ge ${from}&$top=1000`,
      signInSchema,
      { most: mostSignIns },
    );
    return { signIns, gaps: [...cut(signIns), interactiveOnly] };
  } catch (error) {
    if (error instanceof PermanentError && error.code === noLicence) return unlicensed;
    throw error;
  }
}

const unlicensed = {
  skip: 'the tenant has no Entra ID P1 licence, without which the sign-in log cannot be read',
};
const interactiveOnly = {
  what: 'only interactive sign-ins could be read, and no sessions',
  why: 'Microsoft Graph beta refused; a stolen token that is used leaves no interactive sign-in',
};
const cut = (read: readonly SignIn[]): Kept[] =>
  read.length < mostSignIns
    ? []
    : [
        {
          what: `only the latest ${mostSignIns} sign-ins were read`,
          why: 'there are more; the intruder may have come earlier',
        },
      ];

/**
 * All risk detections of a user: IdentityRiskEvent.Read.All (https://learn.microsoft.com/graph/api/riskdetection-list).
 * They need another licence and are throttled for all applications together; the sign-ins are worth telling without.
 */
export async function readRiskDetections(
  graph: GraphReader,
  userId: string,
): Promise<{ riskDetections: RiskDetection[]; gaps: Kept[] }> {
  try {
    const riskDetections = await graph.list(
      path`/identityProtection/riskDetections?$filter=userId eq '${userId}'&$top=500`,
      riskDetectionSchema,
      { most: mostDetections },
    );
    return { riskDetections, gaps: [] };
  } catch (error) {
    return { riskDetections: [], gaps: [gap('the risk detections of this account', error)] };
  }
}

/**
 * Which of these addresses several colleagues used with success between two times (ms), well before the intruder: a
 * second victim of the same days is no colleague of theirs at that address.
 */
export async function crowdedNetworks(
  graph: GraphReader,
  userId: string,
  addresses: readonly string[],
  since: number,
  until: number,
): Promise<{ crowded: Set<string>; gaps: Kept[] }> {
  const crowded = new Set<string>();
  const gaps: Kept[] = [];
  if (until <= since) return { crowded, gaps };
  for (const address of addresses) {
    try {
      const there = await graph.list(
        path`/auditLogs/signIns?$filter=ipAddress eq '${address}' and createdDateTime ge ${wholeSeconds(since)} and createdDateTime le ${wholeSeconds(until)}&$top=1000`,
        signInSchema,
        { most: 1000 },
      );
      const others = new Set(
        there.flatMap((one) =>
          one.errorCode === 0 && one.userId !== null && one.userId !== userId ? one.userId : [],
        ),
      );
      if (others.size >= crowd) crowded.add(networkOf(address));
    } catch (error) {
      gaps.push(gap(`who else uses ${address}`, error));
    }
  }
  return { crowded, gaps };
}

/** Refused or busy, it is left out; anything else is a mistake of ours. */
function gap(what: string, error: unknown): Kept {
  if (error instanceof PermanentError || error instanceof RetryableError) {
    return { what: `${what} could not be read`, why: error.message };
  }
  throw error;
}
