// Withdraws what the intruder allowed applications to do in the user's name, and shuts out applications that came with
// the intruder: they would survive a new password and the end of all sessions. What others use too is left to a person.

import { readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { grantsOf, readAppAccess } from '../../../shared/microsoft365/app-access.ts';
import { consentOfDrill } from '../../../shared/microsoft365/drill.ts';
import { judgeApps, judgeOwned, letIn } from '../../../shared/microsoft365/judge-app-access.ts';
import { userApplicationsPage } from '../../../shared/microsoft365/links.ts';
import { type Change, type Kept, remediation, settings, type Task } from '../../../shared/model/step.ts';
import { inQuotes, powerShellValue } from '../../../shared/model/text.ts';
import * as say from './app-tasks.ts';
import { type AppWay, appWaySchema, giveWay, takeWay } from './change-app-access.ts';

/**
 * The permissions to change are enough to look as well, with User.Read.All and AuditLog.Read.All; see
 * change-app-access.ts.
 */
export const removeAppAccess = remediation({
  name: 'remove-app-access',
  title: 'Remove application access',
  removes:
    'consents, assignments and ownerships of the intruder, and applications that came with them; a token already issued lives on for 60 to 90 minutes',
  did: (apps) => (apps === 1 ? 'let an application in' : `let ${apps} applications in`),
  guide: ['MS back doors'],
  stage: 'evict',
  byHand: ({ id }) => ({
    link: userApplicationsPage(id),
    role: 'Cloud Application Administrator',
    how: 'The command lists what they consented to; Remove-MgOauth2PermissionGrant takes one back. Here, open each application that the owner does not know, and remove their assignment; or, if nobody knows it, set Enabled for users to sign-in to No under Properties.',
    commands: [`Get-MgUserOauth2PermissionGrant -UserId ${powerShellValue(id)}`],
  }),
  settings: settings('act'),
  permissions: {
    graph: [
      'User.Read.All',
      'AuditLog.Read.All',
      'DelegatedPermissionGrant.ReadWrite.All',
      'AppRoleAssignment.ReadWrite.All',
      'Application.ReadWrite.All',
    ],
  },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: appWaySchema,

  async find({ account, run, intruder, graph }) {
    const since = windowStart(run, intruder);
    const read = await readDirectoryAudits(graph, account.id, since);
    const complete = !('skip' in read);
    const log = { audits: 'skip' in read ? [] : read, complete, intruder, since };
    const access = await readAppAccess(graph, account.id, letIn(log));
    const changes: Change<AppWay>[] = [];
    const tasks: Task[] = [];
    const kept: Kept[] = [];

    for (const judged of judgeApps(access, log)) {
      const app = { ...judged, ...consentOfDrill(run, judged.principal) };
      const { principal, grants, assignments, verdict } = app;
      if (verdict.is === 'kept') kept.push({ what: say.appName(principal), why: verdict.why });
      if (verdict.is === 'unclear') tasks.push(say.askAboutApp(app, verdict.why, account.displayName));
      if (verdict.is !== 'intruders') continue;
      const all = await grantsOf(graph, principal.id);
      const others = all.some(({ principalId }) => principalId !== account.id);
      const disable =
        principal.enabled && (app.brought || (app.abuse !== null && !others)) ? principal.id : null;
      tasks.push(
        ...say.lookAtTenantWide(
          app,
          all.filter(({ consentType }) => consentType === 'AllPrincipals'),
        ),
      );
      tasks.push(...say.removeCredentials(app));
      if (others && !app.brought) tasks.push(say.askWhoElse(app));
      const consents = grants.filter(({ consentType }) => consentType === 'Principal');
      if (disable === null && consents.length + assignments.length === 0) continue;
      changes.push({
        id: `app:${principal.id}`,
        what: `${say.appName(principal)}${say.scopesOf(consents)}${say.credentialsOf(principal.credentials)}`,
        why: `it acts for the user whatever the password is${disable === null ? '' : '; it is disabled for everybody'}`,
        evidence: verdict.evidence,
        ...(verdict.by === undefined ? {} : { by: verdict.by }),
        before: { disable, consents, assignments: [...assignments], owned: [] },
      });
    }
    for (const owned of judgeOwned(access, log)) {
      const { object, verdict, made } = owned;
      if (verdict.is === 'kept')
        kept.push({ what: `ownership of ${inQuotes(object.name)}`, why: verdict.why });
      if (verdict.is === 'unclear') tasks.push(say.askAboutOwned(owned, verdict.why, account.displayName));
      if (verdict.is !== 'intruders') continue;
      changes.push({
        id: `owned:${object.id}`,
        what: `ownership of ${inQuotes(object.name)}${say.credentialsOf(object.credentials)}`,
        why: 'an owner can give it new secrets at any time',
        evidence: verdict.evidence,
        ...(verdict.by === undefined ? {} : { by: verdict.by }),
        before: { disable: made?.enabled ? made.id : null, consents: [], assignments: [], owned: [object] },
      });
    }
    return { changes, tasks, kept };
  },

  fix: ({ before }, { account, graph }) => takeWay(graph, account.id, before),

  async undo({ before }, { account, graph }) {
    const refused = await giveWay(graph, account.id, before);
    const ids = refused.map(({ id }) => id);
    return ids.length === 0 ? undefined : say.giveOwnershipBack(ids, account.userPrincipalName);
  },
});
