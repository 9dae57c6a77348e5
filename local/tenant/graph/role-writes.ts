// Assigning and removing directory roles: the assignment itself, and PIM's requests
// (https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests).
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findGroup, findRole, findUser, principalIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { TenantFile } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { assignmentIdOf, assignmentRows } from './role-rows.ts';
import { assignmentType, base, requirePim } from './roles.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { asPimDoes, readSchedule } from './schedule.ts';
import { notFound } from './user-row.ts';

type Assignment = NonNullable<TenantFile['roleAssignments']>[number];
type Eligibility = NonNullable<TenantFile['roleEligibilities']>[number];

const reference = ['principalId', 'roleDefinitionId', 'directoryScopeId', 'appScopeId'];
const ofRequest = ['action', 'justification', 'scheduleInfo', 'ticketInfo', 'isValidationOnly'];

const bad = (code: string, message: string) => new TenantRefusal(400, code, message);
const invalid = (name: string) =>
  bad('Request_BadRequest', `Invalid value specified for property '${name}' of resource 'RoleAssignment'.`);

/** Identifies an assignment. */
const keyIn = (file: TenantFile) => (entry: Assignment | Eligibility) =>
  [
    principalIdOf(file, entry.principalId),
    findRole(file, entry.roleDefinitionId)?.id,
    entry.appScopeId ?? entry.directoryScopeId ?? '/',
  ].join('|');

function target(call: GraphCall, allowed: readonly string[]) {
  const body = isRow(call.body) ? call.body : {};
  const unknown = Object.keys(body).find((name) => !allowed.includes(name) && !name.startsWith('@odata.'));
  if (unknown !== undefined)
    throw bad(
      'BadRequest',
      `The property '${unknown}' does not exist on the type. Make sure to only use property names that are defined by the type.`,
    );
  const { principalId, roleDefinitionId, directoryScopeId, appScopeId } = body;
  const { file } = call.store;
  if (typeof principalId !== 'string' || !(findUser(file, principalId) ?? findGroup(file, principalId)))
    throw invalid('principalId');
  if (typeof roleDefinitionId !== 'string' || !findRole(file, roleDefinitionId))
    throw invalid('roleDefinitionId');
  if (typeof directoryScopeId !== 'string' && typeof appScopeId !== 'string')
    throw invalid('directoryScopeId');
  const named = {
    principalId,
    roleDefinitionId,
    ...(typeof directoryScopeId === 'string' ? { directoryScopeId } : {}),
    ...(typeof appScopeId === 'string' ? { appScopeId } : {}),
  };
  return { body, named, key: keyIn(file)(named) };
}

const conflict = () =>
  bad(
    'Request_BadRequest',
    'A conflicting object with one or more of the specified property values is present in the directory.',
  );

function assign(call: GraphCall) {
  const { body, named, key } = target(call, [...reference, 'condition']);
  const { file } = call.store;
  file.roleAssignments ??= [];
  const list = file.roleAssignments;
  if (list.some((entry) => keyIn(file)(entry) === key)) throw conflict();
  const { condition } = body;
  putIn(call.store, list, key, () => ({
    ...named,
    ...(typeof condition === 'string' ? { condition } : {}),
  }));
  const made = assignmentRows({ ...call, file }).find((_, index) => {
    const entry = list[index];
    return entry !== undefined && keyIn(file)(entry) === key;
  });
  return {
    status: 201,
    body: {
      '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#${base.slice(1)}/roleAssignments/$entity`,
      ...made,
    },
  };
}

function unassign(call: GraphCall) {
  const { file } = call.store;
  const id = call.parameters['id'] ?? '';
  const entry = file.roleAssignments?.find((one) => assignmentIdOf(file, one) === id);
  if (!entry) throw notFound(id);
  takeOut(call.store, file.roleAssignments, keyIn(file), keyIn(file)(entry));
  return { status: 204 };
}

const gone = () =>
  new TenantRefusal(404, 'RoleAssignmentDoesNotExist', 'The Role assignment does not exist.');
/** PIM does not end an activation that is younger than this. */
const leastMs = 5 * 60_000;

function requireOldEnough(call: GraphCall, key: string): void {
  const { file, now } = call.store;
  const entry = file.roleAssignments?.find((one) => keyIn(file)(one) === key);
  if (entry?.assignmentType !== 'Activated') return;
  if (now().getTime() - Date.parse(entry.startDateTime ?? '') < leastMs)
    throw bad('ActiveDurationTooShort', 'The active duration is too short.');
}

/** Adds or removes through PIM, and returns the status of the request. */
function schedule(
  call: GraphCall,
  list: (Assignment | Eligibility)[],
  key: string,
  entry: Eligibility,
  body: Row,
): string {
  const { store } = call;
  const keyOf = keyIn(store.file);
  const there = list.some((one) => keyOf(one) === key);
  if (body['action'] === 'adminRemove') {
    if (!there) throw gone();
    return asPimDoes(store, key, 'Revoked', () => takeOut(store, list, keyOf, key));
  } else if (body['action'] === 'adminAssign') {
    const period = readSchedule(body['scheduleInfo'], store.now());
    if (there) throw bad('RoleAssignmentExists', 'The Role assignment already exists.');
    return asPimDoes(store, key, 'Provisioned', () =>
      putIn(store, list, key, () => ({ ...entry, ...period })),
    );
  } else {
    throw bad('InvalidAction', `The action '${String(body['action'])}' is not for an application.`);
  }
}

function request(call: GraphCall, what: 'active' | 'eligible') {
  requirePim(call);
  const asked = isRow(call.body) ? call.body['action'] : undefined;
  call.require(asked === 'adminRemove' ? 'adminRemove' : undefined);
  const { body, named, key } = target(call, [...reference, ...ofRequest]);
  const { store } = call;
  const { file } = store;
  if (what === 'active' && asked === 'adminRemove') requireOldEnough(call, key);
  // If the tenant file has no list, it still has none afterwards.
  const name = what === 'eligible' ? 'roleEligibilities' : 'roleAssignments';
  file[name] ??= [];
  const list = what === 'eligible' ? (file.roleEligibilities ?? []) : (file.roleAssignments ?? []);
  const status = schedule(call, list, key, named, body);
  const { principalId, roleDefinitionId, directoryScopeId = null, appScopeId = null } = named;
  const set = what === 'active' ? 'roleAssignmentScheduleRequests' : 'roleEligibilityScheduleRequests';
  const created: Row = {
    '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#${base.slice(1)}/${set}/$entity`,
    id: guidOf(set, key, store.now().toISOString()),
    status,
    createdDateTime: store.now().toISOString(),
    action: body['action'],
    principalId,
    roleDefinitionId,
    directoryScopeId,
    appScopeId,
    justification: body['justification'] ?? null,
    scheduleInfo: body['scheduleInfo'] ?? null,
  };
  return { status: 201, body: created };
}

const behind = 'directory';
const entity = assignmentType;

export const roleWriteRoutes: readonly GraphRoute[] = [
  { method: 'POST', path: `${base}/roleAssignments`, behind, entity, act: assign },
  { method: 'DELETE', path: `${base}/roleAssignments/{id}`, behind, entity, act: unassign },
  {
    method: 'POST',
    path: `${base}/roleAssignmentScheduleRequests`,
    behind,
    entity,
    ownPermission: true,
    act: (call) => request(call, 'active'),
  },
  {
    method: 'POST',
    path: `${base}/roleEligibilityScheduleRequests`,
    behind,
    entity,
    ownPermission: true,
    act: (call) => request(call, 'eligible'),
  },
];
