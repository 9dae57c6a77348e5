import { describe, expect, it } from 'vitest';
import { findIntruder } from '../../shared/intruder/find-intruder.ts';
import type { RiskDetection, SignIn } from '../../shared/intruder/sign-ins.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { Signal } from '../../shared/model/signal.ts';
import {
  attacker,
  detection,
  edge,
  firefox,
  home,
  office,
  proxy,
  signal,
  signIn,
  week,
} from '../fakes/sign-ins.ts';

const amsterdam = { city: 'Amsterdam', countryOrRegion: 'NL' };
const find = (given: {
  signals?: Signal[];
  signIns?: SignIn[];
  riskDetections?: RiskDetection[];
  crowded?: string[];
  known?: Partial<typeof nobodyKnown>;
}) =>
  findIntruder({
    signals: given.signals ?? [signal({})],
    signIns: given.signIns ?? [],
    riskDetections: given.riskDetections ?? [],
    openedAt: '2026-11-20T09:15:00Z',
    known: { ...nobodyKnown, ...given.known },
    crowded: new Set(given.crowded ?? []),
  });
const times = (trail: ReturnType<typeof find>) => trail.hits.map(({ signIn: { at } }) => at.slice(11, 16));

describe('a risky sign-in', () => {
  const risky = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    id: 'request-1',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'intruder-1',
    uniqueTokenIdentifier: 'token-1',
    location: amsterdam,
  });

  it('with a client like the owner’s in another version marks the session and not the client — the owner updates too', () => {
    const userAgent = edge.replaceAll(/\d+\.0\.0\.0/g, '141.0.0.0');
    expect(userAgent).not.toBe(edge);
    const { intruder } = find({
      signals: [signal({ detector: 'attackerinTheMiddle', requestId: 'request-1' })],
      signIns: [...week(), { ...risky, userAgent }],
      known: { sessions: ['intruder-1'] },
    });
    const verdictOf = (value: string) => intruder.marks?.find((mark) => mark.value === value)?.verdict;
    expect([verdictOf('intruder-1'), verdictOf(userAgent)]).toEqual(['intruder', 'shared']);
    expect(intruder.userAgents).toEqual([]);
  });

  it('is the intruder, from an hour before it — the first logged sign-in need not be the first', () => {
    const { intruder, hits } = find({
      signals: [signal({ requestId: 'request-1' })],
      signIns: [...week(), risky],
    });
    expect(hits).toEqual([
      {
        signIn: risky,
        tie: 'named by the alert (unfamiliarFeatures), with an address and a client the owner is not known to use',
        certainty: 'certain',
      },
    ]);
    expect(intruder).toEqual({
      since: '2026-11-20T08:12:00.000Z',
      sessions: ['intruder-1'],
      addresses: [attacker],
      sharedAddresses: [],
      devices: [],
      userAgents: [firefox],
      requests: ['request-1', 'token-1'],
      marks: expect.any(Array),
    });
  });

  it('leads from session to address to session: intruders change addresses and keep sessions', () => {
    const second = '203.0.113.99';
    const signIns = [
      ...week(),
      risky,
      signIn({
        createdDateTime: '2026-11-20T09:20:00Z',
        ipAddress: second,
        sessionId: 'intruder-1',
        isInteractive: false,
      }),
      signIn({
        createdDateTime: '2026-11-20T09:30:00Z',
        ipAddress: second,
        sessionId: 'intruder-2',
        userAgent: '',
      }),
      signIn({ createdDateTime: '2026-11-20T09:40:00Z', ipAddress: '2001:db8::7', sessionId: 'intruder-2' }),
      signIn({ createdDateTime: '2026-11-20T10:00:00Z', ipAddress: office, sessionId: 'owner-20' }),
    ];
    const trail = find({ signals: [signal({ requestId: 'request-1' })], signIns });
    expect(times(trail)).toEqual(['09:12', '09:20', '09:30', '09:40']);
    expect(trail.intruder.sessions).toEqual(['intruder-1', 'intruder-2']);
    expect(trail.intruder.addresses).toEqual([attacker, second, '2001:db8::7']);
  });

  it('is found by its address alone if the alert names nothing else', () => {
    expect(times(find({ signIns: [...week(), risky] }))).toEqual(['09:12']);
  });

  it('keeps the address of the alert while the log lags behind', () => {
    const { intruder } = find({ signIns: week() });
    expect(intruder.addresses).toEqual([attacker]);
    expect(intruder.since).toBe('2026-11-20T08:12:00.000Z');
  });

  it('leads back to what the same address did days before — an alert comes only when somebody notices', () => {
    const earlier = signIn({
      createdDateTime: '2026-11-17T03:00:00Z',
      ipAddress: attacker,
      userAgent: firefox,
      sessionId: 'intruder-0',
    });
    const { intruder } = find({ signIns: [...week(), earlier, risky] });
    expect(intruder.since).toBe('2026-11-17T02:00:00.000Z');
    expect(intruder.sessions).toEqual(['intruder-0', 'intruder-1']);
  });

  it('lists failed tries and does not count them as access', () => {
    const failed = signIn({
      createdDateTime: '2026-11-20T07:00:00Z',
      ipAddress: attacker,
      status: { errorCode: 50126, failureReason: 'Invalid username or password.' },
    });
    const trail = find({ signIns: [...week(), failed, risky] });
    expect(trail.failed).toEqual([failed]);
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder.since).toBe('2026-11-20T08:12:00.000Z');
  });

  it('is told apart from the owner in the same hour — a new tenant has no week of history', () => {
    const morning = signIn({
      createdDateTime: '2026-11-20T08:30:00Z',
      ipAddress: home,
      sessionId: 'owner-20',
    });
    const trail = find({ signals: [signal({ requestId: 'request-1' })], signIns: [morning, risky] });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder.addresses).toEqual([attacker]);
  });

  it('includes what Entra ID calls risky even if no detection can be read — that log needs another licence', () => {
    const other = signIn({
      createdDateTime: '2026-11-20T06:00:00Z',
      ipAddress: '203.0.113.200',
      userAgent: firefox,
      riskLevelDuringSignIn: 'high',
      riskState: 'atRisk',
      riskEventTypes_v2: ['maliciousIPAddress'],
    });
    expect(times(find({ signIns: [...week(), other, risky] }))).toEqual(['06:00', '09:12']);
  });

  it('takes an active detection as a hint, but not one that was dismissed, is low or is old', () => {
    const addresses = (given: Parameters<typeof detection>[0]) =>
      find({ riskDetections: [detection({ ipAddress: '203.0.113.50', ...given })] }).intruder.addresses;
    expect(addresses({})).toEqual([attacker, '203.0.113.50']);
    expect(addresses({ riskState: 'dismissed' })).toEqual([attacker]);
    expect(addresses({ riskLevel: 'low' })).toEqual([attacker]);
    expect(addresses({ activityDateTime: '2026-11-16T09:12:00Z' })).toEqual([attacker]);
  });

  it('finds the same program at another address — no owner signs in with a script', () => {
    const axios = (createdDateTime: string, ipAddress: string) =>
      signIn({ createdDateTime, ipAddress, userAgent: 'axios/1.7.9', sessionId: `session-${ipAddress}` });
    const trail = find({
      signIns: [
        ...week(),
        axios('2026-11-20T09:12:00Z', attacker),
        axios('2026-11-20T09:50:00Z', '203.0.113.150'),
      ],
    });
    expect(trail.intruder.addresses).toEqual([attacker, '203.0.113.150']);
  });

  it('keeps what other steps found if the log says nothing about it', () => {
    const { intruder } = find({
      signIns: [...week(), risky],
      known: {
        sessions: ['from-audit', 'owner-19'],
        addresses: ['203.0.113.222', home],
        since: '2026-11-19T00:00:00.000Z',
      },
    });
    expect(intruder.sessions).toEqual(['intruder-1', 'from-audit']);
    expect(intruder.addresses).toEqual([attacker, '203.0.113.222']);
    expect(intruder.since).toBe('2026-11-19T00:00:00.000Z');
  });
});

