// What the audit log adds to what the sign-ins said about the intruder: sessions, addresses and devices. Pure, and
// careful: what another session shares proves nothing.

import { bareAddress, networkOf } from '../../../shared/intruder/address.ts';
import { type AuditRecord, type DirectoryAudit, tiedToIntruder } from '../../../shared/intruder/audit.ts';
import { registeredDevices, withDevices } from '../../../shared/intruder/registered-devices.ts';
import type { Intruder, Mark } from '../../../shared/model/intruder.ts';

/** Microsoft's own servers act for users from these addresses; they don't show who asked. */
const microsofts = /^(2603:10|2a01:111:|2620:1ec:)/;
const hourMs = 3_600_000;

/**
 * The intruder with what the audit log adds. A session is theirs if all of it comes from their addresses; an address,
 * if no other session came from it; a device, if they registered it. undefined if nothing is new.
 */
export function widened(records: readonly AuditRecord[], intruder: Intruder): Intruder | undefined {
  let known = intruder;
  for (let grew = true; grew; ) {
    grew = false;
    const networks = new Set(known.addresses.map(networkOf));
    const taken = new Set([...known.addresses, ...known.sharedAddresses].map(networkOf));
    const isTheirs = (record: AuditRecord) => tiedToIntruder(record, known) !== undefined;
    const sessions = newOnes(records, ({ trace }) => trace.session ?? undefined, known.sessions, {
      from: ({ trace }) => networks.has(networkOf(trace.address ?? '')),
      only: isTheirs,
    });
    const addresses = newOnes(records, ({ trace }) => placeOf(trace.address), known.addresses, {
      from: ({ trace }) =>
        known.sessions.includes(trace.session ?? '') &&
        Boolean(trace.userAgent) &&
        !taken.has(networkOf(trace.address ?? '')) &&
        !microsofts.test(trace.address ?? ''),
      only: ({ trace }) => !trace.session || known.sessions.includes(trace.session),
    });
    if (sessions.length + addresses.length === 0) break;
    grew = true;
    known = {
      ...known,
      sessions: [...known.sessions, ...sessions],
      addresses: [...known.addresses, ...addresses],
      marks: [
        ...sessions.map((value) =>
          mark('session', value, "everything in it came from the intruder's addresses"),
        ),
        ...addresses.map((value) => mark('address', value, "used in the intruder's session and in no other")),
        ...known.marks,
      ],
    };
  }
  const devices = registeredDevices(records.filter(isDirectoryAudit), known).filter(
    ({ value }) => !known.devices.includes(value),
  );
  known = withDevices(known, devices);
  const times = records.flatMap((record) => (tiedToIntruder(record, known) === undefined ? [] : record.time));
  const earliest = Math.min(...times) - hourMs;
  const since =
    Number.isFinite(earliest) && (known.since === null || earliest < Date.parse(known.since))
      ? new Date(earliest).toISOString()
      : known.since;
  return known === intruder && since === intruder.since ? undefined : { ...known, since };
}

const isDirectoryAudit = (record: AuditRecord): record is DirectoryAudit => 'targets' in record;

/** Likely, not certain: no sign-in shows it. */
const mark = (kind: Mark['kind'], value: string, reason: string): Mark => ({
  kind,
  value,
  verdict: 'intruder',
  certainty: 'likely',
  reason,
  source: 'audit log',
});

const placeOf = (address: string | null | undefined) => (address ? bareAddress(address) : undefined);

/** New values that some record shows (`from`) and none contradicts (`only`). */
function newOnes(
  records: readonly AuditRecord[],
  value: (record: AuditRecord) => string | undefined,
  known: readonly string[],
  rule: { from(record: AuditRecord): boolean; only(record: AuditRecord): boolean },
): string[] {
  const found = new Set(records.filter(rule.from).flatMap((record) => value(record) ?? []));
  return [...found].filter(
    (one) =>
      one !== '' &&
      !known.includes(one) &&
      records.every((record) => value(record) !== one || rule.only(record)),
  );
}
