// Sign-ins, detections and signals in Microsoft's shapes with Adele Vance's usual values; a test says what differs.
import type { z } from 'zod';
import {
  type RiskDetection,
  riskDetectionSchema,
  type SignIn,
  signInSchema,
} from '../../shared/intruder/sign-ins.ts';
import { type Signal, signalSchema } from '../../shared/model/signal.ts';

export const adele = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';
export const home = '198.51.100.20';
export const office = '198.51.100.77';
export const attacker = '203.0.113.7';
export const proxy = '192.0.2.44';
export const edge =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Edg/130.0.2849.68';
export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

type RawSignIn = z.input<typeof signInSchema>;

let count = 0;
const next = () => {
  count += 1;
  return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
};

/** As Microsoft Graph beta answers it. */
export function rawSignIn(given: Partial<RawSignIn> & { createdDateTime: string }) {
  return {
    id: next(),
    userId: adele,
    ipAddress: home,
    userAgent: edge,
    correlationId: next(),
    appDisplayName: 'Office 365 Exchange Online',
    resourceDisplayName: 'Office 365 Exchange Online',
    clientAppUsed: 'Browser',
    isInteractive: true,
    riskLevelDuringSignIn: 'none',
    riskState: 'none',
    riskEventTypes_v2: [],
    status: { errorCode: 0, failureReason: 'Other.' },
    deviceDetail: { deviceId: '', isManaged: false, isCompliant: false },
    location: { city: 'Seattle', countryOrRegion: 'US' },
    sessionId: '',
    originalRequestId: '',
    uniqueTokenIdentifier: '',
    authenticationRequirement: 'multiFactorAuthentication',
    authenticationProtocol: 'none',
    ...given,
  } satisfies RawSignIn;
}

export const signIn = (given: Partial<RawSignIn> & { createdDateTime: string }): SignIn =>
  signInSchema.parse(rawSignIn(given));

/** The owner's week: the office and home, one browser, a session a day. */
export const week = (): SignIn[] =>
  ['13', '14', '16', '17', '18', '19'].flatMap((day) => [
    signIn({ createdDateTime: `2026-11-${day}T08:02:00Z`, ipAddress: office, sessionId: `owner-${day}` }),
    signIn({
      createdDateTime: `2026-11-${day}T19:40:00Z`,
      ipAddress: home,
      sessionId: `owner-${day}`,
      isInteractive: false,
    }),
  ]);

export const signal = (given: Partial<Signal>): Signal =>
  signalSchema.parse({
    source: 'riskDetection',
    sourceId: next(),
    version: '2026-11-20T09:14:00Z',
    tenantId: '11111111-2222-4333-8444-555555555555',
    userId: adele,
    userPrincipalName: 'adele@contoso.com',
    detector: 'unfamiliarFeatures',
    title: 'Unfamiliar sign-in properties',
    level: 'high',
    standing: true,
    state: 'atRisk',
    activityAt: '2026-11-20T09:12:00Z',
    detectedAt: '2026-11-20T09:14:00Z',
    address: attacker,
    sessionId: null,
    requestId: null,
    correlationId: null,
    deviceId: null,
    userAgent: null,
    link: null,
    ...given,
  } satisfies Signal);

export const rawDetection = (given: Partial<z.input<typeof riskDetectionSchema>>) =>
  ({
    id: next(),
    riskEventType: 'unfamiliarFeatures',
    riskLevel: 'high',
    riskState: 'atRisk',
    ipAddress: attacker,
    requestId: '',
    correlationId: '',
    activityDateTime: '2026-11-20T09:12:00Z',
    additionalInfo: '[]',
    ...given,
  }) satisfies z.input<typeof riskDetectionSchema>;

export const detection = (given: Partial<z.input<typeof riskDetectionSchema>>): RiskDetection =>
  riskDetectionSchema.parse(rawDetection(given));