describe('an adversary in the middle', () => {
  const signals = [
    signal({ detector: 'attackerinTheMiddle', title: 'Attacker in the Middle', sessionId: 'aitm' }),
  ];
  const root = signIn({
    createdDateTime: '2026-11-20T09:01:00Z',
    ipAddress: proxy,
    userAgent: edge,
    sessionId: 'aitm',
    location: { city: 'Dallas', countryOrRegion: 'US' },
  });
  const replay = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'aitm',
    isInteractive: false,
  });

  it('made the clean two-factor sign-in that began the session, since it went through the proxy', () => {
    const trail = find({ signals, signIns: [...week(), root, replay] });
    expect(times(trail)).toEqual(['09:01', '09:12']);
    expect(trail.intruder).toMatchObject({
      since: '2026-11-20T08:01:00.000Z',
      sessions: ['aitm'],
      addresses: [proxy, attacker],
      userAgents: [firefox],
    });
  });

  it('began the session even if the alert names an address and no phishing', () => {
    const dutch = { ...amsterdam };
    const trail = find({
      signIns: [...week(), signIn({ ...raw(root), location: dutch }), replay],
    });
    expect(trail.intruder.sessions).toEqual(['aitm']);
    expect(trail.intruder.addresses).toEqual([proxy, attacker]);
  });

  it("began the session days ago at the address of the alert, in the owner's browser", () => {
    const old = signIn({ ...raw(root), createdDateTime: '2026-11-17T09:01:00Z', ipAddress: attacker });
    const trail = find({ signals, signIns: [...week(), old, replay] });
    expect(trail.intruder).toMatchObject({ addresses: [attacker], sessions: ['aitm'] });
  });

  it('began the session days ago, since such a session lives for weeks', () => {
    const old = signIn({ ...raw(root), createdDateTime: '2026-11-17T09:01:00Z' });
    const trail = find({ signals, signIns: [...week(), old, replay] });
    expect(trail.intruder.addresses).toEqual([proxy, attacker]);
    expect(trail.intruder.since).toBe('2026-11-17T08:01:00.000Z');
  });

  it('never turns the owner’s office into the intruder’s, whatever session was seen there', () => {
    const trail = find({
      signals,
      signIns: [...week(), signIn({ ...raw(root), ipAddress: office }), replay],
    });
    expect(trail.intruder.addresses).toEqual([attacker]);
    expect(trail.stolenSessions).toEqual(['aitm']);
  });
});

