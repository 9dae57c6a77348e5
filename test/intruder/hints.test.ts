// What may be said about the intruder while no sign-in log can be read: enough to search for, too little to act on.
import { describe, expect, it } from 'vitest';
import { weakStart } from '../../shared/intruder/hints.ts';
import { tieToIntruder } from '../../shared/intruder/tie.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { adele, chaosOf, riskySignIn, Simulation } from '../run/simulation.ts';

const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/131.0';
const signal = (given: Partial<Signal> = {}): Signal => ({
  ...riskySignIn,
  sessionId: '005c1c2e-9f3a-4d5b-8e7f-1a2b3c4d5e6f',
  userAgent: edge,
  ...given,
});

describe('what alerts alone say about the intruder', () => {
  it('keeps the address as possibly the owner’s — alone it proves nothing', () => {
    const intruder = weakStart([signal()]);
    expect(intruder).toEqual({
      ...nobodyKnown,
      since: '2026-11-20T07:50:00.000Z',
      sharedAddresses: ['203.0.113.7'],
    });
    const { sessionId, address, userAgent } = signal();
    expect(tieToIntruder(intruder, { session: sessionId, address, userAgent })).toBeUndefined();
  });

  it('takes the session of a phishing proxy as the intruder’s — the owner never held it', () => {
    const { sessionId } = signal();
    expect(weakStart([signal({ detector: 'attackerInTheMiddle' })]).sessions).toEqual([sessionId]);
  });

  it('takes a program as the intruder’s client — evidence at that address, but not elsewhere', () => {
    const intruder = weakStart([signal({ userAgent: 'axios/1.7.2' })]);
    expect(intruder.userAgents).toEqual(['axios/1.7.2']);
    expect(tieToIntruder(intruder, { address: '203.0.113.7', userAgent: 'axios/1.7.2' })).toMatch(/client/);
    expect(tieToIntruder(intruder, { address: '198.51.100.4', userAgent: 'axios/1.7.2' })).toBeUndefined();
    expect(tieToIntruder(intruder, { address: '203.0.113.7', userAgent: edge })).toBeUndefined();
  });

  it('takes only the time from an impossible travel, since either end may be the owner’s', () => {
    const travel = signal({ detector: 'impossibleTravel', userAgent: 'axios/1.7.2' });
    expect(weakStart([travel])).toEqual({ ...nobodyKnown, since: '2026-11-20T07:50:00.000Z' });
  });

  it('identifies nobody from a leaked password', () => {
    const leaked = signal({ detector: 'leakedCredentials', address: null, sessionId: null, userAgent: null });
    expect(weakStart([leaked])).toEqual(nobodyKnown);
  });
});

describe('a run', () => {
  it('begins with what its alerts say, and learns from an alert that joins — the sign-in log may never be readable', async () => {
    const simulation = new Simulation(
      { things: {}, level: 'contain', refused: [] },
      chaosOf(() => 0.5),
    );
    await simulation.open();
    expect(simulation.rows().run.row.intruder).toEqual(weakStart([riskySignIn]));
    const second = signal({ sourceId: 'd2', address: '198.51.100.4' });
    const request = { account: adele, signals: [second], level: 'contain' as const, held: null, why: 'more' };
    const { run } = await openRun(simulation.engine, request);
    expect(run.intruder.sharedAddresses).toEqual(['203.0.113.7', '198.51.100.4']);
  });

  it('keeps what the sign-ins showed — an alert that joins later knows less', async () => {
    const simulation = new Simulation(
      { things: {}, level: 'contain', refused: [] },
      chaosOf(() => 0.5),
    );
    await simulation.open();
    await simulation.live(({ run }) => run.row.intruder.addresses.length > 0);
    const known = simulation.rows().run.row.intruder;
    const second = signal({ sourceId: 'd2', address: '198.51.100.4' });
    const request = { account: adele, signals: [second], level: 'contain' as const, held: null, why: 'more' };
    expect((await openRun(simulation.engine, request)).run.intruder).toEqual(known);
  });
});
