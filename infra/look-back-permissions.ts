// What the identity of a look back is granted, separate from the responder's permissions: it only reads. The names are
// in look-back.json, which setup-look-back.ps1 reads too; here is what each is for, and its section of
// docs/permissions.md.
import permissions from './look-back.json' with { type: 'json' };
import { markdownTable } from './markdown-table.ts';
import type { Note } from './permission-notes.ts';

interface LookBackPermissions {
  graph: readonly string[];
  /** Cmdlets, each with all its parameters. */
  exchange: readonly string[];
}

export const lookBackPermissions: LookBackPermissions = permissions;

interface LookBackNote extends Note {
  without: string;
}

/** Requests, written as in the responder's notes. */
export const lookBackNotes: Readonly<Record<string, LookBackNote>> = {
  'AuditLog.Read.All': {
    requests: [
      'GET /auditLogs/directoryAudits',
      'GET /reports/authenticationMethods/userRegistrationDetails',
    ],
    without: "who registered a sign-in method from where, and the report on administrators' registrations",
    risk: 'Read who signs in from where, and what administrators do.',
  },
  'Directory.Read.All': {
    requests: [
      'GET /servicePrincipals',
      'GET /oauth2PermissionGrants',
      'GET /servicePrincipals/{id}/appRoleAssignedTo',
      'GET /servicePrincipals/{id}/appRoleAssignments',
      'GET /users',
      'GET /organization',
      'GET /groups/{id}/transitiveMembers/microsoft.graph.user',
      'GET /roleManagement/directory/roleDefinitions',
      'GET /roleManagement/directory/roleAssignments',
    ],
    without: 'consents; nothing smaller lets an application read them',
    risk: 'Read the whole directory: people, groups, applications and who may what. It is the map that an attacker draws first.',
  },
  'IdentityRiskEvent.Read.All': {
    requests: ['GET /identityProtection/riskDetections'],
    without:
      "which addresses Entra ID Protection holds to be an intruder's; those of --addresses are used anyway",
    risk: 'Read which sign-ins are held to be risky, and why.',
  },
  'RoleManagement.Read.Directory': {
    requests: ['GET /roleManagement/directory/roleEligibilityScheduleInstances'],
    without: 'who may activate a role in Privileged Identity Management',
    risk: 'Read who is an administrator of what.',
  },
  'UserAuthenticationMethod.Read.All': {
    requests: ['GET /users/{id}/authentication/methods'],
    without: 'which methods somebody has now; for administrators the report answers, some hours late',
    risk: 'Read with what everybody signs in, telephone numbers included: whom to call, and whose number to take over.',
  },
};

const code = (text: string) => `\`${text}\``;

const cmdletUses: Readonly<Record<string, string>> = {
  'Get-AcceptedDomain': 'Which domains are inside. Without it no mailbox is looked into.',
  'Get-InboxRule':
    'The rules of a mailbox, hidden ones too. Reading roles of Exchange leave it out, so it takes a role of its own.',
  'Get-Mailbox': 'The list of mailboxes, and where each forwards to.',
  'Get-Recipient':
    'Where mail goes that is sent on to a name of the directory: a contact looks like a colleague.',
};

/** Throws if a permission has no note, so that the page never leaves one out. */
export function lookBackSection(): string[] {
  const { graph, exchange } = lookBackPermissions;
  const rows = graph.map((permission) => {
    const note = lookBackNotes[permission];
    if (note === undefined) throw new Error(`${permission} has no note in infra/look-back-permissions.ts`);
    return [code(permission), note.requests.map(code).join(', '), note.without, note.risk];
  });
  const cmdlets = exchange.map((cmdlet) => {
    const use = cmdletUses[cmdlet];
    if (use === undefined) throw new Error(`${cmdlet} has no use in infra/look-back-permissions.ts`);
    return [code(cmdlet), use];
  });
  return [
    '## The look back',
    '',
    "`reclaim look-back` ([operate.md](operate.md#looking-back)) runs on an administrator's machine, with an identity of its own: an application with a certificate, which reads and does nothing else. It is made for the occasion and deleted afterwards. The app's own identity gets none of this, and the command refuses an identity that may change anything.",
    '',
    'Whoever gets the certificate can read all of this from anywhere until the application is deleted. So keep it in a store that asks, run the look back, and take it away the same day.',
    '',
    ...markdownTable([['permission', 'for', 'not seen without it', "in an attacker's hands"], ...rows]),
    '',
    "`Exchange.ManageAsApp` lets it ask Exchange Online; what it may ask is a role group of its own, with one role for each of these cmdlets. In an attacker's hands: where everybody's mail is sent on to, and by which rules; no mail.",
    '',
    ...markdownTable([['cmdlet', 'for'], ...cmdlets]),
    '',
    'To grant, with a certificate of which the script gets the public half alone; to take away, all of it at once:',
    '',
    '```',
    './infra/setup-look-back.ps1 -Certificate look-back.cer',
    './infra/setup-look-back.ps1 -Remove',
    '```',
  ];
}
