// Two operators at once, and one who asks twice: a decision is made about the run as it was seen, and only once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiRequest, answerOf } from '../../functions/runs/api.ts';
import { approveRun, retryRun, undoRun } from '../../functions/runs/change-run.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { once } from '../../functions/runs/idempotency.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { runRef } from '../../shared/run/progress.ts';
import { atWorkSeconds, keptSeconds, type RequestKeys } from '../../shared/run/request-keys.ts';
import { TableRequestKeys } from '../../shared/store/table-request-keys.ts';
import { memoryRequestKeys } from '../fakes/memory-stores.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';

const adele = 'adele@contoso.com';
const lee = 'lee@contoso.com';

async function world(held = false) {
  const things = { 'block-sign-in': ['lock'], 'disable-inbox-rules': ['rule'] };
  const simulation = new Simulation(
    { things, refused: [], level: 'contain', ...(held ? { held: 'a protected account' } : {}) },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  const { engine } = simulation;
  const ask = (who: string, body: unknown, headers: Record<string, string> = {}): ApiRequest => ({
    params: { id },
    query: {},
    url: `https://reclaim.contoso.com/api/runs/${id}`,
    headers,
    text: JSON.stringify(body),
    who,
  });
  const version = async () => (await getRun(engine, ask(adele, {}))).headers?.['etag'] ?? '';
  const log = () => engine.progress.log(runRef(id));
  return { simulation, engine, id, ask, version, log };
}

const answer = (work: Promise<ApiAnswer>): Promise<ApiAnswer> => work.catch(answerOf);
const full = { level: 'full', reason: 'the owner denies the sign-in' };
const travels = { reason: 'false alarm: the owner travels' };

describe('when two operators decide on the same run', () => {
  it('the second is told what the first has decided, and does nothing', async () => {
    const { engine, ask, version, log } = await world(true);
    const seen = { 'if-match': await version() };
    const first = await answer(approveRun(engine, ask(adele, full, seen)));
    const second = await answer(undoRun(engine, ask(lee, travels, seen)));
    expect(first.status).toBe(202);
    expect(second).toMatchObject({
      status: 412,
      headers: { etag: first.headers?.['etag'] },
      json: {
        title: 'Changed since',
        detail: expect.stringMatching(
          /adele@contoso\.com: approved at level full \(the owner denies the sign-in\) at .*look at it again/,
        ),
        changes: [{ who: adele, what: 'approved at level full' }],
        level: 'full',
      },
    });
    expect((await log()).map(({ who }) => who)).not.toContain(lee);
  });

  it('only one decides if both ask at the same instant', async () => {
    const { engine, ask, version, log } = await world(true);
    const seen = { 'if-match': await version() };
    const ends = await Promise.all(
      [adele, lee, 'megan@contoso.com'].map((who) => answer(approveRun(engine, ask(who, full, seen)))),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual([202, 412, 412]);
    expect((await log()).filter(({ what }) => what.startsWith('approve'))).toHaveLength(1);
  });

  it('the second may decide once they have read the run again', async () => {
    const { engine, ask, version } = await world(true);
    await approveRun(engine, ask(adele, full, { 'if-match': await version() }));
    const end = await answer(undoRun(engine, ask(lee, travels, { 'if-match': await version() })));
    expect(end.status).toBe(202);
    expect(end.headers?.['etag']).toBe(await version());
  });

  it('nobody is held up by steps that go on meanwhile', async () => {
    const { simulation, engine, ask, version } = await world();
    const seen = { 'if-match': await version() };
    await simulation.live((rows) => rows.run.row.state === 'finished');
    expect((await answer(retryRun(engine, ask(adele, { reason: 'to be sure' }, seen)))).status).toBe(202);
  });

  it('both may decide if neither says which version they saw', async () => {
    const { engine, ask } = await world(true);
    expect((await answer(approveRun(engine, ask(adele, full)))).status).toBe(202);
    expect((await answer(undoRun(engine, ask(lee, travels)))).status).toBe(202);
  });

  it('a form names the version in its address', async () => {
    const { engine, ask, version } = await world(true);
    const seen = await version();
    await approveRun(engine, ask(adele, full));
    expect((await answer(undoRun(engine, { ...ask(lee, travels), query: { seen } }))).status).toBe(412);
  });

  it.each([
    ['*', 202],
    ['"7.full.live", "0.contain.held"', 202],
    ['W/"0.contain.held"', 202],
    ['', 412],
    ['0.contain.held', 412],
    ['"9999999999999.x', 412],
  ])('If-Match %j is answered %i', async (tag, status) => {
    const { engine, ask } = await world(true);
    expect((await answer(approveRun(engine, ask(adele, full, { 'if-match': tag })))).status).toBe(status);
  });
});

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

describe.each<[string, () => RequestKeys]>([
  ['memory', memoryRequestKeys],
  ['Table Storage', () => new TableRequestKeys({ connectionString: azurite.connectionString })],
])('an Idempotency-Key in %s', (_where, store) => {
  const key = () => ({ 'idempotency-key': crypto.randomUUID() });
  async function twice() {
    const made = await world();
    const answered = store();
    const deps = { engine: made.engine, answered };
    const retry = (request: ApiRequest) => answer(once(deps, request, () => retryRun(made.engine, request)));
    const entries = async () => (await made.log()).filter(({ what }) => what.startsWith('retry'));
    return { ...made, answered, deps, retry, entries };
  }

  it('lets a repeated request do nothing twice, and answers it like the first', async () => {
    const { ask, retry, entries } = await twice();
    const request = ask(adele, { reason: 'the role is granted' }, key());
    const first = await retry(request);
    const second = await retry(request);
    expect(second).toMatchObject({
      status: first.status,
      headers: { 'idempotent-replayed': 'true', etag: first.headers?.['etag'] },
    });
    expect(second.json).toEqual(first.json);
    expect(await entries()).toHaveLength(1);
  });

  it('lets one of many simultaneous requests through; the others are told that it is under way, or how it went', async () => {
    const { ask, retry, entries } = await twice();
    const request = ask(adele, { reason: 'the role is granted' }, key());
    const ends = await Promise.all(Array.from({ length: 5 }, () => retry(request)));
    expect(
      ends.filter(
        ({ headers }) =>
          headers?.['idempotent-replayed'] === undefined && headers?.['retry-after'] === undefined,
      ),
    ).toHaveLength(1);
    for (const { status } of ends) expect([202, 409]).toContain(status);
    expect(await entries()).toHaveLength(1);
  });

  it('is refused for a different request, and belongs to one sender', async () => {
    const { ask, retry, entries } = await twice();
    const same = key();
    await retry(ask(adele, { reason: 'the role is granted' }, same));
    expect((await retry(ask(adele, { reason: 'something else' }, same))).status).toBe(422);
    expect((await retry(ask(lee, { reason: 'something else' }, same))).status).toBe(202);
    expect(await entries()).toHaveLength(2);
  });

  it('may be used again for a corrected request if the first was refused', async () => {
    const { ask, retry } = await twice();
    const same = key();
    expect((await retry(ask(adele, { reason: '' }, same))).status).toBe(400);
    expect((await retry(ask(adele, { reason: 'the role is granted' }, same))).status).toBe(202);
  });

  it('lasts a day; after a worker died, until it can no longer be running', async () => {
    const { answered } = await twice();
    const at = new Date('2026-11-20T09:12:00Z');
    const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
    const one = crypto.randomUUID();
    expect(await answered.begin(one, 'a', at)).toBe('begun');
    expect(await answered.begin(one, 'a', later(atWorkSeconds - 1))).toMatchObject({ status: null });
    expect(await answered.begin(one, 'a', later(atWorkSeconds + 1))).toBe('begun');
    await answered.settle(one, { fingerprint: 'a', at: at.toISOString(), status: 202, run: 'x' });
    expect(await answered.begin(one, 'a', later(keptSeconds - 1))).toMatchObject({ status: 202, run: 'x' });
    expect(await answered.begin(one, 'b', later(keptSeconds + 1))).toBe('begun');
  });

  it.each([[''], ['two words'], ['a'.repeat(129)], ['ключ']])('is not %j', async (given) => {
    const { ask, retry } = await twice();
    expect((await retry(ask(adele, { reason: 'because' }, { 'idempotency-key': given }))).status).toBe(400);
  });

  it('stores nothing of the answer — it may show a secret that is shown only once', async () => {
    const { deps, ask, answered } = await twice();
    const request = ask(adele, { reason: 'handed back' }, key());
    const shown = await once(deps, request, async () => ({ status: 200, json: { pass: 'K7x!secret' } }));
    const replayed = await once(deps, request, async () => ({ status: 500 }));
    expect(shown.json).toEqual({ pass: 'K7x!secret' });
    expect(replayed.status).toBe(200);
    expect(JSON.stringify([replayed, answered])).not.toContain('K7x!secret');
  });
});
