// Machines of Defender for Endpoint that belong to devices of Entra ID, and the scans that ran on them.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import type { DefenderReader } from '../../../shared/model/clients.ts';
import { nullableText } from '../../../shared/model/text.ts';

const machineSchema = z.object({
  id: z.string(),
  computerDnsName: nullableText,
  aadDeviceId: nullableText,
  onboardingStatus: nullableText,
  osPlatform: nullableText,
  lastSeen: nullableText,
  isExcluded: z.boolean().nullish(),
  mergedIntoMachineId: nullableText,
});
export type Machine = z.infer<typeof machineSchema>;

/** These can be onboarded too, but have nothing that scans. */
const phones = /^(ios|ipados|android)/i;

/** Filters may have only so many nodes. */
const mostInAFilter = 10;

/**
 * The machine that can be scanned, by device id. A device that was onboarded again leaves its old record behind, so the
 * record seen last counts. Machine.Read.All (https://learn.microsoft.com/defender-endpoint/api/get-machines).
 */
export async function machinesOf(
  defender: DefenderReader,
  deviceIds: readonly string[],
): Promise<Map<string, Machine>> {
  const found: Machine[] = [];
  for (let from = 0; from < deviceIds.length; from += mostInAFilter) {
    const some = deviceIds.slice(from, from + mostInAFilter);
    // A GUID has no quotes here.
    const filter = some.map((id) => `aadDeviceId eq ${z.guid().parse(id)}`).join(' or ');
    const { value } = await defender.get(
      `/machines?$filter=${encodeURIComponent(filter)}`,
      z.object({ value: z.array(machineSchema) }),
    );
    found.push(...value);
  }
  const scannable = found
    .filter(
      ({ onboardingStatus, isExcluded, mergedIntoMachineId, osPlatform }) =>
        !phones.test(osPlatform ?? '') &&
        onboardingStatus?.toLowerCase() === 'onboarded' &&
        !isExcluded &&
        !mergedIntoMachineId,
    )
    .toSorted((one, other) => (one.lastSeen ?? '').localeCompare(other.lastSeen ?? ''));
  return new Map(scannable.map((machine) => [machine.aadDeviceId?.toLowerCase() ?? '', machine]));
}

const scanSchema = z.object({ machineId: z.string(), status: z.string(), creationDateTimeUtc: z.string() });
export type Scan = z.infer<typeof scanSchema>;

/** Scans of a machine since a time (ms). Machine.Read.All (https://learn.microsoft.com/defender-endpoint/api/get-machineactions-collection). */
export async function scansOf(defender: DefenderReader, machineId: string, since: number): Promise<Scan[]> {
  const from = new Date(since).toISOString();
  const { value } = await defender.get(
    path`/machineactions?$filter=machineId eq '${machineId}' and type eq 'RunAntiVirusScan' and creationDateTimeUtc ge ${from}`,
    z.object({ value: z.array(scanSchema) }),
  );
  return value;
}
