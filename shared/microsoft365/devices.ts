// Devices that a user owns or registered: laptops, phones, and whatever an intruder joined to the tenant to be trusted.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import type { DirectoryAudit } from '../intruder/audit.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Intruder } from '../model/intruder.ts';
import { inQuotes, nullableText } from '../model/text.ts';

const deviceSchema = z
  .object({
    id: z.string(),
    deviceId: nullableText,
    displayName: nullableText,
    accountEnabled: z.boolean().nullish(),
    operatingSystem: nullableText,
    registrationDateTime: nullableText,
  })
  .transform((device) => ({
    /** The object id, used for changes. */
    id: device.id,
    /** The other id, used by sign-ins and Defender. */
    deviceId: device.deviceId ?? null,
    name: `device ${inQuotes(device.displayName ?? device.id)} (${device.operatingSystem ?? 'unknown system'})`,
    enabled: device.accountEnabled ?? true,
    operatingSystem: device.operatingSystem ?? null,
    registeredAt: device.registrationDateTime ?? null,
  }));
export type Device = z.infer<typeof deviceSchema>;

/**
 * Owned and registered devices, each once. User.Read.All, and Device.Read.All or more: without it all properties but
 * the id come back as null (https://learn.microsoft.com/graph/api/user-list-registereddevices).
 */
export async function devicesOf(graph: GraphReader, userId: string): Promise<Device[]> {
  const [registered, owned] = await Promise.all([
    graph.list(path`/users/${userId}/registeredDevices`, deviceSchema),
    graph.list(path`/users/${userId}/ownedDevices`, deviceSchema),
  ]);
  return [...new Map([...registered, ...owned].map((device) => [device.id, device])).values()];
}

/** Audit log entries about this device, by either of its ids. */
export const entriesOf = ({ id, deviceId }: Device, audits: readonly DirectoryAudit[]): DirectoryAudit[] =>
  audits.filter(({ targets, details }) =>
    [...targets.map((target) => target.id), details.get('Device Id') ?? null].some(
      (named) => named !== null && (named === id || named === deviceId),
    ),
  );

/** Evidence if the intruder signed in from the device; never for the owner's own devices. */
export const usedBy = ({ deviceId }: Device, intruder: Intruder): string | undefined =>
  deviceId !== null && intruder.devices.includes(deviceId)
    ? `the intruder signed in from this device (${deviceId})`
    : undefined;
