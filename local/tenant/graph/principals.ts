// Users, groups and roles as the directory shows them where one relates to another.
import type { Row } from '../answers.ts';
import { findGroup, findUser, type Group, groupIdOf, type RoleDefinition } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { groupProperties, roleDefinitionProperties, userProperties } from '../schema/directory.ts';
import { instant, text } from '../schema/fields.ts';
import type { GraphCall } from './route.ts';
import { userRow } from './user-row.ts';

const roleProperties = {
  id: text,
  displayName: text,
  description: text,
  roleTemplateId: text,
  deletedDateTime: instant,
};
export const directoryRoleType: EntityType = {
  name: 'microsoft.graph.directoryRole',
  properties: roleProperties,
};
export const groupType: EntityType = { name: 'microsoft.graph.group', properties: groupProperties };
export const objectType: EntityType = {
  name: 'microsoft.graph.directoryObject',
  properties: { ...userProperties, ...groupProperties, ...roleProperties },
};
export const definitionType: EntityType = {
  name: 'microsoft.graph.unifiedRoleDefinition',
  properties: roleDefinitionProperties,
};

export const definitionRow = (role: RoleDefinition): Row =>
  withDefaults(role, roleDefinitionProperties, { resourceScopes: ['/'] });

/** An activated role has its own id, apart from its template's. */
export const directoryRoleRow = (role: RoleDefinition): Row => ({
  '@odata.type': '#microsoft.graph.directoryRole',
  id: guidOf('directoryRole', role.id),
  deletedDateTime: null,
  description: role.description,
  displayName: role.displayName,
  roleTemplateId: role.templateId,
});

export const groupRow = (group: Group): Row => ({
  '@odata.type': '#microsoft.graph.group',
  ...withDefaults(group, groupProperties, {
    id: groupIdOf(group),
    securityEnabled: true,
    mailEnabled: false,
    visibility: 'Private',
  }),
});

/** A user or group by any of its names; null where there is none, as for a service principal. */
export function principalRow(call: GraphCall, name: string): Row | null {
  const user = findUser(call.file, name);
  if (user) return { '@odata.type': '#microsoft.graph.user', ...userRow(user, call.store.loadedAt) };
  const group = findGroup(call.file, name);
  return group ? groupRow(group) : null;
}
