// Who is locked and what is removed, from the alert to the end, in cases that only attribution can decide: nothing here
// looks like an intruder's or an owner's by its name.
import { describe, expect, it } from 'vitest';
import { tenantWith, told } from './fakes/told.ts';

const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Edg/131.0.0.0';
const opera = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 OPR/115.0.0.0';
const desk = { ipAddress: '198.51.100.40', location: { city: 'Lyon', countryOrRegion: 'FR' } };
const rented = { ipAddress: '203.0.113.140', location: { city: 'Manila', countryOrRegion: 'PH' } };
const ida = 'ida@tailspin.example';
const session = (name: string) => `${name.padEnd(8, '0')}-1111-4222-8333-444444444444`;

let number = 0;
const id = () => {
  number += 1;
  return `7a1b2c3d-0000-4000-8000-${String(number).padStart(12, '0')}`;
};
const signIn = (userPrincipalName: string, createdDateTime: string, given: object) => ({
  id: id(),
  userPrincipalName,
  createdDateTime,
  appDisplayName: 'Outlook Web',
  userAgent: edge,
  isInteractive: false,
  ...given,
});
const days = ['now-6d', 'now-5d', 'now-4d', 'now-3d', 'now-2d', 'now-1d'];
const week = (who: string, given: object = {}) =>
  days.map((day) => signIn(who, day, { ...desk, sessionId: session(who.slice(0, 3)), ...given }));
const newsletters = { Name: 'Newsletters', SubjectContainsWords: ['newsletter'], MoveToFolder: 'Later' };
const ruleBy = (clientIp: string, AADSessionId: string) => ({
  id: id(),
  createdDateTime: 'now-20m',
  auditLogRecordType: 'exchangeAdmin',
  operation: 'New-InboxRule',
  service: 'Exchange',
  userPrincipalName: ida,
  clientIp,
  objectId: 'ida\\Newsletters',
  auditData: { AppAccessContext: { AADSessionId }, Parameters: [{ Name: 'Name', Value: 'Newsletters' }] },
});
const registeredFrom = (ipAddress: string) => ({
  id: id(),
  activityDateTime: 'now-22m',
  activityDisplayName: 'User registered security info',
  initiatedBy: { user: { userPrincipalName: ida, ipAddress } },
  targetResources: [{ type: 'User', userPrincipalName: ida }],
  resultReason: 'User registered Mobile Phone SMS',
});
const phone = {
  '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
  phoneNumber: '+33 155550100',
  phoneType: 'mobile',
  createdDateTime: 'now-22m',
};

interface Story {
  signIns: readonly { id: string; ipAddress?: string }[];
  named: { id: string; ipAddress?: string };
  detector?: string;
  madeFrom: string;
  inSession: string;
  others?: readonly string[];
}

/** The result: who is locked, whether the rule still works, and whether the phone is still there. */
async function end({ signIns, named, detector = 'anomalousToken', madeFrom, inSession, others = [] }: Story) {
  const detection = {
    id: 'e'.repeat(64),
    userPrincipalName: ida,
    riskEventType: detector,
    riskLevel: 'high',
    ipAddress: named.ipAddress,
    requestId: named.id,
    activityDateTime: 'now-40m',
    detectedDateTime: 'now-2m',
  };
  const tenant = {
    users: [
      {
        userPrincipalName: ida,
        displayName: 'Ida Moreau',
        authenticationMethods: [phone],
        mailbox: { inboxRules: [newsletters] },
      },
      ...others.map((userPrincipalName) => ({ userPrincipalName, mailbox: {} })),
    ],
    signIns,
    auditRecords: [ruleBy(madeFrom, inSession)],
    directoryAudits: [registeredFrom(madeFrom)],
    behaviour: { auditLagMinutes: 0 },
  };
  const story = await told(tenantWith(tenant, [detection]));
  const runs = await story.runs();
  const state = story.tenant.state();
  const [account] = state.users;
  return {
    locked: state.users.flatMap(({ userPrincipalName, accountEnabled }) =>
      accountEnabled === false && userPrincipalName.endsWith('@tailspin.example') ? [userPrincipalName] : [],
    ),
    rule: account?.mailbox?.inboxRules?.[0]?.Enabled ?? true,
    phone: account?.authenticationMethods?.length === 1,
    tasks: runs.flatMap(({ steps }) =>
      steps.flatMap(({ tasks }) => tasks.map(({ what, instruction }) => `${what} ${instruction}`)),
    ),
  };
}

