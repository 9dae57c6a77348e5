// One presence at a time, compared with an owner who has one browser on one laptop at home in Berlin.
import { describe, expect, it } from 'vitest';
import { follow } from '../../shared/intruder/follow.ts';
import type { Hint } from '../../shared/intruder/hints.ts';
import { certain, judgePresence, type PresenceVerdict } from '../../shared/intruder/judge-presence.ts';
import type { Profile } from '../../shared/intruder/owner-profile.ts';
import { dayMs, type Presence } from '../../shared/intruder/presence.ts';
import { signIn } from '../fakes/sign-ins.ts';

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
    others: [],
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

  it('is asked about if two places were compared — either may be the owner’s', () => {
    expect(judged({ device: null })).toMatchObject({ certainty: 'likely' });
    expect(judged({ device: null, hints: [{ ...hint, travel: true }] }).is).toBe('unknown');
  });
});

describe('a program', () => {
  const use = (userAgent: string) => signIn({ createdDateTime: '2026-11-20T09:00:00Z', userAgent });

  it('is certainly the intruder’s on the owner’s operator’s network, where a browser is only likely', () => {
    const near = { client: 'other', device: null, operator: 'Telekom' };
    expect(judged({ ...near, uses: [use('Mozilla/5.0 Firefox/131.0')] })).toMatchObject({
      certainty: 'likely',
    });
    expect(judged({ ...near, uses: [use('axios/1.7.9')] })).toMatchObject({ certainty: 'certain' });
  });

  it('is too soon abroad only if the same client was just at home — another client there may run by itself', () => {
    const at = (client: string) =>
      presence({
        client,
        network: 'home',
        uses: [{ ...use('Edge'), country: 'DE', time: 3 * dayMs - 3_600_000 }],
      });
    const abroad = { country: 'FR' };
    expect(judged(abroad, { others: [at('Edge')] })).toMatchObject({ certainty: 'likely' });
    expect(judged(abroad, { others: [at('Outlook')] }).is).toBe('unknown');
  });
});

describe('a client that the owner is not known to use', () => {
  const old = { client: 'Firefox', device: null, first: 0, sessions: new Set(['own']) };

  it('is asked about if it has been there for most of the log', () => {
    expect(judged(old).is).toBe('unknown');
  });

  it('is the intruder’s abroad, however long it has been there', () => {
    expect(judged({ ...old, country: 'FR' })).toMatchObject({ certainty: 'certain' });
  });

  it('is the intruder’s in a session that another client began — no habit excuses a stolen session', () => {
    const others = [presence({ first: 0, sessions: new Set(['own']) })];
    expect(judged({ ...old, first: 1000 }, { others })).toMatchObject({ certainty: 'certain' });
  });
});

/** What becomes of one presence besides the intruder's when nothing else is known about it. */
function followed(intruder: Presence, found: Presence, more: [Presence, PresenceVerdict][] = []) {
  const verdicts = new Map([[intruder, certain('it was named')] as const, ...more]);
  const nothing = { networks: new Set<string>(), sessions: new Set<string>(), clients: new Set<string>() };
  const suspicion = { ...nothing, first: 3 * dayMs, begun: new Map(), phished: new Set<string>() };
  const around = { registered: new Set<string>(), crowded: new Set<string>() };
  follow([...verdicts.keys(), found], [], owner, suspicion, around, verdicts);
  return verdicts.get(found);
}

it('at the intruder’s address is theirs half a day before the alert too, but not two days before', () => {
  const there = { hints: [], network: 'evil', device: null };
  const intruder = presence({ ...there, client: 'Firefox' });
  const at = (days: number) => presence({ ...there, client: 'Chrome', first: days * dayMs });
  expect(followed(intruder, at(2.5))).toMatchObject({ is: 'intruder' });
  expect(followed(intruder, at(1))?.is).not.toBe('intruder');
});

it('in a stolen session alone is only likely the intruder’s — its own verdict proves nothing about its client', () => {
  const sessionId = 'stolen';
  const uses = [signIn({ createdDateTime: '2026-11-20T09:00:00Z', sessionId })];
  const first = Date.parse('2026-11-20T09:00:00Z');
  const others = { hints: [], network: 'evil', sessions: new Set([sessionId]), uses, first };
  const intruder = presence({ ...others, client: 'Firefox', device: null });
  const found = presence({ ...others, client: 'Chrome', device: null, network: 'another' });
  const home = presence({ hints: [], network: 'home', sessions: new Set([sessionId]) });
  const owners = { is: 'owner', reason: 'where the owner always was', ask: false } as const;
  expect(followed(intruder, found, [[home, owners]])).toMatchObject({ is: 'intruder', certainty: 'likely' });
});

it('in the intruder’s own session is certainly theirs, even with a stolen session beside it', () => {
  const both = ['stolen', 'theirs'];
  const uses = both.map((sessionId) => signIn({ createdDateTime: '2026-11-20T09:00:00Z', sessionId }));
  const first = Date.parse('2026-11-20T09:00:00Z');
  const others = { hints: [], network: 'evil', sessions: new Set(both), uses, first };
  const intruder = presence({ ...others, client: 'Firefox', device: null });
  const found = presence({ ...others, client: 'Chrome', device: null, network: 'another' });
  const home = presence({ hints: [], network: 'home', sessions: new Set(['stolen']) });
  const owners = { is: 'owner', reason: 'where the owner always was', ask: false } as const;
  expect(followed(intruder, found, [[home, owners]])).toMatchObject({
    is: 'intruder',
    certainty: 'certain',
  });
});
