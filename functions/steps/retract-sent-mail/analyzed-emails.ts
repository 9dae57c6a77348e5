// Mail as Defender for Office 365 Plan 2 sees it: in which mailboxes of the tenant a message lies, and moving it.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import type { GraphClient, GraphReader } from '../../../shared/model/clients.ts';
import { nullableText } from '../../../shared/model/text.ts';

const emailSchema = z.object({
  networkMessageId: z.string(),
  recipientEmailAddress: z.string(),
  latestDelivery: z.object({ location: nullableText }).nullish(),
});
const dayMs = 86_400_000;

/**
 * Addresses inside that have a message in the inbox, or where their own rules moved it. GET
 * /security/collaboration/analyzedEmails: SecurityAnalyzedMessage.Read.All
 * (https://learn.microsoft.com/graph/api/security-collaborationroot-list-analyzedemails).
 */
export async function inboxesWith(
  graph: GraphReader,
  { networkId, at }: { networkId: string; at: string },
): Promise<string[]> {
  const day = (days: number) => new Date(Date.parse(at) + days * dayMs).toISOString().slice(0, 10);
  const emails = await graph.list(
    path`/security/collaboration/analyzedEmails?startTime=${day(-1)}&endTime=${day(2)}&$filter=networkMessageId eq '${networkId}'`,
    emailSchema,
  );
  // A service that ignored the filter would return the mail of the whole tenant.
  return emails
    .filter(
      (email) => email.networkMessageId === networkId && email.latestDelivery?.location === 'inbox_folder',
    )
    .map((email) => email.recipientEmailAddress)
    .toSorted();
}

interface Move {
  networkMessageId: string;
  inboxes: readonly string[];
  /** Its name in Defender's action centre. */
  name: string;
  why: string;
}

/**
 * Accepted with 202 and done within minutes: SecurityAnalyzedMessage.ReadWrite.All
 * (https://learn.microsoft.com/graph/api/security-analyzedemail-remediate). Soft-deleted mail can be moved back for as
 * long as deleted items are kept (14 days by default).
 */
export async function moveMail(
  graph: GraphClient,
  action: 'softDelete' | 'moveToInbox',
  { networkMessageId, inboxes, name, why }: Move,
): Promise<void> {
  const body = {
    displayName: name,
    description: why,
    severity: 'high',
    action,
    // The copy in Sent Items is evidence.
    remediateSendersCopy: false,
    analyzedEmails: inboxes.map((recipientEmailAddress) => ({ networkMessageId, recipientEmailAddress })),
  };
  await graph.post('/security/collaboration/analyzedEmails/remediate', body, z.unknown());
}
