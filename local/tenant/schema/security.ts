// Alerts and incidents of Defender XDR in Microsoft Graph's own properties. Microsoft adds to both without notice, so
// keys and severities that nobody has seen yet can be tried with a file.
import { z } from 'zod';
import { annotations, anything, instant, may, text, texts, whole } from './fields.ts';

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
const severity = text.describe('unknown, informational, low, medium, high, or one to come');
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
export const alertSchema = z.looseObject({ ...annotations, ...alertProperties });

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
export const incidentSchema = z.looseObject({ ...annotations, ...incidentProperties });