describe('a stolen token', () => {
  const signals = [signal({ detector: 'anomalousToken', title: 'Anomalous Token', sessionId: 'owner-20' })];
  const replayed = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'owner-20',
    isInteractive: false,
  });
  const begun = signIn({ createdDateTime: '2026-11-20T08:01:00Z', ipAddress: office, sessionId: 'owner-20' });

  it("is replayed in the owner's session: the address is the intruder's, the session is not", () => {
    const trail = find({ signals, signIns: [...week(), begun, replayed] });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder).toMatchObject({ sessions: [], addresses: [attacker], sharedAddresses: [] });
    expect(trail.stolenSessions).toEqual(['owner-20']);
  });

  it('does not accuse an owner who has had one session for weeks', () => {
    const signIns = week().map((each) => ({ ...each, session: 'owner-20' }));
    const trail = find({ signals, signIns: [...signIns, begun, replayed] });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder.addresses).toEqual([attacker]);
  });

  it('does not accuse an owner who came home to a new line today', () => {
    const today = signIn({
      createdDateTime: '2026-11-20T07:01:00Z',
      ipAddress: '198.51.100.201',
      sessionId: 'owner-20',
    });
    const trail = find({ signals, signIns: [...week(), today, replayed] });
    expect(trail.intruder.addresses).toEqual([attacker]);
    expect(trail.intruder.sessions).toEqual([]);
  });

  it('is followed to the next address in the same session', () => {
    const moved = signIn({
      ...raw(replayed),
      createdDateTime: '2026-11-20T09:40:00Z',
      ipAddress: proxy,
      location: amsterdam,
    });
    const trail = find({ signals, signIns: [...week(), begun, replayed, moved] });
    expect(trail.intruder.addresses).toEqual([attacker, proxy]);
  });
});

describe('an address that others use too', () => {
  const atOffice = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    id: 'request-1',
    ipAddress: office,
    userAgent: firefox,
    sessionId: 'intruder-1',
  });
  const owner = signIn({ createdDateTime: '2026-11-20T09:30:00Z', ipAddress: office, sessionId: 'owner-20' });
  const signals = [signal({ address: office, requestId: 'request-1' })];

  it('needs session or client as well — both owner and intruder are behind the office line', () => {
    const second = signIn({
      ...raw(atOffice),
      id: 'request-2',
      createdDateTime: '2026-11-20T09:50:00Z',
      sessionId: 'intruder-2',
    });
    const trail = find({ signals, signIns: [...week(), atOffice, owner, second] });
    expect(times(trail)).toEqual(['09:12', '09:50']);
    expect(trail.intruder).toMatchObject({
      sessions: ['intruder-1', 'intruder-2'],
      addresses: [],
      sharedAddresses: [office],
      userAgents: [firefox],
    });
  });

  it("leaves open who it was if the client is the owner's too", () => {
    const trail = find({
      signals,
      signIns: [...week(), signIn({ ...raw(atOffice), userAgent: edge }), owner],
    });
    expect(trail.hits).toEqual([]);
    expect(trail.uncertain).toHaveLength(1);
    expect(trail.intruder).toMatchObject({
      sessions: [],
      addresses: [],
      sharedAddresses: [office],
      userAgents: [],
    });
  });

  it("leaves open whose session it is if it began with the alert, at the owner's desk in the owner's client", () => {
    const trail = find({
      signals: [signal({ address: office, sessionId: 'intruder-1' })],
      signIns: [...week(), signIn({ ...raw(atOffice), userAgent: edge }), owner],
    });
    expect(trail.uncertain).toHaveLength(1);
    expect(trail.intruder).toMatchObject({ sessions: [], addresses: [], sharedAddresses: [office] });
  });

  it("is shared if a third client was there before — here the owner's phone in a hotel", () => {
    const phone = signIn({
      createdDateTime: '2026-11-18T20:00:00Z',
      ipAddress: attacker,
      userAgent: 'Outlook-iOS/2.0',
      sessionId: 'phone',
    });
    const trail = find({
      signIns: [...week(), phone, { ...atOffice, address: attacker, network: attacker }],
    });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder).toMatchObject({
      addresses: [],
      sharedAddresses: [attacker],
      userAgents: [firefox],
    });
  });

  it('is shared when several colleagues sign in from it', () => {
    const there = signIn({ ...raw(atOffice), ipAddress: attacker });
    const unrelated = signIn({
      createdDateTime: '2026-11-20T10:00:00Z',
      ipAddress: attacker,
      sessionId: 'owner-20',
    });
    const trail = find({
      signals: [signal({ requestId: 'request-1' })],
      signIns: [...week(), there, unrelated],
      crowded: [attacker],
    });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.intruder).toMatchObject({
      sessions: ['intruder-1'],
      addresses: [],
      sharedAddresses: [attacker],
    });
  });

  it("is the owner's if it is the only place they were ever seen", () => {
    const only = ['17', '18', '19'].map((day) =>
      signIn({ createdDateTime: `2026-11-${day}T08:00:00Z`, ipAddress: home }),
    );
    const trail = find({ signals: [signal({ address: home })], signIns: only });
    expect(trail.intruder).toMatchObject({ addresses: [], sharedAddresses: [home] });
  });
});

