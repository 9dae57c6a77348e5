// Who belongs to a group and who owns it. Without /$ref a DELETE of a member would delete the user, so that path is
// not there at all (https://learn.microsoft.com/graph/api/group-delete-members).
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findGroup, findUser, type Group, groupIdOf, principalIdOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { instant, text } from '../schema/fields.ts';
import type { TenantFile } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { groupRow, groupType, objectType } from './principals.ts';
import { requirePim } from './roles.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { asPimDoes, readSchedule } from './schedule.ts';
import { notFound, requireUser } from './user-row.ts';

type Relation = 'members' | 'owners';
const bad = (message: string) => new TenantRefusal(400, 'Request_BadRequest', message);

function writable(call: GraphCall): Group {
  const id = call.parameters['id'] ?? '';
  const group = findGroup(call.store.file, id);
  if (!group) throw notFound(id);
  if (group.isAssignableToRole) call.require('roleAssignable');
  if (group.groupTypes?.includes('DynamicMembership'))
    throw bad('Insufficient privileges to complete the operation: the membership is dynamic.');
  if (group.onPremisesSyncEnabled)
    throw bad('Unable to update the specified properties for on-premises mastered Directory Sync objects.');
  return group;
}

/** Lists that the file does not have: removed again together with their last member. */
const begun = new WeakSet<readonly string[]>();

const nameKey = (file: TenantFile) => (name: string) => principalIdOf(file, name);

const remove = (relation: Relation) => (call: GraphCall) => {
  const { file } = call.store;
  const key = principalIdOf(file, call.parameters['member'] ?? '');
  const group = writable(call);
  const list = group[relation];
  if (takeOut(call.store, list, nameKey(file), key) === undefined) throw notFound(key);
  if (list?.length === 0 && begun.has(list)) Reflect.deleteProperty(group, relation);
  return { status: 204 };
};

const add = (relation: Relation) => (call: GraphCall) => {
  const { file } = call.store;
  const group = writable(call);
  const link = isRow(call.body) ? call.body['@odata.id'] : undefined;
  const id = /^https:\/\/graph\.microsoft\.com\/v1\.0\/(?:directoryObjects|users)\/([^/]+)$/.exec(
    String(link),
  )?.[1];
  if (id === undefined) throw bad('The @odata.id names no object.');
  const user = findUser(file, id);
  if (!user) throw notFound(id);
  const list = group[relation] ?? [];
  if (group[relation] === undefined) begun.add(list);
  group[relation] = list;
  if (list.some((name) => principalIdOf(file, name) === userIdOf(user)))
    throw bad(
      "One or more added object references already exist for the following modified properties: 'members'.",
    );
  putIn(call.store, list, userIdOf(user), () => userIdOf(user));
  return { status: 204 };
};

function owned(call: GraphCall): Row[] {
  const id = userIdOf(requireUser(call.file, call.parameters['id'] ?? ''));
  return (call.file.groups ?? [])
    .filter((group) => group.owners?.some((name) => principalIdOf(call.file, name) === id))
    .map(groupRow);
}

const eligibility = {
  id: text,
  accessId: text,
  groupId: text,
  principalId: text,
  memberType: text,
  eligibilityScheduleId: text,
  startDateTime: instant,
  endDateTime: instant,
};
const eligibilityType: EntityType = {
  name: 'microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance',
  properties: eligibility,
};
type Eligibility = NonNullable<TenantFile['groupEligibilities']>[number];

const keyIn = (file: TenantFile) => (entry: Eligibility) => {
  const group = findGroup(file, entry.groupId);
  return [
    principalIdOf(file, entry.principalId),
    group ? groupIdOf(group) : '',
    entry.accessId ?? 'member',
  ].join('|');
};

function eligible(call: GraphCall): Row[] {
  requirePim(call);
  if (!call.query.filter) throw bad('The filter is required: principalId or groupId must be named.');
  return (call.file.groupEligibilities ?? []).map((entry) => {
    const [principalId = '', groupId = '', accessId = ''] = keyIn(call.file)(entry).split('|');
    const id = entry.id ?? guidOf('group eligibility', principalId, groupId, accessId);
    return withDefaults({ ...entry, principalId, groupId, accessId }, eligibility, {
      id,
      eligibilityScheduleId: id,
      memberType: 'direct',
    });
  });
}

function request(call: GraphCall) {
  requirePim(call);
  const body = isRow(call.body) ? call.body : {};
  const { action, accessId, groupId, principalId, scheduleInfo, justification, ...rest } = body;
  call.require(action === 'adminRemove' ? 'adminRemove' : undefined);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw bad(`The property '${unknown}' does not exist on the type.`);
  if (accessId !== 'member' && accessId !== 'owner') throw bad('The access id is invalid.');
  const { store } = call;
  const { file } = store;
  if (typeof groupId !== 'string' || !findGroup(file, groupId)) throw bad('The group is not found.');
  if (typeof principalId !== 'string' || !findUser(file, principalId)) throw bad('The subject is not found.');
  const entry = { groupId, principalId, accessId } as const;
  const key = keyIn(file)(entry);
  const there = (file.groupEligibilities ?? []).some((one) => keyIn(file)(one) === key);
  let status: string;
  if (action === 'adminRemove') {
    if (!there)
      throw new TenantRefusal(404, 'RoleAssignmentDoesNotExist', 'The Role assignment does not exist.');
    status = asPimDoes(store, key, 'Revoked', () =>
      takeOut(store, file.groupEligibilities, keyIn(file), key),
    );
  } else if (action === 'adminAssign') {
    const period = readSchedule(scheduleInfo, store.now());
    file.groupEligibilities ??= [];
    const list = file.groupEligibilities;
    if (there) throw new TenantRefusal(400, 'RoleAssignmentExists', 'The Role assignment already exists.');
    status = asPimDoes(store, key, 'Provisioned', () =>
      putIn(store, list, key, () => ({ ...entry, ...period })),
    );
  } else throw bad('The action is invalid.');
  return {
    status: 201,
    body: {
      id: guidOf('group request', key, store.now().toISOString()),
      status,
      action,
      ...entry,
      justification: justification ?? null,
    },
  };
}

const behind = 'directory';
const pim = '/identityGovernance/privilegedAccess/group';

export const groupWriteRoutes: readonly GraphRoute[] = [
  ...(['members', 'owners'] as const).flatMap((relation): GraphRoute[] => [
    {
      method: 'POST',
      path: `/groups/{id}/${relation}/$ref`,
      behind,
      entity: objectType,
      act: add(relation),
    },
    {
      method: 'DELETE',
      path: `/groups/{id}/${relation}/{member}/$ref`,
      behind,
      entity: objectType,
      act: remove(relation),
    },
  ]),
  {
    method: 'GET',
    path: '/users/{id}/ownedObjects/microsoft.graph.group',
    behind,
    entity: groupType,
    query: { select: true, count: true, page: { size: 100, most: 999 } },
    many: owned,
  },
  {
    method: 'GET',
    path: `${pim}/eligibilityScheduleInstances`,
    behind,
    entity: eligibilityType,
    query: {
      select: true,
      page: { size: 100, most: 999 },
      filter: { principalId: 'eq', groupId: 'eq', accessId: 'eq' },
    },
    many: eligible,
  },
  {
    method: 'POST',
    path: `${pim}/eligibilityScheduleRequests`,
    behind,
    entity: eligibilityType,
    ownPermission: true,
    act: request,
  },
];
