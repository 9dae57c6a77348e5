import { describe, expect, it } from 'vitest';
import { confirm } from '../../shared/alerts/confirm.ts';
import { readEvents } from '../../shared/alerts/envelope.ts';
import { claimsOf } from '../../shared/alerts/sources.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { type Answers, fakeGraph, forbidden, missing } from './fake-graph.ts';
import { adele, cloudEvent, idOf, payload, tenantId } from './samples.ts';

const detection = payload('risk-detection/anomalous-token');
const detectionPath = `/identityProtection/riskDetections/${idOf('risk-detection/anomalous-token')}`;
const alertPath = (name: string) => `/security/alerts_v2/${idOf(name)}`;
const megan = '0a3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a21';
const grady = 'd1f0a3c2-58b7-4c8e-9a64-2b1e7f905c33';

async function confirmed(type: string, data: unknown, answers: Answers) {
  const [event] = readEvents(cloudEvent(type, data)).events;
  const [found] = event ? claimsOf(event) : [];
  if (found === undefined || !('source' in found)) throw new Error('not claimed');
  const graph = fakeGraph(answers);
  const result = await confirm(graph, found.source, found.claim, tenantId);
  return { result, asked: graph.asked };
}

const ofDetection = (data: unknown, answers: Answers) => confirmed('Reclaim.RiskDetection', data, answers);
const ofAlert = (data: unknown, answers: Answers) => confirmed('Reclaim.Alert', data, answers);

