// Everything the account did, in all services and whatever the activity. Microsoft Purview takes minutes to answer a
// search, so it is started, left, and asked for again. What is read here serves the other steps through `facts`.
import { z } from 'zod';
import { actsOf } from '../../../shared/intruder/acts.ts';
import { type DirectoryAudit, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { auditSearchPage } from '../../../shared/microsoft365/links.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import {
  type Collected,
  type Context,
  investigation,
  type Kept,
  settings,
} from '../../../shared/model/step.ts';
import { askSearch, mostRecords, readSearch, searchFrom, startSearch } from './audit-search.ts';
import { auditAttachments, describeAudit } from './describe-audit.ts';
import { widened } from './widen-intruder.ts';

const waitFor = (polls: number) => Math.min(3 * 2 ** polls, 300);
/** About three hours: then somebody looks by hand. */
const mostPolls = 40;

type Asked = Context<unknown> & { graph: GraphReader };

export const collectAuditLog = investigation({
  name: 'collect-audit-log',
  title: 'Collect the audit log',
  collects: 'everything the account did, in all services, from before the first activity until now',
  leaves: 'a search in the list of Microsoft Purview',
  guide: ['MS tools'],
  stage: 'collect',
  handsOn: 'acts',
  /** evenInDryRun: a dry run knows then what only this log ties to the intruder, delegates above all. */
  settings: settings('act').extend({ evenInDryRun: z.boolean().default(false) }),
  permissions: { graph: ['AuditLogsQuery.Read.All', 'AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  memo: z.object({ search: z.string(), polls: z.number(), searches: z.number() }),

  async collect(context, memo) {
    if (memo === undefined) return await begin(context, 1);
    const { search, polls, searches } = memo;
    const state = await askSearch(context.graph, search);
    if (state === 'succeeded') return await finish(context, search);
    if (state === 'running' && polls < mostPolls)
      return { laterSeconds: waitFor(polls), memo: { ...memo, polls: polls + 1 } };
    if (state !== 'running' && searches === 1) return await begin(context, 2);
    return unanswered(context, search);
  },
});

const nameOf = ({ run, account }: Asked) => `Reclaim ${run.code} ${account.userPrincipalName}`;

async function begin(context: Asked, searches: number) {
  const search = await startSearch(context.graph, {
    name: nameOf(context),
    userPrincipalName: context.account.userPrincipalName,
    since: searchFrom(context),
    until: context.now.getTime(),
  });
  if (typeof search !== 'string') return search;
  return { laterSeconds: waitFor(0), memo: { search, polls: 1, searches } };
}

async function finish(context: Asked, search: string): Promise<Collected> {
  const { account, graph } = context;
  const unified = await readSearch(graph, search);
  const gaps: Kept[] = [];
  if (unified.length >= mostRecords) {
    const what = `only ${mostRecords} records of the audit log were read`;
    gaps.push({ what, why: `there are more: open the search "${nameOf(context)}" in Microsoft Purview` });
  }
  const directory: DirectoryAudit[] = [];
  for (const which of ['by', 'on'] as const) {
    const read = await readDirectoryAudits(graph, account.id, searchFrom(context), which);
    if ('skip' in read) gaps.push({ what: 'directory audits could not be read', why: read.skip });
    else directory.push(...read.filter(({ id }) => directory.every((one) => one.id !== id)));
  }
  const records = [...unified, ...directory];
  const intruder = widened(records, context.intruder);
  const known = intruder ?? context.intruder;
  return {
    findings: [...gaps, ...describeAudit(records, known)],
    attachments: auditAttachments(records, known),
    facts: actsOf(records, known),
    ...(intruder === undefined ? {} : { intruder }),
  };
}

const unanswered = (context: Asked, search: string): Collected => ({
  findings: [],
  tasks: [
    {
      id: 'audit-log',
      what: 'the audit log was not read: what the intruder did is known in part only',
      instruction: `Open the search "${nameOf(context)}" (${search}) in Microsoft Purview, or start it again there, and then retry this step.`,
      link: auditSearchPage(),
    },
  ],
});
