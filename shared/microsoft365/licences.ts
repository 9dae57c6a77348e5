// Tells a missing licence from a missing permission. Services refuse both with the same status and code, so after a refusal
// the tenant's plans are read.
import { organizationSchema, plansInUse, plansPath } from '../clients/plans.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Skip } from '../model/step.ts';

/** Ids of service plans (https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference). */
export const licences = {
  entraP2: { name: 'Entra ID P2', plans: ['eec0eb4f-6444-4f95-aba0-50c24d67f998'] },
  defenderForEndpoint: {
    name: 'Microsoft Defender for Endpoint',
    plans: [
      /** Plan 2, Plan 1, Business. */
      '871d91ec-ec1a-452b-a83f-bd76c7d770ef',
      '292cc034-7b7c-4950-aaf5-943befd3f1d4',
      'bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4',
    ],
  },
  defenderForOffice: {
    name: 'Microsoft Defender for Office 365 Plan 2',
    plans: ['8e0c0a52-6a6c-4d40-8370-dd62790dcd70'],
  },
} as const;
type Licence = (typeof licences)[keyof typeof licences];

async function isLicensed(graph: GraphReader, licence: Licence): Promise<boolean> {
  const plans = plansInUse(await graph.list(plansPath, organizationSchema));
  return licence.plans.some((plan) => plans.has(plan));
}

/** The result, or a skip if it was refused and the tenant has no licence. */
export async function unlessUnlicensed<T extends object>(
  reading: Promise<T>,
  graph: GraphReader,
  licence: Licence,
): Promise<T | Skip> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof PermanentError) || (await isLicensed(graph, licence))) throw error;
    return { skip: `the tenant has no licence of ${licence.name}` };
  }
}
