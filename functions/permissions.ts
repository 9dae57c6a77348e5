// Everything that the app may ask for, with who asks: the steps' own declarations, and what comes before and after
// them. Nothing is granted that is not named here, and what is named here is used.
import { pollPermissions } from '../shared/alerts/feeds.ts';
import { protectionPermissions } from '../shared/alerts/protection.ts';
import { alertPermissions } from '../shared/alerts/sources.ts';
import { accountPermissions } from '../shared/microsoft365/read-account.ts';
import { passPermissions } from '../shared/microsoft365/temporary-access-pass.ts';
import type { ClientName } from '../shared/model/clients.ts';
import type { Step } from '../shared/model/step.ts';
import { mailPermissions } from '../shared/summary/mail.ts';

/** For each client the permissions (for Exchange: the cmdlets), and for each of these who needs it. */
export type Declared = Record<ClientName, Record<string, string[]>>;

type Use = readonly [user: string, permissions: Partial<Record<ClientName, readonly string[]>>];

export function declaredPermissions(playbook: readonly Step[]): Declared {
  const uses: Use[] = [
    ['poll-alerts', pollPermissions],
    ['triage-alert', alertPermissions],
    ['triage-alert', accountPermissions],
    ['triage-alert', protectionPermissions],
    ['hand-back', { graph: [...passPermissions, 'User.Read.All'] }],
    ['send-summary', { graph: mailPermissions }],
    ...playbook.map((step): Use => [step.name, step.permissions]),
  ];
  const declared: Declared = { graph: {}, exchange: {}, defender: {} };
  for (const [user, permissions] of uses) {
    for (const client of ['graph', 'exchange', 'defender'] as const) {
      for (const permission of permissions[client] ?? []) {
        const users = declared[client][permission] ?? [];
        declared[client][permission] = users.includes(user) ? users : [...users, user];
      }
    }
  }
  return {
    graph: sorted(declared.graph),
    exchange: sorted(declared.exchange),
    defender: sorted(declared.defender),
  };
}

const sorted = (record: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
