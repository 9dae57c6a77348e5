import { describe, expect, it } from 'vitest';
import {
  directoryAuditSchema,
  evidenceIn,
  madeByIntruder,
  text,
  tiedToIntruder,
} from '../../shared/intruder/audit.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { type Intruder, nobodyKnown } from '../../shared/model/intruder.ts';

const intruder: Intruder = {
  ...nobodyKnown,
  since: '2026-11-20T08:12:04.000Z',
  sessions: ['005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10'],
  addresses: ['203.0.113.7'],
  sharedAddresses: ['198.51.100.20'],
  userAgents: ['axios/1.7.9'],
  requests: ['kX2-token'],
};

describe('a field of a record', () => {
  it.each(['<null>', '<NULL>', '(null)', ' <null> ', '', null])('%j says nothing', (nothing) => {
    expect(text.parse(nothing)).toBeNull();
  });

  it.each(['null', 'Null Island', '<nullable>'])('%j is kept as it is — it may be a name', (name) => {
    expect(text.parse(name)).toBe(name);
  });
});

const registered = (given: object = {}) =>
  directoryAuditSchema.parse({
    id: 'Directory_6f2c_1',
    activityDateTime: '2026-11-20T09:13:10Z',
    activityDisplayName: 'User registered security info',
    category: 'UserManagement',
    correlationId: '3bb1c2c7-6a6b-4c9f-8a57-3d4f2f0f5a11',
    loggedByService: 'Authentication Methods',
    result: 'success',
    resultReason: 'User registered Authenticator App with Notification and Code',
    initiatedBy: {
      app: null,
      user: { id: 'a1', userPrincipalName: 'adele@contoso.com', ipAddress: '203.0.113.7' },
    },
    targetResources: [
      {
        id: 'a1',
        displayName: null,
        type: 'User',
        userPrincipalName: 'adele@contoso.com',
        modifiedProperties: [
          { displayName: 'StrongAuthenticationMethod', oldValue: '[]', newValue: '[{"MethodType":6}]' },
          { displayName: 'Included Updated Properties', oldValue: null, newValue: '"Strong' },
        ],
      },
    ],
    additionalDetails: [{ key: 'User-Agent', value: 'Mozilla/5.0 (Macintosh)' }],
    ...given,
  });

const byUser = (user: object) => ({ initiatedBy: { user: { id: 'a1', ...user } } });
const agent = (value: string) => ({ additionalDetails: [{ key: 'User-Agent', value }] });

describe('a directory audit record', () => {
  it('from an address that is only the intruder’s is evidence — with place and time, for a reader at night', () => {
    expect(madeByIntruder(registered(), intruder)).toBe(
      "made from the intruder's address 203.0.113.7 at 2026-11-20 09:13 UTC",
    );
  });

  it.each([
    ['from an address the owner uses too', byUser({ ipAddress: '198.51.100.20' })],
    ["from the owner's own address", byUser({ ipAddress: '192.0.2.14' })],
    ['without an address', byUser({ ipAddress: null })],
    [
      'by an application in its own name',
      { initiatedBy: { app: { displayName: 'Device Registration Service' } } },
    ],
    ['that was refused, so nothing was made', { result: 'failure' }],
    ['that timed out', { result: 'timeout' }],
    ["from the intruder's address before they came", { activityDateTime: '2026-11-13T09:13:10Z' }],
    ["with the intruder's client alone", { ...byUser({ ipAddress: '192.0.2.14' }), ...agent('axios/1.7.9') }],
  ])('%s is none', (_what, given) => {
    expect(madeByIntruder(registered(given), intruder)).toBeUndefined();
  });

  it('from a shared address with a client that is not the owner’s is evidence — only the intruder has both', () => {
    const record = registered({ ...byUser({ ipAddress: '198.51.100.20' }), ...agent('axios/1.7.9') });
    expect(madeByIntruder(record, intruder)).toContain("with the intruder's client (axios/1.7.9)");
  });

  it('that was refused still shows what the intruder tried', () => {
    expect(tiedToIntruder(registered({ result: 'failure' }), intruder)).toContain('203.0.113.7');
  });

  it('has its changes parsed from JSON strings, and other text left as it is', () => {
    expect(registered().targets[0]?.changed).toEqual([
      { name: 'StrongAuthenticationMethod', before: [], after: [{ MethodType: 6 }] },
      { name: 'Included Updated Properties', before: null, after: '"Strong' },
    ]);
  });

  it('is read even with only what the schema promises — everything else is null in some services', () => {
    const bare = directoryAuditSchema.parse({
      id: '1',
      activityDateTime: '2026-11-20T09:13:10Z',
      activityDisplayName: 'Update user',
      category: 'UserManagement',
      initiatedBy: {},
    });
    expect(bare).toMatchObject({ succeeded: false, targets: [], trace: { address: null } });
  });
});

