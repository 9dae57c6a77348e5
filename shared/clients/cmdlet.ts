// A cmdlet's parameters, built and guarded. Given too little, many cmdlets mean "all mailboxes of the tenant", and
// JSON drops what is undefined, so nothing is sent that does not name its object.
import { PermanentError } from '../errors.ts';
import type { CmdletParameters, CmdletValue } from '../model/clients.ts';

/** They are about the tenant and need no object. Every other cmdlet must name one. */
const tenantWide = new Set([
  'Get-AcceptedDomain',
  'Get-InboundConnector',
  'Get-JournalRule',
  'Get-OrganizationConfig',
  'Get-OutboundConnector',
  'Get-RemoteDomain',
  'Get-RoleGroup',
  'Get-TransportConfig',
  'Get-TransportRule',
  'New-ManagementRoleAssignment',
]);
/** What names the object. null, empty or `*` in one of them means all of them to many cmdlets. */
const naming = ['Identity', 'Mailbox', 'SenderAddress', 'RoleAssignee'];

/** Twice has the effect of once. New- and Add- are not among them. */
const declarative = /^(Get|Set|Remove|Enable|Disable)-/;
/** The number of unblocks of an account is limited, and past it only Microsoft's support helps. */
const scarce = new Set(['Remove-BlockedSenderAddress']);
/** Cmdlets that change something and know no -Confirm; an unknown parameter is refused. */
const unasked = new Set([
  'Remove-BlockedSenderAddress',
  'Remove-BlockedConnector',
  'New-TenantAllowBlockListItems',
  'Set-TenantAllowBlockListItems',
  'Remove-TenantAllowBlockListItems',
]);

function guard(cmdlet: string, parameters: CmdletParameters): void {
  const given = Object.entries(parameters);
  const empty = given.find(
    ([key, value]) =>
      naming.includes(key) && (typeof value !== 'string' || value.replaceAll('*', '').trim() === ''),
  );
  if (empty !== undefined) {
    throw new PermanentError(
      `${cmdlet} was given an empty ${empty[0]}, which can mean all; nothing was sent.`,
    );
  }
  if (!tenantWide.has(cmdlet) && !given.some(([key]) => naming.includes(key))) {
    throw new PermanentError(`${cmdlet} was not told whose (${naming.join(', ')}); nothing was sent.`);
  }
}

/** Hashtables need their type; a null stays null, because it is how a property is cleared. */
function encoded(value: CmdletValue): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return { '@odata.type': '#Exchange.GenericHashTable', ...value };
}

/** The same call twice has the effect of one: not New- and Add-, and not what there is only so much of. */
export const repeatable = (cmdlet: string) => declarative.test(cmdlet) && !scarce.has(cmdlet);

/** Whom the parameters name, for messages. */
export function namedIn(parameters: CmdletParameters): string | undefined {
  const value = naming.map((key) => parameters[key]).find((given) => given !== undefined);
  return value === undefined ? undefined : String(value);
}

/** The body of the request. Throws PermanentError where the cmdlet is not told whose object is meant. */
export function inputOf(cmdlet: string, parameters: CmdletParameters): object {
  guard(cmdlet, parameters);
  const confirm = cmdlet.startsWith('Get-') || unasked.has(cmdlet) ? {} : { Confirm: false };
  const Parameters = Object.fromEntries(
    Object.entries({ ...confirm, ...parameters }).map(([key, value]) => [key, encoded(value)]),
  );
  return { CmdletInput: { CmdletName: cmdlet, Parameters } };
}