describe('an impossible journey', () => {
  const travel = (given: Partial<Signal>) =>
    signal({ detector: 'unlikelyTravel', title: 'Atypical travel', ...given });
  const abroad = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    id: 'request-1',
    ipAddress: attacker,
    sessionId: 'abroad',
    userAgent: firefox,
    location: amsterdam,
  });

  it("has the intruder at the end that is not the owner's", () => {
    const trail = find({ signals: [travel({ requestId: 'request-1' })], signIns: [...week(), abroad] });
    expect(trail.intruder).toMatchObject({ addresses: [attacker], sessions: ['abroad'] });
  });

  it('is not the owner’s just because there is nothing to compare it with', () => {
    const silent = signIn({ ...raw(abroad), userAgent: null });
    const trail = find({ signals: [travel({ requestId: 'request-1' })], signIns: [...week(), silent] });
    expect(trail.intruder.addresses).toEqual([attacker]);
  });

  it.each([
    ['laptop', { deviceDetail: laptop, userAgent: edge }],
    ['browser', { userAgent: edge }],
  ])('may be the owner on the road with the usual %s — left open', (what, theirs) => {
    const history = week().map((each) =>
      what === 'laptop' ? { ...each, device: laptop.deviceId, managed: true } : each,
    );
    const trail = find({
      signals: [travel({ requestId: 'request-1' })],
      signIns: [...history, signIn({ ...raw(abroad), ...theirs })],
    });
    expect(trail.hits).toEqual([]);
    expect(trail.uncertain).toHaveLength(1);
    expect(trail.intruder).toMatchObject({
      addresses: [],
      sessions: [],
      sharedAddresses: [attacker],
      userAgents: [],
    });
  });

  it("may have the intruder at the other end when the alert names the owner's place", () => {
    const back = signIn({
      createdDateTime: '2026-11-20T09:30:00Z',
      id: 'request-2',
      ipAddress: home,
      sessionId: 'owner-20',
    });
    const trail = find({
      signals: [travel({ requestId: 'request-2', address: home, activityAt: '2026-11-20T09:30:00Z' })],
      signIns: [...week(), abroad, back],
    });
    expect(trail.uncertain.map(({ address }) => address)).toEqual([home]);
    expect(trail.hits.map(({ signIn: { address }, certainty }) => [address, certainty])).toEqual([
      [attacker, 'likely'],
    ]);
    expect(trail.intruder.sharedAddresses).toEqual([home]);
  });

  describe("that names the owner's place", () => {
    const back = signIn({
      createdDateTime: '2026-11-20T09:30:00Z',
      id: 'request-2',
      ipAddress: home,
      sessionId: 'owner-20',
    });
    const signals = [travel({ requestId: 'request-2', address: home, activityAt: '2026-11-20T09:30:00Z' })];
    const doubted = (other: SignIn, riskDetections: RiskDetection[] = []) => {
      const trail = find({ signals, riskDetections, signIns: [...week(), other, back] });
      return [
        ...trail.hits.map(({ signIn: { address } }) => address),
        ...trail.uncertain.map(({ address }) => address),
      ];
    };

    it('does not look for the other end in the same country', () => {
      expect(doubted(signIn({ ...raw(abroad), location: { city: 'Boise', countryOrRegion: 'US' } }))).toEqual(
        [home],
      );
    });

    it('takes the other end that the detection itself names', () => {
      const named = detection({
        riskEventType: 'unlikelyTravel',
        requestId: 'request-2',
        ipAddress: home,
        activityDateTime: '2026-11-20T09:30:00Z',
        additionalInfo: JSON.stringify([{ Key: 'relatedLocation', Value: { clientIP: proxy } }]),
      });
      const there = signIn({
        ...raw(abroad),
        ipAddress: proxy,
        location: { city: 'Boise', countryOrRegion: 'US' },
      });
      expect(doubted(there, [named])).toEqual([proxy, home]);
    });
  });

  it('stops using the address as evidence once one sign-in there is in doubt', () => {
    const own = signIn({
      ...raw(abroad),
      id: 'request-2',
      createdDateTime: '2026-11-20T09:40:00Z',
      userAgent: edge,
    });
    const trail = find({
      signals: [signal({ requestId: 'request-1' }), travel({ requestId: 'request-2', address: null })],
      signIns: [...week(), abroad, own],
    });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.uncertain.map(({ id }) => id)).toEqual(['request-2']);
    expect(trail.intruder).toMatchObject({ addresses: [], sharedAddresses: [attacker] });
  });

  it('does not excuse an unusual token because of a known laptop — a stolen token carries its device', () => {
    const history = week().map((each) => ({ ...each, device: laptop.deviceId, managed: true }));
    const trail = find({
      signals: [signal({ detector: 'anomalousToken', requestId: 'request-1' })],
      signIns: [...history, signIn({ ...raw(abroad), deviceDetail: laptop })],
    });
    expect(trail.intruder).toMatchObject({ addresses: [attacker], devices: [] });
  });
});

