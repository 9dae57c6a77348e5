import { describe, expect, it } from 'vitest';
import { learn } from '../../shared/alerts/facts.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { type Answers, fakeGraph, forbidden } from './fake-graph.ts';
import { adele, payload } from './samples.ts';

const signIns = '/beta/auditLogs/signIns';
const around = '2026-11-20T09:12:04.253Z';
const decisions = memoryDecisions();

async function learned(fact: 'signIns' | 'detections', answers: Answers) {
  const graph = fakeGraph(answers);
  return { ...(await learn({ graph, decisions }, fact, adele, around, {})), asked: graph.asked };
}

/** As Microsoft documents it, with what triage has no use for. */
const entry = (changes: Readonly<Record<string, unknown>> = {}) => ({
  id: '66ea54eb-6301-4ee5-be62-ff5a759b0100',
  createdDateTime: '2026-11-20T09:12:04Z',
  userDisplayName: 'Adele Vance',
  userPrincipalName: 'adele@contoso.com',
  userId: adele,
  appDisplayName: 'Microsoft 365',
  ipAddress: '203.0.113.7',
  correlationId: 'abc8a8b4-1b3f-4d56-9a77-0f6f5f0e3d21',
  riskDetail: 'none',
  riskLevelAggregated: 'high',
  riskLevelDuringSignIn: 'none',
  riskState: 'atRisk',
  status: { errorCode: 0, failureReason: 'Other.', additionalDetails: null },
  ...changes,
});

describe('sign-ins', () => {
  it('are the user’s successful ones, from 48 hours before', async () => {
    const { known, asked } = await learned('signIns', { [signIns]: [entry()] });
    expect(asked).toEqual([
      `/beta/auditLogs/signIns?$filter=userId eq '${adele}' and createdDateTime ge 2026-11-18T09:12:04Z and status/errorCode eq 0 and signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')&$top=500`,
    ]);
    expect(known.signIns).toEqual([
      {
        id: '66ea54eb-6301-4ee5-be62-ff5a759b0100',
        at: '2026-11-20T09:12:04.000Z',
        address: '203.0.113.7',
        correlationId: 'abc8a8b4-1b3f-4d56-9a77-0f6f5f0e3d21',
        risk: 'high',
      },
    ]);
  });

  it('are the interactive ones of v1.0 if beta refuses the query', async () => {
    const refused = new PermanentError('Microsoft Graph did not accept it (400).', { status: 400 });
    const { known, asked } = await learned('signIns', {
      [signIns]: refused,
      '/auditLogs/signIns': [entry()],
    });
    expect(asked[1]).toMatch(/^\/auditLogs\/signIns\?.* and status\/errorCode eq 0&\$top=500$/);
    expect(known.signIns).toHaveLength(1);
  });

  it('exclude failed ones — an ignored filter must not turn a guess into an intruder', async () => {
    const failed = entry({ status: { errorCode: 50126, failureReason: 'Invalid username or password' } });
    const { known } = await learned('signIns', { [signIns]: [failed] });
    expect(known.signIns).toEqual([]);
  });

  it.each([
    [{ riskLevelAggregated: 'low', riskLevelDuringSignIn: 'medium' }, 'medium'],
    [{ riskState: 'remediated' }, 'none'],
    [{ riskState: 'dismissed' }, 'none'],
    [{ riskLevelAggregated: 'hidden', riskLevelDuringSignIn: 'hidden' }, 'none'],
    [{ riskLevelAggregated: null, riskLevelDuringSignIn: null, riskState: null }, 'none'],
  ])('with %j carry the risk %s', async (changes, risk) => {
    const { known } = await learned('signIns', { [signIns]: [entry(changes)] });
    expect(known.signIns?.[0]?.risk).toBe(risk);
  });
});

describe('detections', () => {
  it('are read as signals of one user, since 48 hours before', async () => {
    const { known, asked } = await learned('detections', {
      '/identityProtection/riskDetections': [payload('risk-detection/password-spray')],
    });
    expect(asked).toEqual([
      `/identityProtection/riskDetections?$filter=userId eq '${adele}' and detectedDateTime ge 2026-11-18T09:12:04Z&$top=500`,
    ]);
    expect(known.detections).toMatchObject([{ detector: 'passwordSpray', level: 'medium', standing: true }]);
  });
});

describe('a fact that cannot be read', () => {
  it('counts as nothing found, with the reason, if the licence is missing', async () => {
    const { known, busy } = await learned('signIns', {
      [signIns]: forbidden(signIns),
    });
    expect(busy).toBeUndefined();
    expect(known.signIns).toEqual([]);
    expect(known.unread?.signIns).toMatch(/^the sign-in log could not be read \(Microsoft Graph refused/);
  });

  it('passes the error on if the service is only busy', async () => {
    const throttled = new RetryableError('throttled', { status: 429 });
    const { known, busy } = await learned('detections', { '/identityProtection/riskDetections': throttled });
    expect(busy).toBe(throttled);
    expect(known.detections).toEqual([]);
  });

  it('is not mistaken for a bug of this program', async () => {
    const bug = new TypeError('undefined is not a function');
    await expect(learned('signIns', { [signIns]: bug })).rejects.toBe(bug);
  });
});
