// Removes the account from the role groups of Defender and Purview, whose members can read and search everybody's mail.
// No documented interface reaches them without a user, so a person does it unless an administrator has proved that it
// works.
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import {
  isMember,
  removeExchangeRole,
  restoreExchangeRole,
} from '../../shared/microsoft365/exchange-roles.ts';
import { complianceRolesPage } from '../../shared/microsoft365/links.ts';
import type { Account } from '../../shared/model/account.ts';
import type { CmdletOptions } from '../../shared/model/clients.ts';
import { remediation, settings, type Task } from '../../shared/model/step.ts';

const provedSchema = z.strictObject({
  /** Where Connect-IPPSSession ends up: https://eur01b.ps.compliance.protection.outlook.com */
  endpoint: z.url(),
  /** contoso.onmicrosoft.com */
  initialDomain: z.string().min(1),
});
const groupSchema = z.object({ Name: z.string() });

/** Get-, Remove- and Add-RoleGroupMember in Security & Compliance; the app needs Compliance Administrator there. */
export const removeDefenderRoles = remediation({
  name: 'remove-defender-roles',
  title: 'Remove Defender and Purview roles',
  removes: 'membership of email and collaboration role groups',
  guide: ['MS 6.2', 'SD'],
  stage: 'evict',
  byHand: () => ({
    link: complianceRolesPage(),
    role: 'Organization Management in Purview, or Global Administrator',
    how: 'Open each role group, eDiscovery Manager and Organization Management first, and remove the account under Members.',
  }),
  settings: settings('act').extend({
    /** Set once these cmdlets were seen to work with this app's own identity; until then a person looks. */
    proved: provedSchema.nullable().default(null),
  }),
  cmdletsOf: 'compliance',
  permissions: {
    exchange: ['Get-RoleGroup', 'Get-RoleGroupMember', 'Remove-RoleGroupMember', 'Add-RoleGroupMember'],
  },
  appliesTo: () => true,
  // If other roles are assigned too, a person is asked about these, even if those are being removed right now.
  againAfter: ['remove-admin-roles', 'remove-exchange-roles'],
  restoredAtHandBack: 'after approval',
  before: z.object({ group: z.string() }),

  async find({ account, run, settings: { proved }, exchange }) {
    if (proved === null) {
      const administered =
        account.privileged ||
        ['remove-admin-roles', 'remove-exchange-roles'].some((step) => run.fixedAt[step] !== undefined);
      if (administered) return { changes: [], tasks: [lookByHand(account)] };
      const why = 'no documented interface tells; the account administers nothing else';
      return { changes: [], kept: [{ what: 'role groups of Defender and Purview were not looked at', why }] };
    }
    const groups = await exchange.get('Get-RoleGroup', {}, groupSchema, { ...at(proved), select: ['Name'] });
    const held: string[] = [];
    // One after the other: there are some fifty, and the service slows down callers with many requests.
    for (const { Name } of groups) if (await isMember(exchange, Name, account, at(proved))) held.push(Name);
    return {
      changes: held.map((group) => ({
        id: `group:${group}`,
        what: `membership of the Defender and Purview role group ${group}`,
        why: 'an account under attack must administer nothing',
        before: { group },
      })),
    };
  },

  async fix({ before }, { account, settings: { proved }, exchange }) {
    if (proved === null) throw new PermanentError(notProved);
    await removeExchangeRole(exchange, account, { kind: 'group', ...before }, at(proved));
  },

  async undo({ before }, { account, settings: { proved }, exchange }) {
    if (proved === null) throw new PermanentError(notProved);
    await restoreExchangeRole(exchange, account, { kind: 'group', ...before }, at(proved));
    return undefined;
  },
});

const notProved =
  'The setting "proved" of remove-defender-roles was taken away since the role groups were read; set it again and retry.';

const at = ({ endpoint, initialDomain }: z.infer<typeof provedSchema>): CmdletOptions => ({
  compliance: endpoint,
  anchor: `UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${initialDomain}`,
});

const lookByHand = ({ userPrincipalName }: Account): Task => ({
  id: 'compliance-roles',
  what: `Take ${userPrincipalName} out of the role groups of Defender and Purview`,
  instruction:
    'No interface is documented, so nobody has looked yet. Open each role group, eDiscovery Manager and Organization Management first, and remove the account under Members.',
  link: complianceRolesPage(),
  role: 'Organization Management in Purview, or Global Administrator',
});