const delegated = (auditData: object | null, given: object = {}) =>
  unifiedRecordSchema.parse({
    id: '0e8a7f0e-1c1b-4a59-9a0d-08de28f5c101',
    createdDateTime: '2026-11-20T09:14:30Z',
    auditLogRecordType: 'exchangeAdmin',
    operation: 'Add-MailboxPermission',
    service: 'Exchange',
    objectId: 'contoso.onmicrosoft.com\\adele',
    userId: 'adele@contoso.com',
    userPrincipalName: 'adele@contoso.com',
    userType: 'regular',
    clientIp: null,
    auditData,
    ...given,
  });

describe('a record of the unified audit log', () => {
  it.each([
    ['its session', { AppAccessContext: { AADSessionId: '005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10' } }],
    ['the session of a mailbox record', { SessionId: '005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10' }],
    ['its token', { AppAccessContext: { UniqueTokenId: 'kX2-token' } }],
    ['its address with a port', { ClientIP: '203.0.113.7:52110' }],
    ['the address as mailbox records name it', { ClientIPAddress: '203.0.113.7' }],
    [
      'a session one level below',
      { dynamicProperties: { SessionId: '005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10' } },
    ],
    ['the address as the directory names it', { ActorIpAddress: '203.0.113.7' }],
  ])('is tied by %s', (_what, data) => {
    expect(madeByIntruder(delegated(data), intruder)).toMatch(/^made .* at 2026-11-20 09:14 UTC$/);
  });

  it('is tied by a session even if older than the first known sign-in — a session does not change hands', () => {
    const old = { createdDateTime: '2026-11-20T07:00:00Z' };
    const data = { SessionId: '005f1a2c-0d5c-4c1e-9a77-3a2f1f0b9d10' };
    expect(madeByIntruder(delegated(data, old), intruder)).toContain("in the intruder's session");
  });

  it.each([
    ['nothing that names a place', {}],
    ['no data at all', null],
    ['another session at another address', { SessionId: 'owner', ClientIP: '192.0.2.14' }],
    ['a failure', { ClientIP: '203.0.113.7', ResultStatus: 'Failed' }],
  ])('with %s is no evidence', (_what, data) => {
    expect(madeByIntruder(delegated(data), intruder)).toBeUndefined();
  });

  it('that succeeded in part has made something', () => {
    const data = { ClientIP: '203.0.113.7', ResultStatus: 'PartiallySucceeded' };
    expect(madeByIntruder(delegated(data), intruder)).toBeDefined();
  });

  it('is read whatever a workload writes in place of an object', () => {
    expect(delegated({ AppAccessContext: 'none', ExtendedProperties: 'x' }).trace.session).toBeNull();
  });
});

it('uses the first record with evidence for a change — others may be the owner looking at it', () => {
  const owner = registered(byUser({ ipAddress: '192.0.2.14' }));
  expect(evidenceIn([owner, registered()], intruder)).toContain('203.0.113.7');
  expect(evidenceIn([owner], intruder)).toBeUndefined();
});
