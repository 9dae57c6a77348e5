// The tenant's sign-in log, asked by address or by account: AuditLog.Read.All and an Entra ID P1 licence
// (https://learn.microsoft.com/graph/api/signin-list). All readers of the log share five requests in ten seconds.
// Sessions and non-interactive sign-ins are only in beta, and only if a filter asks for them by type.

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

/** All accounts from one address, since a time (ms), and until another if that is given. */
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

/** One account, since a time (ms). */
export const signInsOf = (
  graph: GraphReader,
  userId: string,
  since: number,
  most: number,
): Promise<SignIn[]> =>
  read(graph, path`userId eq '${userId}' and createdDateTime ge ${wholeSeconds(since)}`, most);

/** A missing licence is no failure. */
export function unlessUnlicensed(error: unknown): Skip {
  if (error instanceof PermanentError && error.code === noLicence) return unlicensed;
  throw error;
}
