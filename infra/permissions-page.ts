// Writes docs/permissions.md from the steps' declarations and the notes on each permission, so that administrators read
// exactly what the code asks for before they grant it. It decides nothing itself.
import { coveredBy, declaredPermissions } from '../functions/permissions.ts';
import type { Reach, Step } from '../shared/model/step.ts';
import { drillSection } from './drill-permissions.ts';
import { lookBackSection } from './look-back-permissions.ts';
import { markdownTable } from './markdown-table.ts';
import { cmdletRisks, notes } from './permission-notes.ts';
import { offSetting, withoutIt } from './permission-words.ts';

const directoryRoles = (playbook: readonly Step[]) => [
  [
    'User Administrator',
    `${reaching(playbook, 'users', 'methods')}, for accounts that are no administrators`,
    'Lock, unlock and set the password of everyone who is no administrator.',
  ],
  [
    'Privileged Authentication Administrator',
    'the same for administrators; only with `setup-tenant.ps1 -Administrators`, in place of the first',
    'The same for everyone, Global Administrators included: with it an attacker owns the tenant.',
  ],
];

const reaching = (playbook: readonly Step[], ...which: readonly Reach[]) =>
  playbook
    .flatMap(({ name, reaches }) => (reaches !== undefined && which.includes(reaches) ? name : []))
    .join(', ');

const code = (text: string) => `\`${text}\``;

export function permissionsPage(playbook: readonly Step[], minimal: readonly string[]): string {
  const { graph, exchange, defender } = declaredPermissions(playbook);
  requireNotes({ ...graph, ...defender }, exchange);
  const section = ([permission, users]: [string, readonly string[]]) =>
    permissionSection(permission, users, playbook);
  const lines = [
    '# Permissions',
    '',
    'Made by `npm run generate` from what the steps declare; a test fails when it is out of date. Nothing is granted that is not on this page, and each permission on it is used by at least one of the local scenarios, which the tests hold against it.',
    '',
    "A step that is off needs no permission: give `STEPS` to `main.bicep`, `tenant.bicep` and `setup-tenant.ps1` alike, and what only that step uses is not granted, or taken away again. `PROFILE=minimal` turns off whatever does not answer the mandatory steps of Microsoft's guide.",
    '',
    '## What a step costs',
    '',
    'Permissions that nobody else needs, and which are saved by turning the step off.',
    '',
    ...markdownTable([
      ['step', 'does', 'minimal profile', 'only for this step'],
      ...playbook.map((step) => {
        const own = [graph, exchange, defender].flatMap((declared) =>
          Object.entries(declared).flatMap(([name, users]) =>
            users.length === 1 && users[0] === step.name ? [name] : [],
          ),
        );
        const listed = own.length === 0 ? '–' : own.map(code).join(', ');
        return [step.name, step.title, minimal.includes(step.name) ? 'yes' : 'off', listed];
      }),
    ]),
    '',
    '## Microsoft Graph, application permissions',
    ...Object.entries(graph).flatMap(section),
    '',
    '## Microsoft Defender for Endpoint, application permissions',
    ...Object.entries(defender).flatMap(section),
    '',
    '## Exchange Online',
    '',
    '`Exchange.ManageAsApp` lets the app ask at all. What it may ask is a role group of its own, made by `setup-tenant.ps1`: one role for each of these cmdlets, each with nothing else in it.',
    '',
    ...markdownTable([
      ['cmdlet', 'used by', "in an attacker's hands"],
      ...Object.entries(exchange).map(([cmdlet, users]) => [
        code(cmdlet),
        users.join(', '),
        cmdletRisk(cmdlet),
      ]),
    ]),
    '',
    '## Directory roles',
    '',
    'Some permissions reach only whom a directory role reaches. Assigned by `setup-tenant.ps1`.',
    '',
    ...markdownTable([['role', 'for', "in an attacker's hands"], ...directoryRoles(playbook)]),
    '',
    '## Azure',
    '',
    "What the app's identity holds in its own resource group, and nobody else does, is one page: `infra/bicep/modules/roles.bicep`.",
    '',
    ...lookBackSection(),
    '',
    ...drillSection(),
  ];
  return `${lines.join('\n')}\n`;
}

function permissionSection(
  permission: string,
  users: readonly string[],
  playbook: readonly Step[],
): string[] {
  const note = notes[permission];
  if (note === undefined) return [];
  return [
    '',
    `### ${permission}`,
    '',
    `- **Used by** ${users.join(', ')}`,
    `- **For** ${note.requests.map(code).join(', ')}`,
    ...(coveredBy[permission] === undefined
      ? []
      : [`- **Granted** only where \`${coveredBy[permission]}\` is not, which reads as well`]),
    `- **Without it** ${withoutIt(users, playbook)}`,
    `- **In an attacker's hands** ${note.risk}`,
    `- **Do without** ${offSetting(users, playbook)}`,
  ];
}

const cmdletRisk = (cmdlet: string) =>
  cmdlet.startsWith('Get-') ? 'Read what its name says.' : (cmdletRisks[cmdlet] ?? '');

/** Throws one error that names every missing note and where to add it. */
function requireNotes(
  permissions: Readonly<Record<string, readonly string[]>>,
  cmdlets: Readonly<Record<string, readonly string[]>>,
): void {
  const missing = [
    ...Object.entries(permissions).flatMap(([name, users]) =>
      name in notes
        ? []
        : `${name} (declared by ${users.join(', ')}) to \`notes\`: its requests, and its worth to an attacker`,
    ),
    ...Object.entries(cmdlets).flatMap(([name, users]) =>
      name in cmdletRisks || name.startsWith('Get-')
        ? []
        : `${name} (declared by ${users.join(', ')}) to \`cmdletRisks\`: its worth to an attacker`,
    ),
  ];
  if (missing.length > 0)
    throw new Error(`nothing was written; add to infra/permission-notes.ts:\n  ${missing.join('\n  ')}`);
}
