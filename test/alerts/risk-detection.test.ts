import { describe, expect, it } from 'vitest';
import { riskDetection } from '../../shared/alerts/risk-detection.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { adele, payload } from './samples.ts';

function read(data: unknown): Signal {
  const reading = riskDetection.read(data);
  if (typeof reading === 'string') throw new Error(reading);
  const [subject] = reading.subjects;
  if (subject === undefined) throw new Error('names nobody');
  return subject.signal;
}

const high = 'risk-detection/anomalous-token';

describe('riskDetection', () => {
  it('becomes a signal with everything that points at the intruder', () => {
    expect(read(payload(high))).toEqual({
      source: 'riskDetection',
      sourceId: '6a5874ca9abcdd82e1a4bc4ab3a6bb0d26cbb5e6ea1a4b1c9b6fe7f2f0cd3e77',
      version: '2026-11-20T09:14:31.002Z',
      tenantId: null,
      userId: adele,
      userPrincipalName: 'adele@contoso.com',
      detector: 'anomalousToken',
      title: 'Anomalous token',
      product: 'IdentityProtection',
      level: 'high',
      standing: true,
      state: 'atRisk',
      activityAt: '2026-11-20T09:12:04.253Z',
      detectedAt: '2026-11-20T09:14:31.002Z',
      address: '203.0.113.7',
      sessionId: null,
      requestId: 'ee4f4c5d-0a8c-4f3a-8f1c-3b6f4d1b5300',
      correlationId: 'abc8a8b4-1b3f-4d56-9a77-0f6f5f0e3d21',
      deviceId: null,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      link: 'https://entra.microsoft.com/#view/Microsoft_AAD_IAM/SecurityMenuBlade/~/RiskDetections',
    });
  });

  it('keeps unknown words and drops unknown fields — enumerations grow', () => {
    const signal = read(payload('risk-detection/of-a-later-version'));
    expect(signal.detector).toBe('aiCompoundAccountRisk');
    expect(signal).not.toHaveProperty('somethingNew');
    expect(read(payload(high, { riskLevel: 'critical' })).level).toBe('unknown');
  });

  it('prefers the risk event type — riskType says generic for a specific one', () => {
    const signal = read(payload('risk-detection/password-spray'));
    expect(signal.detector).toBe('passwordSpray');
    expect(signal.title).toBe('Password spray');
  });

  it('reads the one-digit hours in diagnostic records', () => {
    expect(read(payload('risk-detection/password-spray')).activityAt).toBe('2026-11-20T08:53:53.895Z');
  });

  it.each([['remediated'], ['dismissed'], ['confirmedSafe'], ['none']])(
    'no longer stands when it is %s — somebody or something closed it',
    (riskState) => {
      expect(read(payload(high, { riskState })).standing).toBe(false);
    },
  );

  it.each([['atRisk'], ['confirmedCompromised'], ['somethingNew'], [undefined]])(
    'stands when it is %s — only what is known to be closed is',
    (riskState) => {
      expect(read(payload(high, { riskState })).standing).toBe(true);
    },
  );

  it('says that a person confirmed it, by type, state or detail — each source says it differently', () => {
    expect(read(payload('risk-detection/confirmed-by-administrator')).confirmedByPerson).toBe(true);
    expect(read(payload(high, { riskState: 'confirmedCompromised' })).confirmedByPerson).toBe(true);
    expect(read(payload(high, { riskDetail: 'adminConfirmedSigninCompromised' })).confirmedByPerson).toBe(
      true,
    );
    expect(read(payload(high)).confirmedByPerson).toBeUndefined();
  });

  it.each([['not JSON'], ['{}'], ['[{"Key":7}]'], [null], [12]])(
    'takes %j as additional information for nothing said',
    (additionalInfo) => {
      expect(read(payload(high, { additionalInfo })).userAgent).toBeNull();
    },
  );

  it('turns any detector into a readable title', () => {
    const titleOf = (riskEventType: string) => read(payload(high, { riskEventType })).title;
    expect(titleOf('mcasImpossibleTravel')).toBe('Impossible travel');
    expect(titleOf('nationStateIP')).toBe('Nation state IP');
    expect(titleOf('anonymizedIPAddress')).toBe('Anonymized IP address');
    expect(titleOf('suspiciousAPITraffic')).toBe('Suspicious API traffic');
  });

  it('ignores a detection without a user — a workload has no account to take back', () => {
    const reading = riskDetection.read(payload(high, { userId: null, userPrincipalName: null }));
    expect(reading).toMatchObject({ subjects: [], left: [{ why: 'names no user' }] });
  });

  it.each([
    [{ id: '../users' }, 'the risk detection cannot be read: id has an id that no source gives'],
    [{ id: undefined }, 'the risk detection cannot be read: id has no id'],
  ])('refuses %j — the id becomes part of a path', (changes, reason) => {
    expect(riskDetection.read(payload(high, changes))).toBe(reason);
  });

  it('is known by its shape, whatever the event is called', () => {
    expect(riskDetection.recognises(payload(high))).toBe(true);
    expect(riskDetection.recognises({ '@odata.type': '#microsoft.graph.riskDetection', id: 'x' })).toBe(true);
    expect(riskDetection.recognises(payload('alert-v2/anomalous-token'))).toBe(false);
    expect(riskDetection.recognises('text')).toBe(false);
  });
});
