// The daily notice: runs that wait for a person, and alerts that this app does not know. The summary said so when each
// run was held; nothing is done for these accounts until somebody decides, and no run is released just because time
// passes. Pure.

import { type Detection, unknownSection } from '../alerts/unknown-titles.ts';
import type { Notice } from '../mail/notice.ts';
import { clause, clock, count, plain } from '../mail/plain.ts';
import type { RunRow } from '../model/rows.ts';
import type { Described, Given } from './given.ts';
import { heldOrders } from './orders.ts';

/** What is known about a held run, or only its id if its rows can't be read. */
export type Held =
  | Pick<RunRow, 'id' | 'code' | 'account' | 'signals' | 'heldBecause' | 'openedAt'>
  | { id: string };

const hourMs = 3_600_000;

export const dailyKey = 'held-runs';
/** The day (UTC), so that it is told once a day. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

export interface Daily {
  held: readonly Held[];
  /** Alerts that no catalogue knows. */
  unknown: readonly Detection[];
}

/** undefined when there is nothing to tell. */
export function dailyNotice(
  { held, unknown }: Daily,
  playbook: readonly Described[],
  baseUrl: string,
  now: Date,
): Notice | undefined {
  if (held.length === 0 && unknown.length === 0) return undefined;
  const more = unknown.length === 0 ? [] : [unknownSection(unknown)];
  if (held.length === 0) {
    return {
      key: dailyKey,
      version: dayOf(now),
      headline: 'ALERTS THAT NO CATALOGUE KNOWS',
      subject: count(unknown.length, 'title'),
      tone: 'waiting',
      lead: 'These alerts called an account compromised, and this app did not know what they mean: their level alone decided. Each is told once.',
      sections: more,
    };
  }
  const oldestFirst = held.toSorted((a, b) => (since(a) < since(b) ? -1 : 1));
  const waits = held.length === 1 ? 'WAITS' : 'WAIT';
  return {
    key: dailyKey,
    version: dayOf(now),
    headline: `${held.length === 1 ? '1 RUN' : `${held.length} RUNS`} ${waits} FOR APPROVAL`,
    subject: subjectOf(oldestFirst),
    tone: 'waiting',
    lead: `Nothing is done for ${held.length === 1 ? 'this account' : 'these accounts'} until somebody approves the run or ends it. It never ends by itself; this mail comes every day until then.`,
    about: held.flatMap((run) => ('account' in run ? [nameOf(run.account)] : [])),
    sections: [
      {
        title: 'What you do now',
        numbered: true,
        lines: oldestFirst.map((run) =>
          lineOf(run, { runUrl: `${baseUrl}/api/runs/${encodeURIComponent(run.id)}`, playbook }, now),
        ),
      },
      ...more,
    ],
  };
}

const nameOf = ({ id, userPrincipalName }: RunRow['account']) => ({ id, userPrincipalName });

const since = (run: Held) => ('openedAt' in run ? run.openedAt : '');

function subjectOf(held: readonly Held[]): string {
  const names = held.map((run) => ('account' in run ? plain(run.account.userPrincipalName, 80) : run.id));
  return names.length > 1 ? `${names[0]} and ${names.length - 1} more` : (names[0] ?? '');
}

function lineOf(
  run: Held,
  to: Pick<Given, 'runUrl' | 'playbook'>,
  now: Date,
): Notice['sections'][number]['lines'][number] {
  const link = { text: 'Open the run', url: to.runUrl };
  if (!('account' in run)) {
    const text = `Look at run ${plain(run.id, 120)}: it is held, and its rows could not be read`;
    return { text, link };
  }
  const hours = Math.floor((now.getTime() - Date.parse(run.openedAt)) / hourMs);
  const age = hours < 48 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day');
  return {
    text: `Decide about ${plain(run.account.userPrincipalName, 120)} (run ${plain(run.code, 12)})`,
    details: [
      `Held since ${clock(run.openedAt)}, for ${age}: ${clause(run.heldBecause ?? 'a person must decide', 300)}`,
      `Object id ${plain(run.account.id, 40)}`,
    ],
    link,
    orders: heldOrders(to, run),
  };
}
