// Records of both audit logs as in a tenant file: Adele's intruder at work, and Adele herself.
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { type Intruder, nobodyKnown } from '../../shared/model/intruder.ts';
import type { RunView } from '../../shared/model/step.ts';
import { adele, attacker, firefox, office } from './sign-ins.ts';

export const session = '005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10';

export const intruder: Intruder = {
  ...nobodyKnown,
  since: '2026-11-20T08:12:04.000Z',
  sessions: [session],
  addresses: [attacker],
  sharedAddresses: ['198.51.100.20'],
  userAgents: [firefox],
};

/** Who did it: the intruder by session and address, or the owner at her desk. */
const places = {
  intruder: { clientIp: attacker, auditData: { AppAccessContext: { AADSessionId: session } } },
  owner: { clientIp: office, auditData: { AppAccessContext: { AADSessionId: 'owner-20' } } },
};

let number = 0;
export function record(
  by: keyof typeof places,
  operation: string,
  given: { auditData?: object; [property: string]: unknown } = {},
) {
  number += 1;
  const place = places[by];
  return {
    id: `0e8a7f0e-1c1b-4a59-9a0d-${String(number).padStart(12, '0')}`,
    createdDateTime: '2026-11-20T09:13:30Z',
    operation,
    userPrincipalName: 'adele@contoso.com',
    service: 'Exchange',
    ...place,
    ...given,
    auditData: { ...place.auditData, ...given.auditData },
  };
}

export const delegated = (by: keyof typeof places, user: string) =>
  record(by, 'Add-MailboxPermission', {
    auditLogRecordType: 'exchangeAdmin',
    objectId: 'contoso.onmicrosoft.com\\adele',
    auditData: {
      Parameters: [
        { Name: 'Identity', Value: 'adele' },
        { Name: 'User', Value: user },
        { Name: 'AccessRights', Value: 'FullAccess' },
      ],
    },
  });

/** A cmdlet, as the audit log writes its parameters. */
export const cmdlet = (
  by: keyof typeof places,
  operation: string,
  parameters: Record<string, string>,
  given: object = {},
) =>
  record(by, operation, {
    auditLogRecordType: 'exchangeAdmin',
    auditData: { Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })) },
    ...given,
  });

/** The run once the audit log has answered with these records. */
export const answered = (records: readonly object[]): Partial<RunView> => ({
  ended: { 'collect-audit-log': 'done' },
  answered: ['acts'],
  facts: {
    acts: actsOf(
      records.map((one) => unifiedRecordSchema.parse(one)),
      intruder,
    ),
  },
});

export const directoryAudit = (by: keyof typeof places, activityDisplayName: string, given: object = {}) => {
  number += 1;
  return {
    id: `Directory_${number}`,
    activityDateTime: '2026-11-20T09:13:10Z',
    activityDisplayName,
    initiatedBy: { user: { id: adele, ipAddress: places[by].clientIp } },
    targetResources: [{ userPrincipalName: 'adele@contoso.com', type: 'User' }],
    ...given,
  };
};
