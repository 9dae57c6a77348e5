// Nobody can sign in any more, the intruder included. This comes first, at both levels.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { isLastStanding, leaveOneAdministrator } from '../../shared/microsoft365/global-administrators.ts';
import { homeDomain } from '../../shared/microsoft365/guest.ts';
import { userPage } from '../../shared/microsoft365/links.ts';
import { whileRolesLinger } from '../../shared/microsoft365/roles-linger.ts';
import { remediation, settings, type Task } from '../../shared/model/step.ts';

const userSchema = z.object({ accountEnabled: z.boolean() });

/**
 * PATCH /users/{id} accountEnabled: User.EnableDisableAccount.All with User.Read.All; for an administrator the app also
 * needs a directory role that covers the target, else 403 (https://learn.microsoft.com/graph/api/user-update). The
 * other two permissions are for administrators: the app must not lock out the last one.
 */
export const blockSignIn = remediation({
  name: 'block-sign-in',
  title: 'Block sign-in',
  removes:
    'sign-in for whoever has the password; tokens already issued live on until they expire or are revoked',
  guide: ['MS 5.1', 'SD'],
  stage: 'contain',
  part: 'lock',
  reaches: 'users',
  byHand: ({ id }) => ({
    link: userPage(id),
    role: 'Privileged Authentication Administrator',
    how: 'Select Edit properties, Settings, clear Account enabled, and save.',
  }),
  settings: settings('act'),
  permissions: {
    graph: [
      'User.Read.All',
      'User.EnableDisableAccount.All',
      'RoleManagement.Read.Directory',
      'GroupMember.Read.All',
    ],
  },
  appliesTo: () => true,
  againAfter: ['remove-admin-roles'],
  before: z.object({ accountEnabled: z.literal(true) }),

  async find({ account, graph }) {
    const user = await graph.get(path`/users/${account.id}?$select=id,accountEnabled`, userSchema);
    const tasks: Task[] = account.guest ? [tellHomeTenant(account.userPrincipalName, account.id)] : [];
    if (!user.accountEnabled) return { changes: [], tasks, kept: [{ what: 'sign-in', why: 'is blocked' }] };
    if (await isLastStanding(graph, account)) {
      return {
        changes: [],
        tasks: [...tasks, findAnotherAdministrator(account.userPrincipalName, account.id)],
      };
    }
    return {
      changes: [
        {
          id: 'sign-in',
          what: `sign-in of ${account.userPrincipalName}`,
          why: 'the account is under attack',
          before: { accountEnabled: true },
        },
      ],
      tasks,
    };
  },

  async fix(_change, { account, run, now, mayGo, graph }) {
    await leaveOneAdministrator(graph, account, mayGo);
    // Alone in its request: together with a password, one refusal would leave the account open.
    const blocked = graph.patch(path`/users/${account.id}`, { accountEnabled: false });
    await whileRolesLinger(blocked, { run, now });
  },

  async undo(_change, { account, graph }) {
    await graph.patch(path`/users/${account.id}`, { accountEnabled: true });
  },
});

/** If this account were blocked, the tenant would have nobody left to unblock anybody. */
const findAnotherAdministrator = (name: string, id: string): Task => ({
  id: 'last-global-administrator',
  what: `Enable or create another Global Administrator, then block ${name}`,
  instruction:
    'This is the last enabled Global Administrator, so its sign-in was not blocked. At Roles & admins, Global Administrator, add another account; then select Edit properties, Settings, and clear Account enabled.',
  link: userPage(id),
  role: 'Global Administrator',
  danger: 'account',
  remains: 'the sign-in of the account',
  essential: true,
});

const tellHomeTenant = (name: string, id: string): Task => ({
  id: 'home-tenant',
  what: `Tell the administrators of ${homeDomain(name)} that their account may be compromised`,
  instruction:
    'The account is a guest here, and can be shut out of this tenant alone. Only its home tenant can reset the password, revoke the sessions and remove the sign-in methods.',
  link: userPage(id),
  role: 'Global Reader',
  danger: 'account',
});
