// The tenant's service plans. A refusal for lack of a licence is only believed if they agree: Graph has refused tenants that
// had the licence.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';

/** GET /organization: User.Read.All is enough (https://learn.microsoft.com/graph/api/organization-list). */
export const plansPath = '/organization?$select=id,assignedPlans';

export const organizationSchema = z.object({
  assignedPlans: z.array(z.object({ capabilityStatus: z.string(), servicePlanId: z.string() })),
});

const inUse = ['Enabled', 'Warning'];

/** Ids of the plans in use, in lower case. */
export const plansInUse = (organizations: readonly z.infer<typeof organizationSchema>[]): Set<string> =>
  new Set(
    organizations.flatMap(({ assignedPlans }) =>
      assignedPlans.flatMap(({ capabilityStatus, servicePlanId }) =>
        inUse.includes(capabilityStatus) ? [servicePlanId.toLowerCase()] : [],
      ),
    ),
  );

/** Entra ID P1 and P2 (https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference). */
export const premiumPlans = ['41781fb2-bc02-4b7c-bd55-b576c07bb09d', 'eec0eb4f-6444-4f95-aba0-50c24d67f998'];

/** Graph's code if it thinks that the tenant has no Entra ID P1. */
export const premiumRefusal = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';

export const isPremiumRefusal = (error: unknown): error is PermanentError =>
  error instanceof PermanentError && error.code === premiumRefusal;
