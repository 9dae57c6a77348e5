// Applications in the tenant: registrations, service principals, and what users and administrators let them do, in
// Microsoft Graph's own properties (https://learn.microsoft.com/graph/api/resources/serviceprincipal). A service
// principal is named by object id, application id or display name; a user by id or user principal name.
import { z } from 'zod';
import { annotations, flag, instant, may, open, text, texts } from './fields.ts';

const credential = z.strictObject({
  keyId: may(text),
  displayName: may(text),
  customKeyIdentifier: may(text),
  startDateTime: may(instant),
  endDateTime: may(instant),
  hint: may(text),
  type: may(text),
  usage: may(text),
});

const common = {
  id: text.optional().describe('Object id. Default: made from the display name'),
  appId: may(text).describe('Application id. Default: made from the display name'),
  displayName: text,
  passwordCredentials: may(z.array(credential)),
  keyCredentials: may(z.array(credential)),
  signInAudience: may(text),
  tags: may(texts),
  notes: may(text),
  verifiedPublisher: may(
    z.strictObject({ displayName: may(text), verifiedPublisherId: may(text), addedDateTime: may(instant) }),
  ),
};

export const applicationProperties = {
  ...common,
  createdDateTime: may(instant),
  publisherDomain: may(text),
  identifierUris: may(texts),
  requiredResourceAccess: may(z.array(open)),
};
const owners = texts.optional().describe('Users; not a property of Microsoft Graph');
export const applicationSchema = z.strictObject({ ...annotations, ...applicationProperties, owners });

export const servicePrincipalProperties = {
  ...common,
  accountEnabled: may(flag).describe('Default true'),
  appDisplayName: may(text),
  appOwnerOrganizationId: may(text).describe('Default: another tenant'),
  servicePrincipalType: may(text).describe('Default Application'),
  homepage: may(text),
  replyUrls: may(texts),
  appRoleAssignmentRequired: may(flag),
  appRoles: may(
    z.array(z.strictObject({ id: text, value: may(text), displayName: may(text), isEnabled: may(flag) })),
  ).describe('Default: none'),
  disabledByMicrosoftStatus: may(text),
};
export const servicePrincipalSchema = z.strictObject({
  ...annotations,
  ...servicePrincipalProperties,
  owners,
});

export const grantProperties = {
  id: text.optional().describe('Default: made from the rest'),
  clientId: text.describe('The application that may'),
  consentType: may(z.enum(['Principal', 'AllPrincipals'])).describe('Default Principal'),
  principalId: may(text).describe('The user, for Principal'),
  resourceId: text.describe('The API; one that is not listed is made up'),
  scope: may(text).describe('Separated by spaces: Mail.Read offline_access'),
};
export const grantSchema = z.strictObject({ ...annotations, ...grantProperties });

export const appRoleAssignmentProperties = {
  id: text.optional().describe('Default: made from the rest'),
  appRoleId: may(text).describe('Default: default access'),
  createdDateTime: may(instant),
  deletedDateTime: may(instant),
  principalDisplayName: may(text),
  principalId: text.describe('The user or group'),
  principalType: may(text),
  resourceDisplayName: may(text),
  resourceId: text.describe('The application'),
};
export const appRoleAssignmentSchema = z.strictObject({ ...annotations, ...appRoleAssignmentProperties });
