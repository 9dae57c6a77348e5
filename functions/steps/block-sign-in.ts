// Nobody signs in any more, the intruder included. The first thing that is done, at both levels.
import { z } from 'zod';
import { path } from '../../shared/microsoft365/path.ts';
import { remediation, settings } from '../../shared/run/step.ts';

const userSchema = z.object({ accountEnabled: z.boolean() });

/**
 * PATCH /users/{id} accountEnabled: User.EnableDisableAccount.All with User.Read.All; for an administrator the
 * app needs a directory role that covers the target too, else 403 (https://learn.microsoft.com/graph/api/user-update).
 */
export const blockSignIn = remediation({
  name: 'block-sign-in',
  title: 'Block sign-in',
  removes:
    'sign-in for whoever has the password; tokens already issued live on until they expire or are revoked',
  guide: ['MS 5.1', 'SD'],
  stage: 'contain',
  settings: settings('act'),
  permissions: { graph: ['User.Read.All', 'User.EnableDisableAccount.All'] },
  appliesTo: () => true,
  againAfter: ['remove-admin-roles'],
  before: z.object({ accountEnabled: z.literal(true) }),

  async find({ account, graph }) {
    const link = `https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/${account.id}`;
    if (account.lastGlobalAdministrator) {
      return {
        changes: [],
        tasks: [
          {
            id: 'last-global-administrator',
            what: `${account.userPrincipalName} is the last enabled Global Administrator and can still sign in`,
            instruction: 'Enable or create another Global Administrator, then block this account by hand.',
            link,
            essential: true,
          },
        ],
      };
    }
    const user = await graph.get(path`/users/${account.id}?$select=id,accountEnabled`, userSchema);
    if (!user.accountEnabled) return { changes: [], kept: [{ what: 'sign-in', why: 'is blocked' }] };
    return {
      changes: [
        {
          id: 'sign-in',
          what: `sign-in of ${account.userPrincipalName}`,
          why: 'the account is under attack',
          before: { accountEnabled: true },
        },
      ],
    };
  },

  async fix(_change, { account, graph }) {
    // Alone in its request: refused together with a password it would leave the account open.
    await graph.patch(path`/users/${account.id}`, { accountEnabled: false });
  },

  async undo(_change, { account, graph }) {
    await graph.patch(path`/users/${account.id}`, { accountEnabled: true });
  },
});
