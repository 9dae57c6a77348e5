// What the alerts alone say of the intruder, for as long as no sign-in could be compared. Pure. An address may be the
// owner's as well, so by itself it is evidence of nothing here; only what no owner has is the intruder's alone.

import type { Intruder } from '../model/intruder.ts';
import type { Signal } from '../model/signal.ts';
import { hintsOf } from './hints.ts';
import { program } from './intruder-marks.ts';

const hourMs = 3_600_000;

/** Sessions only where they were made at a phishing proxy; clients only where they are programs. */
export function weakStart(signals: readonly Signal[]): Intruder {
  const hints = hintsOf(signals, [], []);
  const times = hints.flatMap(({ time }) => (time === null || Number.isNaN(time) ? [] : [time]));
  const unlike = hints.filter(({ travel }) => !travel);
  return {
    since: times.length === 0 ? null : new Date(Math.min(...times) - hourMs).toISOString(),
    sessions: distinct(unlike.map(({ session, phished }) => (phished ? session : null))),
    addresses: [],
    sharedAddresses: distinct(unlike.map(({ address }) => address)),
    devices: [],
    userAgents: distinct(unlike.map(({ userAgent }) => (program.test(userAgent ?? '') ? userAgent : null))),
    requests: [],
    marks: [],
  };
}

const distinct = (values: readonly (string | null)[]): string[] => [
  ...new Set(values.flatMap((value) => value ?? [])),
];