describe('confirm', () => {
  it('asks Graph once, by id, and believes the answer — the event is a hint', async () => {
    const { result, asked } = await ofDetection({ id: detection['id'] }, { [detectionPath]: detection });
    expect(asked).toEqual([detectionPath]);
    expect(result).toMatchObject({ is: 'confirmed', signals: [{ userId: adele, level: 'high' }], left: [] });
  });

  it('recognises an id however Graph writes it — it is still the same alert', async () => {
    const answer = { ...detection, id: String(detection['id']).toUpperCase() };
    const { result } = await ofDetection({ id: detection['id'] }, { [detectionPath]: answer });
    expect(result).toMatchObject({ is: 'confirmed', signals: [{ userId: adele }] });
  });

  it('takes user, level and state from Graph, whatever the event says — it may be forged or old', async () => {
    const forged = {
      ...detection,
      userId: megan,
      userPrincipalName: 'megan@contoso.com',
      riskState: 'atRisk',
    };
    const { result } = await ofDetection(forged, {
      [detectionPath]: { ...detection, riskLevel: 'low', riskState: 'remediated' },
    });
    expect(result).toMatchObject({
      is: 'confirmed',
      signals: [{ userId: adele, level: 'low', standing: false }],
      left: [{ what: 'megan@contoso.com', why: 'is named by the event, but not by Microsoft Graph' }],
    });
  });

  it('refuses an alert that Graph does not have — a made-up id opens nothing', async () => {
    const { result } = await ofDetection(detection, {});
    expect(result).toEqual({
      is: 'refused',
      why: `Microsoft Graph knows no risk detection ${detection['id']}`,
    });
  });

  it('refuses an id that Graph calls invalid', async () => {
    const bad = new PermanentError('Microsoft Graph did not accept it (400).', { status: 400 });
    const { result } = await ofDetection(detection, { [detectionPath]: bad });
    expect(result.is).toBe('refused');
  });

  it('refuses an answer about something else', async () => {
    const { result } = await ofDetection(detection, { [detectionPath]: { ...detection, id: 'another' } });
    expect(result).toMatchObject({ is: 'refused', why: expect.stringContaining('with another') });
  });

  it('refuses another tenant’s alert without asking — this app has no business there', async () => {
    const foreign = payload('alert-v2/anomalous-token', { tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee' });
    const { result, asked } = await ofAlert(foreign, {});
    expect(asked).toEqual([]);
    expect(result).toMatchObject({ is: 'refused', why: expect.stringContaining('of another tenant') });
  });

  it('refuses an alert that Graph says is another tenant’s', async () => {
    const foreign = payload('alert-v2/anomalous-token', { tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee' });
    const path = alertPath('alert-v2/anomalous-token');
    const { result } = await ofAlert({ id: foreign['id'] }, { [path]: foreign });
    expect(result.is).toBe('refused');
  });

  it('compares tenants without case — products write ids in either', async () => {
    const data = payload('alert-v2/anomalous-token', { tenantId: tenantId.toUpperCase() });
    const { result } = await ofAlert(data, { [alertPath('alert-v2/anomalous-token')]: data });
    expect(result.is).toBe('confirmed');
  });

  it('keeps the event’s claims as doubtful if Graph may not be asked', async () => {
    const { result } = await ofDetection(detection, { [detectionPath]: forbidden(detectionPath) });
    expect(result).toMatchObject({
      is: 'unconfirmed',
      signals: [{ userId: adele }],
      why: expect.stringContaining("Microsoft Graph can't be asked about risk detection"),
    });
  });

  it('gives a busy Graph time — half an answer decides nothing', async () => {
    const busy = new RetryableError('throttled', { status: 429, retryAfterSeconds: 7 });
    await expect(ofDetection(detection, { [detectionPath]: busy })).rejects.toBe(busy);
  });

  it('resolves accounts without an id by name or on-premises identifier, and leaves the rest', async () => {
    const data = payload('alert-v2/attack-disruption');
    const { result, asked } = await ofAlert(data, {
      [alertPath('alert-v2/attack-disruption')]: data,
      '/users': [{ id: grady, userPrincipalName: 'grady@contoso.com' }],
    });
    expect(asked.slice(1)).toEqual([
      "/users?$filter=onPremisesSecurityIdentifier eq 'S-1-5-21-1004336348-1177238915-682003330-1104'&$select=id,userPrincipalName,onPremisesSecurityIdentifier",
    ]);
    expect(result).toMatchObject({
      is: 'confirmed',
      signals: [{ userId: adele }, { userId: grady, userPrincipalName: 'grady@contoso.com' }],
      left: [
        { what: 'lee@contoso.com', why: 'is listed as contextual, not as compromised' },
        { what: 'partner@fabrikam.com', why: 'belongs to another tenant' },
      ],
    });
  });

  it('does not resolve an identifier that several accounts share — a guess could lock the wrong one', async () => {
    const data = payload('alert-v2/attack-disruption');
    const { result } = await ofAlert(data, {
      [alertPath('alert-v2/attack-disruption')]: data,
      '/users': [
        { id: grady, userPrincipalName: 'grady@contoso.com' },
        { id: megan, userPrincipalName: 'megan@contoso.com' },
      ],
    });
    expect(result).toMatchObject({ is: 'confirmed', signals: [{ userId: adele }] });
  });

  it('does not resolve a name that nobody in this tenant has, and gives the reason', async () => {
    const data = payload('alert-v2/restricted-sender');
    const { result, asked } = await ofAlert(data, {
      [alertPath('alert-v2/restricted-sender')]: data,
      '/users/adele@contoso.com': missing('/users/adele@contoso.com'),
    });
    expect(asked[1]).toBe('/users/adele@contoso.com?$select=id,userPrincipalName');
    expect(result).toMatchObject({
      is: 'confirmed',
      signals: [],
      left: [{ what: 'adele@contoso.com', why: expect.stringContaining('is no user of this directory') }],
    });
  });

  it('makes one signal of an account that is named twice in different ways', async () => {
    const users = ['adele@contoso.com', 'a.vance@contoso.com'].map((userPrincipalName) => ({
      '@odata.type': '#microsoft.graph.security.userEvidence',
      roles: ['compromised'],
      userAccount: { userPrincipalName },
    }));
    const data = payload('alert-v2/attack-disruption', { evidence: users });
    const user = { id: adele, userPrincipalName: 'adele@contoso.com' };
    const { result } = await ofAlert(data, {
      [alertPath('alert-v2/attack-disruption')]: data,
      '/users/adele@contoso.com': user,
      '/users/a.vance@contoso.com': user,
    });
    expect(result).toMatchObject({ signals: [{ userId: adele }] });
  });
});
