// One read of Defender for Endpoint, which has its own token and address.
import { z } from 'zod';
import type { DefenderReader } from '../model/clients.ts';
import { type Finding, look, warning } from './finding.ts';
import type { Needed } from './permissions.ts';

/** Machine.Read.All (https://learn.microsoft.com/defender-endpoint/api/get-machines). */
export async function machineFindings(
  defender: DefenderReader,
  needed: Needed,
  licensed: boolean | undefined,
): Promise<Finding[]> {
  const concerns = [...new Set(Object.values(needed).flat())];
  if (concerns.length === 0) return [];
  const told = { check: 'read machines', area: 'defender', what: 'machines can be read', concerns } as const;
  const finding = await look(
    { ...told, rights: 'Machine.Read.All' },
    () => defender.get('/machines?$top=1', z.unknown()),
    () =>
      licensed === false
        ? warning(
            { ...told, what: "machines can't be read: the tenant has no Defender for Endpoint" },
            'Nothing, unless it is bought.',
          )
        : undefined,
  );
  return [finding];
}
