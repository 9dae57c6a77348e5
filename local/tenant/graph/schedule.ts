// The period in a request of PIM (https://learn.microsoft.com/graph/api/resources/requestschedule).
import { isRow, Refusal } from '../answers.ts';

const bad = (message: string) => new Refusal(400, 'InvalidScheduleInfo', message);

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