describe('alerts that are late or say little', () => {
  it('uses the time of the activity — an offline detection comes up to two days later', () => {
    const then = signIn({
      createdDateTime: '2026-11-18T14:00:00Z',
      id: 'request-1',
      ipAddress: attacker,
      sessionId: 'i',
      userAgent: firefox,
    });
    const trail = find({
      signals: [
        signal({
          requestId: 'request-1',
          activityAt: '2026-11-18T14:00:00Z',
          detectedAt: '2026-11-20T09:14:00Z',
        }),
      ],
      signIns: [...week(), then],
    });
    expect(trail.intruder.since).toBe('2026-11-18T13:00:00.000Z');
    expect(trail.intruder.sessions).toEqual(['i']);
  });

  it('identifies nobody from leaked credentials — a list for sale has no session, address or time', () => {
    const trail = find({
      signals: [signal({ detector: 'leakedCredentials', title: 'Leaked credentials', address: null })],
      signIns: week(),
    });
    expect(trail.hits).toEqual([]);
    expect({ ...trail.intruder, marks: [] }).toEqual(nobodyKnown);
    expect(trail.intruder.marks.every(({ verdict }) => verdict === 'owner')).toBe(true);
  });

  it('finds who used the leaked credentials through another active detection', () => {
    const used = signIn({
      createdDateTime: '2026-11-20T09:12:00Z',
      id: 'request-1',
      ipAddress: attacker,
      userAgent: firefox,
    });
    const trail = find({
      signals: [signal({ detector: 'leakedCredentials', address: null, activityAt: '2026-11-19T00:00:00Z' })],
      riskDetections: [detection({ riskLevel: 'medium', requestId: 'request-1' })],
      signIns: [...week(), used],
    });
    expect(trail.intruder).toMatchObject({ addresses: [attacker], since: '2026-11-20T08:12:00.000Z' });
  });

  it('finds a replay that left no interactive sign-in at all', () => {
    const replay = signIn({
      createdDateTime: '2026-11-20T09:12:00Z',
      ipAddress: attacker,
      isInteractive: false,
      userAgent: firefox,
      sessionId: 'r',
    });
    expect(find({ signIns: [...week(), replay] }).intruder.sessions).toEqual(['r']);
  });

  it("tells a device that the intruder registered from the owner's", () => {
    const registered = signIn({
      createdDateTime: '2026-11-20T09:12:00Z',
      ipAddress: attacker,
      userAgent: firefox,
      deviceDetail: { deviceId: 'dev-9', isManaged: false, isCompliant: false },
    });
    const later = signIn({ ...raw(registered), createdDateTime: '2026-11-20T09:45:00Z', ipAddress: proxy });
    const trail = find({ signIns: [...week(), registered, later] });
    expect(trail.intruder).toMatchObject({ devices: ['dev-9'], addresses: [attacker, proxy] });
  });
});

const laptop = { deviceId: '7c1d4d0e-55aa-4b0b-9c57-d3b1f2f3a001', isManaged: true, isCompliant: true };
const weekOnLaptop = () => week().map((each) => ({ ...each, device: laptop.deviceId, managed: true }));

