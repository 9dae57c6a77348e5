// One presence at a time, against an owner with one browser on one laptop at home in Berlin.
import { describe, expect, it } from 'vitest';
import type { Hint } from '../../shared/intruder/hints.ts';
import { judgePresence } from '../../shared/intruder/judge-presence.ts';
import type { Profile } from '../../shared/intruder/owner-profile.ts';
import { dayMs, type Presence } from '../../shared/intruder/presence.ts';

const owner: Profile = {
  networks: new Set(['home']),
  clients: new Set(['Edge']),
  bareClients: new Set(),
  devices: new Set(['laptop']),
  countries: new Set(['DE']),
  cities: new Set(['Berlin']),
  operators: new Set(['Telekom']),
  sessions: new Set(['own']),
  roaming: new Map(),
  homeCountry: 'DE',
};

const hint: Hint = {
  detector: 'anomalousToken',
  time: 3 * dayMs,
  session: null,
  request: null,
  correlation: null,
  address: null,
  network: null,
  device: null,
  userAgent: null,
  otherLeg: null,
  travel: false,
  placeOnly: false,
  intrudersPlace: false,
  phished: false,
};

const presence = (given: Partial<Presence>): Presence => ({
  network: 'elsewhere',
  client: 'Edge',
  device: 'laptop',
  country: 'DE',
  city: 'Hamburg',
  operator: 'Vodafone',
  managed: false,
  sessions: new Set(),
  uses: [],
  first: 3 * dayMs,
  last: 3 * dayMs,
  hints: [hint],
  hintedAt: 3 * dayMs,
  ...given,
});

const judged = (given: Partial<Presence>, more: { registered?: string[]; others?: Presence[] } = {}) =>
  judgePresence(presence(given), owner, {
    logStart: 0,
    presences: more.others ?? [],
    registered: new Set(more.registered ?? []),
    crowded: new Set(),
  });

describe('a device that was registered during the attack', () => {
  it('makes the intruder certain, unless the owner had it before', () => {
    expect(judged({ device: 'new' }, { registered: ['new'] })).toMatchObject({ certainty: 'certain' });
    expect(judged({ network: 'home' }, { registered: ['laptop'] }).is).toBe('owner');
  });
});

describe('the owner’s client without the owner’s device', () => {
  it('at the owner’s address is likely the intruder’s, unless only the place was odd', () => {
    expect(judged({ network: 'home', device: null })).toMatchObject({ certainty: 'likely' });
    expect(judged({ network: 'home', device: null, hints: [{ ...hint, placeOnly: true }] }).is).toBe('owner');
  });

  it('is asked about where two places were compared — either may be the owner’s', () => {
    expect(judged({ device: null })).toMatchObject({ certainty: 'likely' });
    expect(judged({ device: null, hints: [{ ...hint, travel: true }] }).is).toBe('unknown');
  });
});

describe('a client that the owner is not known to use', () => {
  const old = { client: 'Firefox', device: null, first: 0, sessions: new Set(['own']) };

  it('is asked about where it has been for most of the log', () => {
    expect(judged(old).is).toBe('unknown');
  });

  it('is the intruder’s abroad, however long it has been there', () => {
    expect(judged({ ...old, country: 'FR' })).toMatchObject({ certainty: 'certain' });
  });

  it('is the intruder’s in a session that another client began — no habit excuses a stolen one', () => {
    const others = [presence({ first: 0, sessions: new Set(['own']) })];
    expect(judged({ ...old, first: 1000 }, { others })).toMatchObject({ certainty: 'certain' });
  });
});
