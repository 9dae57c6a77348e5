// What the logs say late counts as much as what they say at once: the same account ends in the same state and under the
// same verdict, whether the audit log answers at once, after an hour or after six, and whatever the order of its pages.
import { describe, expect, it } from 'vitest';
import { tenantWith, told } from './fakes/told.ts';

const session = '7d3c1e90-51aa-4f0e-8a63-0b9d2c4e6f10';
const home = '198.51.100.77';
const away = '203.0.113.150';
const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36';
const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15';

let number = 0;
const id = () => {
  number += 1;
  return `3f5d9a10-0000-4000-8000-${String(number).padStart(12, '0')}`;
};
const record = (operation: string, auditData: object = {}, more: object = {}) => ({
  id: id(),
  createdDateTime: 'now-20m',
  auditLogRecordType: 'exchangeAdmin',
  operation,
  service: 'Exchange',
  userPrincipalName: 'iris@tailspin.example',
  clientIp: away,
  auditData: { AppAccessContext: { AADSessionId: session }, ...auditData },
  ...more,
});
const cmdlet = (operation: string, parameters: Record<string, string>, more: object = {}) =>
  record(
    operation,
    { Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })) },
    { objectId: 'iris', ...more },
  );

const ownSignIn = (days: number) => ({
  id: id(),
  createdDateTime: `now-${days}d`,
  userPrincipalName: 'iris@tailspin.example',
  ipAddress: home,
  appDisplayName: 'Outlook Web',
  sessionId: '11111111-aaaa-4bbb-8ccc-000000000001',
  userAgent: safari,
  isInteractive: true,
  location: { city: 'Leeds', countryOrRegion: 'GB' },
});
const signIn = {
  id: 'c0ffee00-0000-4000-8000-000000000001',
  createdDateTime: 'now-30m',
  userPrincipalName: 'iris@tailspin.example',
  ipAddress: away,
  appDisplayName: 'Outlook Web',
  sessionId: session,
  userAgent: chrome,
  isInteractive: true,
  location: { city: 'Quito', countryOrRegion: 'EC' },
  riskLevelDuringSignIn: 'high',
  riskState: 'atRisk',
};
const detection = {
  id: 'd'.repeat(64),
  userPrincipalName: 'iris@tailspin.example',
  riskEventType: 'anomalousToken',
  riskLevel: 'high',
  ipAddress: away,
  requestId: signIn.id,
  activityDateTime: 'now-30m',
  detectedDateTime: 'now-3m',
};

interface Story {
  mailbox?: object;
  others?: readonly object[];
  records: readonly object[];
  more?: object;
  riskEventType?: string;
}
const admins = ['ga1', 'ga2'].map((name) => ({ userPrincipalName: `${name}@tailspin.example` }));
const tenantOf = (
  { mailbox = {}, others = [], records, more = {}, riskEventType = 'anomalousToken' }: Story,
  behaviour: object,
) =>
  tenantWith(
    {
      users: [
        {
          userPrincipalName: 'iris@tailspin.example',
          displayName: 'Iris Okafor',
          createdDateTime: 'now-900d',
          mailbox,
        },
        ...others,
        ...admins,
      ],
      roleAssignments: admins.map(({ userPrincipalName }) => ({
        principalId: userPrincipalName,
        roleDefinitionId: 'Global Administrator',
      })),
      signIns: [signIn, ownSignIn(2), ownSignIn(4), ownSignIn(6)],
      auditRecords: records,
      behaviour,
      ...more,
    },
    [Object.assign({}, detection, { riskEventType })],
  );

async function ended(given: Parameters<typeof told>[0]) {
  const story = await told(given);
  for (const minutes of [20, 50, 65, 1330]) await story.later(minutes);
  const { run, steps, summary } = await story.run();
  const mailboxes = story.tenant
    .state()
    .users.flatMap(({ userPrincipalName, mailbox }) =>
      userPrincipalName.startsWith('reclaim@') ? [] : [[userPrincipalName, mailbox] as const],
    );
  return { run, steps, mailboxes, verdict: summary.subject.replace(/^.*?\] /, '') };
}

const stories: Record<string, Story> = {
  'a rule that only the log ties to anybody': {
    mailbox: { inboxRules: [{ Name: 'Archive', From: ['ap@vendor.example'], MoveToFolder: 'Archive2' }] },
    records: [cmdlet('New-InboxRule', { Name: 'Archive' }, { objectId: 'iris\\Archive' })],
  },
  'forwarding to a colleague': {
    mailbox: { ForwardingAddress: 'ines' },
    others: [{ userPrincipalName: 'ines@tailspin.example', mailbox: {} }],
    records: [cmdlet('Set-Mailbox', { Identity: 'iris', ForwardingAddress: 'ines@tailspin.example' })],
  },
  'a mail alone': {
    records: [
      record('Send', { Item: { InternetMessageId: '<7@tailspin.example>', Subject: 'New account' } }),
    ],
    more: {
      messageTraces: [
        {
          senderAddress: 'iris@tailspin.example',
          recipientAddress: 'ap@vendor.example',
          subject: 'New account',
          messageId: '<7@tailspin.example>',
          receivedDateTime: 'now-20m',
          status: 'delivered',
        },
      ],
    },
  },
  'a rule that looks bad and that the log shows to be the owner’s': {
    riskEventType: 'attackerinTheMiddle',
    mailbox: { inboxRules: [{ Name: 'Receipts', SubjectContainsWords: ['invoice'], DeleteMessage: true }] },
    records: [
      record(
        'New-InboxRule',
        {
          AppAccessContext: { AADSessionId: '11111111-aaaa-4bbb-8ccc-000000000001' },
          Parameters: [{ Name: 'Name', Value: 'Receipts' }],
        },
        { clientIp: home, objectId: 'iris\\Receipts', createdDateTime: 'now-40m' },
      ),
    ],
  },
  'a rule in a mailbox that the account may open': {
    others: [
      {
        userPrincipalName: 'bills@tailspin.example',
        displayName: 'Bills',
        accountEnabled: false,
        mailbox: {
          permissions: [{ User: 'iris@tailspin.example' }],
          inboxRules: [{ Name: 'x', ForwardTo: ['drop@mail.example'] }],
        },
      },
    ],
    records: [
      record('UpdateInboxRules', {
        MailboxOwnerUPN: 'bills@tailspin.example',
        OperationProperties: [
          { Name: 'RuleOperation', Value: 'AddMailboxRule' },
          { Name: 'RuleName', Value: 'x' },
        ],
      }),
    ],
  },
};

const behaviours = {
  'after 75 minutes': { auditLagMinutes: 75 },
  'after six hours': { auditLagMinutes: 360 },
  'in shuffled pages with repetitions': {
    auditLagMinutes: 0,
    logPages: { size: 2, order: 'shuffled', repeatEvery: 2 },
  },
};

describe.each(Object.entries(stories))('%s', (_name, given) => {
  const atOnce = ended(tenantOf(given, { auditLagMinutes: 0 }));

  it('takes the account back in full', async () => {
    const { run, steps } = await atOnce;
    expect(run.level).toBe('full');
    expect(steps.find(({ name }) => name === 'reset-password')?.outcome).toEqual({ is: 'done' });
    expect(run.state).toBe('closed');
  });

  it.each(Object.entries(behaviours))('ends the same when the log answers %s', async (_when, behaviour) => {
    const [first, later] = [await atOnce, await ended(tenantOf(given, behaviour))];
    expect(later.run.level).toBe(first.run.level);
    expect(later.mailboxes).toEqual(first.mailboxes);
    expect(later.verdict).toBe(first.verdict);
  });
});
