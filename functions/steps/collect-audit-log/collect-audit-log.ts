// Everything the account did, in all services and whatever the activity. Microsoft Purview takes minutes to answer a
// search, so the step starts one, leaves, and asks for it later. Other steps get what it reads through `facts`.

import { z } from 'zod';
import { PermanentError } from '../../../shared/errors.ts';
import { type Act, actsIn, actsOf, auditLogIn, withEarlier } from '../../../shared/intruder/acts.ts';
import { type DirectoryAudit, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { type Horizon, horizonOf } from '../../../shared/intruder/horizon.ts';
import { auditSearchPage } from '../../../shared/microsoft365/links.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import {
  type Collected,
  type Context,
  investigation,
  type Kept,
  type RunView,
  settings,
} from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';
import { askSearch, mostRecords, readSearch, searchFrom, startSearch } from './audit-search.ts';
import { auditAttachments, describeAudit } from './describe-audit.ts';
import { proofOf } from './proof.ts';
import { widened } from './widen-intruder.ts';

const waitFor = (polls: number) => Math.min(3 * 2 ** polls, 300);
/** About three hours; after that, somebody looks by hand. */
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
  /** evenInDryRun: with it, a dry run knows what only this log ties to the intruder, above all delegates. */
  settings: settings('act').extend({ evenInDryRun: z.boolean().default(false) }),
  permissions: { graph: ['AuditLogsQuery.Read.All', 'AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  /** `search` is null while it waits for its turn. */
  memo: z.object({ search: z.string().nullable(), polls: z.number(), searches: z.number() }),

  async collect(context, memo) {
    if (memo === undefined) return await begin(context, 1);
    const { search, polls, searches } = memo;
    if (search === null) return await begin(context, searches, polls);
    const state = await askSearch(context.graph, search);
    if (state !== 'running' || polls >= mostPolls) await context.searches?.end('ended');
    if (state === 'succeeded') {
      const read = await readSearch(context.graph, search);
      // Sometimes a search wrongly succeeds with nothing, so an empty one is repeated once.
      if (read.records.length === 0 && searches === 1 && !isLaterLook(context))
        return await begin(context, 2);
      return await finish(context, read);
    }
    if (state === 'running' && polls < mostPolls)
      return { laterSeconds: waitFor(polls), memo: { ...memo, polls: polls + 1 } };
    if (state !== 'running' && searches === 1) return await begin(context, 2);
    return unanswered(context, {
      why: `(${search}) did not answer`,
      order: `open the search ${inQuotes(nameOf(context))} (${search}), or start it again`,
    });
  },
});

const nameOf = ({ run, account }: Asked) => `Reclaim ${run.code} ${account.userPrincipalName}`;
/** The log answered before, and is now asked for what came in late. */
const isLaterLook = ({ run }: Asked) => actsIn(run) !== undefined;

const tooMany = {
  running: 'as many searches as the tenant may have were running',
  day: 'the tenant had started as many searches as it may in a day',
  busy: 'Microsoft Purview took no more searches of this tenant',
};

async function begin(context: Asked, searches: number, polls = 0) {
  const turn = await context.searches?.start(isLaterLook(context) ? 'later' : 'first');
  const search = turn === 'running' || turn === 'day' ? turn : await started(context);
  if (typeof search === 'object' && 'id' in search)
    return { laterSeconds: waitFor(0), memo: { search: search.id, polls: 1, searches } };
  if (search !== 'running' && search !== 'day') await context.searches?.end('refused');
  if (typeof search === 'object') return search;
  if (polls < mostPolls)
    return { laterSeconds: waitFor(polls), memo: { search: null, polls: polls + 1, searches } };
  return unanswered(context, {
    why: `was not started: for hours ${tooMany[search]}`,
    order: `start a search for ${context.account.userPrincipalName}`,
  });
}

const started = (context: Asked) =>
  startSearch(context.graph, {
    name: nameOf(context),
    userPrincipalName: context.account.userPrincipalName,
    since: searchFrom(context),
    until: context.now.getTime(),
  });

async function finish(
  context: Asked,
  { records: unified, unreadable }: Awaited<ReturnType<typeof readSearch>>,
): Promise<Collected> {
  const { account, graph, run, now } = context;
  const gaps: Kept[] = [];
  if (unified.length + unreadable >= mostRecords) {
    const what = `only ${mostRecords} records of the audit log were read`;
    gaps.push({
      what,
      why: `there are more: open the search ${inQuotes(nameOf(context))} in Microsoft Purview`,
    });
  }
  if (unreadable > 0) {
    const what = `${unreadable} record${unreadable === 1 ? '' : 's'} of the audit log could not be read`;
    gaps.push({ what, why: 'they have no id or no time' });
  }
  const directory: DirectoryAudit[] = [];
  const horizons: Horizon[] = [];
  for (const which of ['by', 'on'] as const) {
    const read = await readDirectoryAudits(graph, account.id, searchFrom(context), which);
    if ('skip' in read) gaps.push({ what: 'directory audits could not be read', why: read.skip });
    else directory.push(...read.filter(({ id }) => directory.every((one) => one.id !== id)));
    if (which === 'by') horizons.push(horizonOf('directory audits', 'skip' in read ? null : now.getTime()));
  }
  const records = [...unified, ...directory];
  const intruder = widened(records, context.intruder);
  const known = intruder ?? context.intruder;
  const facts = withEarlier(actsOf(records, known), records, run, known);
  const answered = unified.length > 0 || (isLaterLook(context) && auditLogIn(run) === 'read');
  const proof = proofOf(facts.acts);
  horizons.push(horizonOf('unified audit log', answered ? now.getTime() : null));
  return {
    findings: [...gaps, ...afterTheLock(facts.acts, run), ...describeAudit(records, known)],
    attachments: auditAttachments(records, known),
    facts: { ...facts, unified: answered, horizons },
    ...(proof === undefined ? {} : { proof }),
    ...(intruder === undefined ? {} : { intruder }),
  };
}

/** An access token lives 60 to 90 minutes after it was issued, whatever is done to the account. */
function afterTheLock(acts: readonly Act[], run: RunView): Kept[] {
  const lockedAt = run.fixedAt['block-sign-in'];
  if (lockedAt === undefined) return [];
  const late = acts.filter(({ at, succeeded }) => succeeded && Date.parse(at) > Date.parse(lockedAt));
  const [last] = late;
  if (last === undefined) return [];
  const what = `${late.length} act${late.length === 1 ? '' : 's'} of the intruder after the lock, the last at ${when(Date.parse(last.at))}: ${last.activity}`;
  return [{ what, why: 'with an access token from before the lock, which lives on for 60 to 90 minutes' }];
}

function unanswered(context: Asked, { why, order }: { why: string; order: string }): Collected {
  // What was read before stays known, up to the time at which the log was complete.
  if (isLaterLook(context)) {
    throw new PermanentError(
      `The search ${inQuotes(nameOf(context))} ${why}; the audit log is known as it was read before.`,
    );
  }
  return {
    findings: [],
    tasks: [
      {
        id: 'audit-log',
        what: 'Finish the audit log search, then retry this step',
        instruction: `The log was not read, so what the intruder did is known only in part. The search ${why}. In Purview, Audit, ${order}.`,
        link: auditSearchPage(),
        role: 'Audit Reader in Purview',
      },
    ],
  };
}
