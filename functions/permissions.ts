// All permissions that the app may ask for, and what needs them: the steps' own declarations, and the work before and
// after the steps. Nothing else is granted, and everything here is used.
import { pollPermissions } from '../shared/alerts/feeds.ts';
import { protectionPermissions } from '../shared/alerts/protection.ts';
import { alertPermissions } from '../shared/alerts/sources.ts';
import { reachPermissions } from '../shared/auth/reach.ts';
import { accountPermissions } from '../shared/microsoft365/read-account.ts';
import { passPermissions } from '../shared/microsoft365/temporary-access-pass.ts';
import type { ClientName } from '../shared/model/clients.ts';
import type { Step } from '../shared/model/step.ts';
import { neededOf } from '../shared/preflight/permissions.ts';
import { mailPermissions } from '../shared/summary/mail.ts';

/**
 * The read permissions that a write permission includes, as far as Microsoft's reference says so for every request made
 * here: those are not granted (https://learn.microsoft.com/graph/permissions-reference).
 */
export const coveredBy: Readonly<Record<string, string>> = {
  'Application.Read.All': 'Application.ReadWrite.All',
  'Device.Read.All': 'Device.ReadWrite.All',
  'RoleManagement.Read.Directory': 'RoleManagement.ReadWrite.Directory',
  'SecurityAlert.Read.All': 'SecurityAlert.ReadWrite.All',
  'SecurityIncident.Read.All': 'SecurityIncident.ReadWrite.All',
  'UserAuthenticationMethod.Read.All': 'UserAuthenticationMethod.ReadWrite.All',
};

/** What is granted when every step is on. */
export const grantedOf = (declared: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.keys(neededOf(declared, coveredBy, () => true));

/** For each client, the permissions (for Exchange: the cmdlets), and who needs each of them. */
export type Declared = Record<ClientName, Record<string, string[]>>;

type Use = readonly [user: string, permissions: Partial<Record<ClientName, readonly string[]>>];

export function declaredPermissions(playbook: readonly Step[]): Declared {
  const uses: Use[] = [
    ['poll-alerts', pollPermissions],
    ['triage-alert', alertPermissions],
    ['triage-alert', accountPermissions],
    ['triage-alert', protectionPermissions],
    ['hand-back', { graph: [...passPermissions, ...reachPermissions] }],
    ['send-summary', { graph: mailPermissions }],
    ...playbook.map((step): Use => [step.name, grantable(step)]),
  ];
  const isStep = (user: string) => playbook.some(({ name }) => name === user);
  const declared: Declared = { graph: {}, exchange: {}, defender: {} };
  for (const [user, permissions] of uses) {
    for (const client of ['graph', 'exchange', 'defender'] as const) {
      for (const permission of permissions[client] ?? []) {
        const users = declared[client][permission] ?? [];
        declared[client][permission] = users.includes(user) ? users : [...users, user];
      }
    }
  }
  // If the app may always write something, it needs no permission to read it.
  for (const [read, write] of Object.entries(coveredBy)) {
    const [readers, writers] = [declared.graph[read], declared.graph[write]];
    if (readers === undefined || writers === undefined || writers.every(isStep)) continue;
    declared.graph[write] = [...new Set([...writers, ...readers])];
    delete declared.graph[read];
  }
  return {
    graph: sorted(declared.graph),
    exchange: sorted(declared.exchange),
    defender: sorted(declared.defender),
  };
}

/** No role of Exchange Online reaches the role groups of Security & Compliance. */
function grantable({ permissions, cmdletsOf }: Step): Use[1] {
  if (cmdletsOf !== 'compliance') return permissions;
  const { exchange: _, ...rest } = permissions;
  return rest;
}

const sorted = (record: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
