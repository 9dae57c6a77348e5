// What on-call hears about a storm: one mail when the circuit breaker enters a stage, and one after each such hour that
// lists what still waits. Two hundred mails at once would bury the one that matters.
import { toFailure } from '../errors.ts';
import type { Notice } from '../mail/notice.ts';
import type { Notices } from '../mail/notices.ts';
import { clause, count, plain } from '../mail/plain.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { RunRow } from '../model/rows.ts';
import type { Progress } from '../run/progress.ts';
import { type BreakerStages, hourOf, type Stage } from './breaker-stages.ts';

export type Moment = Stage | 'ended';

interface Storm {
  hour: string;
  /** The stage that was entered, or that the hour is over. */
  moment: Moment;
  /** Opened in that hour. */
  runs: readonly RunRow[];
  baseUrl: string;
  /** On-call. */
  mailTo: readonly string[];
}

const headlines = {
  limited: 'CIRCUIT BREAKER: ONLY CONTAINING',
  held: 'CIRCUIT BREAKER: HOLDING',
  listed: 'MANY RUNS WAIT',
  ended: 'CIRCUIT BREAKER: WHAT WAITS',
} as const satisfies Record<Moment, string>;

const leads = {
  limited:
    'More accounts were attacked in this hour than this app cleans by itself. It goes on locking accounts, and removes nothing more from them, whatever it finds.',
  held: 'More accounts were attacked in this hour than this app locks by itself. New runs change nothing until you approve them: whoever has these accounts keeps them.',
  listed:
    'More runs wait for your decision than get a mail of their own. They change nothing until you approve them.',
  ended: 'This is what still waits of the runs of that hour.',
} as const satisfies Record<Moment, string>;

const isWaiting = (run: RunRow) => run.state === 'held';
/** Only locked, because of the breaker. */
const isLimited = (run: RunRow) =>
  run.limitedBecause !== undefined && run.level === 'contain' && run.state !== 'held' && run.endsAs === null;

/** undefined if there is nothing to decide. Pure. */
export function stormNotice({ hour, moment, runs, baseUrl, mailTo }: Storm): Notice | undefined {
  const waiting = runs.filter((run) => isWaiting(run) || isLimited(run));
  if (moment === 'ended' && waiting.length === 0) return undefined;
  // Nobody gets a mail that names their own account. If it names all of on-call, it goes out without those lines.
  const onCall = (run: RunRow) =>
    mailTo.some((address) => mailboxAddress(address) === mailboxAddress(run.account.userPrincipalName));
  const named = waiting.filter((run) => !onCall(run));
  const silenced = new Set(
    waiting.filter(onCall).map((run) => mailboxAddress(run.account.userPrincipalName)),
  );
  const tells = mailTo.some((address) => !silenced.has(mailboxAddress(address))) ? waiting : named;
  const held = tells.filter(isWaiting);
  const limited = tells.filter(isLimited);
  const counts =
    [
      ...(held.length > 0 ? [`${count(held.length, 'run')} held`] : []),
      ...(limited.length > 0 ? [`${count(limited.length, 'run')} only contained`] : []),
    ].join(', ') || 'many alerts';
  const since = `${hour.slice(11)}:00 UTC`;
  const url = (run: RunRow) => `${baseUrl}/api/runs/${encodeURIComponent(run.id)}`;
  const line = (run: RunRow) => ({
    text: `${plain(run.account.userPrincipalName, 120)} (run ${plain(run.code, 12)})`,
    details: [plain(run.heldBecause ?? run.why, 300)],
    link: { text: 'The run', url: url(run) },
  });
  return {
    key: `breaker|${hour}|${moment}`,
    version: 'once',
    headline: headlines[moment],
    subject: `${counts} since ${since}`,
    tone: held.length > 0 ? 'alarm' : 'waiting',
    lead: `${leads[moment]} ${moment === 'ended' ? '' : 'A list of all follows after the hour.'}`.trim(),
    about: [...held, ...limited].map(({ account: { id, userPrincipalName } }) => ({ id, userPrincipalName })),
    sections: [
      {
        title: 'What you do now',
        numbered: true,
        lines: [
          {
            text: 'Find out what the alerts have in common: one phishing mail, one address, one source that is wrong',
          },
          {
            text: 'Open each run below: approve those that are real, and end those that are not',
            details: ['Until you do, an account that is held stays open to whoever has it.'],
            link: { text: 'All runs, as operator of Reclaim', url: `${baseUrl}/api/runs` },
          },
          {
            text: 'Raise BREAKER_FULL_PER_HOUR and BREAKER_RUNS_PER_HOUR if the storm is real and goes on',
            details: ['azd env set, then azd provision, as whoever deployed the app.'],
          },
        ],
      },
      ...(held.length === 0 ? [] : [{ title: `Held (${held.length})`, lines: held.map(line) }]),
      ...(limited.length === 0
        ? []
        : [{ title: `Only contained (${limited.length})`, lines: limited.map(line) }]),
    ],
  };
}

export interface StormDeps {
  trips: Pick<BreakerStages, 'of'>;
  progress: Pick<Progress, 'list' | 'read'>;
  notices: Pick<Notices, 'tell' | 'last'>;
  baseUrl: string;
  mailTo: readonly string[];
  now: () => Date;
  log: (line: string) => void;
}

/** Covers a timer that has not run for a while. */
const hoursBack = 3;
const mostRuns = 1000;
const readsAtOnce = 16;

/** Runs every minute. Returns what was told; what fails is logged and tried again the next minute. */
export async function tellOfStorms(deps: StormDeps): Promise<Moment[]> {
  const told: Moment[] = [];
  for (let back = 0; back <= hoursBack; back += 1) {
    const hour = hourOf(new Date(deps.now().getTime() - back * 3_600_000));
    const entered = await deps.trips.of(hour);
    const moments: Moment[] = entered.length > 0 && back > 0 ? [...entered, 'ended'] : [...entered];
    let runs: readonly RunRow[] | undefined;
    for (const moment of moments) {
      if (await deps.notices.last(`breaker|${hour}|${moment}`)) continue;
      runs ??= await runsOf(hour, deps);
      const notice = stormNotice({ hour, moment, runs, baseUrl: deps.baseUrl, mailTo: deps.mailTo });
      if (notice === undefined) continue;
      try {
        await deps.notices.tell(notice);
        deps.log(`breaker-${moment}: ${clause(notice.subject)}`);
        told.push(moment);
      } catch (thrown) {
        deps.log(`${notice.headline} was not told: ${toFailure(thrown).message}`);
      }
    }
  }
  return told;
}

async function runsOf(hour: string, { progress }: StormDeps): Promise<RunRow[]> {
  const refs = await progress.list(new Date(`${hour}:00:00Z`), mostRuns);
  const found: RunRow[] = [];
  for (let from = 0; from < refs.length; from += readsAtOnce) {
    const rows = await Promise.all(refs.slice(from, from + readsAtOnce).map((ref) => progress.read(ref)));
    found.push(...rows.flatMap((read) => (read === undefined ? [] : [read.run.row])));
  }
  return found.filter((run) => !run.dryRun && run.openedAt.startsWith(hour));
}
