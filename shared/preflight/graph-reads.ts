// One read for each permission of Microsoft Graph: even with the permission, a service may be missing, unlicensed or not set
// up. It looks at the sender's own account, which every tenant has.
import { z } from 'zod';
import type { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { type Finding, look, problem, warning } from './finding.ts';
import { type Read, reads, type Sender } from './graph-read-list.ts';
import type { Licensed } from './licences.ts';
import type { Needed } from './permissions.ts';

/** Every permission tried here; the others are only for writing. */
export const permissionsRead: readonly string[] = [
  ...new Set(reads.flatMap(({ permissions }) => permissions)),
];

const anything = z.unknown();

/** One after the other: some of these services answer one request a second for the whole tenant. */
export async function graphFindings(
  graph: GraphReader,
  given: { sender: Sender; needed: Needed; held: readonly string[]; licensed: Licensed; now: Date },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const read of reads) {
    const concerns = [...new Set(read.permissions.flatMap((permission) => given.needed[permission] ?? []))];
    // Missing permissions are reported already, and what nobody needs isn't checked.
    if (concerns.length === 0 || !read.permissions.some((permission) => given.held.includes(permission)))
      continue;
    const told = { check: `read ${read.what}`, area: 'graph', what: read.what, concerns } as const;
    const where = read.path(given.sender, given.now);
    const options = { ...(read.version ? { version: read.version } : {}), most: 1 };
    findings.push(
      await look(
        { ...told, what: `${read.what} can be read`, rights: read.permissions[0] },
        async () => {
          if (read.one) await graph.get(where, anything, options);
          else await graph.list(where, anything, options);
        },
        (refused) => reading(read, told, refused, given.licensed),
      ),
    );
  }
  return findings;
}

function reading(
  { what, licence }: Read,
  told: Parameters<typeof problem>[0],
  refused: PermanentError,
  licensed: Licensed,
): Finding | undefined {
  if (licence !== undefined && licensed[licence] === false) {
    return warning(
      { ...told, what: `${what} can't be read: the tenant has no licence for it` },
      'Nothing, unless the licence is bought: the steps go on without it and say so.',
    );
  }
  if (refused.status === 401 && what === 'the message trace') {
    return problem(
      { ...told, what: "the message trace can't be read: its application is not known in this tenant" },
      'Run infra/setup-tenant.ps1, which makes it known, or: New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373',
    );
  }
  return undefined;
}
