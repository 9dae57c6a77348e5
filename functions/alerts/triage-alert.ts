// Turns a message of the queue `alerts` into a run, or into the reason why there is none. Knows nothing of Azure: the clock,
// Graph, the engine and the record of decisions are passed in.

import { confirm } from '../../shared/alerts/confirm.ts';
import type { Decision } from '../../shared/alerts/decisions.ts';
import { isKnownDetection } from '../../shared/alerts/detectors.ts';
import { mostEvents, readEvents } from '../../shared/alerts/envelope.ts';
import { type JudgeDeps, judge } from '../../shared/alerts/judge.ts';
import { clean } from '../../shared/alerts/payload-fields.ts';
import type { EventClaim, Reading } from '../../shared/alerts/source.ts';
import { claimsOf, isKnown } from '../../shared/alerts/sources.ts';
import type { Detection } from '../../shared/alerts/unknown-titles.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Signal } from '../../shared/model/signal.ts';
import type { Kept } from '../../shared/model/step.ts';
import { readAhead } from './read-ahead.ts';

export interface TriageDeps extends JudgeDeps {
  /** A source delivered something that Microsoft Graph confirms. Must not throw. */
  heard?(source: Signal['source']): void;
  /** An unknown detection; `accuses` if it calls an account compromised. Must not throw. */
  unknown?(detection: Detection, accuses: boolean): void;
  /** One line per decision. */
  log(line: string): void;
}

export type TriageAlert = (body: unknown, message?: string) => Promise<readonly Decision[]>;

/**
 * Handles one message. Whatever can be decided is decided and recorded, even if the rest fails. Then throws RetryableError
 * if something must be tried again (runs already open are joined then), or else PermanentError with all reasons if
 * something was refused: the message belongs in `dead-letters`.
 */
export function createTriageAlert(deps: TriageDeps): TriageAlert {
  return async (body, message = '') => {
    const made: Decision[] = [];
    const failures: unknown[] = [];
    const record = async (decision: Partial<Decision> & Pick<Decision, 'action' | 'row' | 'why'>) => {
      const whole = { ...blank, ...decision, at: deps.now().toISOString(), message: message || null };
      made.push(whole);
      deps.log(lineOf(whole));
      await deps.decisions.record(whole);
    };
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error));
    const refuse = async (why: string, more: Partial<Decision> = {}) => {
      failures.push(new PermanentError(why));
      await record({ ...more, action: 'refused', row: 'refused', why });
    };

    const looks = { left: mostEvents };
    const { events, refused, empty } = readEvents(body, (data) => isKnown(data, looks));
    const claims = events.flatMap((event) => claimsOf(event));
    const ignored = [...empty, ...claims.flatMap((claim) => ('ignored' in claim ? claim.ignored : []))];
    for (const why of ignored.slice(0, mostRefused)) {
      await attempt(record({ action: 'none', row: 'no-alert', why }));
    }
    const unread = [...refused, ...claims.flatMap((claim) => ('refused' in claim ? claim.refused : []))];
    for (const why of unread.slice(0, mostRefused)) await attempt(refuse(why));
    // A message with thousands of useless entries must not delay the one that counts.
    const rest = unread.length - mostRefused;
    if (rest > 0) await attempt(refuse(`${rest} more events of this message are not understood`));
    for (const claim of claims) if ('source' in claim) await attempt(handle(claim));
    if (failures.length > 0) throw summed(failures);
    return made;

    async function handle({ source, claim }: Extract<EventClaim, { source: unknown }>): Promise<void> {
      const about = { source: source.name, sourceId: claim.id };
      const early = { ...deps, ...readAhead(deps, claim) };
      const found = await confirm(deps.graph, source, claim, deps.settings.TENANT_ID);
      if (found.is === 'refused') return refuse(found.why, about);
      // An unconfirmed event doesn't prove that its source is alive.
      if (found.is === 'confirmed') deps.heard?.(source.name);
      const signals = found.signals.map((signal) => deps.classify?.(signal) ?? signal);
      if (found.is === 'confirmed') tellUnknown(source.name, signals, found.about);
      // Neither the event nor Graph says which account it is about, so a person must look at it in dead-letters.
      if (found.is === 'unconfirmed' && found.signals.length === 0) {
        return refuse([listed(found.left), found.why].filter(Boolean).join('; '), about);
      }
      if (found.left.length > 0) {
        await record({
          ...about,
          action: 'none',
          row: 'left-alone',
          why: `left alone: ${listed(found.left)}`,
        });
      }
      const doubt = found.is === 'unconfirmed' ? found.why : null;
      // Each account is judged by itself, so that one failure doesn't affect the others. An alert may name hundreds, so
      // several are judged at once, but recorded in order.
      for (let from = 0; from < signals.length; from += judgedAtOnce) {
        const some = signals.slice(from, from + judgedAtOnce);
        const judged = await Promise.allSettled(some.map((signal) => judge(early, signal, doubt)));
        for (const [index, signal] of some.entries()) {
          const one = judged[index];
          if (one?.status === 'rejected') failures.push(one.reason);
          if (one?.status !== 'fulfilled') continue;
          const person = { userId: signal.userId, userPrincipalName: signal.userPrincipalName };
          const { version } = signal;
          const whole = {
            ...about,
            ...person,
            version,
            signal: doubt === null ? signal : null,
            ...one.value,
          };
          await attempt(record(whole));
        }
      }
    }
  };

  /** An alert without an account to act on has a name, too. */
  function tellUnknown(source: Signal['source'], signals: readonly Signal[], about: Reading['about']): void {
    for (const one of signals) if (!isKnownDetection(one)) deps.unknown?.(one, one.implied !== true);
    if (signals.length > 0 || about === undefined) return;
    const nobody = { source, ...about };
    if (!isKnownDetection(nobody)) deps.unknown?.(nobody, false);
  }
}

const judgedAtOnce = 8;

/** This many are recorded one by one; the rest of the message is only counted. */
const mostRefused = 50;

const blank = {
  source: null,
  sourceId: null,
  version: null,
  userId: null,
  userPrincipalName: null,
  runId: null,
  joined: false,
  raised: false,
  signal: null,
};

const listed = (left: readonly Kept[]): string =>
  left
    .slice(0, 20)
    .map(({ what, why }) => `${what} ${why}`)
    .join('; ') + (left.length > 20 ? `; and ${left.length - 20} more` : '');

/** "contain: adele@contoso.com, Anomalous token (high) locks the account (run 87d3….20261120T091500-8M2P)" */
function lineOf(decision: Decision): string {
  const who = decision.userPrincipalName ?? decision.userId ?? decision.sourceId ?? 'message';
  const run = decision.runId === null ? '' : ` (run ${decision.runId})`;
  // Whatever the payload contains, this stays one line in the log.
  return clean(`${decision.action}: ${who}, ${decision.why} [${decision.row}]${run}`, 4000) ?? '';
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** One error for all. Retryable ones take precedence, so that nothing goes to dead-letters too early. */
function summed(failures: readonly unknown[]): Error {
  const permanent = failures.filter((error) => error instanceof PermanentError);
  const others = failures.filter((error) => !(error instanceof PermanentError));
  const [first] = others;
  if (others.length === 0) {
    return new PermanentError(permanent.map(reason).join(' | '), { cause: permanent[0] });
  }
  const waits = others.flatMap((error) =>
    error instanceof RetryableError ? (error.retryAfterSeconds ?? []) : [],
  );
  const longest = waits.length === 0 ? {} : { retryAfterSeconds: Math.max(...waits) };
  return new RetryableError(others.map(reason).join(' | '), { cause: first, ...longest });
}
