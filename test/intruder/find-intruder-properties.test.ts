import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../shared/intruder/address.ts';
import { findIntruder, type Trail } from '../../shared/intruder/find-intruder.ts';
import type { SignIn } from '../../shared/intruder/sign-ins.ts';
import { type Intruder, nobodyKnown } from '../../shared/model/intruder.ts';
import { edge, firefox, signal, signIn } from '../fakes/sign-ins.ts';

const address = fc.constantFrom(
  '198.51.100.1',
  '198.51.100.2',
  '203.0.113.1',
  '203.0.113.2',
  '2001:db8::1',
  '2001:db8::2',
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

/** No two at the same time, so that the log has one order. */
const log = fc
  .uniqueArray(
    fc.record({
      minute: fc.integer({ min: 0, max: 5 * 24 * 60 }),
      ipAddress: maybe(address),
      userAgent: maybe(fc.constantFrom(edge, firefox, 'axios/1.7.9')),
      sessionId: maybe(fc.constantFrom('a', 'b', 'c', 'd')),
      deviceId: maybe(fc.constantFrom('laptop', 'other')),
      managed: fc.boolean(),
      country: maybe(fc.constantFrom('US', 'NL')),
      failed: fc.boolean(),
      isInteractive: fc.boolean(),
    }),
    { selector: ({ minute }) => minute, maxLength: 14 },
  )
  .map((entries) =>
    entries.map(({ minute, deviceId, managed, country, failed, ...entry }) =>
      signIn({
        ...entry,
        id: `request-${minute}`,
        createdDateTime: new Date(Date.parse('2026-11-16T00:00:00Z') + minute * 60_000).toISOString(),
        deviceDetail: { deviceId, isManaged: managed, isCompliant: managed },
        location: { city: null, countryOrRegion: country },
        status: { errorCode: failed ? 50126 : 0, failureReason: null },
      }),
    ),
  );

const hint = (signIns: readonly SignIn[]) =>
  fc
    .record({
      at: fc.nat(),
      detector: fc.constantFrom(
        'anomalousToken',
        'unlikelyTravel',
        'attackerinTheMiddle',
        'leakedCredentials',
      ),
      by: fc.constantFrom('request', 'session', 'address'),
    })
    .map(({ at, detector, by }) => {
      const of = signIns[at % Math.max(1, signIns.length)];
      return signal({
        detector,
        title: detector,
        activityAt: of?.at ?? null,
        address: by === 'address' ? (of?.address ?? null) : null,
        requestId: by === 'request' ? (of?.id ?? null) : null,
        sessionId: by === 'session' ? (of?.session ?? null) : null,
      });
    });

const cases = log.chain((signIns) =>
  fc.record({
    signIns: fc.constant(signIns),
    signals: fc.array(hint(signIns), { minLength: 1, maxLength: 3 }),
    shuffled: fc.shuffledSubarray(signIns, { minLength: signIns.length }),
  }),
);

const find = (
  given: { signIns: SignIn[]; signals: ReturnType<typeof signal>[] },
  known: Intruder = nobodyKnown,
) =>
  findIntruder({ ...given, riskDetections: [], openedAt: '2026-11-21T00:00:00Z', known, crowded: new Set() });

const sorted = (trail: Trail) => ({
  hits: trail.hits.map(({ signIn: { id } }) => id),
  uncertain: trail.uncertain.map(({ id }) => id),
  intruder: Object.fromEntries(
    Object.entries(trail.intruder).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.toSorted() : value,
    ]),
  ),
});
const runs = { numRuns: 1000 };

describe('whatever the log holds', () => {
  it("an address is the intruder's alone or shared, never both", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { intruder } = find(given);
        const shared = new Set(intruder.sharedAddresses.map(networkOf));
        expect(intruder.addresses.filter((one) => shared.has(networkOf(one)))).toEqual([]);
      }),
      runs,
    );
  });

  it('the order in which the log was read does not matter', () => {
    fc.assert(
      fc.property(cases, ({ signIns, signals, shuffled }) => {
        expect(sorted(find({ signIns: shuffled, signals }))).toEqual(sorted(find({ signIns, signals })));
      }),
      runs,
    );
  });

  it('a second look at the same log learns nothing new — later checks must not drift', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const once = find(given);
        expect(sorted(find(given, once.intruder))).toEqual(sorted(once));
      }),
      runs,
    );
  });

  it("no failed or doubtful sign-in counts as access, and no session with the owner in it is the intruder's", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { hits, uncertain, intruder } = find(given);
        const theirs = new Set(hits.map(({ signIn: { id } }) => id));
        for (const {
          signIn: { errorCode },
        } of hits)
          expect(errorCode).toBe(0);
        for (const { id } of uncertain) expect(theirs.has(id)).toBe(false);
        const owners = given.signIns.filter(({ id, errorCode }) => errorCode === 0 && !theirs.has(id));
        for (const { session } of owners) expect(intruder.sessions).not.toContain(session);
      }),
      runs,
    );
  });
});
