// A user's risk in Entra ID Protection, for the steps that confirm and dismiss it.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError, RetryableError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';

const riskSchema = z.object({
  riskState: z.string(),
  riskLevel: z.string(),
  riskLastUpdatedDateTime: z.string().nullable(),
  isProcessing: z
    .boolean()
    .nullish()
    .transform((given) => given ?? false),
});
export type Risk = z.infer<typeof riskSchema>;

/**
 * GET /identityProtection/riskyUsers/{id}: IdentityRiskyUser.Read.All. The list leaves out everybody who was never at
 * risk.
 */
export async function readRisk(graph: GraphReader, userId: string): Promise<Risk> {
  try {
    return await graph.get(path`/identityProtection/riskyUsers/${userId}`, riskSchema);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
    return { riskState: 'none', riskLevel: 'none', riskLastUpdatedDateTime: null, isProcessing: false };
  }
}

const waitSeconds = 20;

/** If dismissed while Entra ID Protection is still working, the risk would come back. */
export const waitForRisk = (name: string, { riskLevel, riskState }: Risk): RetryableError =>
  new RetryableError(
    `Entra ID Protection is still at work on ${name} (${riskLevel}, ${riskState}); the risk is dismissed once it is done`,
    { retryAfterSeconds: waitSeconds, tookEffect: 'no' },
  );
