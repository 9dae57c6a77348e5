// Builds and checks a cmdlet's parameters. With too few of them, many cmdlets mean "all mailboxes of the tenant", and JSON
// drops undefined values. So nothing is sent that doesn't name its object.
import { PermanentError } from '../errors.ts';
import type { CmdletParameters, CmdletValue } from '../model/clients.ts';

/** Cmdlets about the tenant, which need no object. Every other cmdlet must name one. */
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
/** Parameters that name the object. To many cmdlets, null, empty or `*` means all of them. */
const naming = ['Identity', 'Mailbox', 'SenderAddress', 'RoleAssignee', 'Trustee'];
/** Whom permissions are held by says enough for a list of them, and not for a change. */
const namesForReading = new Set(['Trustee']);

/** Cmdlets that have no further effect when repeated; not New- and Add-. */
const declarative = /^(Get|Set|Remove|Enable|Disable)-/;
/** An account can only be unblocked so many times; then only Microsoft's support helps. */
const scarce = new Set(['Remove-BlockedSenderAddress']);
/** Cmdlets that change something but have no -Confirm; an unknown parameter would be refused. */
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
  const isRead = cmdlet.startsWith('Get-');
  const namesObject = ([key]: [string, unknown]) =>
    naming.includes(key) && (isRead || !namesForReading.has(key));
  // Nobody writes Unlimited by mistake.
  const isAll = isRead && parameters['ResultSize'] === 'Unlimited';
  if (!isAll && !tenantWide.has(cmdlet) && !given.some(namesObject)) {
    throw new PermanentError(`${cmdlet} was not told whose (${naming.join(', ')}); nothing was sent.`);
  }
}

/** Hashtables need their type. null stays null, because it clears a property. */
function encoded(value: CmdletValue): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return { '@odata.type': '#Exchange.GenericHashTable', ...value };
}

/** Whether repeating the call has no further effect: not for New- and Add-, and not for scarce ones. */
export const repeatable = (cmdlet: string) => declarative.test(cmdlet) && !scarce.has(cmdlet);

/** The object that the parameters name, for messages. */
export function namedIn(parameters: CmdletParameters): string | undefined {
  const value = naming.map((key) => parameters[key]).find((given) => given !== undefined);
  return value === undefined ? undefined : String(value);
}

/** The body of the request. Throws PermanentError if the cmdlet isn't told which object is meant. */
export function inputOf(cmdlet: string, parameters: CmdletParameters): object {
  guard(cmdlet, parameters);
  const confirm = cmdlet.startsWith('Get-') || unasked.has(cmdlet) ? {} : { Confirm: false };
  const Parameters = Object.fromEntries(
    Object.entries({ ...confirm, ...parameters }).map(([key, value]) => [key, encoded(value)]),
  );
  return { CmdletInput: { CmdletName: cmdlet, Parameters } };
}
