// Devices in Microsoft Graph's own properties (https://learn.microsoft.com/graph/api/resources/device).
import { z } from 'zod';
import { annotations, flag, guid, instant, may, open, text, texts, whole } from './fields.ts';

export const deviceProperties = {
  displayName: text,
  id: guid.optional().describe('The object id, by which it is changed. Default: made from the display name'),
  deviceId: guid.optional().describe('By which sign-ins name it. Default: made from the display name'),
  accountEnabled: may(flag).describe('Default true'),
  operatingSystem: may(text).describe('Default Windows'),
  operatingSystemVersion: may(text),
  registrationDateTime: may(instant).describe('Default null'),
  approximateLastSignInDateTime: may(instant),
  trustType: may(text).describe('AzureAd, ServerAd, Workplace; default Workplace'),
  profileType: may(text).describe('Default RegisteredDevice'),
  alternativeSecurityIds: may(z.array(open)),
  complianceExpirationDateTime: may(instant),
  deviceCategory: may(text),
  deviceMetadata: may(text),
  deviceOwnership: may(text),
  deviceVersion: may(whole),
  enrollmentProfileName: may(text),
  enrollmentType: may(text),
  isCompliant: may(flag),
  isManaged: may(flag),
  isManagementRestricted: may(flag),
  isRooted: may(flag),
  managementType: may(text),
  manufacturer: may(text),
  mdmAppId: may(text),
  model: may(text),
  onPremisesLastSyncDateTime: may(instant),
  onPremisesSecurityIdentifier: may(text),
  onPremisesSyncEnabled: may(flag),
  physicalIds: may(texts),
  systemLabels: may(texts),
};
export const deviceSchema = z.strictObject({
  ...annotations,
  ...deviceProperties,
  registeredOwners: texts.optional().describe('Users, by id or user principal name'),
  registeredUsers: texts.optional().describe('Default: its owners'),
});
