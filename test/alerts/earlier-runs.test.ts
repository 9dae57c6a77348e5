import { describe, expect, it } from 'vitest';
import { lastRunOf } from '../../shared/alerts/earlier-runs.ts';
import type { ChangeRecord } from '../../shared/model/rows.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';
import { adele } from './samples.ts';

const change = (changes: Partial<ChangeRecord> = {}): ChangeRecord => ({
  id: 'risk',
  what: 'risk of adele@contoso.com',
  why: 'the account is under attack',
  evidence: null,
  before: { riskState: 'atRisk' },
  once: false,
  recordedAt: '2026-11-20T10:00:00.000Z',
  attemptedAt: '2026-11-20T10:00:01.000Z',
  fixedAt: '2026-11-20T10:00:02.000Z',
  goneAt: null,
  returned: 0,
  undoneAt: null,
  failure: null,
  ...changes,
});

async function last(changes: ChangeRecord[]) {
  const progress = new MemoryProgress();
  const run = sampleRun(adele, { level: 'full' });
  const steps = [sampleStep('block-sign-in'), sampleStep('confirm-compromise', { changes })];
  await progress.open(run, steps, undefined, []);
  return lastRunOf(progress, adele);
}

describe('lastRunOf', () => {
  it('finds nothing for an account without any run', async () => {
    expect(await lastRunOf(new MemoryProgress(), adele)).toBeUndefined();
  });

  it('tells when the run confirmed the compromise', async () => {
    expect(await last([change()])).toEqual({
      runId: `${adele}.20261124T190500-8M2P`,
      level: 'full',
      confirmedAt: '2026-11-20T10:00:02.000Z',
      dismissedAt: null,
      classified: [],
    });
  });

  it('counts an attempt whose answer was lost — it may have arrived', async () => {
    expect(await last([change({ fixedAt: null })])).toMatchObject({
      confirmedAt: '2026-11-20T10:00:01.000Z',
    });
  });

  it('tells that it did not, yet', async () => {
    expect(await last([change({ fixedAt: null, attemptedAt: null })])).toMatchObject({ confirmedAt: null });
  });

  it('names the alerts that it updated, since its classification of them comes back', async () => {
    const before = { does: 'move', collection: 'alerts_v2', id: 'ad1', said: 0 };
    const moved = await last([
      change({ before }),
      change({ before: { ...before, does: 'comment', id: 'ad2' } }),
    ]);
    expect(moved).toMatchObject({ classified: ['alerts_v2/ad1'] });
  });
});
