// A tenant with many accounts under attack at once, and their alerts. Every account has a risk detection and the
// sign-in behind it, so each alert is confirmed by its own request, as in a real storm.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedScenario, loadScenario } from '../local/scenario.ts';

export interface Storm extends LoadedScenario {
  /** Object ids of the accounts under attack. */
  accounts: readonly string[];
  /** Ids of their risk detections, in the same order. */
  detections: readonly string[];
}

/** Each account has its own address; otherwise the first victim's run would find and raise all the others. */
const addressOf = (index: number) => `198.18.${Math.floor(index / 250)}.${(index % 250) + 1}`;

/** The same id for the same text, so that two measurements see the same tenant. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/**
 * Everyday data of one account: so many sign-ins, mails received and sent, and audit log records, all of them the
 * owner's.
 */
function everyday(userPrincipalName: string, index: number, items: number) {
  // Spread over four weeks, up to two hours before the attack.
  const at = (item: number) => `now-${2 + Math.floor((item * 28 * 24) / items)}h${item % 60}m`;
  const home = `192.0.2.${(index % 250) + 1}`;
  const session = idOf(`home ${userPrincipalName}`);
  const all = Array.from({ length: items }, (_, item) => item);
  const other = (item: number) => ({ emailAddress: { address: `customer${item % 40}@fabrikam.example` } });
  return {
    signIns: all.map((item) => ({
      id: idOf(`sign-in ${item} ${userPrincipalName}`),
      createdDateTime: at(item),
      userPrincipalName,
      ipAddress: home,
      appDisplayName: 'Outlook',
      sessionId: session,
      correlationId: idOf(`sign-in correlation ${item} ${userPrincipalName}`),
    })),
    auditRecords: all.map((item) => ({
      id: idOf(`record ${item} ${userPrincipalName}`),
      // Within the day before the attack that is searched.
      createdDateTime: `now-${1 + (item % 22)}h${item % 60}m`,
      auditLogRecordType: 'exchangeItem',
      operation: item % 3 === 0 ? 'Send' : 'MailItemsAccessed',
      service: 'Exchange',
      userPrincipalName,
      clientIp: home,
      auditData: {
        AppAccessContext: { AADSessionId: session },
        Item: { InternetMessageId: `<${item}.${index}@contoso.com>`, Subject: `Order ${item}` },
      },
    })),
    mailbox: {
      messages: all.map((item) => ({
        subject: `Order ${item}`,
        from: other(item),
        receivedDateTime: at(item),
        internetMessageId: `<in.${item}.${index}@fabrikam.example>`,
      })),
      sentItems: all.map((item) => ({
        subject: `Re: Order ${item}`,
        toRecipients: [other(item)],
        sentDateTime: at(item),
        internetMessageId: `<${item}.${index}@contoso.com>`,
      })),
    },
  };
}

/** `items`: how much everyday data each account has, as above. */
export async function storm(size: number, now: Date, items = 0): Promise<Storm> {
  const names = Array.from({ length: size }, (_, index) => `victim${index}@contoso.com`);
  const accounts = names.map((name) => idOf(name));
  const detections = names.map((name) => createHash('sha256').update(`risk ${name}`).digest('hex'));
  const own = names.map((name, index) => everyday(name, index, items));
  const tenant = {
    tenantId: idOf('tenant'),
    displayName: 'Contoso',
    domains: [
      { id: 'contoso.com', isDefault: true },
      { id: 'contoso.onmicrosoft.com', isInitial: true },
    ],
    users: [
      ...names.map((userPrincipalName, index) => ({
        id: accounts[index],
        displayName: `Victim ${index}`,
        userPrincipalName,
        createdDateTime: 'now-900d',
        lastPasswordChangeDateTime: 'now-200d',
        mailbox: own[index]?.mailbox ?? {},
      })),
      { id: idOf('admin'), displayName: 'Admin', userPrincipalName: 'admin@contoso.onmicrosoft.com' },
      {
        id: idOf('sender'),
        displayName: 'Reclaim',
        userPrincipalName: 'reclaim@contoso.com',
        accountEnabled: false,
        mailbox: { RecipientTypeDetails: 'SharedMailbox' },
      },
    ],
    roleAssignments: [
      { principalId: 'admin@contoso.onmicrosoft.com', roleDefinitionId: 'Global Administrator' },
    ],
    riskDetections: names.map((userPrincipalName, index) => ({
      id: detections[index],
      userPrincipalName,
      riskEventType: 'anomalousToken',
      riskLevel: 'high',
      ipAddress: addressOf(index),
      location: { city: 'Amsterdam', countryOrRegion: 'NL' },
      requestId: idOf(`request ${userPrincipalName}`),
      correlationId: idOf(`correlation ${userPrincipalName}`),
      activityDateTime: 'now-26m',
      detectedDateTime: 'now-2m',
    })),
    auditRecords: own.flatMap(({ auditRecords }) => auditRecords),
    signIns: [
      ...own.flatMap(({ signIns }) => signIns),
      ...names.map((userPrincipalName, index) => ({
        id: idOf(`request ${userPrincipalName}`),
        createdDateTime: 'now-26m',
        userPrincipalName,
        ipAddress: addressOf(index),
        appDisplayName: 'OfficeHome',
        sessionId: idOf(`session ${userPrincipalName}`),
        correlationId: idOf(`correlation ${userPrincipalName}`),
      })),
    ],
  };
  const folder = mkdtempSync(join(tmpdir(), 'reclaim-bench-'));
  try {
    writeFileSync(join(folder, 'tenant.json'), JSON.stringify(tenant));
    const scenario = {
      title: `${size} accounts at once`,
      description: `A storm of ${size} alerts, each of another account.`,
      tenant: 'tenant.json',
      alerts: detections.map((riskDetection) => ({ riskDetection })),
      // The breaker is measured elsewhere: here every account must be contained.
      settings: { BREAKER_FULL_PER_HOUR: '10000', BREAKER_RUNS_PER_HOUR: '10000', BREAKER_SHARE: '100' },
    };
    const file = join(folder, 'storm.json');
    writeFileSync(file, JSON.stringify(scenario));
    return { ...(await loadScenario(file, now)), accounts, detections };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
