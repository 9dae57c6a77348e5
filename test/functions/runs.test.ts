// The HTTP functions on the engine in memory: what an operator may order, and what nobody may.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, answerOf } from '../../functions/runs/api.ts';
import { approveRun, retryRun, undoRun } from '../../functions/runs/change-run.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { listRuns, runListSchema } from '../../functions/runs/list-runs.ts';
import { type StartDependencies, startRun } from '../../functions/runs/start-run.ts';
import { decisionSchema } from '../../shared/alerts/decisions.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { adele, chaosOf, riskySignIn, Simulation } from '../run/simulation.ts';

const things = { 'block-sign-in': ['lock'], 'reset-password': ['password'], 'disable-inbox-rules': ['rule'] };
const who = 'an operator with the function key';
const ask = (changes: Partial<ApiRequest> = {}): ApiRequest => ({
  params: {},
  query: {},
  url: 'http://127.0.0.1:7071/api/runs',
  headers: {},
  text: '',
  who,
  ...changes,
});
const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
});
const documentSchema = z.looseObject({
  id: z.string(),
  verdict: z.string(),
  state: z.string(),
  level: z.string(),
  dryRun: z.boolean(),
  why: z.string(),
  account: z.looseObject({ id: z.string(), userPrincipalName: z.string() }),
  signals: z.array(z.looseObject({ source: z.string(), title: z.string() })),
  log: z.array(z.object({ at: z.string(), who: z.string(), what: z.string(), why: z.string().nullable() })),
});

/** As index.ts answers: anything thrown becomes an answer. */
async function answer(work: Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await work;
  } catch (thrown) {
    return answerOf(thrown);
  }
}

