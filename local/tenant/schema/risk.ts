// What Entra ID Protection knows, in Microsoft Graph's own properties. A user is named by id or by user principal name;
// the other of the two is filled in when the object is read.
import { z } from 'zod';
import { annotations, flag, instant, may, open, text } from './fields.ts';

export const riskLevel = z.enum(['low', 'medium', 'high', 'hidden', 'none', 'unknownFutureValue']);
export const riskState = z.enum([
  'none',
  'confirmedSafe',
  'remediated',
  'dismissed',
  'atRisk',
  'confirmedCompromised',
  'unknownFutureValue',
]);
export const riskDetail = z.enum([
  'none',
  'adminGeneratedTemporaryPassword',
  'userPerformedSecuredPasswordChange',
  'userPerformedSecuredPasswordReset',
  'adminConfirmedSigninSafe',
  'aiConfirmedSigninSafe',
  'userPassedMFADrivenByRiskBasedPolicy',
  'adminDismissedAllRiskForUser',
  'adminConfirmedSigninCompromised',
  'hidden',
  'adminConfirmedUserCompromised',
  'unknownFutureValue',
  'm365DAdminDismissedDetection',
  'adminConfirmedServicePrincipalCompromised',
  'adminDismissedAllRiskForServicePrincipal',
  'userChangedPasswordOnPremises',
  'adminDismissedRiskForSignIn',
  'adminConfirmedAccountSafe',
  'microsoftRevokedSessions',
]);
export const signInLocation = z.strictObject({
  city: may(text),
  state: may(text),
  countryOrRegion: may(text),
  geoCoordinates: may(open),
});
export const user = {
  userId: may(text),
  userPrincipalName: may(text),
  userDisplayName: may(text),
};

export const riskDetectionProperties = {
  id: text,
  ...user,
  riskEventType: text.describe('An open list: anomalousToken, leakedCredentials, attackerinTheMiddle, …'),
  riskLevel,
  riskState: may(riskState).describe('Default atRisk'),
  riskDetail: may(riskDetail).describe('Default none'),
  source: may(text).describe('Default IdentityProtection'),
  detectionTimingType: may(
    z.enum(['notDefined', 'realtime', 'nearRealtime', 'offline', 'unknownFutureValue']),
  ).describe('Default realtime'),
  activity: may(z.enum(['signin', 'user', 'unknownFutureValue', 'servicePrincipal'])).describe(
    'Default signin',
  ),
  tokenIssuerType: may(
    z.enum([
      'AzureAD',
      'ADFederationServices',
      'UnknownFutureValue',
      'AzureADBackupAuth',
      'ADFederationServicesMFAAdapter',
      'NPSExtension',
    ]),
  ).describe('Default AzureAD'),
  ipAddress: may(text),
  location: may(signInLocation),
  activityDateTime: may(instant).describe('Default: detectedDateTime'),
  detectedDateTime: may(instant).describe('Default: when the tenant was loaded'),
  lastUpdatedDateTime: may(instant).describe('Default: detectedDateTime'),
  requestId: may(text),
  correlationId: may(text),
  additionalInfo: may(text).describe('JSON in a string: [{"Key":"userAgent","Value":"…"}]'),
};
export const riskDetectionSchema = z.strictObject({ ...annotations, ...riskDetectionProperties });

export const riskyUserProperties = {
  id: text.describe('The user, by id or user principal name'),
  userPrincipalName: may(text),
  userDisplayName: may(text),
  riskLevel,
  riskState: may(riskState).describe('Default atRisk'),
  riskDetail: may(riskDetail).describe('Default none'),
  riskLastUpdatedDateTime: may(instant),
  isDeleted: may(flag),
  isProcessing: may(flag),
};
export const riskyUserSchema = z.strictObject({ ...annotations, ...riskyUserProperties });
