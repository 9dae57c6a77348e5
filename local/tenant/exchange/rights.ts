// Who may run which cmdlet: the permission Exchange.ManageAsApp together with a directory role or an Exchange role
// group (https://learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2).
import { TenantRefusal } from '../answers.ts';
import type { Claims } from '../identity.ts';
import { cmdletRefusal } from './cmdlet.ts';

const blocked = 'BlockedSenderAddress$';
/** Cmdlets that only full administrators may run: they decide who administers what. */
const roles = '(RoleGroupMember|ManagementRoleAssignment)$';
/** The cmdlets that each role of the app allows. */
const reach: Readonly<Record<string, RegExp>> = {
  'Exchange Administrator': /./,
  'Global Administrator': /./,
  'Organization Management': /./,
  'Exchange Recipient Administrator': new RegExp(
    `^(Get|Set|Enable|Disable|Add|Remove|New)-(?!${blocked}|${roles})`,
  ),
  'Recipient Management': new RegExp(`^(Get|Set|Enable|Disable|Add|Remove|New)-(?!${blocked}|${roles})`),
  'Security Administrator': new RegExp(`^(Get-(?!InboxRule)|Remove-${blocked})`),
  'Global Reader': /^Get-(?!InboxRule$)/,
  'Security Reader': /^Get-(?!InboxRule$)/,
  'View-Only Organization Management': /^Get-(?!InboxRule$)/,
};

/** A role of the tenant's own making is called by the one cmdlet that it holds. */
const isOwn = /^[A-Z]\w+-\w+$/;

/** The role of the app that allows a cmdlet. Throws Exchange's refusal if none does. */
export function authorise(claims: Claims, roles: readonly string[], name: string, exists: boolean): string {
  if (!claims.roles.includes('Exchange.ManageAsApp')) {
    throw new TenantRefusal(403, '', '', {
      exception: '',
      headers: {
        'x-ms-diagnostics': `2000012;reason="The token contains no role 'Exchange.ManageAsApp' for application ${claims.appid}.";error_category="invalid_role"`,
      },
    });
  }
  const usable = roles.filter((role) => role in reach || isOwn.test(role));
  if (usable.length === 0) {
    throw cmdletRefusal(
      403,
      'Forbidden',
      'Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException',
      `[AuthZ-CmdletAccessDeniedException] The role assigned to application ${claims.appid} isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication.`,
    );
  }
  const role = usable.find((held) => held === name || reach[held]?.test(name));
  if (role === undefined || !exists) throw unknownCommand(name, exists);
  return role;
}

/** As Exchange words it. For a cmdlet missing from this stand-in, also says where to add it. */
export const unknownCommand = (name: string, exists = true) =>
  cmdletRefusal(
    400,
    'BadRequest',
    'System.Management.Automation.CommandNotFoundException',
    `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or executable program.${exists ? '' : ` (The simulated tenant has no ${name}: add it to the file of its subject in local/tenant/exchange, and to the list in endpoint.ts.)`}`,
  );