describe('when little is known about the owner', () => {
  const replay = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'i',
    isInteractive: false,
  });

  it("takes a new account's only place as the intruder's if it is no older than the alert", () => {
    const before = signIn({
      createdDateTime: '2026-11-20T08:30:00Z',
      ipAddress: attacker,
      userAgent: firefox,
    });
    const { intruder } = find({ signIns: [before, replay] });
    expect(intruder).toMatchObject({ addresses: [attacker], since: '2026-11-20T07:30:00.000Z' });
  });

  it('takes the start of a phished session as the intruder’s even if the owner was never seen', () => {
    const root = signIn({ createdDateTime: '2026-11-20T09:01:00Z', ipAddress: proxy, sessionId: 'i' });
    const signals = [signal({ detector: 'attackerinTheMiddle', sessionId: 'i' })];
    expect(find({ signals, signIns: [root, replay] }).intruder.addresses).toEqual([proxy, attacker]);
  });

  it('recognises the office from this morning alone', () => {
    const morning = [
      signIn({ createdDateTime: '2026-11-20T07:00:00Z', ipAddress: home, sessionId: 'o' }),
      signIn({ createdDateTime: '2026-11-20T08:00:00Z', ipAddress: office, sessionId: 'o' }),
    ];
    const there = { ...replay, address: office, network: office };
    const { intruder } = find({
      signals: [signal({ address: office, sessionId: 'i' })],
      signIns: [...morning, there],
    });
    expect(intruder).toMatchObject({ addresses: [], sharedAddresses: [office], sessions: ['i'] });
  });

  it("takes this morning's first sign-in, abroad and in the session of the alert's address, as the intruder's", () => {
    const owner = signIn({ createdDateTime: '2026-11-20T08:00:00Z', ipAddress: home, sessionId: 'o' });
    const root = signIn({
      createdDateTime: '2026-11-20T09:01:00Z',
      ipAddress: proxy,
      sessionId: 'i',
      location: amsterdam,
    });
    const { intruder } = find({ signIns: [owner, root, replay] });
    expect(intruder).toMatchObject({ addresses: [proxy, attacker], sessions: ['i'] });
  });
});

describe('what the alert names', () => {
  const theirs = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    id: 'request-1',
    correlationId: 'correlation-1',
    originalRequestId: 'original-1',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'i',
  });

  it.each([
    ['the request', { requestId: 'request-1' }],
    ['the request that the token was first issued to', { requestId: 'original-1' }],
    ['the correlation', { correlationId: 'correlation-1' }],
    ['the session', { sessionId: 'i' }],
  ])('is found by %s without any address', (_what, hint) => {
    const { intruder } = find({
      signals: [signal({ address: null, ...hint })],
      signIns: [...week(), theirs],
    });
    expect(intruder.addresses).toEqual([attacker]);
  });

  it('may be a failed try, which marks the address but is no access', () => {
    const failed = { ...theirs, errorCode: 50076 };
    const trail = find({ signals: [signal({ requestId: 'request-1' })], signIns: [...week(), failed] });
    expect(trail.hits).toEqual([]);
    expect(trail.failed).toEqual([failed]);
    expect(trail.intruder.addresses).toEqual([attacker]);
  });

  it("includes what came a little earlier in the same session from the same address with the owner's client", () => {
    const earlier = signIn({ createdDateTime: '2026-11-20T09:07:00Z', ipAddress: attacker, sessionId: 'i' });
    const { intruder } = find({
      signals: [signal({ address: null, requestId: 'request-1' })],
      signIns: [...week(), earlier, theirs],
    });
    expect(intruder).toMatchObject({
      addresses: [attacker],
      sessions: ['i'],
      since: '2026-11-20T08:07:00.000Z',
    });
  });

  it('is not believed about a session that the owner began at the office hours before', () => {
    const own = ['03:00', '09:12'].map((time) =>
      signIn({ createdDateTime: `2026-11-20T${time}:00Z`, ipAddress: office, sessionId: 'owner-20' }),
    );
    const trail = find({
      signals: [signal({ address: office, sessionId: 'owner-20' })],
      signIns: [...week(), ...own],
    });
    expect(trail.hits).toEqual([]);
    expect(trail.intruder.sessions).toEqual([]);
  });

  it('holds a hundred addresses at most, because a row has a limit', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({
      ...theirs,
      id: `request-${index}`,
      address: `203.0.113.${index}`,
      network: `203.0.113.${index}`,
    }));
    const { intruder } = find({ signIns: [...week(), ...many, ...many] });
    expect(intruder.addresses).toHaveLength(100);
    expect(intruder.requests.length).toBeLessThanOrEqual(300);
  });
});

