// Makes the account need multifactor authentication from now on, through the group that the tenant's own Conditional
// Access policy covers. It does not judge which policies there are, or whether they hold.
import { z } from 'zod';
import { path, refPath } from '../../../shared/clients/path.ts';
import { unlessGone } from '../../../shared/microsoft365/gone.ts';
import { conditionalAccessPage } from '../../../shared/microsoft365/links.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { addMember, isMember } from './membership.ts';

const requirementsSchema = z.object({ perUserMfaState: z.enum(['disabled', 'enabled', 'enforced']) });
const requirements = (userId: string) => path`/users/${userId}/authentication/requirements`;

/**
 * PATCH /users/{id}/authentication/requirements (beta): Policy.ReadWrite.AuthenticationMethod
 * (https://learn.microsoft.com/entra/identity/authentication/howto-mfa-userstates).
 */
export const requireMfa = remediation({
  name: 'require-mfa',
  title: 'Require multifactor authentication',
  removes: 'sign-in with a password alone, as far as the policy on the configured group asks for more',
  guide: ['MS 1'],
  stage: 'evict',
  byHand: () => ({
    link: conditionalAccessPage(),
    role: 'Conditional Access Administrator',
    how: 'Check that a policy that requires multifactor authentication includes the account.',
  }),
  settings: settings('act').extend({
    /** Object id of a group for which a Conditional Access policy requires multifactor authentication. */
    group: z.guid().optional(),
    /** Without a group: enforce it for the user. Not for tenants with Conditional Access; older apps need app passwords then. */
    perUserMfa: z.boolean().default(false),
  }),
  permissions: {
    graph: ['User.Read.All', 'GroupMember.ReadWrite.All', 'Policy.ReadWrite.AuthenticationMethod'],
  },
  appliesTo: () => true,
  after: ['remove-auth-methods'],
  before: z.discriminatedUnion('by', [
    z.object({ by: z.literal('group'), groupId: z.string() }),
    z.object({ by: z.literal('user'), perUserMfaState: z.enum(['disabled', 'enabled']) }),
  ]),

  async find({ account, settings: { group, perUserMfa }, graph }) {
    const what = `multifactor authentication of ${account.userPrincipalName}`;
    if (group !== undefined) {
      if (await isMember(graph, account.id, group)) {
        return { changes: [], kept: [{ what, why: `the account is in the group ${group} already` }] };
      }
      const before = { by: 'group' as const, groupId: group };
      return {
        changes: [{ id: `group:${group}`, what, why: `the account is not in the group ${group}`, before }],
      };
    }
    if (!perUserMfa || account.guest)
      return { changes: [], tasks: [chooseAPolicy(account.userPrincipalName)] };
    const { perUserMfaState: state } = await graph.get(requirements(account.id), requirementsSchema, {
      version: 'beta',
    });
    if (state === 'enforced') return { changes: [], kept: [{ what, why: 'is enforced' }] };
    const before = { by: 'user' as const, perUserMfaState: state };
    return { changes: [{ id: 'per-user', what, why: `is ${state} for the user`, before }] };
  },

  async fix({ before }, { account, graph }) {
    if (before.by === 'group') await addMember(graph, account.id, before.groupId);
    else await graph.patch(requirements(account.id), { perUserMfaState: 'enforced' }, { version: 'beta' });
  },

  async undo({ before }, { account, graph }) {
    if (before.by === 'group')
      await unlessGone(graph.delete(refPath('groups', before.groupId, 'members', account.id)));
    else
      await graph.patch(
        requirements(account.id),
        { perUserMfaState: before.perUserMfaState },
        { version: 'beta' },
      );
    return undefined;
  },
});

const chooseAPolicy = (name: string): Task => ({
  id: 'require-mfa',
  what: `Require multifactor authentication of ${name}`,
  instruction:
    'Check that a Conditional Access policy with the grant "Require multifactor authentication" includes this account. Name the group of that policy in the settings of require-mfa, and the next account is added by itself.',
  link: conditionalAccessPage(),
  role: 'Conditional Access Administrator',
  atHandBack: true,
});