describe('a harmless-looking rule and a phone', () => {
  it('are removed if an intruder made them in a session of their own', async () => {
    const attack = signIn(ida, 'now-40m', {
      ...rented,
      userAgent: opera,
      sessionId: session('a77ac'),
      riskLevelDuringSignIn: 'high',
      riskState: 'atRisk',
    });
    const { rule, phone: kept } = await end({
      signIns: [...week(ida), attack],
      named: attack,
      madeFrom: rented.ipAddress,
      inSession: session('a77ac'),
    });
    expect({ rule, kept }).toEqual({ rule: false, kept: false });
  });

  it('are removed if the owner’s session was stolen, although the token claims the owner’s managed device', async () => {
    const device = { deviceDetail: { deviceId: 'd-1', isManaged: true, isCompliant: true } };
    const stolen = signIn(ida, 'now-40m', {
      ...rented,
      ...device,
      userAgent: opera,
      sessionId: session('ida'),
    });
    const { rule, phone: kept } = await end({
      signIns: [...week(ida, device), stolen],
      named: stolen,
      madeFrom: rented.ipAddress,
      inSession: session('ida'),
    });
    expect({ rule, kept }).toEqual({ rule: false, kept: false });
  });

  it('stay if the owner made them at their desk in the same session, while it was also used elsewhere', async () => {
    const stolen = signIn(ida, 'now-40m', { ...rented, userAgent: opera, sessionId: session('ida') });
    const { rule, phone: kept } = await end({
      signIns: [...week(ida), stolen],
      named: stolen,
      madeFrom: desk.ipAddress,
      inSession: session('ida'),
    });
    expect({ rule, kept }).toEqual({ rule: true, kept: true });
  });

  it.each(['unfamiliarFeatures', 'anomalousToken', 'unlikelyTravel'])(
    'stay if the alert was wrong about the owner’s desk (%s), and nobody else there is locked',
    async (detector) => {
      const colleagues = ['joe@tailspin.example', 'kim@tailspin.example'];
      const own = signIn(ida, 'now-40m', { ...desk, sessionId: session('ida'), riskState: 'atRisk' });
      const all = await end({
        signIns: [...week(ida), own, ...colleagues.flatMap((who) => week(who))],
        named: own,
        detector,
        madeFrom: desk.ipAddress,
        inSession: session('ida'),
        others: colleagues,
      });
      expect(all).toMatchObject({ locked: [ida], rule: true, phone: true });
    },
  );
});

describe('other accounts at the address', () => {
  const attack = signIn(ida, 'now-40m', { ...rented, userAgent: opera, sessionId: session('a77ac') });
  const theirs = { madeFrom: rented.ipAddress, inSession: session('a77ac') };

  it('are locked for a refreshed token alone, however long the others have been in', async () => {
    const victims = ['joe@tailspin.example', 'kim@tailspin.example'];
    const dwell = victims.flatMap((who) =>
      ['now-4d', 'now-2d', 'now-1d', 'now-30m'].map((time) =>
        signIn(who, time, { ...rented, userAgent: opera, sessionId: session(`5e${who.slice(0, 3)}`) }),
      ),
    );
    const { locked } = await end({
      signIns: [...week(ida), attack, ...victims.flatMap((who) => week(who)), ...dwell],
      named: attack,
      others: victims,
      ...theirs,
    });
    expect(locked.toSorted()).toEqual([ida, ...victims].toSorted());
  });

  it('are named and not locked if they were there with what they always use', async () => {
    const guests = ['joe@tailspin.example', 'kim@tailspin.example', 'lea@tailspin.example'];
    const { locked, tasks } = await end({
      signIns: [
        ...week(ida),
        attack,
        ...guests.flatMap((who) => [
          ...week(who),
          signIn(who, 'now-30m', { ...rented, sessionId: session(`90${who.slice(0, 3)}`) }),
        ]),
      ],
      named: attack,
      others: guests,
      ...theirs,
    });
    expect(locked).toEqual([ida]);
    const naming = tasks.filter((task) => guests.every((who) => task.includes(who)));
    expect(naming).toHaveLength(1);
  });
});
