// What Entra ID Protection thinks of an account as a whole. Asked when an alert itself can't be confirmed.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../microsoft365/clients.ts';
import { path } from '../microsoft365/path.ts';
import { guid, text, time, word } from './fields.ts';
import { riskLevel, type Signal } from './signal.ts';

export const riskyUserPermission = 'IdentityRiskyUser.Read.All';

/**
 * https://learn.microsoft.com/graph/api/resources/riskyuser
 * `{"id":"87d349ed-…","isDeleted":false,"isProcessing":false,"riskLevel":"high","riskState":"atRisk",
 * "riskDetail":"none","riskLastUpdatedDateTime":"2026-11-20T09:14:31Z","userDisplayName":"Adele Vance",
 * "userPrincipalName":"adele@contoso.com"}`
 */
const riskyUserSchema = z.object({
  id: guid,
  riskLevel: word,
  riskState: word,
  riskLastUpdatedDateTime: time,
  userPrincipalName: text,
});

const link = 'https://entra.microsoft.com/#view/Microsoft_AAD_IAM/SecurityMenuBlade/~/RiskyUsers';

const standing = new Set(['atrisk', 'confirmedcompromised']);

/** undefined where the account is not known as risky, or risk can't be read at all. Throws RetryableError when busy. */
export async function readRiskyUser(graph: GraphReader, userId: string): Promise<Signal | undefined> {
  try {
    const user = await graph.get(path`/identityProtection/riskyUsers/${userId}`, riskyUserSchema);
    const state = user.riskState?.toLowerCase() ?? '';
    return {
      source: 'riskyUser',
      sourceId: userId,
      version: user.riskLastUpdatedDateTime ?? `${user.riskState ?? ''} ${user.riskLevel ?? ''}`,
      tenantId: null,
      userId,
      userPrincipalName: user.userPrincipalName,
      detector: 'riskyUser',
      title: 'Risky user',
      product: 'IdentityProtection',
      level: riskLevel(user.riskLevel),
      ...(state === 'confirmedcompromised' ? { confirmedByPerson: true as const } : {}),
      standing: standing.has(state),
      state: user.riskState ?? 'unknown',
      activityAt: null,
      detectedAt: user.riskLastUpdatedDateTime,
      address: null,
      sessionId: null,
      requestId: null,
      correlationId: null,
      deviceId: null,
      userAgent: null,
      link,
    };
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
