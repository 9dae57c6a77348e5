import { describe, expect, it } from 'vitest';
import { alertV2 } from '../../shared/alerts/alert-v2.ts';
import type { Reading } from '../../shared/alerts/source.ts';
import { adele, payload, tenantId } from './samples.ts';

function read(data: unknown): Reading {
  const reading = alertV2.read(data);
  if (typeof reading === 'string') throw new Error(reading);
  return reading;
}

const userEvidence = (userAccount: unknown, changes: Readonly<Record<string, unknown>> = {}) => ({
  '@odata.type': '#microsoft.graph.security.userEvidence',
  verdict: 'suspicious',
  roles: ['compromised'],
  userAccount,
  ...changes,
});
const adeleAccount = { azureAdUserId: adele, userPrincipalName: 'adele@contoso.com', userSid: null };

const names = ({ subjects }: Reading) =>
  subjects.map(({ signal }) => signal.userPrincipalName ?? signal.userId);

describe('alertV2', () => {
  it('becomes a signal with everything that points at the intruder', () => {
    const { subjects, left } = read(payload('alert-v2/anomalous-token'));
    expect(left).toEqual([]);
    expect(subjects).toEqual([
      {
        sid: expect.stringMatching(/^S-1-12-1-/),
        label: 'adele@contoso.com',
        signal: {
          source: 'alert',
          sourceId: 'ad702c56f4b1a3e8d0',
          version: '2026-11-20T10:02:00.000Z',
          tenantId,
          userId: adele,
          userPrincipalName: 'adele@contoso.com',
          detector: 'AnomalousToken',
          title: 'Anomalous Token',
          product: 'azureAdIdentityProtection',
          level: 'high',
          standing: true,
          state: 'new',
          activityAt: '2026-11-20T09:12:04.000Z',
          lastActivityAt: '2026-11-20T09:40:51.000Z',
          detectedAt: '2026-11-20T10:00:00.123Z',
          address: '203.0.113.7',
          sessionId: '005f1a2c-7f0e-4f25-b0a4-8f4f3f1f2f10',
          requestId: 'ee4f4c5d-0a8c-4f3a-8f1c-3b6f4d1b5300',
          correlationId: null,
          deviceId: null,
          userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
          link: `https://security.microsoft.com/alerts/ad702c56f4b1a3e8d0?tid=${tenantId}`,
        },
      },
    ]);
  });

  describe('whom it is about', () => {
    it('is each account called compromised, never one beside it', () => {
      const reading = read(payload('alert-v2/attack-disruption'));
      expect(reading.subjects.map(({ signal, sid }) => signal.userId ?? sid)).toEqual([
        adele,
        'S-1-5-21-1004336348-1177238915-682003330-1104',
        '2c3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a23',
      ]);
      expect(reading.left).toEqual([
        { what: 'lee@contoso.com', why: 'is listed as contextual, not as compromised' },
      ]);
    });

    it('is the one user if the alert type implies it — Defender for Office 365 gives no roles', () => {
      const reading = read(payload('alert-v2/restricted-sender'));
      expect(names(reading)).toEqual(['adele@contoso.com']);
      expect(reading.subjects[0]?.signal).toMatchObject({ userId: null, implied: true });
    });

    it('is the owner of the one mailbox if no user is listed', () => {
      expect(names(read(payload('alert-v2/suspicious-forwarding')))).toEqual(['adele@contoso.com']);
    });

    it('is the owner of the one mailbox if several users are listed — they are senders and recipients', () => {
      const evidence = [
        userEvidence({ userPrincipalName: 'megan@contoso.com' }, { roles: [] }),
        userEvidence({ userPrincipalName: 'lee@contoso.com' }, { roles: [] }),
        {
          '@odata.type': '#microsoft.graph.security.mailboxEvidence',
          roles: [],
          primaryAddress: 'lee@contoso.com',
        },
      ];
      const reading = read(payload('alert-v2/restricted-sender', { evidence }));
      expect(names(reading)).toEqual(['lee@contoso.com']);
      expect(reading.left).toEqual([
        { what: 'megan@contoso.com', why: 'is listed beside the account in question' },
      ]);
    });

    it('is nobody if such an alert lists two users and no mailbox — a guess could lock the wrong one', () => {
      const evidence = [
        userEvidence({ userPrincipalName: 'megan@contoso.com' }, { roles: [] }),
        userEvidence({ userPrincipalName: 'lee@contoso.com' }, { roles: [] }),
      ];
      expect(read(payload('alert-v2/restricted-sender', { evidence })).subjects).toEqual([]);
    });

    it('is not a bystander, even if no other is listed', () => {
      const evidence = [userEvidence(adeleAccount, { roles: ['contextual'] })];
      expect(read(payload('alert-v2/restricted-sender', { evidence })).subjects).toEqual([]);
    });

    it.each(['unknownFutureValue', 'loaded', 'commandAndControl', 'aRoleOfNextYear'])(
      'is nobody with the role %s, which does not say that it is the one',
      (role) => {
        const evidence = [userEvidence(adeleAccount, { roles: [role] })];
        expect(read(payload('alert-v2/restricted-sender', { evidence })).subjects).toEqual([]);
      },
    );

    it('is not the victim of a click — nothing says that the account is taken over', () => {
      const reading = read(payload('alert-v2/clicked-malicious-url'));
      expect(reading.subjects).toEqual([]);
      expect(reading.left).toEqual([{ what: 'megan@contoso.com', why: 'is not called compromised' }]);
    });

    it('is not the target of a failed attack', () => {
      expect(read(payload('alert-v2/nobody-compromised')).subjects).toEqual([]);
    });

    it('is not the account that a process ran under', () => {
      expect(read(payload('alert-v2/endpoint'))).toMatchObject({
        subjects: [],
        left: [{ what: '"Suspicious execution of hidden file"', why: 'names no account' }],
      });
    });

    it('is the one user of a risk that Defender shows as an alert, named and not implied', () => {
      const evidence = [userEvidence(adeleAccount, { roles: [] })];
      const [subject] = read(payload('alert-v2/anomalous-token', { evidence })).subjects;
      expect(subject?.signal.userId).toBe(adele);
      expect(subject?.signal.implied).toBeUndefined();
    });

    it('is not an account whose investigation found no threat', () => {
      const evidence = [userEvidence(adeleAccount, { verdict: 'noThreatsFound' })];
      expect(read(payload('alert-v2/stolen-session-cookie', { evidence }))).toMatchObject({
        subjects: [],
        left: [{ what: 'adele@contoso.com', why: 'was investigated and no threat was found' }],
      });
    });

    it('is one account even if it is listed once by id and once by name', () => {
      const evidence = [
        userEvidence({ userPrincipalName: 'Adele@contoso.com' }),
        userEvidence(adeleAccount),
        userEvidence({ azureAdUserId: adele.toUpperCase() }),
      ];
      const { subjects } = read(payload('alert-v2/attack-disruption', { evidence }));
      expect(subjects.map(({ signal }) => signal.userId)).toEqual([adele]);
    });

    it('is found by the security identifier of a cloud account — it holds the object id', () => {
      const userSid = 'S-1-12-1-2278771181-1138836695-610239386-3185958406';
      const evidence = [userEvidence({ azureAdUserId: null, userPrincipalName: null, userSid })];
      const { subjects } = read(payload('alert-v2/attack-disruption', { evidence }));
      expect(subjects[0]?.signal.userId).toBe(adele);
    });

    it('is read without type annotations too — some publishers drop them', () => {
      const plain = { verdict: 'suspicious', roles: ['compromised'], userAccount: adeleAccount };
      const process = {
        processId: 4780,
        roles: ['compromised'],
        userAccount: { userPrincipalName: 'svc@contoso.com' },
      };
      expect(names(read(payload('alert-v2/attack-disruption', { evidence: [plain, process] })))).toEqual([
        'adele@contoso.com',
      ]);
    });

    it.each([[null], ['evidence'], [[null, 7, 'x', { roles: 'compromised' }]]])(
      'is nobody where the evidence is %j — what cannot be read accuses nobody',
      (evidence) => {
        expect(read(payload('alert-v2/attack-disruption', { evidence })).subjects).toEqual([]);
      },
    );
  });

  describe('what points at the intruder', () => {
    it('is no address if two are listed — one of them may be the owner’s', () => {
      const [subject] = read(payload('alert-v2/stolen-session-cookie')).subjects;
      expect(subject?.signal.address).toBeNull();
    });

    it('is no address if two accounts are listed — nothing says whose it is', () => {
      const { subjects } = read(payload('alert-v2/attack-disruption'));
      expect(subjects.map(({ signal }) => signal.address)).toEqual([null, null, null]);
    });
  });

  it.each([
    [{ status: 'resolved' }, false],
    [{ classification: 'falsePositive' }, false],
    [{ classification: 'informationalExpectedActivity' }, false],
    [{ classification: 'benignPositive' }, false],
    [{ classification: 'truePositive' }, true],
    [{ status: 'inProgress' }, true],
    [{ status: 'somethingNew' }, true],
  ])('stands or not by %j: %j', (changes, standing) => {
    const [subject] = read(payload('alert-v2/anomalous-token', changes)).subjects;
    expect(subject?.signal.standing).toBe(standing);
  });

  it('says that a person confirmed it when an analyst classified it so', () => {
    const [subject] = read(payload('alert-v2/classified-as-compromised')).subjects;
    expect(subject?.signal).toMatchObject({
      confirmedByPerson: true,
      state: 'inProgress, truePositive, compromisedAccount',
    });
  });

  it('says so, too, when the alert’s type implied whom it is about — the analyst looked', () => {
    const data = payload('alert-v2/restricted-sender', {
      classification: 'truePositive',
      determination: 'compromisedAccount',
    });
    expect(read(data).subjects[0]?.signal.confirmedByPerson).toBe(true);
  });

  it('uses the title as detector if the id is a policy’s — such an id says nothing', () => {
    const [subject] = read(payload('alert-v2/restricted-sender')).subjects;
    expect(subject?.signal.detector).toBe('User restricted from sending email');
  });

  it.each([
    ['https://evil.example/alerts/1'],
    ['https://security.microsoft.com.evil.example/alerts/1'],
    ['javascript:alert(1)'],
    ['http://security.microsoft.com/alerts/1'],
    [17],
  ])('gives no link to %s — the email leads to Microsoft’s portal or nowhere', (alertWebUrl) => {
    const [subject] = read(payload('alert-v2/anomalous-token', { alertWebUrl })).subjects;
    expect(subject?.signal.link).toBeNull();
  });

  it('is known by its shape, whatever the event is called', () => {
    const { '@odata.type': type, ...bare } = payload('alert-v2/anomalous-token');
    expect(type).toBe('#microsoft.graph.security.alert');
    expect(alertV2.recognises(bare)).toBe(true);
    expect(alertV2.recognises(payload('risk-detection/anomalous-token'))).toBe(false);
  });
});
