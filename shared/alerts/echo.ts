// What this app does comes back as alerts. Confirming a compromise produces a risk detection and a Defender alert, and
// changes the state of the user and of older detections. An alert that the app classified looks as if a person had
// confirmed it. None of that is news: it joins the run that caused it, or counts as what it was before.
import type { Signal } from '../model/signal.ts';
import { isConfirmation } from './detectors.ts';
import type { LastRun } from './earlier-runs.ts';

export type Heard =
  | { is: 'news'; signal: Signal }
  /** It only says that this app confirmed the compromise. */
  | { is: 'echo'; runId: string; why: string };

const minuteMs = 60_000;
/** Allows for the service's clock and for an earlier attempt than the one on record. */
const earlierMs = 5 * minuteMs;
/** Our confirmation comes back within minutes. After this, it is a person's own. */
const laterMs = 60 * minuteMs;
/** Defender may raise its alert hours later; such an alert says nothing about the time in between. */
const latestMs = 24 * 60 * minuteMs;

/** `lastRun` is asked only if a person is said to have confirmed a compromise: nothing else waits for the table. */
export async function heard(signal: Signal, lastRun: () => Promise<LastRun | undefined>): Promise<Heard> {
  const confirmation = isConfirmation(signal);
  if (!signal.standing || (!confirmation && signal.confirmedByPerson !== true)) return { is: 'news', signal };
  const run = await lastRun();
  if (run === undefined || isSinceDismissal(signal, run)) return { is: 'news', signal };
  if (confirmation) {
    if (run.confirmedAt === null || !isOwn(signal, Date.parse(run.confirmedAt)))
      return { is: 'news', signal };
    const why = `this app confirmed the compromise itself at ${run.confirmedAt}`;
    return { is: 'echo', runId: run.runId, why };
  }
  const own = isCase(signal) ? run.classified.includes(caseOf(signal)) : stateIsOwn(signal, run);
  return { is: 'news', signal: own ? withoutConfirmation(signal) : signal };
}

/**
 * All risk was dismissed, including our confirmation: an account called compromised after that was called so by a
 * person.
 */
function isSinceDismissal({ source, version }: Signal, { confirmedAt, dismissedAt }: LastRun): boolean {
  if (source !== 'riskyUser' || !dismissedAt || dismissedAt < (confirmedAt ?? '')) return false;
  return Date.parse(version) >= Date.parse(dismissedAt);
}

function isOwn({ activityAt, detectedAt }: Signal, confirmedAt: number): boolean {
  const times = [activityAt, detectedAt].flatMap((at) => (at === null ? [] : [Date.parse(at)]));
  const near = (at: number) => at >= confirmedAt - earlierMs && at <= confirmedAt + laterMs;
  if (times.length === 0 || times.some(near)) return true;
  const detected = detectedAt === null ? Number.NaN : Date.parse(detectedAt);
  const nothingSince = activityAt === null || Date.parse(activityAt) <= confirmedAt;
  return nothingSince && detected >= confirmedAt - earlierMs && detected <= confirmedAt + latestMs;
}

/** Confirming a user marks all of their detections as confirmed. */
function stateIsOwn({ version }: Signal, { confirmedAt }: LastRun): boolean {
  if (confirmedAt === null) return false;
  const changed = Date.parse(version);
  const since = Date.parse(confirmedAt);
  return changed >= since - earlierMs && changed <= since + latestMs;
}

const isCase = ({ source }: Signal) => source === 'alert' || source === 'incident';
/** In the form in which update-alert records it. */
const caseOf = ({ source, sourceId }: Signal) =>
  `${source === 'incident' ? 'incidents' : 'alerts_v2'}/${sourceId}`;

function withoutConfirmation({ confirmedByPerson: _, ...signal }: Signal): Signal {
  return signal;
}
