// Takes the password away by setting one that nobody knows: made here, sent once, and kept nowhere. The owner comes
// back through a Temporary Access Pass. App passwords survive; see review-app-passwords.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { homeDomain } from '../../../shared/microsoft365/guest.ts';
import { activeDirectoryGuide, userPage } from '../../../shared/microsoft365/links.ts';
import { whileRolesLinger } from '../../../shared/microsoft365/roles-linger.ts';
import { happenedBy } from '../../../shared/microsoft365/whole-seconds.ts';
import type { Account } from '../../../shared/model/account.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { newPassword } from './password.ts';

const userSchema = z.object({ lastPasswordChangeDateTime: z.string().nullable() });

/**
 * PATCH /users/{id} passwordProfile: User-PasswordProfile.ReadWrite.All and the role User Administrator; for an
 * administrator Privileged Authentication Administrator, else 403 (https://learn.microsoft.com/graph/api/user-update).
 */
export const resetPassword = remediation({
  name: 'reset-password',
  title: 'Reset the password',
  removes: 'the password; sessions go with revoke-sessions, app passwords stay valid',
  guide: ['MS 1', 'SD'],
  stage: 'evict',
  part: 'password',
  reaches: 'users',
  byHand: ({ id }) => ({
    link: userPage(id),
    role: 'Privileged Authentication Administrator',
    how: 'Select Reset password, and give the new one to nobody yet.',
  }),
  settings: settings('act'),
  permissions: { graph: ['User.Read.All', 'User-PasswordProfile.ReadWrite.All'] },
  appliesTo: ({ guest, userPrincipalName }) =>
    !guest || `is a guest: the password belongs to the home tenant (${homeDomain(userPrincipalName)})`,
  againAfter: ['remove-admin-roles'],
  before: z.object({ lastPasswordChangeDateTime: z.string().nullable() }),

  async find({ account, run, graph }) {
    if (account.federated) return { changes: [], tasks: [resetAtTheSource(account, true)] };
    const { lastPasswordChangeDateTime } = await graph.get(
      path`/users/${account.id}?$select=id,lastPasswordChangeDateTime`,
      userSchema,
    );
    const own = run.fixedAt['reset-password'];
    const fresh =
      lastPasswordChangeDateTime !== null && happenedBy(run.openedAt, lastPasswordChangeDateTime, own);
    // A reset in the cloud lasts until the password next changes in Active Directory; if the cloud refuses, only Active
    // Directory can take the password away.
    const tasks = account.synced ? [resetAtTheSource(account, !fresh && own === undefined)] : [];
    if (fresh) {
      const kept = {
        what: 'the password',
        why: `was changed at ${lastPasswordChangeDateTime}, since this run opened`,
      };
      return { changes: [], tasks, kept: [kept] };
    }
    return {
      changes: [
        {
          id: 'password',
          what: `the password of ${account.userPrincipalName}`,
          why: 'it is older than this run, so the intruder may know it or have set it',
          before: { lastPasswordChangeDateTime },
        },
      ],
      tasks,
    };
  },

  async fix(_change, { account, run, now, graph }) {
    // Alone in its request: if anything else in it were refused, the reset would be refused too.
    const reset = graph.patch(path`/users/${account.id}`, {
      passwordProfile: {
        password: newPassword(),
        forceChangePasswordNextSignIn: true,
        forceChangePasswordNextSignInWithMfa: false,
      },
    });
    await whileRolesLinger(reset, { run, now });
  },

  undo: 'The old password is kept nowhere, and an intruder may know it: the owner gets a new one.',
});

/** Twice, since Active Directory still accepts the previous password for a while, and its hash can be passed on. */
function resetAtTheSource(account: Account, essential: boolean): Task {
  const [, domain = ''] = account.userPrincipalName.split('@');
  return {
    id: 'password-at-the-source',
    ...(account.synced
      ? {
          what: `Reset the password of ${account.displayName || account.userPrincipalName} in Active Directory, twice`,
          instruction: `Reset that of ${account.onPremisesDistinguishedName ?? account.userPrincipalName} twice on the domain controller that this account uses, and let it replicate. With password hash sync, the cloud follows within minutes.`,
          role: 'Account Operator in Active Directory',
        }
      : {
          what: `Disable ${account.userPrincipalName} at the identity provider of ${domain}, and reset its password there`,
          instruction: `That provider checks the password, not Entra ID. End its sessions there too.`,
          role: `administrator of the identity provider of ${domain}`,
        }),
    link: activeDirectoryGuide(),
    danger: 'leak',
    remains: 'the old password at its source',
    ...(essential ? { essential: true } : {}),
  };
}
