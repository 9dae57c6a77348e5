// What the steps of one run ask of the tables at the same moment, asked together: fewer requests, and otherwise no
// difference.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { sharingProgress } from '../../shared/run/sharing-progress.ts';
import { MemoryProgress, type MemoryProgressHooks } from '../fakes/memory-progress.ts';
import { seeded } from '../fakes/seeded.ts';
import { sampleRun, sampleStep } from './sample-rows.ts';
import { chaosOf, Simulation } from './simulation.ts';

const run = sampleRun('u1');
const ref = runRef(run.id);
const names = Array.from({ length: 12 }, (_, index) => `step-${index}`);

async function opened(hooks: MemoryProgressHooks = {}) {
  const asked: string[] = [];
  const progress = new MemoryProgress({
    ...hooks,
    async before(operation) {
      asked.push(operation.name);
      await hooks.before?.(operation);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  });
  const rows = await progress.open(
    run,
    names.map((name) => sampleStep(name)),
    undefined,
    [],
  );
  if (rows === 'taken') throw new Error('the account was taken');
  asked.length = 0;
  return { progress, shared: sharingProgress(progress), rows, asked };
}

const turnOf = (rows: RunRows | 'conflict' | undefined, name: string) =>
  rows === undefined || rows === 'conflict'
    ? rows
    : rows.steps.find(({ row }) => row.name === name)?.row.turn;

const writing = (rows: RunRows, name: string, turn = 2) => ({
  steps: rows.steps
    .filter(({ row }) => row.name === name)
    .map(({ row, etag }) => ({ row: { ...row, turn }, etag })),
});

describe('reads at the same moment', () => {
  it('are one request', async () => {
    const { shared, asked } = await opened();
    const read = await Promise.all(names.map(() => shared.read(ref)));
    expect(new Set(read.map((rows) => rows?.run.row.id))).toEqual(new Set([run.id]));
    expect(asked).toEqual(['read']);
  });

  it('begin after they were asked for — a caller who has just written sees it', async () => {
    const answered = Promise.withResolvers<void>();
    let reads = 0;
    const { shared, rows } = await opened({
      after: ({ name }) => {
        if (name !== 'read') return undefined;
        reads += 1;
        return reads === 1 ? answered.promise : undefined;
      },
    });
    const before = shared.read(ref);
    // Read, and its answer is on its way.
    await expect.poll(() => reads).toBe(1);
    await shared.write(ref, writing(rows, 'step-3'), rows);
    const after = shared.read(ref);
    answered.resolve();
    expect(turnOf(await before, 'step-3')).toBe(1);
    expect(turnOf(await after, 'step-3')).toBe(2);
  });
});

describe('writes at the same moment', () => {
  it('are one transaction, and each writer gets the rows it wrote on with its own changes', async () => {
    const { shared, rows, asked } = await opened();
    const written = await Promise.all(names.map((name) => shared.write(ref, writing(rows, name), rows)));
    expect(asked).toEqual(['write']);
    for (const [index, name] of names.entries()) {
      expect(turnOf(written[index], name)).toBe(2);
      expect(turnOf(written[index], names[(index + 1) % names.length] ?? '')).toBe(1);
    }
    const again = await Promise.all(
      written.map((own, index) =>
        own === 'conflict' ? own : shared.write(ref, writing(own, names[index] ?? '', 3), own),
      ),
    );
    expect(again.map((own, index) => turnOf(own, names[index] ?? ''))).toEqual(names.map(() => 3));
  });

  it('give the run to the one that wrote it — it may write again, and the others were not told of it', async () => {
    const { shared, rows } = await opened();
    const [one = '', other = ''] = names;
    const busy = { ...rows.run.row, code: 'BUSY' };
    const [own, another] = await Promise.all([
      shared.write(ref, { ...writing(rows, one), run: { row: busy, etag: rows.run.etag } }, rows),
      shared.write(ref, writing(rows, other), rows),
    ]);
    if (own === 'conflict' || another === 'conflict') throw new Error('nobody else wrote');
    expect([own.run.row.code, another.run.row.code]).toEqual(['BUSY', rows.run.row.code]);
    const again = { run: { row: { ...busy, code: 'DONE' }, etag: own.run.etag } };
    expect(await shared.write(ref, again, own)).toMatchObject({ run: { row: { code: 'DONE' } } });
    expect(await shared.write(ref, { run: another.run }, another)).toBe('conflict');
  });

  it('are refused one by one if a row has changed since', async () => {
    const { progress, shared, rows } = await opened();
    await progress.write(ref, writing(rows, 'step-4', 9), rows);
    const written = await Promise.all(names.map((name) => shared.write(ref, writing(rows, name), rows)));
    expect(written.map((own, index) => turnOf(own, names[index] ?? ''))).toEqual(
      names.map((name) => (name === 'step-4' ? 'conflict' : 2)),
    );
  });

  it('to the same row go one after the other, and the later one is refused', async () => {
    const { shared, rows } = await opened();
    const [first, second] = await Promise.all([
      shared.write(ref, writing(rows, 'step-1'), rows),
      shared.write(ref, writing(rows, 'step-1', 3), rows),
    ]);
    expect([turnOf(first, 'step-1'), second]).toEqual([2, 'conflict']);
  });

  it.each([
    ['may pass, each is tried again by whoever asked', new RetryableError('busy'), ['rejected', 'rejected']],
    ['lies in one row, the others are written', new PermanentError('too large'), ['rejected', 'fulfilled']],
  ])('share a failure: if it %s', async (_what, failure, ends) => {
    const failing: Error[] = [];
    const { shared, rows } = await opened({
      before() {
        const next = failing.shift();
        if (next !== undefined) throw next;
      },
    });
    // Together, and then the first alone.
    failing.push(failure, failure);
    const writes = names.slice(0, 2).map((name) => shared.write(ref, writing(rows, name), rows));
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(ends);
  });
});

describe.each([
  ['side by side', { together: 6 }],
  [
    'whatever goes wrong',
    { death: 0.02, lostAnswers: 0.04, lost: 0.02, throttled: 0.1, twice: 0.2, shuffled: true, together: 4 },
  ],
])('a run whose steps share what they ask, %s', (_name, mode) => {
  it('keeps every promise and ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.constantFrom('contain' as const, 'full' as const),
        async (seed, level) => {
          const things = {
            'block-sign-in': ['lock'],
            'reset-password': ['password'],
            'revoke-sessions': ['sessions'],
            'disable-inbox-rules': ['rule', '!rule', '!deep'],
            'remove-auth-methods': ['!phone'],
            'scan-devices': ['laptop'],
            'update-alert': ['comment'],
          };
          const simulation = new Simulation({ level, things, refused: [] }, chaosOf(seeded(seed), mode));
          simulation.engine.progress = sharingProgress(simulation.progress);
          await simulation.open();
          await simulation.live();
          expect(simulation.broken).toEqual([]);
          expect(simulation.rows().run.row.state).toBe('closed');
        },
      ),
      { numRuns: 25 },
    );
  });
});
