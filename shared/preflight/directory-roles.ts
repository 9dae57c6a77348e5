// The app's directory roles: a permission alone doesn't reach administrators. Read with the permission that triage has
// anyway, or from the token if that is refused.

import { PermanentError } from '../errors.ts';
import { rowsOf } from '../microsoft365/role-lists.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Reach, Step } from '../model/step.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import type { Claims } from './token.ts';

/** Template ids, the same in every tenant (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference). */
export const roleIds = {
  userAdministrator: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
  privilegedAuthenticationAdministrator: '7be44c8a-adaf-4e2a-84d6-ab2649e08a13',
  exchangeAdministrator: '29232cdf-9323-42fd-ade2-1d097af3e4de',
  globalAdministrator: '62e90394-69f5-4237-9190-012177145e10',
} as const;

/** By template id. A role held through a group is only visible in the token. */
export async function heldRoles(graph: GraphReader, claims: Claims): Promise<ReadonlySet<string>> {
  const assigned = await rowsOf(graph, 'roleAssignments', claims.oid).catch((error: unknown) => {
    if (error instanceof PermanentError) return [];
    throw error;
  });
  const whole = assigned.filter(({ directoryScopeId }) => (directoryScopeId ?? '/') === '/');
  return new Set([...whole.map(({ roleDefinitionId }) => roleDefinitionId), ...claims.wids].map(lower));
}

const lower = (text: string) => text.toLowerCase();
const area = 'roles';

/** https://learn.microsoft.com/graph/api/user-update: who may change whose password and sign-in. */
export function roleFindings(
  held: ReadonlySet<string>,
  playbook: readonly Pick<Step, 'name' | 'reaches'>[],
  isOn: (step: string) => boolean,
): Finding[] {
  const reaching = (...which: readonly Reach[]) =>
    playbook.flatMap(({ name, reaches }) =>
      reaches !== undefined && which.includes(reaches) && isOn(name) ? name : [],
    );
  const has = (...roles: (keyof typeof roleIds)[]) => roles.some((role) => held.has(roleIds[role]));
  const all = has('privilegedAuthenticationAdministrator', 'globalAdministrator');
  const findings: Finding[] = [];
  const writing = reaching('users');
  if (writing.length > 0) {
    const told = { check: 'role User Administrator', area, concerns: writing } as const;
    const script = 'Run infra/setup-tenant.ps1, which gives it.';
    findings.push(
      all || has('userAdministrator')
        ? ok({ ...told, what: 'the app holds a role that reaches users' })
        : problem(
            {
              ...told,
              what: 'the app holds neither User Administrator nor a stronger role: no password can be reset',
            },
            script,
          ),
    );
    const onAdmins = { check: 'role Privileged Authentication Administrator', area } as const;
    const concerns = reaching('users', 'methods');
    findings.push(
      all
        ? ok({ ...onAdmins, concerns, what: 'the app holds a role that reaches administrators' })
        : warning(
            {
              ...onAdmins,
              concerns,
              what: 'accounts of administrators can be neither locked nor given a new password by the app: their runs end in tasks for a person',
            },
            'If the app is to reach administrators, run infra/setup-tenant.ps1 -Administrators.',
          ),
    );
  }
  return findings;
}
