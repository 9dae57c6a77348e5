import { describe, expect, it } from 'vitest';
import { isOwnersTrace, mayBeRemoved, tieOf, tieToIntruder } from '../../shared/intruder/tie.ts';
import { type Intruder, intruderSchema, type Mark, nobodyKnown } from '../../shared/model/intruder.ts';

const intruder: Intruder = {
  since: '2026-11-20T08:12:00.000Z',
  sessions: ['005f1a2c'],
  addresses: ['203.0.113.7', '2001:db8:1:2::7'],
  sharedAddresses: ['198.51.100.77'],
  devices: ['dev-9'],
  userAgents: ['axios/1.7.9'],
  requests: ['66ea54eb', 'uti-1'],
  marks: [],
};

describe('what ties a change to the intruder', () => {
  it.each([
    [{ session: '005f1a2c' }, "in the intruder's session 005f1a2c"],
    [{ request: 'uti-1' }, "with the intruder's sign-in uti-1"],
    [{ device: 'dev-9' }, "from the intruder's device dev-9"],
    [{ address: '203.0.113.7:52110' }, "from the intruder's address 203.0.113.7"],
    [{ address: '[2001:db8:1:2::99]:443' }, "from the intruder's address 2001:db8:1:2::99"],
    [
      { address: '198.51.100.77', userAgent: 'axios/1.7.9' },
      "with the intruder's client (axios/1.7.9) from 198.51.100.77, an address the owner uses too",
    ],
  ])('%j', (trace, tie) => {
    expect(tieToIntruder(intruder, trace)).toBe(tie);
  });

  it.each([
    ['an address that the owner uses too', { address: '198.51.100.77' }],
    ["the owner's client at such an address", { address: '198.51.100.77', userAgent: 'Outlook/16.0' }],
    ['a client alone, which everybody may have', { userAgent: 'axios/1.7.9' }],
    ['another address', { address: '203.0.113.8', session: 'other', request: null, device: '' }],
    ['nothing said', {}],
  ])('is not %s', (_what, trace) => {
    expect(tieToIntruder(intruder, trace)).toBeUndefined();
  });

  it('is never found while nobody is known — an empty id must not match an empty id', () => {
    const silent = { ...nobodyKnown, sessions: [''], requests: [''], devices: [''], addresses: [''] };
    expect(tieToIntruder(silent, { session: '', request: '', device: '', address: '' })).toBeUndefined();
  });
});

describe('how sure a tie is', () => {
  const mark = (given: Partial<Mark> & Pick<Mark, 'kind' | 'value'>): Mark => ({
    verdict: 'intruder',
    certainty: 'likely',
    reason: 'it was seen there',
    source: 'sign-ins',
    ...given,
  });

  it('follows the mark it rests on', () => {
    const marks = [
      mark({ kind: 'session', value: '005f1a2c' }),
      mark({ kind: 'address', value: '203.0.113.7' }),
    ];
    expect(tieOf({ ...intruder, marks }, { session: '005f1a2c' })?.certainty).toBe('likely');
    expect(tieOf({ ...intruder, marks }, { address: '203.0.113.7:443' })?.certainty).toBe('likely');
    expect(tieOf({ ...intruder, marks }, { device: 'dev-9' })?.certainty).toBe('certain');
  });

  it('is not that of another mark in the same network — an owner’s phone proves nothing about the intruder', () => {
    const marks = [
      mark({ kind: 'address', value: '2001:db8:1:2::1', verdict: 'unknown', certainty: 'certain' }),
      mark({ kind: 'address', value: '2001:db8:1:2::7' }),
    ];
    expect(tieOf({ ...intruder, marks }, { address: '2001:db8:1:2::99' })?.certainty).toBe('likely');
  });

  it('is certain for a row of the first shape — those rows never listed anything doubtful as the intruder’s', () => {
    expect(tieOf(intruderSchema.parse({ ...intruder, marks: undefined }), { session: '005f1a2c' })).toEqual({
      certainty: 'certain',
      words: "in the intruder's session 005f1a2c",
    });
  });

  it('is never more than likely for a client at an address of the owner', () => {
    expect(tieOf(intruder, { address: '198.51.100.77', userAgent: 'axios/1.7.9' })?.certainty).toBe('likely');
  });

  it('ends at a session of the owner’s, unless the address is only the intruder’s: then the token was stolen', () => {
    const marks = [mark({ kind: 'session', value: 'owner-1', verdict: 'owner' })];
    const shared = { session: 'owner-1', address: '198.51.100.77', userAgent: 'axios/1.7.9' };
    expect(tieOf({ ...intruder, marks }, shared)).toBeUndefined();
    expect(tieOf({ ...intruder, marks }, { session: 'owner-1', address: '203.0.113.7' })).toBeDefined();
  });

  it.each([
    ['certain', 'irreversible', true],
    ['certain', 'reversible', true],
    ['likely', 'irreversible', false],
    ['likely', 'reversible', true],
  ] as const)('%s: something %s may be removed: %s', (certainty, kind, may) => {
    expect(mayBeRemoved({ certainty }, kind)).toBe(may);
    expect(mayBeRemoved(undefined, kind)).toBe(false);
  });
});

describe('a trace of the owner', () => {
  const session: Mark = {
    kind: 'session',
    value: 'own',
    verdict: 'owner',
    certainty: 'certain',
    reason: 'where the owner always was',
    source: 'sign-ins',
  };
  const known: Intruder = { ...intruder, marks: [session] };

  it('is what was done in their session', () => {
    expect(isOwnersTrace(known, { session: 'own' })).toBe(true);
    expect(isOwnersTrace(known, { session: 'other' })).toBe(false);
  });

  it('is none at the intruder’s address, where the session is a stolen token', () => {
    expect(isOwnersTrace(known, { session: 'own', address: '203.0.113.7' })).toBe(false);
  });
});
