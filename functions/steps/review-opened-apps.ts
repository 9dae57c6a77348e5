// Applications that the intruder opened through single sign-on: payroll, travel, a customer list. By now each has a
// session of its own, which neither a new password nor revocation ends, and may have been given new bank details. Only
// people can check them.

import { when } from '../../shared/intruder/describe-trail.ts';
import { principalsBy, type ServicePrincipal } from '../../shared/microsoft365/app-access.ts';
import { microsofts } from '../../shared/microsoft365/judge-app-access.ts';
import { applicationPage, signInsPage } from '../../shared/microsoft365/links.ts';
import { type OpenedApp, openedIn } from '../../shared/microsoft365/opened-apps.ts';
import { investigation, settings, type Task } from '../../shared/model/step.ts';
import { inQuotes } from '../../shared/model/text.ts';

const mostTasks = 20;
/** Microsoft's own need not be in the tenant's list of applications; those that are there are judged by their owner. */
const firstParty =
  /^(microsoft|office(home|365)?|outlook|exchange|sharepoint|onedrive|onenote|teams|azure|windows|bing|power (bi|apps|automate)|intune|viva|graph explorer|my (apps|profile|sign-?ins)|one outlook)\b/i;

/** Application.Read.All (https://learn.microsoft.com/graph/api/serviceprincipal-list). */
export const reviewOpenedApps = investigation({
  name: 'review-opened-apps',
  title: 'Review applications the intruder opened',
  collects: "applications other than Microsoft's that the intruder signed in to",
  guide: ['MS back doors'],
  stage: 'collect',
  settings: settings('act'),
  permissions: { graph: ['Application.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],

  async collect({ account, run, graph }) {
    const opened = openedIn(run);
    if (opened === undefined) {
      const why = 'the sign-ins could not be read';
      return { findings: [{ what: 'which applications the intruder opened is not known', why }] };
    }
    const ids = opened.flatMap(({ appId }) => appId ?? []);
    const principals = ids.length === 0 ? [] : await principalsBy(graph, 'appId', ids);
    const foreign = opened.flatMap((app) => {
      const principal = principals.find(({ appId }) => appId !== null && appId === app.appId);
      return isMicrosofts(app, principal) ? [] : [{ app, principal }];
    });
    const rest = foreign.length - mostTasks;
    return {
      findings: [
        ...opened.map(({ name, count, first, tie }) => ({
          what: `${name}: ${count} sign-in${count === 1 ? '' : 's'}, first ${when(Date.parse(first))}`,
          why: tie,
        })),
        ...(foreign.length === 0
          ? [{ what: "no application but Microsoft's", why: 'was opened with a sign-in that is known' }]
          : []),
      ],
      tasks: [
        ...foreign.slice(0, mostTasks).map(({ app, principal }) => look(app, principal, account.id)),
        ...(rest > 0 ? [lookAtMore(rest, account.id)] : []),
      ],
    };
  },
});

const isMicrosofts = ({ name }: OpenedApp, principal: ServicePrincipal | undefined) =>
  principal === undefined ? firstParty.test(name) : microsofts.includes(principal.ownedBy ?? '');

const look = (app: OpenedApp, principal: ServicePrincipal | undefined, userId: string): Task => ({
  id: `opened:${app.appId ?? app.name}`,
  what: `End the sessions in ${inQuotes(app.name)} and check what the intruder changed there`,
  instruction: `The intruder opened it at ${when(Date.parse(app.first))}. Look at bank details, addresses, invoices, new users and keys since then.`,
  role: `administrator of ${inQuotes(app.name)}`,
  danger: 'leak',
  remains: `a session in ${inQuotes(app.name)}`,
  link: principal === undefined ? signInsPage(userId) : applicationPage(principal.id),
});

const lookAtMore = (count: number, userId: string): Task => ({
  id: 'opened:more',
  what: `Check ${count} more applications that the intruder opened`,
  instruction: 'The sign-in log names them: end the sessions and look at what was changed in each.',
  role: 'Security Reader',
  danger: 'leak',
  link: signInsPage(userId),
});
