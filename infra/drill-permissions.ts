// What the identity that plants a drill is granted, separate from the responder's permissions. The names are in
// drill.json, which setup-drill.ps1 reads too; here is what each is for, and its section of docs/permissions.md.
import { alarmPermission, plantings } from '../functions/drill/plantings.ts';
import permissions from './drill.json' with { type: 'json' };
import { markdownTable } from './markdown-table.ts';

interface DrillPermissions {
  /** In the whole tenant. */
  graph: readonly string[];
  /** By RBAC for Applications, limited to the drill account's mailbox. */
  mailbox: readonly string[];
}

export const drillPermissions: DrillPermissions = permissions;

const risks: Readonly<Record<string, string>> = {
  'Application.ReadWrite.OwnedBy':
    'Make applications and do as it likes with those that it made itself; no others. A foothold that stays when this identity goes.',
  'DelegatedPermissionGrant.ReadWrite.All':
    "Consent for anybody to any application: whoever signs in to one of the attacker's hands over mail and files. The strongest of these.",
  'Files.ReadWrite.All': 'Read, change and share every file of OneDrive and SharePoint.',
  'IdentityRiskyUser.ReadWrite.All':
    'Hide a real risk by dismissing it, or lock people out by calling them compromised.',
  'UserAuthMethod-Phone.ReadWrite.All':
    'Register a telephone for anybody who is no administrator, and pass the second factor or reset the password with it.',
  'Calendars.ReadWrite': 'Read and change the calendar of the drill account.',
  'Mail.ReadWrite': 'Read and delete the mail of the drill account.',
  'Mail.Send': 'Send mail as the drill account.',
  'MailboxSettings.ReadWrite': 'Make rules in the mailbox of the drill account.',
};

const code = (text: string) => `\`${text}\``;

/** Throws if a permission has no note, so that the page never leaves one out. */
export function drillSection(): string[] {
  const row = (permission: string) => {
    const risk = risks[permission];
    if (risk === undefined) throw new Error(`${permission} has no note in infra/drill-permissions.ts`);
    const planted = plantings
      .filter((one) => one.permissions.some((name) => name === permission))
      .map(({ name }) => code(name));
    const used = permission === alarmPermission ? ['the alarm'] : planted;
    return [code(permission), used.join(', '), risk];
  };
  const { graph, mailbox } = drillPermissions;
  const head = ['permission', 'for', "in an attacker's hands"];
  return [
    '## The drill',
    '',
    "`reclaim drill` ([operate.md](operate.md#practice)) plants with an identity of its own: an application with a certificate, or for the weekly drill a managed identity of its own. The app's own identity gets none of this, and the drill refuses to plant with it. All of it is off until `setup-drill.ps1` is run.",
    '',
    'In the whole tenant, so keep the certificate in a store that asks, or take the identity away between drills:',
    '',
    ...markdownTable([head, ...graph.map(row)]),
    '',
    'In the mailbox of the drill account alone, by RBAC for Applications:',
    '',
    ...markdownTable([head, ...mailbox.map(row)]),
    '',
    'What is not granted is not planted, and the report names it; `--without sharing-link` leaves one out on purpose, and the script does not grant what only a planting needs that it is told to leave out. To grant, and to take away all of it at once:',
    '',
    '```',
    './infra/setup-drill.ps1 -Account drill@contoso.com -Certificate drill.cer -Without sharing-link',
    './infra/setup-drill.ps1 -Remove',
    '```',
  ];
}