async function world(some: { held?: string; refused?: readonly string[]; level?: 'contain' | 'full' } = {}) {
  const simulation = new Simulation(
    {
      things,
      refused: some.refused ?? [],
      level: some.level ?? 'contain',
      ...(some.held ? { held: some.held } : {}),
    },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const { engine } = simulation;
  const deps: StartDependencies = { readAccount: async () => adele, heldBecause: async () => null };
  const at = (id: string, body: unknown = {}) =>
    ask({ params: { id }, text: typeof body === 'string' ? body : JSON.stringify(body) });
  const settle = () =>
    simulation.live((rows) => rows.run.row.state === 'finished' && rows.run.row.summary.state === 'sent');
  const log = () => engine.progress.log(runRef(runId));
  return { simulation, engine, runId, deps, at, settle, log };
}

type Order = (engine: Engine, request: ApiRequest) => Promise<ApiAnswer>;
type Start = (engine: Engine, request: ApiRequest, deps: StartDependencies) => Promise<ApiAnswer>;
const orders: Record<string, { ask: Order; body: Record<string, unknown> }> = {
  'retry-run': { ask: retryRun, body: { reason: 'the role is granted' } },
  'approve-run': { ask: approveRun, body: { level: 'full', reason: 'the owner denies the sign-in' } },
  'undo-run': { ask: undoRun, body: { reason: 'false alarm: the owner travels' } },
};
const posts: Record<string, { ask: Start; body: Record<string, unknown> }> = {
  ...orders,
  'start-run': { ask: startRun, body: { user: 'adele@contoso.com', reason: 'called in by the owner' } },
};
const nobody = '00000000-0000-4000-8000-000000000000.20261120T091200-8M2P';

describe.each(Object.entries(posts))('%s', (_, { ask: endpoint, body }) => {
  const untouched = async (text: string, status: number, detail: RegExp) => {
    const { engine, runId, deps, simulation } = await world();
    const before = structuredClone(simulation.rows());
    const end = await answer(endpoint(engine, ask({ params: { id: runId }, text }), deps));
    expect(end.status).toBe(status);
    expect(end.headers?.['content-type']).toBe('application/problem+json');
    expect(problemSchema.parse(end.json)).toMatchObject({ status, detail: expect.stringMatching(detail) });
    expect(simulation.rows()).toEqual(before);
    return end;
  };

  it.each([
    ['no body', '', 400, /not JSON/],
    ['text', 'please', 400, /not JSON/],
    ['a body that was cut off', '{"reason":"the ro', 400, /not JSON/],
    ['a list', '[]', 400, /expected object/],
    ['null', 'null', 400, /expected object/],
    ['a huge body', JSON.stringify({ reason: 'A'.repeat(20_000) }), 413, /may hold 16384 characters/],
    ['a body of nothing but brackets', '['.repeat(16_000), 400, /not JSON/],
  ])('refuses %s and does nothing', async (_what, text, status, detail) => {
    await untouched(text, status, detail);
  });

  it('refuses an unknown key and names it, since a misspelt one would do something else', async () => {
    await untouched(JSON.stringify({ ...body, stpes: ['block-sign-in'] }), 400, /stpes/);
    await untouched(`${JSON.stringify(body).slice(0, -1)},"__proto__":{"level":"full"}}`, 400, /__proto__/);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['blanks', '      '],
    ['what cannot be seen', '\u200b\u200b\u202e\u2066\u200b'],
    ['a number', 17],
    ['a novel', 'A'.repeat(501)],
  ])('requires a reason, and accepts none that is %s — it is kept for ever', async (_what, reason) => {
    await untouched(JSON.stringify({ ...body, reason }), 400, /reason/);
  });

  it('lists everything wrong with a body at once', async () => {
    const { json } = await untouched(
      JSON.stringify({ reason: 1, steps: 'all', user: 7, level: 'most' }),
      400,
      /./,
    );
    const { errors } = z
      .object({ errors: z.array(z.object({ at: z.string(), message: z.string() })) })
      .parse(json);
    expect(errors.length).toBeGreaterThan(1);
  });
});

describe.each(Object.entries({ ...orders, 'get-run': { ask: getRun, body: {} } }))(
  '%s',
  (_, { ask: endpoint, body }) => {
    it.each([
      ['that there is not', nobody],
      ['without a user', '8M2P'],
      ['that leads elsewhere', '../../users/7d9e4c1a'],
      ['with a quote', "7d9e4c1a-2f5b-4b0e-9a57-0d5b7c1e6f23.x' or PartitionKey ne '"],
      ['with a line end', '7d9e4c1a-2f5b-4b0e-9a57-0d5b7c1e6f23.20261120T091200-8M2P\nx'],
      ['with a zero byte', '7d9e4c1a-2f5b-4b0e-9a57-0d5b7c1e6f23.20261120T091200\u0000'],
      ['of a step row', '7d9e4c1a-2f5b-4b0e-9a57-0d5b7c1e6f23.20261120T091200-8M2P|step|block-sign-in'],
      ['of ten thousand characters', 'a'.repeat(10_000)],
      ['that is empty', ''],
    ])('knows no run with an id %s', async (_what, id) => {
      const { engine, at, simulation } = await world();
      const before = structuredClone(simulation.rows());
      const end = await answer(endpoint(engine, at(id, body)));
      expect(end).toMatchObject({ status: 404, json: { title: 'Unknown run' } });
      expect(JSON.stringify(end.json)).not.toContain('PartitionKey');
      expect(simulation.rows()).toEqual(before);
    });

    it('names the account by object id and UPN, so that nobody acts on the wrong person', async () => {
      const { engine, runId, at } = await world();
      const end = await answer(endpoint(engine, at(runId, body)));
      expect([200, 202]).toContain(end.status);
      expect(documentSchema.parse(end.json)).toMatchObject({
        id: runId,
        account: { id: adele.id, userPrincipalName: 'adele@contoso.com' },
      });
    });
  },
);

describe.each(Object.entries(orders))('%s', (_, { ask: endpoint, body }) => {
  it('records who asked, for what and when in the run’s log, as the answer shows', async () => {
    const { engine, runId, at } = await world();
    const { json } = await answer(endpoint(engine, at(runId, body)));
    const entry = documentSchema.parse(json).log.at(-1);
    expect(entry).toMatchObject({ who, why: body['reason'] });
    expect(Date.parse(entry?.at ?? '')).not.toBeNaN();
  });

  it('puts a reason of several lines on one line', async () => {
    const { engine, runId, at, log } = await world();
    await answer(endpoint(engine, at(runId, { ...body, reason: 'travels\r\nadmin: approved \u202efull' })));
    expect((await log()).at(-1)?.why).toBe('travels admin: approved full');
  });
});

describe('retry-run and undo-run', () => {
  it.each([
    ['retry-run', retryRun],
    ['undo-run', undoRun],
  ])('%s refuses a step that does not exist, and lists those that do', async (_, endpoint) => {
    const { engine, runId, at, simulation } = await world();
    const before = structuredClone(simulation.rows());
    const steps = ['block-sign-in', 'format-disk'];
    const end = await answer(endpoint(engine, at(runId, { steps, reason: 'try it' })));
    expect(end).toMatchObject({
      status: 400,
      json: {
        title: 'Unknown step',
        detail: 'No step is called format-disk.',
        steps: engine.playbook.map(({ name }) => name),
      },
    });
    expect(simulation.rows()).toEqual(before);
    expect(await answer(endpoint(engine, at(runId, { steps: [], reason: 'try it' })))).toMatchObject({
      status: 400,
    });
  });
});

describe('retry-run', () => {
  it('runs again what failed, once its cause is fixed', async () => {
    const refused = ['reset-password'];
    const { engine, runId, at, simulation, settle } = await world({ refused, level: 'full' });
    await settle();
    refused.length = 0;
    const end = await answer(retryRun(engine, at(runId, { reason: 'the role is granted' })));
    expect(end).toMatchObject({ status: 202, json: { state: 'open' } });
    await settle();
    expect(simulation.world.has('reset-password')).toEqual([]);
  });

  it('says that there was nothing to do', async () => {
    const { engine, runId, at, settle, log } = await world({ level: 'full' });
    await settle();
    await answer(retryRun(engine, at(runId, { reason: 'to be sure' })));
    expect((await log()).at(-1)).toMatchObject({ what: 'retry: nothing to do', why: 'to be sure' });
  });
});

describe('approve-run', () => {
  it('lets a held run begin at the requested level', async () => {
    const { engine, runId, at, simulation } = await world({ held: 'a protected account' });
    const end = await answer(
      approveRun(engine, at(runId, { level: 'contain', reason: 'confirmed by telephone' })),
    );
    expect(end).toMatchObject({ status: 202, json: { state: 'open', level: 'contain', heldBecause: null } });
    expect(simulation.bus.list().map(({ queue }) => queue)).toContain('step-block-sign-in');
  });

  it('lets a held run begin with only some remediations', async () => {
    const { engine, runId, at, simulation } = await world({ held: 'leaked credentials' });
    const body = { level: 'contain', steps: ['reset-password'], reason: 'leaked, never used' };
    const end = await answer(approveRun(engine, at(runId, body)));
    expect(end).toMatchObject({ status: 202, json: { state: 'open', level: 'contain' } });
    expect(simulation.rows().run.row.only).toEqual(['reset-password']);
  });

  it.each([
    ['a step that there is not', { level: 'contain', steps: ['reset-pasword'] }, 400, 'reset-pasword'],
    ['one that contains nobody', { level: 'contain', steps: ['collect-sign-ins'] }, 400, 'collect-sign-ins'],
    ['level full', { level: 'full', steps: ['reset-password'] }, 400, 'level contain'],
    ['no step', { level: 'contain', steps: [] }, 400, 'steps'],
  ])('refuses %s — it would not do what the operator expects', async (_, body, status, named) => {
    const { engine, runId, at, simulation } = await world({ held: 'leaked credentials' });
    const end = await answer(approveRun(engine, at(runId, { ...body, reason: 'confirmed' })));
    expect(problemSchema.parse(end.json)).toMatchObject({ status, detail: expect.stringContaining(named) });
    expect(simulation.rows().run.row.state).toBe('held');
  });

  it('accepts steps only for a held run', async () => {
    const { engine, runId, at } = await world();
    const body = { level: 'contain', steps: ['reset-password'], reason: 'confirmed' };
    expect(await answer(approveRun(engine, at(runId, body)))).toMatchObject({ status: 409 });
  });

  it.each([['none'], ['FULL'], ['hold'], [2], [null]])('knows no level %j', async (level) => {
    const { engine, runId, at, simulation } = await world({ held: 'a protected account' });
    expect(await answer(approveRun(engine, at(runId, { level, reason: 'confirmed' })))).toMatchObject({
      status: 400,
    });
    expect(simulation.rows().run.row.state).toBe('held');
  });
});

describe('undo-run', () => {
  it('puts back what the run changed', async () => {
    const { engine, runId, at, simulation, settle } = await world({ level: 'full' });
    await settle();
    const end = await answer(undoRun(engine, at(runId, { reason: 'false alarm: the owner travels' })));
    expect(end).toMatchObject({ status: 202, json: { endsAs: 'undone' } });
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });
});

describe('get-run', () => {
  it('returns the run as it stands, with its version', async () => {
    const { engine, runId, at } = await world();
    const end = await answer(getRun(engine, at(runId)));
    expect(end).toMatchObject({ status: 200, headers: { etag: expect.stringMatching(/./) } });
    expect(documentSchema.parse(end.json)).toMatchObject({
      id: runId,
      verdict: 'NOT CONTAINED',
      state: 'open',
    });
  });
});

describe('list-runs', () => {
  it('has one line per run, with object id and UPN', async () => {
    const { engine, runId } = await world();
    expect(await answer(listRuns(engine, ask()))).toMatchObject({
      status: 200,
      json: {
        runs: [
          {
            id: runId,
            verdict: 'NOT CONTAINED',
            state: 'open',
            userId: adele.id,
            userPrincipalName: 'adele@contoso.com',
          },
        ],
      },
    });
  });

  it('is filtered by verdict and by person, and says whether a person has to act', async () => {
    const { engine, runId } = await world();
    const ids = async (query: Record<string, string>) =>
      runListSchema.parse((await answer(listRuns(engine, ask({ query })))).json).runs.map(({ id }) => id);
    expect(await ids({ verdict: 'NOT CONTAINED', person: 'ADELE' })).toEqual([runId]);
    expect(await ids({ verdict: 'HELD' })).toEqual([]);
    expect(await ids({ person: 'megan' })).toEqual([]);
    // As a form sends a field that was left empty.
    expect(await ids({ verdict: '', person: '' })).toEqual([runId]);
    expect(await answer(listRuns(engine, ask()))).toMatchObject({ json: { runs: [{ waits: true }] } });
  });

  it('lists the newest first, as many and as far back as requested', async () => {
    const { engine, simulation } = await world();
    simulation.clock += 3 * 86_400_000;
    const megan = {
      ...adele,
      id: '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24',
      userPrincipalName: 'megan@contoso.com',
    };
    await openRun(engine, {
      account: megan,
      signals: [riskySignIn],
      level: 'contain',
      held: null,
      why: 'high',
    });
    const names = async (query: Record<string, string>) => {
      const { json } = await answer(listRuns(engine, ask({ query })));
      const { runs } = z.object({ runs: z.array(z.object({ userPrincipalName: z.string() })) }).parse(json);
      return runs.map(({ userPrincipalName }) => userPrincipalName);
    };
    expect(await names({})).toEqual(['megan@contoso.com', 'adele@contoso.com']);
    expect(await names({ days: '1' })).toEqual(['megan@contoso.com']);
    expect(await names({ most: '1', code: 'the function key' })).toEqual(['megan@contoso.com']);
  });

  it('says how the steps of an ended run came out without reading them — a page may list a thousand runs', async () => {
    const { engine, simulation, settle } = await world({ refused: ['reset-password'], level: 'full' });
    await settle();
    const read = () => Promise.reject(new Error('its steps were read'));
    const progress = {
      ...engine.progress,
      list: (since: Date, most: number) => engine.progress.list(since, most),
      read,
    };
    const { run, steps } = simulation.rows();
    const verdict = verdictOf(
      run.row,
      steps.map(({ row }) => row),
    );
    expect(verdict.tasks).toBeGreaterThan(0);
    expect(await answer(listRuns({ ...engine, progress }, ask({})))).toMatchObject({
      json: { runs: [{ id: run.row.id, code: run.row.code, verdict: verdictText(verdict), waits: true }] },
    });
  });

  it('shows held runs on the page, however old — they wait for somebody', async () => {
    const { engine, simulation } = await world({ held: 'a protected account' });
    simulation.clock += 30 * 86_400_000;
    const html = async (query: Record<string, string>) =>
      (await answer(listRuns(engine, ask({ query, headers: { accept: 'text/html' } })))).html ?? '';
    expect(await html({})).toContain('Waits for a person: 1');
    expect(await html({ verdict: 'DECIDE' })).not.toContain('Waits for a person');
  });

  it.each([
    { days: '0' },
    { days: '366' },
    { days: 'all' },
    { days: '' },
    { days: '1.5' },
    { most: '1001' },
    { most: '-1' },
  ])('refuses %j and says what it accepts', async (query) => {
    const { engine } = await world();
    expect(await answer(listRuns(engine, ask({ query })))).toMatchObject({
      status: 400,
      json: {
        detail: expect.stringMatching(
          /^days is 1 to 365, most is 1 to 1000, and verdict is one of NOTHING TO DO/,
        ),
      },
    });
  });
});

describe('start-run', () => {
  const empty = async (some: { held?: string } = {}) => {
    const made = await world(some);
    const megan = {
      ...adele,
      id: '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24',
      userPrincipalName: 'megan@contoso.com',
    };
    const start = (body: Record<string, unknown>, deps: Partial<StartDependencies> = {}) =>
      answer(
        startRun(
          made.engine,
          ask({ text: JSON.stringify({ user: 'megan@contoso.com', reason: 'called in', ...body }) }),
          {
            readAccount: async () => megan,
            heldBecause: async () => null,
            ...deps,
          },
        ),
      );
    return { ...made, megan, start };
  };

  it('opens a run at level contain, and says where it is, for which account and who asked', async () => {
    const { start, megan } = await empty();
    const end = await start({});
    const run = documentSchema.parse(end.json);
    expect(end).toMatchObject({ status: 201, headers: { location: `/api/runs/${run.id}` } });
    expect(run).toMatchObject({
      level: 'contain',
      dryRun: false,
      why: `started by ${who}: called in`,
      account: { id: megan.id, userPrincipalName: 'megan@contoso.com' },
      signals: [{ source: 'operator', title: 'Started by hand: called in' }],
      log: [{ who, what: 'run opened at level contain', why: `started by ${who}: called in` }],
    });
  });

  it('is in the list of decisions like any alert, held or not', async () => {
    const { start, megan } = await empty();
    const made: unknown[] = [];
    const decided = (decision: unknown) => void made.push(decisionSchema.parse(decision));
    const { id } = documentSchema.parse((await start({ level: 'full' }, { decided })).json);
    await start({}, { decided, heldBecause: async () => 'megan@contoso.com is a protected account' });
    const common = { source: 'operator', row: 'operator', userId: megan.id, runId: id };
    expect(made).toMatchObject([
      { ...common, action: 'full', why: `started by ${who}: called in`, joined: false },
      {
        ...common,
        action: 'hold',
        why: expect.stringMatching(/^megan.* is a protected account; started by/),
        joined: true,
      },
    ]);
  });

  it('joins the run that the account has — never two at once', async () => {
    const { start } = await empty();
    const first = documentSchema.parse((await start({})).json);
    const second = await start({ level: 'full' });
    expect(second).toMatchObject({ status: 200, json: { id: first.id, level: 'full' } });
    expect(documentSchema.parse(second.json).log.at(-1)).toMatchObject({ who, what: 'run became full' });
  });

  it('holds a run for a protected account, no matter who asks', async () => {
    const { start } = await empty();
    const end = await start(
      { level: 'full' },
      { heldBecause: async () => 'megan@contoso.com is a protected account' },
    );
    expect(end).toMatchObject({
      status: 201,
      json: { state: 'held', heldBecause: 'megan@contoso.com is a protected account' },
    });
  });

  it('looks up the account as it was named, and opens nothing if there is none', async () => {
    const { start, engine, simulation } = await empty();
    const asked: string[] = [];
    const readAccount = async (name: string) => {
      asked.push(name);
      throw new PermanentError('Microsoft Graph knows no user megan@contoso.com', {
        status: 404,
        code: 'Request_ResourceNotFound',
      });
    };
    const end = await start({ user: '  megan@contoso.com ' }, { readAccount });
    expect(asked).toEqual(['megan@contoso.com']);
    expect(end).toMatchObject({
      status: 404,
      json: { detail: 'Microsoft Graph knows no user megan@contoso.com' },
    });
    expect(await engine.progress.list(new Date(0), 10)).toHaveLength(1);
    expect(simulation.rows().run.row.signals).toHaveLength(1);
  });

  it.each([[''], ['ab'], ['a'.repeat(321)], [7], [null]])('knows no user %j', async (user) => {
    const { start } = await empty();
    expect(await start({ user })).toMatchObject({ status: 400 });
  });

  describe('as a dry run', () => {
    it('only looks', async () => {
      const { start, simulation } = await empty({ held: 'a protected account' });
      const end = await start({ dryRun: true, level: 'full' });
      expect(end).toMatchObject({ status: 201, json: { dryRun: true, verdict: 'DRY RUN' } });
      const { id } = documentSchema.parse(end.json);
      await simulation.live(() => simulation.progress.peek(id)?.run.row.state === 'closed');
      expect(simulation.world.requests).toContain('find block-sign-in');
      expect(simulation.world.effects).toEqual([]);
    });

    it('is refused beside a real run, which it must not raise', async () => {
      const { start } = await empty();
      const real = documentSchema.parse((await start({})).json);
      const end = await start({ dryRun: true, level: 'full' });
      expect(end).toMatchObject({ status: 409, json: { title: 'A run is under way', run: real.id } });
      expect((await start({})).json).toMatchObject({ id: real.id, level: 'contain' });
    });

    it('requested by the policy joins a real run without raising it', async () => {
      const { start, engine, megan } = await empty();
      const real = documentSchema.parse((await start({})).json);
      const signal = { ...riskySignIn, userId: megan.id };
      const request = {
        account: megan,
        signals: [signal],
        level: 'full',
        held: null,
        why: 'certain',
      } as const;
      const joined = await openRun(engine, { ...request, dryRun: true });
      expect(joined).toMatchObject({ joined: true, raised: false, run: { id: real.id, level: 'contain' } });
    });

    it.each(['open', 'finished', 'closed'] as const)(
      'that is %s never stands in the way of a real alert',
      async (state) => {
        const { start, engine, megan, simulation } = await empty();
        const rehearsal = runRef(documentSchema.parse((await start({ dryRun: true })).json).id);
        const rows = simulation.progress.peek(rehearsal.runId);
        if (rows === undefined) throw new Error('no dry run');
        await engine.progress.write(rehearsal, { run: { ...rows.run, row: { ...rows.run.row, state } } });
        simulation.clock += 1000;
        const signal = { ...riskySignIn, userId: megan.id };
        const alert = {
          account: megan,
          signals: [signal],
          level: 'contain',
          held: null,
          why: 'high',
        } as const;
        const opened = await openRun(engine, alert);
        expect(opened).toMatchObject({ joined: false, run: { dryRun: false, state: 'open' } });
        expect(await openRun(engine, alert)).toMatchObject({ joined: true, run: { id: opened.run.id } });
      },
    );
  });
});

describe('what is thrown', () => {
  const of = (thrown: unknown) => answerOf(thrown);

  it('by a busy service becomes 503, with the time after which to ask again', () => {
    expect(of(new RetryableError('throttled', { retryAfterSeconds: 12.2 }))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '13' },
    });
    expect(of(new RetryableError('throttled')).headers?.['retry-after']).toBe('5');
  });

  it('by a service that refuses becomes 502 with its code, or 404 if it knows no such thing', () => {
    expect(of(new PermanentError('no', { status: 403, code: 'Authorization_RequestDenied' }))).toMatchObject({
      status: 502,
      json: { title: 'Microsoft 365 refused', code: 'Authorization_RequestDenied' },
    });
    expect(of(new PermanentError('no', { status: 404 })).status).toBe(404);
  });

  it('by this app itself is not blamed on Microsoft', () => {
    expect(of(new PermanentError("the app's settings are wrong"))).toMatchObject({
      status: 500,
      json: { title: 'Not possible' },
    });
  });

  it('by a fault reveals nothing about the inside', () => {
    for (const thrown of [new TypeError('AccountKey=secret'), 'secret', null]) {
      const { status, json } = of(thrown);
      expect(status).toBe(500);
      expect(JSON.stringify(json)).not.toContain('secret');
    }
  });
});
