// GET and POST …/hand-back on the engine in memory, with a simulated tenant behind it for the pass.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, answerOf } from '../../functions/runs/api.ts';
import { getHandBack, passAnswerSchema, postHandBack } from '../../functions/runs/hand-back.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { passPermissions } from '../../shared/microsoft365/temporary-access-pass.ts';
import type { Clients } from '../../shared/model/clients.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import { runRef } from '../../shared/run/progress.ts';
import { noClients } from '../run/no-clients.ts';
import { adele, chaosOf, type Scenario, Simulation } from '../run/simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'remove-auth-methods': ['phone'],
};
const reason = 'the account is clean';
const identified = 'seen in person';

async function world(given: { scenario?: Partial<Scenario>; tenant?: object; user?: object } = {}) {
  const simulation = new Simulation(
    { things, level: 'full', refused: [], ...given.scenario },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const tenant = createTenant(
    { users: [{ id: adele.id, userPrincipalName: adele.userPrincipalName, ...given.user }], ...given.tenant },
    { now: () => new Date(simulation.clock), permissions: ['User.Read.All', ...passPermissions] },
  );
  const { credential, fetch } = tenant;
  let breaks: 'before' | 'after' | undefined;
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential,
    now: () => new Date(simulation.clock),
    wait: async () => undefined,
    fetch: async (url, init) => {
      const makes = init.method === 'POST';
      if (makes && breaks === 'before')
        throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
      const answer = await fetch(url, init);
      if (makes && breaks === 'after') throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      return answer;
    },
  });
  const clients: Clients = { ...noClients, graph };
  const engine: Engine = { ...simulation.engine, clients: () => clients };
  const request = (body: object | undefined, who: string): ApiRequest => ({
    params: { id: runId },
    query: {},
    url: 'http://127.0.0.1:7071/api/runs',
    headers: {},
    text: body === undefined ? '' : JSON.stringify({ reason, ...body }),
    who,
  });
  const answer = (work: Promise<ApiAnswer>) => work.catch((thrown: unknown) => answerOf(thrown));
  const post = (body: object, who = 'on-call', headers: Readonly<Record<string, string>> = {}) =>
    answer(postHandBack(engine, { ...request(body, who), headers }));
  const version = async () =>
    (await answer(getHandBack(engine, request(undefined, 'on-call')))).headers?.['etag'] ?? '';
  const view = async () =>
    handBackViewSchema.parse((await answer(getHandBack(engine, request(undefined, 'on-call')))).json);
  const settle = () =>
    simulation.live(({ run }) => run.row.state === 'finished' && run.row.summary.state === 'sent');
  const ready = async () => {
    await settle();
    await post({ do: 'begin', identified });
    await simulation.live(({ run }) => run.row.handBack?.phase === 'pass');
  };
  const passes = () =>
    (tenant.state().users[0]?.authenticationMethods ?? []).filter((one) =>
      one['@odata.type'].includes('Pass'),
    );
  const log = () => simulation.progress.log(runRef(runId));
  const breakOff = (when: typeof breaks) => {
    breaks = when;
  };
  return { simulation, tenant, post, view, version, settle, ready, passes, log, breakOff };
}

const secretOf = ({ json }: ApiAnswer) => passAnswerSchema.parse(json).temporaryAccessPass.value;
const detailOf = ({ json }: ApiAnswer) => z.object({ detail: z.string() }).parse(json).detail;

describe('beginning', () => {
  it.each([
    ['how the owner was identified', { do: 'begin' }, /identified/],
    ['a reason', { do: 'begin', identified, reason: '' }, /reason/],
    ['a thing to do', {}, /do/],
    ['only what it knows', { do: 'begin', identified, pass: '1234' }, /pass/],
    ['steps that there are', { do: 'begin', identified, despite: ['format-disk'] }, /format-disk/],
  ])('wants %s', async (_what, body, why) => {
    const { post, settle, simulation } = await world();
    await settle();
    const end = await post(body);
    expect(end.status).toBe(400);
    expect(detailOf(end)).toMatch(why);
    expect(simulation.rows().run.row.handBack).toBeUndefined();
  });

  it('says what is in the way, and which names accept it', async () => {
    const { post, settle, view } = await world({ scenario: { refused: ['reset-password'] } });
    await settle();
    const end = await post({ do: 'begin', identified });
    expect(end).toMatchObject({ status: 409, json: { despite: ['reset-password'] } });
    expect(detailOf(end)).toBe(`adele@contoso.com (${adele.id}): not all ended well: reset-password.`);
    expect((await view()).next).toMatchObject([{ do: 'begin' }]);
    expect(await post({ do: 'begin', identified, despite: ['reset-password'] })).toMatchObject({
      status: 202,
    });
  });

  it('keeps who began it, how the owner was identified and why; said twice it changes nothing', async () => {
    const { post, settle, log, view } = await world();
    await settle();
    await post({ do: 'begin', identified }, 'Alex Wilber');
    await post({ do: 'begin', identified: 'by somebody else' }, 'Megan Bowen');
    expect((await log()).slice(-2)).toMatchObject([
      { who: 'Alex Wilber', what: 'hand-back begun; the owner was identified: seen in person', why: reason },
      { who: 'Megan Bowen', what: 'hand-back: it has begun already' },
    ]);
    expect((await view()).begun).toMatchObject({ by: 'Alex Wilber', identified });
  });
});

