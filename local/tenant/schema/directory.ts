// Entra ID in the tenant file: domains, users, groups, roles. Names inside are Microsoft Graph's own; what belongs
// only to the simulation is marked. A property that is left out has its default and stays out of the file.
import { z } from 'zod';
import { authentication } from './authentication.ts';
import { annotations, flag, guid, instant, may, open, text, texts, whole } from './fields.ts';
import { mailboxSchema } from './mailbox.ts';

export const domainProperties = {
  id: text.meta({ description: 'The domain name: contoso.com' }),
  authenticationType: may(z.enum(['Managed', 'Federated'])).describe('Default Managed'),
  isDefault: may(flag),
  isInitial: may(flag),
  isVerified: may(flag).describe('Default true'),
  isAdminManaged: may(flag).describe('Default true'),
  isRoot: may(flag).describe('Default true'),
  passwordNotificationWindowInDays: may(whole),
  passwordValidityPeriodInDays: may(whole),
  supportedServices: may(texts),
  availabilityStatus: may(text),
  manufacturer: may(text),
  model: may(text),
  state: may(open),
};
export const domainSchema = z.strictObject({ ...annotations, ...domainProperties });

const optionalTexts = z.strictObject({
  aboutMe: may(text),
  ageGroup: may(text),
  city: may(text),
  companyName: may(text),
  consentProvidedForMinor: may(text),
  country: may(text),
  creationType: may(text),
  department: may(text),
  employeeId: may(text),
  employeeType: may(text),
  externalUserState: may(text),
  faxNumber: may(text),
  givenName: may(text),
  jobTitle: may(text),
  legalAgeGroupClassification: may(text),
  mailNickname: may(text),
  mobilePhone: may(text),
  officeLocation: may(text),
  onPremisesDistinguishedName: may(text),
  onPremisesDomainName: may(text),
  onPremisesImmutableId: may(text),
  onPremisesSamAccountName: may(text),
  onPremisesSecurityIdentifier: may(text),
  onPremisesUserPrincipalName: may(text),
  passwordPolicies: may(text),
  postalCode: may(text),
  preferredDataLocation: may(text),
  preferredLanguage: may(text),
  securityIdentifier: may(text),
  state: may(text),
  streetAddress: may(text),
  surname: may(text),
  usageLocation: may(text),
}).shape;

export const userProperties = {
  userPrincipalName: text,
  id: guid.optional().describe('Default: made from the user principal name'),
  displayName: may(text).describe('Default: the part before the @'),
  accountEnabled: may(flag).describe('Default true'),
  userType: may(z.enum(['Member', 'Guest'])).describe('Default Member; Guest where the name holds #EXT#'),
  mail: may(text).describe('Default: the primary address of the mailbox'),
  ...optionalTexts,
  onPremisesSyncEnabled: may(flag),
  onPremisesLastSyncDateTime: may(instant),
  onPremisesExtensionAttributes: may(open),
  onPremisesProvisioningErrors: may(z.array(open)),
  lastPasswordChangeDateTime: may(instant).describe('Default: createdDateTime'),
  signInSessionsValidFromDateTime: may(instant).describe('Default: createdDateTime'),
  createdDateTime: may(instant).describe('Default: a year before the tenant is loaded'),
  deletedDateTime: may(instant),
  employeeHireDate: may(instant),
  employeeLeaveDateTime: may(instant),
  employeeOrgData: may(open),
  externalUserStateChangeDateTime: may(instant),
  businessPhones: may(texts),
  otherMails: may(texts),
  proxyAddresses: may(texts).describe('Default: SMTP: and the primary address of the mailbox'),
  imAddresses: may(texts),
  identities: may(z.array(open)),
  assignedLicenses: may(z.array(open)),
  assignedPlans: may(z.array(open)).describe('Default: an Exchange plan where there is a mailbox'),
  provisionedPlans: may(z.array(open)),
  licenseAssignmentStates: may(z.array(open)),
  serviceProvisioningErrors: may(z.array(open)),
  passwordProfile: may(open),
  authorizationInfo: may(open),
  isManagementRestricted: may(flag).describe('In a restricted-management administrative unit'),
  isResourceAccount: may(flag),
  showInAddressList: may(flag),
};
export const userSchema = z.strictObject({
  ...annotations,
  ...userProperties,
  activeDirectory: z
    .strictObject({
      enabled: flag.optional().describe('Default true'),
      observed: flag.optional().describe('By Defender for Identity; default true'),
    })
    .optional()
    .describe('Of the simulation: the account in Active Directory of a synced user'),
  manager: may(text).describe('The manager, by id or user principal name'),
  ...authentication,
  driveItems: z
    .array(z.strictObject({ id: text.optional(), name: text, links: z.array(open).optional() }))
    .optional()
    .describe(
      'Folders at the top of the OneDrive, with the sharing links of each; whoever has a mailbox has one',
    ),
  mailbox: mailboxSchema.optional().describe('Left out: the user has no mailbox'),
});

export const groupProperties = {
  displayName: text,
  id: guid.optional().describe('Default: made from the display name'),
  description: may(text),
  groupTypes: may(texts),
  isAssignableToRole: may(flag),
  isManagementRestricted: may(flag),
  mail: may(text),
  mailEnabled: may(flag),
  mailNickname: may(text),
  membershipRule: may(text),
  membershipRuleProcessingState: may(text),
  onPremisesSyncEnabled: may(flag),
  securityEnabled: may(flag).describe('Default true'),
  visibility: may(text),
  createdDateTime: may(instant),
};
export const groupSchema = z.strictObject({
  ...annotations,
  ...groupProperties,
  members: texts.optional().describe('Users and groups, by id, user principal name or display name'),
  owners: texts.optional(),
});

export const roleDefinitionProperties = {
  displayName: text,
  id: guid.optional(),
  templateId: may(guid),
  description: may(text),
  isBuiltIn: may(flag).describe('Default false'),
  isEnabled: may(flag).describe('Default true'),
  resourceScopes: may(texts),
  rolePermissions: may(z.array(open)),
  version: may(text),
};
export const roleDefinitionSchema = z.strictObject(roleDefinitionProperties);

const roleReference = {
  principalId: text.describe('User or group, by id, user principal name or display name'),
  roleDefinitionId: text.describe('By id or name: Global Administrator'),
  id: text.optional(),
  directoryScopeId: may(text).describe('Default /'),
  appScopeId: may(text),
  startDateTime: may(instant),
  endDateTime: may(instant),
};
export const roleAssignmentSchema = z.strictObject({
  ...roleReference,
  assignmentType: may(z.enum(['Assigned', 'Activated'])).describe('Activated through PIM; default Assigned'),
  condition: may(text),
});
export const roleEligibilitySchema = z.strictObject(roleReference);
export const groupEligibilitySchema = z.strictObject({
  groupId: text.describe('By id or display name'),
  principalId: text.describe('User, by id or user principal name'),
  accessId: z.enum(['member', 'owner']).optional().describe('Default member'),
  id: text.optional(),
  startDateTime: may(instant),
  endDateTime: may(instant),
});
