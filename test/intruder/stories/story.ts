// What a story is: the logs of a tenant and the truth behind them. Nothing here knows how the truth is found.
import type { z } from 'zod';
import { type SignIn, signInSchema } from '../../../shared/intruder/sign-ins.ts';
import { type Signal, signalSchema } from '../../../shared/model/signal.ts';

export const now = Date.parse('2026-11-20T12:00:00Z');
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

type Who = 'owner' | 'intruder';

export interface TrueSignIn {
  by: Who;
  signIn: SignIn;
  /** Looks like the owner in every way that a log can show. */
  lookalike: boolean;
}

/** Something that was made, as an audit log reports it. */
export interface TrueAct {
  by: Who;
  kind: 'reversible' | 'irreversible';
  trace: { session: string | null; address: string; userAgent: string | null };
  lookalike: boolean;
}

/** Another account that was signed in to from where the intruder was. */
export interface TrueOther {
  victim: boolean;
  address: string;
  signIns: readonly SignIn[];
  lookalike: boolean;
}

export interface Story {
  title: string;
  signals: readonly Signal[];
  signIns: readonly TrueSignIn[];
  acts: readonly TrueAct[];
  others: readonly TrueOther[];
}

/** Mulberry32: the same seed tells the same story on every machine. */
export interface Dice {
  next(): number;
  chance(of: number): boolean;
  whole(from: number, to: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    chance: (of) => next() < of,
    whole,
    pick: (from) => from[whole(0, from.length - 1)] ?? from[0],
  };
}

export interface Place {
  address: string;
  country: string;
  city: string;
  operator: number | null;
}
export interface Machine {
  userAgent: string | null;
  device: string | null;
  managed: boolean;
}

let count = 0;
export const newId = (what: string) => {
  count += 1;
  return `${what}-${count}`;
};

export function signInOf(given: {
  user: string;
  time: number;
  place: Place;
  machine: Machine;
  session: string | null;
  interactive?: boolean;
  risky?: boolean;
}): SignIn {
  const { place, machine } = given;
  return signInSchema.parse({
    id: newId('request'),
    createdDateTime: new Date(given.time).toISOString(),
    userId: given.user,
    userPrincipalName: `${given.user}@contoso.com`,
    ipAddress: place.address,
    userAgent: machine.userAgent,
    isInteractive: given.interactive ?? false,
    status: { errorCode: 0 },
    deviceDetail: {
      deviceId: machine.device ?? '',
      isManaged: machine.managed,
      isCompliant: machine.managed,
    },
    location: { city: place.city, countryOrRegion: place.country },
    sessionId: given.session ?? '',
    uniqueTokenIdentifier: newId('token'),
    autonomousSystemNumber: place.operator,
    riskLevelDuringSignIn: given.risky === true ? 'high' : 'none',
    riskState: given.risky === true ? 'atRisk' : 'none',
    riskEventTypes_v2: given.risky === true ? ['unfamiliarFeatures'] : [],
  } satisfies z.input<typeof signInSchema>);
}

export function alertOf(detector: string, of: SignIn, by: 'request' | 'session' | 'address'): Signal {
  return signalSchema.parse({
    source: 'riskDetection',
    sourceId: newId('detection'),
    version: new Date(now).toISOString(),
    tenantId: null,
    userId: of.userId,
    userPrincipalName: of.userName,
    detector,
    title: detector,
    level: 'high',
    standing: true,
    state: 'atRisk',
    activityAt: of.at,
    detectedAt: new Date(now).toISOString(),
    address: of.address,
    sessionId: by === 'session' ? of.session : null,
    requestId: by === 'request' ? of.id : null,
    correlationId: null,
    deviceId: null,
    userAgent: null,
    link: null,
  } satisfies Signal);
}

export const browsers = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Edg/130.0.2849.68',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
] as const;
export const phones = [
  'Outlook-iOS/2.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148',
  'Outlook-Android/2.0 (Pixel 8)',
] as const;
export const foreignClients = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 Chrome/109.0.0.0 Safari/537.36 OPR/95',
  'axios/1.7.9',
  'python-requests/2.32.3',
] as const;
export const tokenDetectors = [
  'anomalousToken',
  'maliciousIPAddress',
  'tokenIssuerAnomaly',
  'generic',
] as const;
export const placeDetectors = [
  'unfamiliarFeatures',
  'unlikelyTravel',
  'newCountry',
  'anonymizedIPAddress',
] as const;