describe('the pass', () => {
  it('is in the answer, with until when and how often it opens, and in nothing that is kept', async () => {
    const { ready, post, simulation, log, tenant, view } = await world();
    await ready();
    const end = await post({ do: 'pass' });
    expect(end.status).toBe(201);
    const value = secretOf(end);
    const { temporaryAccessPass } = passAnswerSchema.parse(end.json);
    expect(temporaryAccessPass).toMatchObject({ usableOnce: false, unusableBecause: null });
    const minutes = (Date.parse(temporaryAccessPass.expiresAt) - simulation.clock) / 60_000;
    expect(Math.round(minutes)).toBe(60);
    for (const kept of [simulation.rows(), await log(), tenant.requests, tenant.state(), await view()])
      expect(JSON.stringify(kept)).not.toContain(value);
  });

  it('is made for one of two who ask at once, and the other is told by whom', async () => {
    const { ready, post, passes } = await world();
    await ready();
    const both = await Promise.all([
      post({ do: 'pass' }, 'Alex Wilber'),
      post({ do: 'pass' }, 'Megan Bowen'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(detailOf(both.find(({ status }) => status === 409) ?? { status: 0 })).toMatch(
      /(Alex Wilber|Megan Bowen) asked for one at .*being made/,
    );
    expect(passes()).toHaveLength(1);
  });

  it('is replaced only by who asks for that, and both are in the log', async () => {
    const { ready, post, passes, log } = await world();
    await ready();
    const first = secretOf(await post({ do: 'pass' }));
    const [kept] = passes();
    const again = await post({ do: 'pass' }, 'Megan Bowen');
    expect(again.status).toBe(409);
    expect(detailOf(again)).toMatch(/was shown to on-call at .*, and is shown once/);
    const second = secretOf(await post({ do: 'pass', again: true, lifetimeInMinutes: 30 }, 'Megan Bowen'));
    expect(second).not.toBe(first);
    expect(passes()).toHaveLength(1);
    expect(passes()).not.toEqual([kept]);
    expect((await log()).filter(({ what }) => what.startsWith('Temporary Access Pass made'))).toHaveLength(2);
  });

  it('is for one sign-in where the policy has it so', async () => {
    const { ready, post } = await world({ tenant: { temporaryAccessPass: { usableOnce: true } } });
    await ready();
    expect((await post({ do: 'pass' })).json).toMatchObject({ temporaryAccessPass: { usableOnce: true } });
  });

  it.each([
    [
      'the policy forbids it',
      { tenant: { temporaryAccessPass: { enabled: false } } },
      /authentication methods policy/,
    ],
    ['another hand keeps sign-in blocked', { user: { accountEnabled: false } }, /blocked, by another hand/],
  ])('is not made where %s, which is said, and may be asked for again at once', async (_why, given, why) => {
    const { ready, post, view } = await world(given);
    await ready();
    const end = await post({ do: 'pass' });
    expect(end.status).toBe(409);
    expect(detailOf(end)).toMatch(why);
    expect((await view()).pass.state).toBe('may be made');
  });

  it('that was made and whose answer was lost is taken away before another is made', async () => {
    const { ready, post, passes, breakOff, simulation, view } = await world();
    await ready();
    breakOff('after');
    expect(await post({ do: 'pass' })).toMatchObject({ status: 503 });
    const [lost] = passes();
    expect(lost).toBeDefined();
    breakOff(undefined);
    expect(await post({ do: 'pass' })).toMatchObject({ status: 409 });
    expect((await view()).pass).toMatchObject({ state: 'being made', by: 'on-call' });
    simulation.clock += 121_000;
    expect(await post({ do: 'pass' })).toMatchObject({ status: 201 });
    expect(passes()).toHaveLength(1);
    expect(passes()).not.toEqual([lost]);
  });

  it('that was never asked of Microsoft 365 may be asked for again at once', async () => {
    const { ready, post, breakOff } = await world();
    await ready();
    breakOff('before');
    expect(await post({ do: 'pass' })).toMatchObject({ status: 503 });
    breakOff(undefined);
    expect(await post({ do: 'pass' })).toMatchObject({ status: 201 });
  });

  it.each([['5'], [43_201], ['an hour']])('lives for no %j minutes', async (lifetimeInMinutes) => {
    const { ready, post } = await world();
    await ready();
    expect(await post({ do: 'pass', lifetimeInMinutes })).toMatchObject({ status: 400 });
  });
});

describe('two operators', () => {
  it('never hand back past each other: what was decided since is told, and no pass is made', async () => {
    const { post, ready, version, passes } = await world();
    await ready();
    const seen = await version();
    expect(seen).not.toBe('');
    const first = await post({ do: 'pass' }, 'Alex Wilber', { 'if-match': seen });
    const second = await post({ do: 'pass', again: true }, 'Megan Bowen', { 'if-match': seen });
    expect([first.status, second.status]).toEqual([201, 412]);
    expect(detailOf(second)).toMatch(/Alex Wilber/);
    expect(passes()).toHaveLength(1);
    expect(first.headers?.['etag']).toBe(await version());
  });
});

describe('what comes after', () => {
  it('waits for what is before it, each in its turn', async () => {
    const { ready, settle, post } = await world();
    await settle();
    for (const action of ['pass', 'owner-back', 'roles'])
      expect(await post({ do: action })).toMatchObject({ status: 409 });
    await ready();
    expect(detailOf(await post({ do: 'owner-back' }))).toMatch(/no pass has been made yet/);
    expect(detailOf(await post({ do: 'roles' }))).toMatch(/roles come last/);
  });
});
