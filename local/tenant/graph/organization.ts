// The tenant as an object of its own directory: by its service plans an app knows what is licensed
// (https://learn.microsoft.com/graph/api/organization-list).
import type { Row } from '../answers.ts';
import { domainsOf, hasPlan, tenantIdOf } from '../directory.ts';
import type { EntityType } from '../odata.ts';
import { open, text } from '../schema/fields.ts';
import type { GraphCall, GraphRoute } from './route.ts';

/** Service and id of a plan (https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference). */
const plans: Readonly<Record<string, readonly [service: string, id: string]>> = {
  AAD_PREMIUM: ['AADPremiumService', '41781fb2-bc02-4b7c-bd55-b576c07bb09d'],
  AAD_PREMIUM_P2: ['AADPremiumService', 'eec0eb4f-6444-4f95-aba0-50c24d67f998'],
  EXCHANGE_S_ENTERPRISE: ['exchange', 'efb87545-963c-4e0d-99df-69c6916d9eb0'],
  THREAT_INTELLIGENCE: ['ThreatIntelligence', '8e0c0a52-6a6c-4d40-8370-dd62790dcd70'],
  WINDEFATP: ['WindowsDefenderATP', '871d91ec-ec1a-452b-a83f-bd76c7d770ef'],
  ATA: ['AzureAdvancedThreatAnalytics', '14ab5db5-e6c4-4b20-b4bc-13e36fd2227f'],
};

const organizationType: EntityType = {
  name: 'microsoft.graph.organization',
  properties: { id: text, displayName: text, assignedPlans: open, verifiedDomains: open, tenantType: text },
};

const organization = (call: GraphCall): Row => ({
  id: tenantIdOf(call.file),
  displayName: call.file.displayName ?? domainsOf(call.file)[0]?.id ?? null,
  tenantType: 'AAD',
  assignedPlans: Object.entries(plans)
    .filter(([name]) => hasPlan(call.file, name))
    .map(([, [service, servicePlanId]]) => ({
      assignedDateTime: call.store.loadedAt,
      capabilityStatus: 'Enabled',
      service,
      servicePlanId,
    })),
  verifiedDomains: domainsOf(call.file).map(({ id, isDefault, isInitial }) => ({
    capabilities: 'Email, OfficeCommunicationsOnline',
    isDefault: isDefault ?? false,
    isInitial: isInitial ?? false,
    name: id,
    type: 'Managed',
  })),
});

export const organizationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/organization',
    behind: 'directory',
    entity: organizationType,
    query: { select: true },
    many: (call) => [organization(call)],
  },
];
