// The sign-in log of the tenant, asked by address or by account: AuditLog.Read.All and a licence of Entra ID P1
// (https://learn.microsoft.com/graph/api/signin-list). All reading of it shares five requests in ten seconds. Sessions
// and non-interactive sign-ins are in beta only, and only where a filter asks for them by type.

import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { type SignIn, signInSchema } from '../intruder/sign-ins.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Skip } from '../model/step.ts';
import { wholeSeconds } from '../model/text.ts';

const bothKinds = "signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')";
export const noLicence = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';
export const unlicensed = {
  skip: 'the tenant has no Entra ID P1 licence, without which the sign-in log cannot be read',
} as const satisfies Skip;

const read = (graph: GraphReader, filter: string, most: number): Promise<SignIn[]> =>
  graph.list(
    `/auditLogs/signIns?$filter=${filter} and ${encodeURIComponent(bothKinds)}&$top=1000`,
    signInSchema,
    {
      version: 'beta',
      most,
    },
  );

/** Of all accounts, from one address, since a time (ms) and until another where it is given. */
export function signInsAt(
  graph: GraphReader,
  address: string,
  since: number,
  { until, most }: { until?: number; most: number },
): Promise<SignIn[]> {
  const from = path`ipAddress eq '${address}' and createdDateTime ge ${wholeSeconds(since)}`;
  return read(
    graph,
    until === undefined ? from : `${from}${path` and createdDateTime le ${wholeSeconds(until)}`}`,
    most,
  );
}

/** Of one account, since a time (ms). */
export const signInsOf = (
  graph: GraphReader,
  userId: string,
  since: number,
  most: number,
): Promise<SignIn[]> =>
  read(graph, path`userId eq '${userId}' and createdDateTime ge ${wholeSeconds(since)}`, most);

/** The licence is missing: that is no failure. */
export function unlessUnlicensed(error: unknown): Skip {
  if (error instanceof PermanentError && error.code === noLicence) return unlicensed;
  throw error;
}
