import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTenant } from '../../local/tenant/tenant.ts';
import { confirm } from '../../shared/alerts/confirm.ts';
import { intrudersOf } from '../../shared/alerts/earlier-runs.ts';
import type { Known } from '../../shared/alerts/facts.ts';
import { decide, defaultPolicy } from '../../shared/alerts/policy.ts';
import { relatedSignIn } from '../../shared/alerts/related-sign-in.ts';
import { claimsOf } from '../../shared/alerts/sources.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { sampleRun } from '../run/sample-rows.ts';
import { fakeGraph } from './fake-graph.ts';
import { adele, tenantId } from './samples.ts';

function simulated(permissions: readonly string[], file: object) {
  const now = () => new Date('2026-11-20T09:30:00Z');
  const { credential, fetch } = createTenant(file, { now, permissions: [...permissions] });
  const options = { credential, fetch, now, wait: async () => undefined };
  return { graph: createGraph({ baseUrl: 'https://graph.microsoft.com', ...options }) };
}

const signIn = {
  id: '66ea54eb-6301-4ee5-be62-ff5a759b0100',
  createdDateTime: '2026-11-20T09:12:04Z',
  userId: adele,
  userPrincipalName: 'adele@contoso.com',
  ipAddress: '203.0.113.7',
  status: { errorCode: 0 },
};
const at = '/beta/auditLogs/signIns';

async function confirmed(original: object) {
  const [claim] = claimsOf({ id: 'e', type: 'Reclaim.RelatedSignIn', data: signIn });
  if (claim === undefined || !('source' in claim)) throw new Error(JSON.stringify(claim));
  const graph = fakeGraph({ [at]: [{ ...signIn, ...original }] });
  return confirm(graph, claim.source, claim.claim, tenantId);
}
async function ruling(original: object, known: Known) {
  const answer = await confirmed(original);
  if (answer.is !== 'confirmed') throw new Error(answer.is);
  const [signal] = answer.signals;
  if (signal === undefined) throw new Error('nobody is named');
  return decide(signal, known, defaultPolicy);
}
const known = (intruders?: readonly string[], client: string | null = null): Known => ({
  detections: [],
  earlier: [],
  signIns: [],
  ...(intruders ? { intruders: intruders.map((address) => ({ address, client })) } : {}),
});

describe('a sign-in from the address of an intruder', () => {
  it('locks the account if a run calls the address an intruder’s', async () => {
    expect(await ruling({}, known(['203.0.113.7']))).toMatchObject({
      action: 'contain',
      row: 'other-victim',
    });
  });

  it.each([
    ['no run knows the address — a forged event could name any sign-in', {}, ['198.51.100.1']],
    ['Graph says that it came from elsewhere', { ipAddress: '198.51.100.20' }, ['203.0.113.7']],
    ['Graph says that it failed', { status: { errorCode: 50126 } }, ['203.0.113.7']],
    ['Graph does not say from where', { ipAddress: null }, ['203.0.113.7']],
  ])('does nothing when %s', async (_what, original, intruders) => {
    expect(await ruling(original, known(intruders))).toMatchObject({ action: 'none' });
  });

  it('locks at a shared address only with the intruder’s own client', async () => {
    const shared = known(['203.0.113.7'], 'axios/1.7.9');
    expect(await ruling({ userAgent: 'axios/1.7.9' }, shared)).toMatchObject({ action: 'contain' });
    expect(await ruling({ userAgent: 'Edge' }, shared)).toMatchObject({ action: 'none' });
  });

  it('asks the runs before it decides', async () => {
    expect(await ruling({}, known())).toEqual({ needs: 'intruders' });
  });

  it('is confirmed even if it was not interactive, though a read by id alone denies it', async () => {
    const file = {
      users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }],
      signIns: [{ ...signIn, isInteractive: false, status: { errorCode: 0, failureReason: null } }],
    };
    const { graph } = simulated(relatedSignIn.permissions, file);
    const byId = `/auditLogs/signIns/${signIn.id}`;
    await expect(graph.get(byId, z.unknown(), { version: 'beta' })).rejects.toMatchObject({ status: 404 });
    expect(await relatedSignIn.ask(graph, signIn.id)).toMatchObject({
      id: signIn.id,
      subjects: [{ signal: { userId: adele, address: '203.0.113.7', standing: true } }],
    });
  });

  it('is denied if the log holds no such sign-in', async () => {
    await expect(relatedSignIn.ask(fakeGraph({ [at]: [] }), signIn.id)).rejects.toMatchObject({
      status: 404,
    });
  });

  it('belongs to the user that Graph names, whatever the event says', async () => {
    const other = '0a3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a21';
    const answer = await confirmed({ userId: other, userPrincipalName: 'megan@contoso.com' });
    expect(answer).toMatchObject({ is: 'confirmed', signals: [{ userId: other }] });
  });
});

it('is judged by the runs’ intruder addresses, and a false alarm’s run gives none', async () => {
  const progress = new MemoryProgress();
  const run = (id: string, address: string, endsAs: 'undone' | null) => {
    const sample = sampleRun(id);
    return {
      ...sample,
      endsAs,
      intruder: {
        ...sample.intruder,
        addresses: [address],
        sharedAddresses: ['198.51.100.7'],
        userAgents: ['axios/1.7.9'],
      },
    };
  };
  await progress.open(run('a1', '203.0.113.7', null), [], undefined, []);
  await progress.open(run('b2', '203.0.113.8', 'undone'), [], undefined, []);
  expect(await intrudersOf(progress, new Date('2026-11-01T00:00:00Z'))).toEqual([
    { address: '203.0.113.7', client: null },
    { address: '198.51.100.7', client: 'axios/1.7.9' },
  ]);
});
