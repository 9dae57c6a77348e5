// Machines of Defender for Endpoint and what was done on them, in the properties of its own API
// (https://learn.microsoft.com/defender-endpoint/api/machine).
import { z } from 'zod';
import { annotations, flag, guid, instant, may, open, text, texts, whole } from './fields.ts';

export const machineProperties = {
  computerDnsName: text,
  id: text.optional().describe('40 hexadecimal digits; default: made from the name'),
  aadDeviceId: may(guid).describe(
    'The deviceId of the device in Entra ID; several machines may have the same',
  ),
  onboardingStatus: may(z.enum(['Onboarded', 'CanBeOnboarded', 'Unsupported', 'InsufficientInfo'])).describe(
    'Default Onboarded',
  ),
  healthStatus: may(text).describe('Default Active'),
  osPlatform: may(text).describe('Default Windows11'),
  lastSeen: may(instant).describe('Default: when the tenant was loaded'),
  firstSeen: may(instant),
  isExcluded: may(flag),
  mergedIntoMachineId: may(text),
  version: may(text),
  osBuild: may(whole),
  osProcessor: may(text),
  osArchitecture: may(text),
  agentVersion: may(text),
  defenderAvStatus: may(text),
  deviceValue: may(text),
  exposureLevel: may(text),
  riskScore: may(text),
  lastIpAddress: may(text),
  lastExternalIpAddress: may(text),
  machineTags: may(texts),
  managedBy: may(text),
  rbacGroupId: may(whole),
  rbacGroupName: may(text),
  vmMetadata: may(open),
  ipAddresses: may(z.array(open)),
};
export const machineSchema = z.strictObject({ ...annotations, ...machineProperties });

export const machineActionProperties = {
  id: text.optional(),
  type: z.enum([
    'RunAntiVirusScan',
    'CollectInvestigationPackage',
    'Isolate',
    'Unisolate',
    'StopAndQuarantineFile',
  ]),
  machineId: text,
  status: z.enum(['Pending', 'InProgress', 'Succeeded', 'Failed', 'TimeOut', 'Cancelled']),
  creationDateTimeUtc: instant,
  lastUpdateTimeUtc: may(instant),
  scope: may(text),
  requestor: may(text),
  requestorComment: may(text),
  computerDnsName: may(text),
  title: may(text),
};
export const machineActionSchema = z.strictObject({ ...annotations, ...machineActionProperties });
