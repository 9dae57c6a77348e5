// What on-call hears of preflight: once when the problems change, and once when there are none left. Warnings are only in
// the report; a mail for each would teach on-call to ignore them.
import { createHash } from 'node:crypto';
import type { Notice } from '../mail/notice.ts';
import type { Notices } from '../mail/notices.ts';
import { count, plain } from '../mail/plain.ts';
import type { Finding } from './finding.ts';
import type { PreflightReport } from './preflight.ts';

const key = 'preflight';
const clear = 'no problem';

/** Tells what is new. */
export async function tellPreflight(
  notices: Pick<Notices, 'tell' | 'last'>,
  report: PreflightReport,
): Promise<void> {
  const problems = report.checks.filter(({ is }) => is === 'problem');
  if (problems.length > 0) await notices.tell(problemNotice(problems));
  else {
    const last = await notices.last(key);
    if (last !== undefined && last.notice.version !== clear) await notices.tell(clearNotice);
  }
}

function problemNotice(problems: readonly Finding[]): Notice {
  const checks = problems.map(({ check }) => check).toSorted();
  const version = createHash('sha256').update(JSON.stringify(checks)).digest('hex');
  const remedies = Map.groupBy(problems, ({ now }) => now ?? '');
  return {
    key,
    version,
    headline: count(problems.length, 'PROBLEM').toUpperCase(),
    subject: `preflight: ${plain(problems[0]?.what ?? '', 80)}${problems.length > 1 ? `, and ${problems.length - 1} more` : ''}`,
    tone: 'alarm',
    lead: 'Preflight looked at everything a run needs, and changed nothing. What is said here will fail in an incident. You are told again when it changes.',
    sections: [
      {
        title: 'What you do now',
        numbered: true,
        lines: [...remedies].map(([now, found]) => ({ text: plain(now, 400), details: found.map(detailOf) })),
      },
      {
        title: 'All of it',
        lines: [{ text: 'POST /api/preflight looks again and answers with every check' }],
      },
    ],
  };
}

const detailOf = ({ what, concerns }: Finding) =>
  `${plain(what, 400)}${concerns.length > 0 ? ` (needed by ${concerns.map((one) => plain(one, 60)).join(', ')})` : ''}`;

const clearNotice: Notice = {
  key,
  version: clear,
  headline: 'NO PROBLEM ANY MORE',
  subject: 'preflight: everything a run needs is there',
  tone: 'well',
  lead: 'Preflight found nothing that would fail in an incident.',
  sections: [],
};
