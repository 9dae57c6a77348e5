// What Entra ID Protection, the sign-in log and Defender know, in Microsoft Graph's own properties. A user is named
// by id or by user principal name; the other of the two is filled in when the object is read.
import { z } from 'zod';
import { anything, flag, instant, may, open, text, texts, whole } from './fields.ts';

const riskLevel = z.enum(['low', 'medium', 'high', 'hidden', 'none', 'unknownFutureValue']);
const riskState = z.enum([
  'none',
  'confirmedSafe',
  'remediated',
  'dismissed',
  'atRisk',
  'confirmedCompromised',
  'unknownFutureValue',
]);
const riskDetail = z.enum([
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
const signInLocation = z.strictObject({
  city: may(text),
  state: may(text),
  countryOrRegion: may(text),
  geoCoordinates: may(open),
});
const user = {
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
export const riskDetectionSchema = z.strictObject(riskDetectionProperties);

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
export const riskyUserSchema = z.strictObject(riskyUserProperties);

export const signInProperties = {
  id: text.describe('Also the id of the sign-in request'),
  createdDateTime: instant,
  ...user,
  appId: may(text),
  appDisplayName: may(text),
  appliedConditionalAccessPolicies: may(z.array(open)),
  authenticationAppDeviceDetails: may(open),
  clientAppUsed: may(text).describe('Default Browser'),
  conditionalAccessStatus: may(z.enum(['success', 'failure', 'notApplied', 'unknownFutureValue'])),
  correlationId: may(text),
  deviceDetail: may(
    z.strictObject({
      deviceId: may(text),
      displayName: may(text),
      operatingSystem: may(text),
      browser: may(text),
      isCompliant: may(flag),
      isManaged: may(flag),
      trustType: may(text),
    }),
  ),
  homeTenantId: may(text),
  ipAddress: may(text),
  isInteractive: may(flag).describe('Default true; false is seen through beta only'),
  location: may(signInLocation),
  resourceDisplayName: may(text),
  resourceId: may(text),
  resourceTenantId: may(text),
  riskDetail: may(riskDetail),
  riskEventTypes: may(texts),
  riskEventTypes_v2: may(texts),
  riskLevelAggregated: may(riskLevel).describe('Default none'),
  riskLevelDuringSignIn: may(riskLevel).describe('Default none'),
  riskState: may(riskState).describe('Default none'),
  servicePrincipalId: may(text),
  servicePrincipalName: may(text),
  status: may(
    z.strictObject({
      errorCode: may(whole),
      failureReason: may(text),
      additionalDetails: may(text),
    }),
  ).describe('Default: success, error code 0'),
  userAgent: may(text),
};
export const signInBetaProperties = {
  sessionId: may(text),
  signInEventTypes: may(
    z.array(z.enum(['interactiveUser', 'nonInteractiveUser', 'servicePrincipal', 'managedIdentity'])),
  ).describe('Default: from isInteractive'),
  uniqueTokenIdentifier: may(text),
  incomingTokenType: may(text),
  originalRequestId: may(text),
  originalTransferMethod: may(text),
  authenticationProtocol: may(text),
  authenticationRequirement: may(text),
  authenticationDetails: may(z.array(open)),
  authenticationMethodsUsed: may(texts),
  autonomousSystemNumber: may(whole),
  crossTenantAccessType: may(text),
  flaggedForReview: may(flag),
  ipAddressFromResourceProvider: may(text),
  isTenantRestricted: may(flag),
  mfaDetail: may(open),
  networkLocationDetails: may(z.array(open)),
  processingTimeInMilliseconds: may(whole),
  userType: may(text),
};
export const signInSchema = z.strictObject({ ...signInProperties, ...signInBetaProperties });

const classification = z.enum([
  'unknown',
  'falsePositive',
  'truePositive',
  'informationalExpectedActivity',
  'unknownFutureValue',
]);
const determination = z.enum([
  'unknown',
  'apt',
  'malware',
  'securityPersonnel',
  'securityTesting',
  'unwantedSoftware',
  'other',
  'multiStagedAttack',
  'compromisedAccount',
  'phishing',
  'maliciousUserActivity',
  'notMalicious',
  'notEnoughDataToValidate',
  'confirmedActivity',
  'lineOfBusinessApplication',
  'unknownFutureValue',
]);
const severity = z.enum(['unknown', 'informational', 'low', 'medium', 'high', 'unknownFutureValue']);
const comment = z.strictObject({
  '@odata.type': text.optional(),
  comment: text,
  createdByDisplayName: may(text),
  createdDateTime: may(instant),
});

export const alertProperties = {
  id: text,
  title: text,
  severity,
  status: may(z.enum(['unknown', 'new', 'inProgress', 'resolved', 'unknownFutureValue'])).describe(
    'Default new',
  ),
  classification: may(classification).describe('Default unknown'),
  determination: may(determination).describe('Default unknown'),
  serviceSource: may(text).describe('Default azureAdIdentityProtection'),
  detectionSource: may(text).describe('Default: as serviceSource'),
  detectorId: may(text),
  evidence: may(z.array(z.looseObject({ '@odata.type': text }))).describe(
    'userEvidence may name its userAccount by userPrincipalName alone',
  ),
  incidentId: may(text),
  providerAlertId: may(text),
  alertPolicyId: may(text),
  productName: may(text),
  description: may(text),
  recommendedActions: may(text),
  category: may(text),
  categories: may(texts),
  mitreTechniques: may(texts),
  systemTags: may(texts),
  assignedTo: may(text),
  actorDisplayName: may(text),
  threatDisplayName: may(text),
  threatFamilyName: may(text),
  investigationState: may(text),
  additionalData: may(anything),
  customDetails: may(anything),
  comments: may(z.array(comment)),
  alertWebUrl: may(text),
  incidentWebUrl: may(text),
  tenantId: may(text),
  createdDateTime: may(instant).describe('Default: when the tenant was loaded'),
  lastUpdateDateTime: may(instant).describe('Default: createdDateTime'),
  firstActivityDateTime: may(instant),
  lastActivityDateTime: may(instant),
  resolvedDateTime: may(instant),
};
export const alertSchema = z.strictObject(alertProperties);

export const incidentProperties = {
  id: text,
  displayName: text,
  severity,
  status: may(
    z.enum(['active', 'resolved', 'inProgress', 'redirected', 'unknownFutureValue', 'awaitingAction']),
  ).describe('Default active'),
  classification: may(classification),
  determination: may(determination),
  assignedTo: may(text),
  redirectIncidentId: may(text),
  incidentWebUrl: may(text),
  tenantId: may(text),
  description: may(text),
  summary: may(text),
  resolvingComment: may(text),
  lastModifiedBy: may(text),
  priorityScore: may(whole),
  customTags: may(texts),
  systemTags: may(texts),
  comments: may(z.array(comment)),
  createdDateTime: may(instant),
  lastUpdateDateTime: may(instant),
};
export const incidentSchema = z.strictObject(incidentProperties);
