import { describe, expect, it } from 'vitest';
import { cleanUpAfter, type DrillDeps, drill, type Responder } from '../../functions/drill/drill.ts';
import { drillPermissions, plantings } from '../../functions/drill/plantings.ts';
import { declaredPermissions, grantedOf } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { account, drillTenant, rehearsal, stateOf } from './rehearsal.ts';

const { graph, defender } = declaredPermissions(playbook);
const granted = [...grantedOf(graph), ...Object.keys(defender), 'Exchange.ManageAsApp'];

/** Some points take a minute; all of them take many. */
const pointsMs = process.env['ALL_POINTS'] ? 3_600_000 : 300_000;

describe('a drill', () => {
  it('passes: everything planted is found, and the tenant ends up unchanged', async () => {
    const { drill: rehearse, story, drills } = await rehearsal();
    const report = await rehearse();
    expect(report).toMatchObject({ verdict: 'passed', because: [], left: [], steps: [] });
    expect(Object.fromEntries(report.plantings.map(({ name, is }) => [name, is]))).toEqual({
      'sent-mail': 'asked',
      'inbox-rule': 'removed',
      delegate: 'removed',
      'sign-in-method': 'removed',
      consent: 'removed',
      'sharing-link': 'late',
    });
    expect(report.containedAt).not.toBeNull();
    expect(drills.row()).toMatchObject({ current: null, lastPassedAt: report.endedAt });
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });

  it('says which step is switched off where nothing looked for a planting — that is no fault of the drill', async () => {
    const { drill: rehearse, story } = await rehearsal(drillTenant(), {
      STEPS: '{"disable-inbox-rules":{"mode":"off"}}',
    });
    const report = await rehearse();
    expect(report).toMatchObject({ verdict: 'passed', because: [], left: [] });
    expect(report.plantings.filter(({ is }) => is === 'not looked for')).toMatchObject([
      { name: 'inbox-rule', why: 'disable-inbox-rules is switched off' },
    ]);
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });

  it('passes again right afterwards: its own confirmation is no echo of the first', async () => {
    const { drill: rehearse, story } = await rehearsal();
    expect((await rehearse()).verdict).toBe('passed');
    const again = await rehearse();
    expect(again).toMatchObject({ verdict: 'passed', because: [] });
    expect((await story.runs()).map(({ run }) => run.level)).toEqual(['full', 'full']);
  });

  it('writes nothing with the responder’s identity, and uses only its declared permissions', async () => {
    const { drill: rehearse, story } = await rehearsal();
    await rehearse();
    const planted = story.tenant.requests.filter(
      ({ url, method }) =>
        method === 'POST' && /calendarPermissions|phoneMethods|drive|messageRules/.test(url),
    );
    expect(planted.length).toBeGreaterThan(4);
    for (const { permission } of planted) {
      expect(drillPermissions).toContain(permission);
      expect(granted).not.toContain(permission);
    }
  });
});

/** Without one permission. */
const held = (all: readonly string[], taken: string) => all.filter((name) => name !== taken);

describe('a drill whose identity lacks a permission', () => {
  it.each(drillPermissions)('%s: names it, plants the rest, and leaves nothing', async (taken) => {
    const tenant = drillTenant({ drillApp: { permissions: held(drillPermissions, taken) } });
    const { drill: rehearse, story } = await rehearsal(tenant);
    const report = await rehearse();
    expect(report.verdict).toBe('failed');
    expect(report.because.join('\n')).toContain(taken);
    expect(report.left).toEqual([]);
    const short = plantings.filter(({ permissions }) => permissions.includes(taken)).map(({ name }) => name);
    expect(report.plantings.filter(({ is }) => is === 'refused').map(({ name }) => name)).toEqual(short);
    for (const { missing } of report.plantings)
      expect(held([taken], '')).toEqual(expect.arrayContaining([...missing]));
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });
});

describe('a drill of a responder that lacks a permission', () => {
  it.each(granted)('%s: does not pass, names it, and leaves nothing, or says what it left', async (taken) => {
    const tenant = drillTenant({ app: { permissions: held(granted, taken) } });
    const { drill: rehearse, story } = await rehearsal(tenant);
    const report = await rehearse();
    expect(report.verdict).not.toBe('passed');
    const said = JSON.stringify(report);
    expect(said).toContain(taken);
    const same = JSON.stringify(stateOf(story.tenant.state())) === JSON.stringify(stateOf(story.before));
    if (!same) expect(report.left.length).toBeGreaterThan(0);
    for (const { byHand } of report.left) expect(byHand).not.toBe('');
  });
});

/** The process dies at its n-th call, before or after the call took effect; after that it makes no calls. */
function dying(deps: DrillDeps, at: number, after: boolean) {
  let calls = 0;
  const dead = () => new Error('killed');
  const through =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      calls += 1;
      if (calls > at || (calls === at && !after)) throw dead();
      const answer = await work(...given);
      if (calls >= at) throw dead();
      return answer;
    };
  const { responder } = deps;
  const mortal: Responder = {
    drill: through(responder.drill),
    raise: through(responder.raise),
    start: through(responder.start),
    runsOf: through(responder.runsOf),
    run: through(responder.run),
    undo: through(responder.undo),
    problems: through(responder.problems),
  };
  return { responder: mortal, through, calls: () => calls };
}

describe('a drill that is killed', () => {
  it(
    'at any point may leave something behind: the next one cleans up, passes, and the tenant ends up unchanged',
    async () => {
      const counting = await rehearsal();
      const whole = counting.deps();
      const counter = dying(whole, Number.POSITIVE_INFINITY, false);
      await drill(
        { ...counting.deps({ responder: counter.responder }, (fetch) => counter.through(fetch)) },
        account,
      );
      const calls = counter.calls();
      expect(calls).toBeGreaterThan(40);
      const points = process.env['ALL_POINTS'] ? 1 : Math.ceil(calls / 12);
      for (let at = 1; at <= calls; at += points) {
        for (const after of [false, true]) {
          const { deps, story, drills } = await rehearsal();
          const doomed = dying(deps(), at, after);
          await drill(
            deps({ responder: doomed.responder }, (fetch) => doomed.through(fetch)),
            account,
          ).catch(() => undefined);
          const next = await drill(deps(), account);
          expect({ at, after, verdict: next.verdict, because: next.because }).toEqual({
            at,
            after,
            verdict: 'passed',
            because: [],
          });
          expect(drills.row().current).toBeNull();
          expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
        }
      }
    },
    pointsMs,
  );

  it('is cleaned up separately on request, but not while it may be alive', async () => {
    const { deps, story, drills } = await rehearsal();
    const doomed = dying(deps(), 30, true);
    await drill(
      deps({ responder: doomed.responder }, (fetch) => doomed.through(fetch)),
      account,
    ).catch(() => undefined);
    expect(stateOf(story.tenant.state())).not.toEqual(stateOf(story.before));
    const early = await cleanUpAfter(deps(), account);
    expect(early).toMatchObject({ verdict: 'refused', refusals: [{ is: 'under-way' }] });
    await story.pass(90);
    expect(await cleanUpAfter(deps(), account)).toMatchObject({ left: [] });
    expect(drills.row().current).toBeNull();
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });

  it('by its operator cleans up at once', async () => {
    const { deps, story } = await rehearsal();
    const stop = new AbortController();
    const told: string[] = [];
    const tell = (what: string) => {
      told.push(what);
      if (told.length === 5) stop.abort();
    };
    const report = await drill(deps({ tell, ended: stop.signal }), account);
    expect(report).toMatchObject({ verdict: 'interrupted', left: [] });
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });
});
