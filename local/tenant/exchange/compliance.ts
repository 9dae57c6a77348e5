// Security & Compliance: role groups of Defender and Purview, by the cmdlets of Exchange at an address of its own. Which
// directory roles may change them without a user is not documented: here the two that administer compliance.
import type { TenantAnswer } from '../answers.ts';
import type { Claims } from '../identity.ts';
import type { Store } from '../store.ts';
import { answerExchange, type ExchangeRequest } from './endpoint.ts';
import { authorise, unknownCommand } from './rights.ts';
import { roleGroupCmdlets } from './role-groups.ts';

const cmdlets = roleGroupCmdlets((file) => file.complianceRoleGroups ?? []);

const writers = ['Compliance Administrator', 'Global Administrator'];
const readers = ['Global Reader', 'Security Administrator', 'Security Reader'];

function authoriseHere(claims: Claims, roles: readonly string[], name: string, exists: boolean): string {
  const role = roles.find(
    (held) => writers.includes(held) || (readers.includes(held) && name.startsWith('Get-')),
  );
  // Without one of these, the refusal is that of Exchange for an app without any role.
  if (role === undefined) return authorise(claims, [], name, exists);
  authorise(claims, ['Organization Management'], name, exists);
  if (!exists) throw unknownCommand(name);
  return role;
}

export const answerCompliance = (
  store: Store,
  request: ExchangeRequest,
  allowed: { permission: string | null; role: string | null },
): TenantAnswer => answerExchange(store, request, allowed, { cmdlets, authorise: authoriseHere });
