// Devices that the intruder registered. A sign-in from one is theirs wherever it comes from: this is how they come back
// after the password has changed. Pure.
import type { Intruder, Mark } from '../model/intruder.ts';
import { attributionOf, type DirectoryAudit } from './audit.ts';

const registers = /^(register device|add device|add registered (owner|users) to device)/i;
const namesDevice = /^device ?id$/i;

/** One mark for each name that the log has for a device: its object id, and the id that sign-ins use. */
export function registeredDevices(audits: readonly DirectoryAudit[], intruder: Intruder): Mark[] {
  const found = new Map<string, Mark>();
  for (const audit of audits.filter(({ activity }) => registers.test(activity))) {
    const attribution = attributionOf(audit, intruder);
    if (attribution === undefined) continue;
    for (const value of idsIn(audit)) {
      const before = found.get(value);
      if (before?.certainty === 'certain') continue;
      found.set(value, {
        kind: 'device',
        value,
        verdict: 'intruder',
        certainty: attribution.certainty,
        reason: `registered by the intruder: ${attribution.evidence}`,
        source: 'audit log',
      });
    }
  }
  return [...found.values()];
}

function idsIn({ targets, details }: DirectoryAudit): string[] {
  const devices = targets.filter(({ type }) => type === null || /^device$/i.test(type));
  const named = [
    ...[...details].flatMap(([key, value]) => (namesDevice.test(key) ? [value] : [])),
    ...devices.flatMap(({ id, changed }) => [
      ...(id === null ? [] : [id]),
      ...changed.flatMap(({ name, after }) => (namesDevice.test(name) ? textsIn(after) : [])),
    ]),
  ];
  return [...new Set(named.filter((value) => value !== ''))];
}

/** A changed property is a value, or a list with one value. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.flatMap(textsIn) : [];

/** The intruder with these devices; they replace what was known about a device. */
export function withDevices(intruder: Intruder, devices: readonly Mark[]): Intruder {
  if (devices.length === 0) return intruder;
  const values = new Set(devices.map(({ value }) => value));
  return {
    ...intruder,
    devices: [...new Set([...intruder.devices, ...values])],
    marks: [
      ...devices,
      ...intruder.marks.filter(({ kind, value }) => kind !== 'device' || !values.has(value)),
    ],
  };
}
