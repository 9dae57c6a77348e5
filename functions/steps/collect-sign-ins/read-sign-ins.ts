// Reads what Entra ID logged about a user, a little at a time: all readers of these logs in a tenant share five
// requests in ten seconds. What could not be read is reported, since part of a log proves nothing.

import { path } from '../../../shared/clients/path.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { networkOf } from '../../../shared/intruder/address.ts';
import { readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { judgeOther } from '../../../shared/intruder/others.ts';
import { registeredDevices } from '../../../shared/intruder/registered-devices.ts';
import {
  all,
  type RiskDetection,
  riskDetectionSchema,
  type SignIn,
  signInSchema,
} from '../../../shared/intruder/sign-ins.ts';
import { noLicence, signInsAt, signInsOf, unlicensed } from '../../../shared/microsoft365/sign-in-log.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Intruder, Mark } from '../../../shared/model/intruder.ts';
import type { Kept, Skip } from '../../../shared/model/step.ts';
import { wholeSeconds } from '../../../shared/model/text.ts';

const mostSignIns = 5000;
const mostDetections = 1000;
/** With this many colleagues, an address belongs to a company, a carrier or a VPN. */
const crowd = 2;
/** Each costs one of the five requests in ten seconds. */
const mostAsked = 4;

/**
 * A user's sign-ins since a time (ms), newest first: AuditLog.Read.All and an Entra ID P1 licence
 * (https://learn.microsoft.com/graph/api/signin-list). Sessions and non-interactive sign-ins are only in beta.
 */
export async function readSignIns(
  graph: GraphReader,
  userId: string,
  since: number,
): Promise<{ signIns: SignIn[]; gaps: Kept[]; complete: boolean } | Skip> {
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
    const signIns = [...interactive, ...silent];
    return { signIns, gaps: [...cut(interactive), ...cut(silent)], complete: true };
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
    return { signIns, gaps: [...cut(signIns), interactiveOnly], complete: false };
  } catch (error) {
    if (error instanceof PermanentError && error.code === noLicence) return unlicensed;
    throw error;
  }
}

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
 * They need another licence, and all applications share their rate limit; the sign-ins are worth reporting without
 * them.
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
 * Devices that the intruder registered, according to the directory audit log. Asked only if there is an intruder; if
 * the log is refused, that leaves a gap.
 */
export async function readRegisteredDevices(
  graph: GraphReader,
  userId: string,
  since: number,
  intruder: Intruder,
): Promise<{ marks: Mark[]; gaps: Kept[] }> {
  if (intruder.addresses.length + intruder.sessions.length === 0) return { marks: [], gaps: [] };
  try {
    const audits = await readDirectoryAudits(graph, userId, since, 'by');
    return { marks: 'skip' in audits ? [] : registeredDevices(audits, intruder), gaps: [] };
  } catch (error) {
    return { marks: [], gaps: [gap('which devices the intruder registered', error)] };
  }
}

/**
 * Which of these addresses colleagues use habitually: every day since well before the intruder came, by people whose
 * own sign-ins show that they are no victims. Victims of the same intruder make no habit, however long they were in.
 */
export async function crowdedNetworks(
  graph: GraphReader,
  userId: string,
  addresses: readonly string[],
  { since, until, intruder }: { since: number; until: number; intruder: Intruder },
): Promise<{ crowded: Set<string>; gaps: Kept[] }> {
  const crowded = new Set<string>();
  const gaps: Kept[] = [];
  if (until <= since) return { crowded, gaps };
  for (const address of addresses) {
    try {
      const there = await signInsAt(graph, address, since, { until, most: 1000 });
      const others = all(
        there.filter(({ errorCode, userId: other }) => errorCode === 0 && other !== userId),
        (one) => one.userId,
      );
      let habits = 0;
      for (const other of [...others].slice(0, others.size < crowd ? 0 : mostAsked)) {
        const own = await signInsOf(graph, other, since, 1000);
        const verdict = judgeOther(own, address, 'unknown', intruder);
        if (verdict?.is === 'bystander' && verdict.habit) habits += 1;
        if (habits === crowd) break;
      }
      if (habits >= crowd) crowded.add(networkOf(address));
    } catch (error) {
      gaps.push(gap(`who else uses ${address}`, error));
    }
  }
  return { crowded, gaps };
}

/** A refused or busy read is left out; anything else is a mistake of ours. */
function gap(what: string, error: unknown): Kept {
  if (error instanceof PermanentError || error instanceof RetryableError) {
    return { what: `${what} could not be read`, why: error.message };
  }
  throw error;
}
