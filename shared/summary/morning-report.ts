// What waits for a person each morning, so that nothing this app knows stays hidden because nobody asked. If there is
// nothing to say, there is no mail. Pure.
import type { Notice } from '../mail/notice.ts';
import { clause, clock, count, plain } from '../mail/plain.ts';
import type { RunRow, RunState } from '../model/rows.ts';
import { verificationOf } from '../run/changes.ts';
import type { KeptLetter } from '../run/dead-letter.ts';
import { isUnsent } from '../run/summary-turn.ts';
import { openTasks } from '../run/verdict.ts';
import type { Described } from './given.ts';
import { type Daily, dailyKey, dailyNotice, dayOf } from './held-notice.ts';

export interface Morning extends Daily {
  /** Runs of the last weeks, without held ones. */
  runs: readonly RunState[];
  /** Runs whose rows can't be read. */
  unreadable: readonly string[];
  deadLetters: readonly KeptLetter[];
}

type Section = Notice['sections'][number];

const hourMs = 3_600_000;
/** The sweep moves an open run on every minute; if one is this late, something is wrong. */
const stalledHours = 2;
const oldTaskHours = 24;

export function morningReport(
  { held, unknown, runs, unreadable, deadLetters }: Morning,
  playbook: readonly Described[],
  baseUrl: string,
  now: Date,
): Notice | undefined {
  const hoursSince = (time: string) => (now.getTime() - Date.parse(time)) / hourMs;
  const urlOf = (id: string) => `${baseUrl}/api/runs/${encodeURIComponent(id)}`;
  const named = new Map<string, { id: string; userPrincipalName: string }>();
  const lineOf = ({ run }: RunState, what: string) => {
    const { id, userPrincipalName } = run.account;
    named.set(id, { id, userPrincipalName });
    return {
      text: `${plain(run.account.userPrincipalName, 120)} (run ${plain(run.code, 12)}): ${what}`,
      link: { text: 'Open the run', url: urlOf(run.id) },
    };
  };
  const section = (title: string, lines: Section['lines']): Section[] =>
    lines.length === 0 ? [] : [{ title, lines }];

  const stalled = runs.filter(({ run }) => run.state === 'open' && isStalled(run, now));
  const unsent = runs.filter(({ run }) => isUnsent(run));
  const going = runs.filter(({ run }) => run.endsAs === null);
  const ineffective = going.flatMap((state) => {
    const changes = state.steps.flatMap((row) => row.changes);
    const open = changes.filter((change) => verificationOf(change) === 'ineffective');
    return open.length === 0
      ? []
      : [
          lineOf(
            state,
            open
              .map(({ what }) => plain(what, 160))
              .slice(0, 3)
              .join('; '),
          ),
        ];
  });
  const old = going.flatMap((state) => {
    const tasks = state.steps.flatMap((row) =>
      row.settledAt !== null && hoursSince(row.settledAt) >= oldTaskHours ? openTasks(row) : [],
    );
    return tasks.length === 0 ? [] : [lineOf(state, count(tasks.length, 'task'))];
  });

  const sections = [
    ...section(
      'Open the runs that stand still, and retry them',
      stalled.map((state) => lineOf(state, `open since ${clock(state.run.openedAt)}`)),
    ),
    ...section(
      'Restore or delete the runs that cannot be read',
      unreadable.map((id) => ({
        text: `Run ${plain(id, 120)}: a new alert opens a new run for the account`,
        link: { text: 'Open the run', url: urlOf(id) },
      })),
    ),
    ...section(
      'Find out why these mails have not left: run preflight',
      unsent.map((state) =>
        lineOf(
          state,
          `tried ${state.run.summary.attempt} times; the next is at ${clock(state.run.summary.until ?? '')}`,
        ),
      ),
    ),
    ...section('Do by hand what was done, and is still there', ineffective),
    ...section('Do the tasks that are older than a day', old),
    ...section(
      'Look into the messages that nobody could handle',
      deadLetters.map(({ at, source, reason, description, body }) => ({
        text: `${clock(at)}, queue ${plain(source ?? 'unknown', 60)}: ${clause(description ?? reason ?? 'no reason given', 300)}`,
        details: [plain(body, 300)],
      })),
    ),
  ];
  const base = dailyNotice({ held, unknown }, playbook, baseUrl, now);
  if (sections.length === 0) return base;
  // No mail about an account goes to that account.
  const about = [...named.values()];
  if (base !== undefined) {
    return { ...base, about: [...(base.about ?? []), ...about], sections: [...base.sections, ...sections] };
  }
  const things = sections.reduce((sum, { lines }) => sum + lines.length, 0);
  return {
    key: dailyKey,
    version: dayOf(now),
    headline: things === 1 ? '1 THING WAITS FOR YOU' : `${things} THINGS WAIT FOR YOU`,
    subject: sections.map(({ title }) => title.toLowerCase()).join(', '),
    tone: stalled.length + unreadable.length + ineffective.length > 0 ? 'alarm' : 'waiting',
    lead: 'Nobody else will look after these. This mail comes every morning until nothing is left.',
    about,
    sections,
  };
}

function isStalled({ openedAt, wakeAt }: RunRow, now: Date): boolean {
  const hours = (now.getTime() - Date.parse(openedAt)) / hourMs;
  const late = wakeAt === null || now.getTime() - Date.parse(wakeAt) > hourMs / 4;
  return hours >= 24 || (late && hours >= stalledHours);
}