describe("the owner's own device", () => {
  const replay = signIn({
    createdDateTime: '2026-11-20T09:12:00Z',
    ipAddress: attacker,
    userAgent: firefox,
    sessionId: 'owner-20',
    isInteractive: false,
  });
  const signals = [signal({ detector: 'anomalousToken', sessionId: 'owner-20' })];

  it('stays the owner’s in a stolen session, from anywhere', () => {
    const cafe = signIn({
      createdDateTime: '2026-11-20T10:00:00Z',
      ipAddress: '198.51.100.230',
      sessionId: 'owner-20',
      deviceDetail: laptop,
    });
    const trail = find({ signals, signIns: [...weekOnLaptop(), replay, cafe] });
    expect(times(trail)).toEqual(['09:12']);
    expect(trail.stolenSessions).toEqual(['owner-20']);
  });

  it("may have the intruder's browser too", () => {
    const signIns = [
      ...weekOnLaptop(),
      signIn({
        createdDateTime: '2026-11-20T09:12:00Z',
        ipAddress: office,
        userAgent: firefox,
        sessionId: 'i',
      }),
      signIn({
        createdDateTime: '2026-11-20T10:00:00Z',
        ipAddress: office,
        userAgent: firefox,
        sessionId: 'owner-20',
        deviceDetail: laptop,
      }),
    ];
    expect(times(find({ signals: [signal({ address: office, sessionId: 'i' })], signIns }))).toEqual([
      '09:12',
    ]);
  });

  it('shows by its absence who began a session, if the owner always has it', () => {
    const root = signIn({ createdDateTime: '2026-11-20T09:01:00Z', ipAddress: proxy, sessionId: 'owner-20' });
    const trail = find({ signals, signIns: [...weekOnLaptop(), root, replay] });
    expect(trail.intruder).toMatchObject({ addresses: [proxy, attacker], sessions: ['owner-20'] });
  });
});

it('drops what the audit log added together with the sign-ins it rested on', () => {
  const known = { sessions: ['from-audit'], addresses: ['203.0.113.222'] };
  const own = signIn({ createdDateTime: '2026-11-20T09:12:00Z', id: 'request-1', ipAddress: office });
  const { intruder } = find({
    signals: [signal({ address: office, requestId: 'request-1' })],
    signIns: [...week(), own],
    known,
  });
  expect(intruder).toMatchObject({ sessions: [], addresses: [] });
});

describe('a false detection of a phishing proxy', () => {
  const signals = [signal({ detector: 'attackerinTheMiddle', address: office, sessionId: 'only' })];
  const only = week().map((each) => ({ ...each, session: 'only' }));

  it.each([
    ['in the only session at the only places of the owner', only],
    [
      'beside a phone that is never there',
      [
        ...only,
        ...week().map((each) => ({
          ...each,
          userAgent: 'Outlook-iOS/2.0',
          address: proxy,
          network: proxy,
          session: 'phone',
        })),
      ],
    ],
  ])('does not make anything the intruder’s %s', (_what, signIns) => {
    const { hits, intruder } = find({ signals, signIns });
    expect(hits).toEqual([]);
    expect(intruder).toMatchObject({ sessions: [], addresses: [], devices: [] });
  });
});

