// GET and POST …/hand-back on the engine in memory, with a simulated tenant behind it for the pass.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, answerOf } from '../../functions/runs/api.ts';
import { getHandBack, passAnswerSchema, postHandBack } from '../../functions/runs/hand-back.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { Notice } from '../../shared/mail/notice.ts';
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

interface Given {
  scenario?: Partial<Scenario>;
  tenant?: object;
  user?: object;
  second?: string | null;
  /** What becomes of a notice to on-call. */
  tell?: () => Promise<'told'>;
}

async function world(given: Given = {}) {
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
  let altered: object | undefined;
  let breaks: 'before' | 'after' | 'reads' | undefined;
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential,
    now: () => new Date(simulation.clock),
    wait: async () => undefined,
    fetch: async (url, init) => {
      const makes = init.method === 'POST';
      if (!makes && breaks === 'reads')
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      if (makes && breaks === 'before')
        throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
      const answer = await fetch(url, init);
      if (makes && altered !== undefined && answer.status === 201)
        return Response.json(
          { ...z.looseObject({}).parse(await answer.json()), ...altered },
          { status: 201 },
        );
      if (makes && breaks === 'after') throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      return answer;
    },
  });
  const clients: Clients = { ...noClients, graph };
  const engine: Engine = { ...simulation.engine, clients: () => clients };
  const told: Notice[] = [];
  const services = {
    engine,
    secondOperatorFor: async () => given.second ?? null,
    notices: {
      tell: async (notice: Notice) => {
        told.push(notice);
        return given.tell === undefined ? ('told' as const) : given.tell();
      },
    },
  };
  const request = (body: object | undefined, who: string): ApiRequest => ({
    params: { id: runId },
    query: {},
    url: 'http://127.0.0.1:7071/api/runs',
    headers: {},
    text: body === undefined ? '' : JSON.stringify({ reason, ...body }),
    who,
  });
  const answer = (work: Promise<ApiAnswer>) => work.catch((thrown: unknown) => answerOf(thrown));
  const post = (
    body: object,
    caller: string | { id: string; who: string } = 'on-call',
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const { id, who } = typeof caller === 'string' ? { id: caller, who: caller } : caller;
    return answer(postHandBack(services, { ...request(body, who), callerId: id, headers }));
  };
  const startedBy = async (id: string) => {
    const { run } = simulation.rows();
    await simulation.engine.progress.write(runRef(runId), {
      run: { ...run, row: { ...run.row, startedBy: [id] } },
    });
  };
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
  const alter = (made: object) => {
    altered = made;
  };
  return {
    startedBy,
    alter,
    told,
    simulation,
    tenant,
    post,
    view,
    version,
    settle,
    ready,
    passes,
    log,
    breakOff,
  };
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
  ])('requires %s', async (_what, body, why) => {
    const { post, settle, simulation } = await world();
    await settle();
    const end = await post(body);
    expect(end.status).toBe(400);
    expect(detailOf(end)).toMatch(why);
    expect(simulation.rows().run.row.handBack).toBeUndefined();
  });

  it('says what is in the way, and by which names to accept it', async () => {
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

  it('records who began it, how the owner was identified and why; repeated, it changes nothing', async () => {
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
  it('is in the answer, with its expiry and number of uses, and in nothing that is kept', async () => {
    const { ready, post, simulation, log, tenant, view } = await world();
    await ready();
    const end = await post({ do: 'pass' });
    expect(end.status).toBe(201);
    const value = secretOf(end);
    const { temporaryAccessPass } = passAnswerSchema.parse(end.json);
    expect(temporaryAccessPass).toMatchObject({ usableOnce: true, unusableBecause: null });
    const minutes = (Date.parse(temporaryAccessPass.expiresAt) - simulation.clock) / 60_000;
    expect(Math.round(minutes)).toBe(60);
    for (const kept of [simulation.rows(), await log(), tenant.requests, tenant.state(), await view()])
      expect(JSON.stringify(kept)).not.toContain(value);
  });

  it('is made for one of two operators who ask at once, and the other is told by whom', async () => {
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

  it('is replaced only on explicit request, and both requests are in the log', async () => {
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

  it('signs in once, even if the policy allows more', async () => {
    const { ready, post, passes } = await world({ tenant: { temporaryAccessPass: { usableOnce: false } } });
    await ready();
    expect((await post({ do: 'pass' })).json).toMatchObject({ temporaryAccessPass: { usableOnce: true } });
    expect(passes()).toMatchObject([{ isUsableOnce: true }]);
  });

  it('is told to on-call before it is made, without the pass itself', async () => {
    const { ready, post, told } = await world();
    await ready();
    const value = secretOf(await post({ do: 'pass' }, 'Alex Wilber'));
    expect(told).toMatchObject([{ headline: 'PASS ASKED FOR', lead: expect.stringContaining('adele') }]);
    expect(told[0]?.lead).toMatch(/^Alex Wilber asked for a Temporary Access Pass for adele@contoso.com/);
    expect(JSON.stringify(told)).not.toContain(value);
    await post({ do: 'pass', again: true }, 'Alex Wilber');
    expect(told).toHaveLength(2);
  });

  it('is announced under a key of its own for each pass — a waiting notice must not give way to the next', async () => {
    const { ready, post, told, simulation } = await world();
    await ready();
    await post({ do: 'pass' });
    simulation.clock += 1000;
    await post({ do: 'pass', again: true });
    expect(new Set(told.map(({ key }) => key)).size).toBe(2);
  });

  it('is not made if on-call can’t be told — nobody would notice a stolen one', async () => {
    const tell = async (): Promise<'told'> => {
      throw new RetryableError('the table does not answer');
    };
    const { ready, post, passes } = await world({ tell });
    await ready();
    expect(await post({ do: 'pass' })).toMatchObject({ status: 503 });
    expect(passes()).toEqual([]);
  });

  it.each([
    ['usable more than once', { isUsableOnce: false }],
    ['longer than eight hours', { lifetimeInMinutes: 481 }],
  ])('that Microsoft Graph makes %s is deleted again and not shown', async (_what, made) => {
    const { ready, post, passes, alter } = await world();
    await ready();
    alter(made);
    const end = await post({ do: 'pass' });
    expect(end.status).toBe(409);
    expect(detailOf(end)).toMatch(/deleted again/);
    expect(passes()).toEqual([]);
  });

  it.each([
    [
      'the policy forbids it',
      { tenant: { temporaryAccessPass: { enabled: false } } },
      /authentication methods policy/,
    ],
    ['another hand keeps sign-in blocked', { user: { accountEnabled: false } }, /blocked, by another hand/],
  ])(
    'is not made if %s; the answer says so, and it may be requested again at once',
    async (_why, given, why) => {
      const { ready, post, view } = await world(given);
      await ready();
      const end = await post({ do: 'pass' });
      expect(end.status).toBe(409);
      expect(detailOf(end)).toMatch(why);
      expect((await view()).pass.state).toBe('may be made');
    },
  );

  it('is deleted before another is made if the answer to the first was lost', async () => {
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

  it('may be requested again at once if Microsoft 365 was never asked', async () => {
    const { ready, post, breakOff } = await world();
    await ready();
    breakOff('before');
    expect(await post({ do: 'pass' })).toMatchObject({ status: 503 });
    breakOff(undefined);
    expect(await post({ do: 'pass' })).toMatchObject({ status: 201 });
  });

  it.each([['5'], [481], ['an hour']])('cannot live for %j minutes', async (lifetimeInMinutes) => {
    const { ready, post } = await world();
    await ready();
    expect(await post({ do: 'pass', lifetimeInMinutes })).toMatchObject({ status: 400 });
  });
});

describe('two operators', () => {
  it('never work past each other: the second is told what was decided since, and no pass is made', async () => {
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

describe('a pass that takes a second operator', () => {
  const second = 'adele@contoso.com is an administrator (Global Administrator)';

  it('is refused to whoever began the hand-back, under any name, and made for another operator', async () => {
    const { settle, post, simulation, passes, told } = await world({ second });
    await settle();
    const alex = { id: 'a1e0', who: 'Alex Wilber' };
    await post({ do: 'begin', identified }, alex);
    await simulation.live(({ run }) => run.row.handBack?.phase === 'pass');
    const same = { id: 'A1E0', who: 'Alex W. after the wedding' };
    for (const who of [alex, same]) {
      const end = await post({ do: 'pass' }, who);
      expect(end.status).toBe(403);
      expect(detailOf(end)).toMatch(/is an administrator .* takes a second operator/);
    }
    expect([passes(), told]).toEqual([[], []]);
    expect(await post({ do: 'pass' }, { id: 'b2f1', who: 'Megan Bowen' })).toMatchObject({ status: 201 });
    expect(await post({ do: 'pass', again: true }, alex)).toMatchObject({ status: 403 });
  });

  it('is refused to whoever started the run, or added an alert to it', async () => {
    const { settle, post, simulation, passes, startedBy } = await world({ second });
    await settle();
    await startedBy('a1e0');
    await post({ do: 'begin', identified }, { id: 'b2f1', who: 'Megan Bowen' });
    await simulation.live(({ run }) => run.row.handBack?.phase === 'pass');
    expect(await post({ do: 'pass' }, { id: 'a1e0', who: 'Alex Wilber' })).toMatchObject({ status: 403 });
    expect(await post({ do: 'pass' }, { id: 'b2f1', who: 'Megan Bowen' })).toMatchObject({ status: 403 });
    expect(passes()).toEqual([]);
    expect(await post({ do: 'pass' }, { id: 'c3a2', who: 'Diego' })).toMatchObject({ status: 201 });
  });

  it('is also refused to whoever accepted what was in the way', async () => {
    const { settle, post, view, simulation } = await world({
      second,
      scenario: { refused: ['reset-password'] },
    });
    await settle();
    const despite = ['reset-password'];
    await post({ do: 'begin', identified, despite }, { id: 'a1e0', who: 'Alex' });
    await post({ do: 'begin', identified, despite: ['block-sign-in'] }, { id: 'b2f1', who: 'Megan' });
    await simulation.live(({ run }) => run.row.handBack?.phase === 'pass');
    expect((await view()).pass.secondOperator).toBe(second);
    expect(await post({ do: 'pass' }, { id: 'b2f1', who: 'Megan' })).toMatchObject({ status: 403 });
  });

  it('also takes one if the reason became known only after the beginning', async () => {
    const given: { second: string | null } = { second: null };
    const { ready, post } = await world(given);
    await ready();
    given.second = second;
    expect(await post({ do: 'pass' })).toMatchObject({ status: 403 });
  });

  it('is refused to everybody for their own account, whatever kind of account it is', async () => {
    const { ready, post } = await world();
    await ready();
    const end = await post({ do: 'pass' }, { id: adele.id.toUpperCase(), who: 'Adele Vance' });
    expect([end.status, detailOf(end)]).toMatchObject([403, expect.stringMatching(/own account/)]);
  });
});

describe('roles that the run has found', () => {
  it('make the pass take a second operator, whatever the directory knows about them', async () => {
    const { settle, post, simulation, passes } = await world({
      scenario: { things: { ...things, 'remove-admin-roles': ['Organization Management'] } },
    });
    await settle();
    const alex = { id: 'a1e0', who: 'Alex Wilber' };
    await post({ do: 'begin', identified }, alex);
    await simulation.live(({ run }) => run.row.handBack?.phase === 'pass');
    const end = await post({ do: 'pass' }, alex);
    expect([end.status, detailOf(end)]).toMatchObject([403, expect.stringMatching(/second operator/)]);
    expect(passes()).toEqual([]);
    expect(await post({ do: 'pass' }, { id: 'b2f1', who: 'Megan Bowen' })).toMatchObject({ status: 201 });
    const roles = await post({ do: 'roles' }, { id: adele.id.toUpperCase(), who: 'Adele Vance' });
    expect([roles.status, detailOf(roles)]).toMatchObject([409, expect.stringMatching(/own account/)]);
  });
});

describe('the return of the owner', () => {
  it('is not believed while Microsoft Graph shows nothing of it, unless the operator insists', async () => {
    const { ready, post, log } = await world();
    await ready();
    await post({ do: 'pass' });
    const end = await post({ do: 'owner-back' });
    expect(end).toMatchObject({ status: 409, json: { signs: [{ is: 'not seen' }, { is: 'not seen' }, {}] } });
    expect(detailOf(end)).toMatch(/the pass was used: not seen \(it can still be used\)/);
    expect(await post({ do: 'owner-back', insist: true })).toMatchObject({ status: 202 });
    expect((await log()).map(({ what }) => what)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^the owner is back: .*; the operator insisted$/)]),
    );
  });

  it('is not decided while Graph can’t be asked', async () => {
    const { ready, post, breakOff, view } = await world();
    await ready();
    await post({ do: 'pass' });
    breakOff('reads');
    expect(await post({ do: 'owner-back', insist: true })).toMatchObject({ status: 503 });
    expect((await view()).phase).toBe('owner');
  });
});

describe('what comes after', () => {
  it('waits for what comes before it, each in its turn', async () => {
    const { ready, settle, post } = await world();
    await settle();
    for (const action of ['pass', 'owner-back', 'roles'])
      expect(await post({ do: action })).toMatchObject({ status: 409 });
    await ready();
    expect(detailOf(await post({ do: 'owner-back' }))).toMatch(/no pass has been made yet/);
    expect(detailOf(await post({ do: 'roles' }))).toMatch(/roles come last/);
  });
});
