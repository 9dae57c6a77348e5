// Which of the licences that steps need the tenant has. A missing one is a fact, not a fault; it is reported so that nobody
// waits for what won't be done.
import { z } from 'zod';
import { toFailure } from '../errors.ts';
import { licences } from '../microsoft365/licences.ts';
import type { GraphReader } from '../model/clients.ts';
import { type Step, type StepLicence, stepLicences } from '../model/step.ts';
import { type Finding, ok, warning } from './finding.ts';

const known = {
  entraP1: {
    name: 'Entra ID P1',
    plans: ['41781fb2-bc02-4b7c-bd55-b576c07bb09d', ...licences.entraP2.plans],
    loses: "sign-in logs and risk detections can't be read, so the intruder is not found",
    ofOurs: ['triage-alert'],
  },
  entraP2: {
    ...licences.entraP2,
    loses: "no detail of risk, no risky users, and the compromise can't be confirmed to Entra ID Protection",
    ofOurs: ['triage-alert'],
  },
  defenderForEndpoint: {
    ...licences.defenderForEndpoint,
    loses: "no virus scan is started on the user's machines",
    ofOurs: [],
  },
  defenderForOffice: {
    ...licences.defenderForOffice,
    loses: 'mail that the intruder sent is not taken back by itself',
    ofOurs: [],
  },
  defenderForIdentity: {
    name: 'Microsoft Defender for Identity',
    plans: ['14ab5db5-e6c4-4b20-b4bc-13e36fd2227f'],
    loses: 'accounts of Active Directory are disabled by a person, by task',
    ofOurs: [],
  },
} as const satisfies Record<StepLicence, object>;

/** Whether the tenant has each licence; undefined if that can't be read. */
export type Licensed = Partial<Readonly<Record<StepLicence, boolean>>>;

const organizationSchema = z.object({
  assignedPlans: z.array(z.object({ capabilityStatus: z.string(), servicePlanId: z.string() })),
});
const inUse = ['Enabled', 'Warning'];

/** GET /organization: User.Read.All is enough (https://learn.microsoft.com/graph/api/organization-list). */
export async function licenceFindings(
  graph: GraphReader,
  playbook: readonly Pick<Step, 'name' | 'licences'>[],
  isOn: (step: string) => boolean,
): Promise<{ licensed: Licensed; findings: Finding[] }> {
  const area = 'licences';
  let plans: readonly string[];
  try {
    const organizations = await graph.list('/organization?$select=id,assignedPlans', organizationSchema);
    plans = organizations
      .flatMap(({ assignedPlans }) => assignedPlans)
      .filter(({ capabilityStatus }) => inUse.includes(capabilityStatus))
      .map(({ servicePlanId }) => servicePlanId.toLowerCase());
  } catch (thrown) {
    const what = `the tenant's licences could not be read (${toFailure(thrown).message})`;
    return {
      licensed: {},
      findings: [warning({ check: 'licences', area, what }, 'See what is said of User.Read.All.')],
    };
  }
  const licensed: Partial<Record<StepLicence, boolean>> = {};
  const findings: Finding[] = [];
  for (const key of stepLicences) {
    const { name, plans: own, loses, ofOurs } = known[key];
    const steps = playbook.flatMap((step) => (step.licences.includes(key) ? step.name : []));
    const has = own.some((plan) => plans.includes(plan));
    licensed[key] = has;
    const concerns = [...ofOurs, ...steps].filter(isOn);
    if (concerns.length === 0) continue;
    const told = { check: `licence ${name}`, area, concerns } as const;
    findings.push(
      has
        ? ok({ ...told, what: `the tenant has ${name}` })
        : warning(
            { ...told, what: `the tenant has no ${name}: ${loses}` },
            'Nothing, unless it is bought; the steps say what they could not do.',
          ),
    );
  }
  return { licensed, findings };
}
