// What an administrator's session changed for the whole organisation, and what therefore stays when the account is
// secured: each kind becomes one task. Alters nothing, since only people know what the company itself set.
import { actsIn, actsOf } from '../../../shared/intruder/acts.ts';
import { readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { readExchangeRoles } from '../../../shared/microsoft365/exchange-roles.ts';
import { mailFlowPage } from '../../../shared/microsoft365/links.ts';
import { investigation, type Kept, settings, type Task } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';
import { adminTask, sortAdminActivity } from './admin-activity.ts';
import { type FlowObject, mailFlowCmdlets, readMailFlow } from './mail-flow.ts';

export const reviewAdminActivity = investigation({
  name: 'review-admin-activity',
  title: 'Review what was administered',
  collects:
    'what the intruder changed of domains, applications, policies, roles, other accounts and the flow of mail',
  guide: ['MS 6.1', 'SD'],
  stage: 'collect',
  settings: settings('act'),
  permissions: {
    graph: ['AuditLog.Read.All'],
    exchange: [...mailFlowCmdlets, 'Get-ManagementRoleAssignment', 'Get-RoleGroupMember'],
  },
  appliesTo: () => true,
  after: ['collect-sign-ins', 'collect-audit-log'],
  // A role that is removed during this look counts as held.
  againAfter: ['remove-admin-roles', 'remove-exchange-roles'],

  async collect({ account, run, intruder, graph, exchange }) {
    const since = windowStart(run, intruder);
    let acts = actsIn(run);
    const findings: Kept[] = [];
    if (acts === undefined) {
      // Without the audit log, the directory's own log still shows most of it.
      const audits = await readDirectoryAudits(graph, account.id, since);
      if ('skip' in audits) findings.push({ what: 'directory audits could not be read', why: audits.skip });
      else acts = actsOf(audits, intruder).acts;
    }
    const sorted = sortAdminActivity(acts ?? [], account);
    const tasks: Task[] = sorted.map(adminTask);
    findings.push(
      ...sorted.map(({ kind, acts: done }) => ({
        what: `changed: ${kind.what}`,
        why: `${done.length} of the intruder's acts`,
      })),
    );

    const administers =
      account.privileged ||
      ['remove-admin-roles', 'remove-exchange-roles'].some((step) => run.fixedAt[step] !== undefined);
    if (administers || (await administersExchange())) {
      const { objects, gaps } = await readMailFlow(exchange);
      const recent = objects.filter(({ changed }) => changed !== undefined && changed >= since);
      if (recent.length > 0) tasks.push(askAboutMailFlow(recent));
      findings.push(...gaps.map((why) => ({ what: 'a part of the mail flow could not be looked at', why })));
      findings.push({
        what: `mail flow rules, connectors and remote domains: ${objects.length || 'none'}`,
        why:
          recent.length > 0
            ? `${recent.length} changed since the intruder came`
            : objects.length > 0
              ? 'none of them changed since the intruder came'
              : 'nothing to check',
      });
    }
    return { findings, tasks };

    async function administersExchange() {
      const { groups, direct, indirect } = await readExchangeRoles(exchange, account);
      return groups.length + direct.length + indirect.length > 0;
    }
  },
});

const askAboutMailFlow = (recent: readonly FlowObject[]): Task => ({
  id: 'mail-flow-recent',
  what: `Find out who changed ${recent.length === 1 ? 'a mail flow rule or connector' : `${recent.length} mail flow rules and connectors`} of the organisation`,
  instruction: `They changed since the intruder came; disable what nobody in the company made: ${recent
    .map(({ what, name, changed }) => `${what} ${inQuotes(name)} (${when(changed ?? 0)})`)
    .join('; ')}.`,
  link: mailFlowPage(),
  role: 'Exchange Administrator',
  danger: 'leak',
});
