// The accounts named in the settings. One that doesn't exist protects nobody, and nobody would notice. And an emergency
// account should be protected before a false alarm locks it.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { roleIds } from './directory-roles.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { userNamed } from './mail.ts';

export interface NamedLists {
  PROTECTED_ACCOUNTS: readonly string[];
  PROTECTED_GROUPS?: readonly string[];
  SERVICE_ACCOUNTS: readonly string[];
  VIP_ACCOUNTS: readonly string[];
}

const area = 'accounts';
const groupSchema = z.object({ id: z.string() });
const memberSchema = z.looseObject({ id: z.string() });
const holderSchema = z.object({
  principalId: z.string(),
  directoryScopeId: nullableText,
  principal: z
    .looseObject({
      '@odata.type': nullableText,
      userPrincipalName: nullableText,
      accountEnabled: z.boolean().nullish(),
    })
    .nullish(),
});

const breakGlass = /break.?glass|emergency|notfall|urgence/i;

export async function accountFindings(graph: GraphReader, lists: NamedLists): Promise<Finding[]> {
  const findings: Finding[] = [];
  const protectedIds = new Set<string>();
  for (const list of [
    'PROTECTED_ACCOUNTS',
    'PROTECTED_GROUPS',
    'SERVICE_ACCOUNTS',
    'VIP_ACCOUNTS',
  ] as const) {
    const protects = list === 'PROTECTED_ACCOUNTS' || list === 'PROTECTED_GROUPS';
    for (const entry of lists[list] ?? []) {
      const ids = await idsOf(graph, entry, protects);
      const told = { check: `${list} ${entry}`, area, concerns: ['triage-alert'] } as const;
      if (ids === undefined) {
        const kinds = protects ? 'neither a user nor a group' : 'no user';
        const what = `${entry} in ${list} is ${kinds} of this directory: it stands for nobody`;
        findings.push(problem({ ...told, what }, `Correct ${list}, or take the entry out.`));
        continue;
      }
      findings.push(ok({ ...told, what: `${entry} in ${list} exists` }));
      if (protects) for (const id of ids) protectedIds.add(id);
    }
  }
  return [...findings, await wayBack(graph, protectedIds)];
}

/** A user, or the members of a group where groups are allowed; undefined if there is neither. GroupMember.Read.All. */
async function idsOf(
  graph: GraphReader,
  entry: string,
  groupsCount: boolean,
): Promise<readonly string[] | undefined> {
  const user = await userNamed(graph, entry);
  if (user !== undefined) return [user.id];
  if (!groupsCount || !z.guid().safeParse(entry).success) return undefined;
  try {
    await graph.get(path`/groups/${entry}?$select=id`, groupSchema);
    const members = await graph.list(path`/groups/${entry}/transitiveMembers?$select=id`, memberSchema, {
      most: 1000,
    });
    return members.map(({ id }) => id);
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return undefined;
    throw error;
  }
}

/** https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access */
async function wayBack(graph: GraphReader, protectedIds: ReadonlySet<string>): Promise<Finding> {
  const holders = await graph.list(
    path`/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '${roleIds.globalAdministrator}'&$expand=principal`,
    holderSchema,
  );
  const people = holders.filter(
    ({ principal, directoryScopeId }) =>
      principal?.accountEnabled === true &&
      (directoryScopeId ?? '/') === '/' &&
      principal['@odata.type'] !== '#microsoft.graph.servicePrincipal',
  );
  const told = { check: 'break-glass', area, concerns: ['triage-alert'] } as const;
  const bare = people.filter(
    ({ principalId, principal }) =>
      !protectedIds.has(principalId) && breakGlass.test(principal?.userPrincipalName ?? ''),
  );
  if (bare.length > 0) {
    const names = bare.map(({ principal }) => principal?.userPrincipalName).join(', ');
    const what = `${names} looks like a break-glass account, and is not in PROTECTED_ACCOUNTS`;
    return problem({ ...told, what }, 'Put it into PROTECTED_ACCOUNTS, so that no false alarm can take it.');
  }
  if (people.some(({ principalId }) => protectedIds.has(principalId))) {
    return ok({ ...told, what: 'an enabled Global Administrator is protected' });
  }
  return warning(
    {
      ...told,
      what: 'no enabled Global Administrator is in PROTECTED_ACCOUNTS: a false alarm could lock all of them',
    },
    'Make a break-glass account, and put it into PROTECTED_ACCOUNTS.',
  );
}
