// Requests of PIM: the period in them (https://learn.microsoft.com/graph/api/resources/requestschedule), and when they
// take effect.
import { isRow, TenantRefusal } from '../answers.ts';
import type { Store } from '../store.ts';

const bad = (message: string) => new TenantRefusal(400, 'InvalidScheduleInfo', message);

/** The period as the tenant file writes it: no end stands for noExpiration. */
export function readSchedule(given: unknown, now: Date): { startDateTime?: string; endDateTime?: string } {
  if (!isRow(given)) throw bad('The schedule info is missing.');
  const { startDateTime, expiration, recurrence, ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw bad(`The property '${unknown}' does not exist on requestSchedule.`);
  if (!isRow(expiration)) throw bad('The expiration is missing.');
  const start = typeof startDateTime === 'string' ? { startDateTime } : {};
  if (expiration['type'] === 'noExpiration') return start;
  const { endDateTime } = expiration;
  if (expiration['type'] !== 'afterDateTime' || typeof endDateTime !== 'string')
    throw bad('The expiration is invalid.');
  if (!(Date.parse(endDateTime) > now.getTime())) throw bad('The expiration is in the past.');
  return { ...start, endDateTime };
}

const pending = new WeakMap<Store, Set<string>>();

/** Applies a request at once, or later if the file says so, and returns its status. Only one at a time may be pending. */
export function asPimDoes(store: Store, key: string, done: string, effect: () => void): string {
  const minutes = store.file.behaviour?.pimPendingMinutes ?? 0;
  const waiting = pending.get(store) ?? new Set<string>();
  pending.set(store, waiting);
  if (waiting.has(key)) {
    throw new TenantRefusal(
      400,
      'PendingRoleAssignmentRequest',
      'There is already an existing pending Role assignment request.',
    );
  }
  if (minutes === 0) {
    effect();
    return done;
  }
  waiting.add(key);
  store.later(minutes * 60_000, () => {
    waiting.delete(key);
    effect();
  });
  return 'PendingProvisioning';
}
