// Calls each reading Exchange cmdlet once, on the sender's mailbox: there is no other way to learn whether one of the app's
// roles includes it. Cmdlets that write are looked up in the app's role group instead.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { CmdletParameters, ExchangeReader } from '../model/clients.ts';
import { type Finding, look, ok, problem, warning } from './finding.ts';
import type { Sender } from './graph-read-list.ts';
import type { Needed } from './permissions.ts';

/** Created by infra/setup-tenant.ps1: a role group with one role per cmdlet. */
const roleGroup = 'Reclaim';
const roleOf = (cmdlet: string) => `Reclaim ${cmdlet}`;

const tenantWide = new Set([
  'Get-AcceptedDomain',
  'Get-InboundConnector',
  'Get-JournalRule',
  'Get-OutboundConnector',
  'Get-RemoteDomain',
  'Get-RoleGroup',
  'Get-TransportRule',
]);
const byMailbox = new Set(['Get-InboxRule', 'Get-SweepRule', 'Get-App', 'Get-MobileDevice']);

function parametersOf(cmdlet: string, { id, userPrincipalName }: Sender): CmdletParameters {
  if (tenantWide.has(cmdlet)) return {};
  if (byMailbox.has(cmdlet)) return { Mailbox: id };
  if (cmdlet === 'Get-BlockedSenderAddress') return { SenderAddress: userPrincipalName };
  if (cmdlet === 'Get-ManagementRoleAssignment') return { RoleAssignee: id };
  if (cmdlet === 'Get-RoleGroupMember') return { Identity: 'Organization Management' };
  if (cmdlet === 'Get-MailboxFolderPermission') return { Identity: `${id}:\\Calendar` };
  return { Identity: id };
}

const isReading = (cmdlet: string): cmdlet is `Get-${string}` => cmdlet.startsWith('Get-');
const script = 'Run infra/setup-tenant.ps1, which gives the app a role for each cmdlet that a step uses.';

export async function exchangeFindings(
  exchange: ExchangeReader,
  { sender, needed, administers }: { sender: Sender; needed: Needed; administers: boolean },
): Promise<Finding[]> {
  const area = 'exchange';
  const reading = Object.entries(needed).flatMap(([cmdlet, concerns]) =>
    isReading(cmdlet) ? [{ cmdlet, concerns }] : [],
  );
  const findings: Finding[] = [];
  // One after the other: Exchange slows down callers with many requests at once.
  for (const { cmdlet, concerns } of reading) {
    const told = { check: `cmdlet ${cmdlet}`, area, what: `${cmdlet} can be run`, concerns } as const;
    const anchor = tenantWide.has(cmdlet) ? {} : { anchor: sender.userPrincipalName };
    const asking = () => exchange.get(cmdlet, parametersOf(cmdlet, sender), z.unknown(), anchor);
    findings.push(
      await look({ ...told, rights: `a role of Exchange that holds ${cmdlet}` }, asking, (refused) => {
        // The cmdlet ran, but found nothing: a mailbox without a calendar, a sender who isn't blocked.
        if (refused.status === 404) return ok(told);
        if (refused.status !== 403) return undefined;
        return problem({ ...told, what: `${cmdlet} can't be run by the app (${refused.message})` }, script);
      }),
    );
  }
  return [...findings, ...(await writingFindings(exchange, needed, administers))];
}

const assignmentSchema = z.object({ Role: z.string() });

async function writingFindings(
  exchange: ExchangeReader,
  needed: Needed,
  administers: boolean,
): Promise<Finding[]> {
  const area = 'exchange';
  const writing = Object.entries(needed).filter(([cmdlet]) => !isReading(cmdlet));
  if (writing.length === 0) return [];
  const concerns = [...new Set(writing.flatMap(([, users]) => users))];
  if (administers) {
    return [
      ok({
        check: 'cmdlets that write',
        area,
        what: 'the app is an Exchange administrator: it may run all',
        concerns,
      }),
    ];
  }
  let roles: readonly string[];
  try {
    const given = { RoleAssignee: roleGroup };
    roles = (await exchange.get('Get-ManagementRoleAssignment', given, assignmentSchema)).map(
      ({ Role }) => Role,
    );
  } catch (thrown) {
    if (!(thrown instanceof PermanentError)) throw thrown;
    const what = `which cmdlets that write the app may run can't be told: there is no role group ${roleGroup}, or it can't be read`;
    return [warning({ check: 'cmdlets that write', area, what, concerns }, script)];
  }
  return writing.map(([cmdlet, users]) => {
    const told = { check: `cmdlet ${cmdlet}`, area, concerns: users } as const;
    return roles.includes(roleOf(cmdlet))
      ? ok({ ...told, what: `${cmdlet} is in the role group ${roleGroup}` })
      : problem({ ...told, what: `${cmdlet} is not in the role group ${roleGroup}` }, script);
  });
}