describe('cases in which generated stories went wrong', () => {
  const panama = { city: 'Panama', countryOrRegion: 'PA' };
  const theirs = (given: Partial<Parameters<typeof signIn>[0]> = {}) =>
    signIn({
      createdDateTime: '2026-11-20T09:12:00Z',
      id: 'request-1',
      ipAddress: attacker,
      userAgent: firefox,
      location: amsterdam,
      ...given,
    });
  const named = [
    signal({ detector: 'maliciousIPAddress', title: 'Malicious IP address', requestId: 'request-1' }),
  ];

  it('the hotel of a traveller with a stolen token stays theirs: the owner’s laptop began the session there', () => {
    const hotel = '192.0.2.50';
    const evening = signIn({
      createdDateTime: '2026-11-19T21:00:00Z',
      ipAddress: hotel,
      sessionId: 'travel',
      deviceDetail: laptop,
      location: panama,
    });
    const { intruder } = find({
      signals: named,
      signIns: [...weekOnLaptop(), evening, theirs({ sessionId: 'travel', deviceDetail: laptop })],
    });
    expect(intruder).toMatchObject({ addresses: [attacker], sessions: [], devices: [] });
  });

  it('a false alarm at home proves nothing against the laptop just because a phone is there too', () => {
    const phone = week().map((each) => ({ ...each, userAgent: 'Outlook-iOS/2.0', session: 'phone' }));
    const desk = week().map((each) => ({ ...each, address: home, network: home, session: 'desk' }));
    const { intruder, hits } = find({
      signals: [signal({ detector: 'unlikelyTravel', address: home, sessionId: 'desk' })],
      signIns: [...desk, ...phone],
    });
    expect(hits).toEqual([]);
    expect(intruder.addresses).toEqual([]);
  });

  it('an intruder who was in for half of the log is no habit', () => {
    const days = ['17', '18', '19'].map((day) =>
      theirs({ createdDateTime: `2026-11-${day}T03:00:00Z`, id: day }),
    );
    const { hits, intruder } = find({ signals: named, signIns: [...week(), ...days, theirs()] });
    expect(hits).toHaveLength(4);
    expect(intruder.since).toBe('2026-11-17T02:00:00.000Z');
  });

  it('an intruder who was in for days from another address is found there too, in a log of a few days', () => {
    const short = week().filter(({ at }) => at >= '2026-11-16');
    const days = ['17', '18', '19'].map((day) =>
      theirs({ createdDateTime: `2026-11-${day}T03:00:00Z`, id: day, ipAddress: proxy, sessionId: 'before' }),
    );
    const { hits, intruder } = find({ signals: named, signIns: [...short, ...days, theirs()] });
    expect(hits).toHaveLength(4);
    expect(intruder.addresses.toSorted()).toEqual([attacker, proxy].toSorted());
  });

  it('a browser that appears in the middle of the owner’s session is no habit, however early', () => {
    const early = ['14', '15', '16', '17', '18'].map((day) =>
      theirs({
        createdDateTime: `2026-11-${day}T03:00:00Z`,
        id: day,
        sessionId: 'owner-13',
        ...seattle,
      }),
    );
    const elsewhere = theirs({ ipAddress: proxy, sessionId: 'owner-13' });
    const { hits } = find({ signals: named, signIns: [...week(), ...early, elsewhere] });
    expect(hits).toHaveLength(6);
  });

  it('the owner’s device token in the intruder’s browser is followed to the next address', () => {
    const first = theirs({ deviceDetail: laptop, sessionId: 'i' });
    const next = theirs({ id: 'request-2', ipAddress: proxy, deviceDetail: laptop, sessionId: 'j' });
    const { intruder } = find({ signals: named, signIns: [...weekOnLaptop(), first, next] });
    expect(intruder.addresses.toSorted()).toEqual([attacker, proxy].toSorted());
  });

  it('the owner’s client abroad is a journey after a night, but somebody else minutes after being at home', () => {
    const desk = signIn({
      createdDateTime: '2026-11-20T08:30:00Z',
      ipAddress: office,
      sessionId: 'owner-20',
    });
    const tablet = { ...desk, userAgent: 'Outlook-iOS/2.0', session: 'tablet' };
    const abroad = theirs({ userAgent: edge, sessionId: 'owner-19' });
    const told = (more: SignIn[]) => find({ signals: named, signIns: [...week(), ...more, abroad] });
    expect(told([]).hits).toEqual([]);
    expect(told([]).uncertain.map(({ id }) => id)).toEqual(['request-1']);
    expect(told([tablet]).hits).toEqual([]);
    expect(told([desk]).hits.map(({ certainty }) => certainty)).toEqual(['likely']);
  });

  it('a phone that changes address every day is asked about at the next one, whatever is odd about its token', () => {
    const roaming = week().map((each, index) => ({
      ...each,
      address: `100.64.${index}.9`,
      network: `100.64.${index}.9`,
      session: 'phone',
      userAgent: 'Outlook-iOS/2.0',
    }));
    const next = theirs({
      userAgent: 'Outlook-iOS/2.0',
      sessionId: 'phone',
      location: { city: 'Boise', countryOrRegion: 'US' },
    });
    const { hits, uncertain } = find({ signals: named, signIns: [...roaming, next] });
    expect([hits, uncertain.map(({ id }) => id)]).toEqual([[], ['request-1']]);
  });

  it('a carrier’s next address is the owner’s, and a proxy in the same city is likely not', () => {
    const carrier = week().map((each) => ({ ...each, operator: '3255' }));
    const at = (operator: number) =>
      find({
        signals: [signal({ requestId: 'request-1' })],
        signIns: [...carrier, theirs({ userAgent: edge, autonomousSystemNumber: operator, ...seattle })],
      });
    expect(at(3255).hits).toEqual([]);
    expect(at(3255).intruder.marks).toContainEqual(
      expect.objectContaining({ kind: 'address', value: attacker, verdict: 'owner' }),
    );
    expect(at(60_068).hits.map(({ certainty }) => certainty)).toEqual(['likely']);
  });
});

const seattle = { location: { city: 'Seattle', countryOrRegion: 'US' } };

/** The raw entry behind a sign-in, to make another of it. */
function raw(of: SignIn) {
  return {
    createdDateTime: of.at,
    id: of.id,
    ipAddress: of.address,
    userAgent: of.userAgent,
    sessionId: of.session,
    isInteractive: of.interactive,
    location: { city: of.city, countryOrRegion: of.country },
    deviceDetail: { deviceId: of.device, isManaged: of.managed, isCompliant: of.managed },
  };
}
