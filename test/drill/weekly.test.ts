// The drill by timer, in memory: when it is due, what it mails, which identity it uses, and that it finishes over
// several invocations, whatever becomes of one of them.
import { describe, expect, it } from 'vitest';
import { drillByTimer, type WeeklyServices } from '../../functions/drill/weekly.ts';
import type { Notice } from '../../shared/mail/notice.ts';
import { account, drillTenant, rehearsal, stateOf } from './rehearsal.ts';

async function weekly(user: object = {}) {
  const { services, story, drills, deps } = await rehearsal(drillTenant({}, user));
  const told: Notice[] = [];
  const given: WeeklyServices = {
    engine: story.engine,
    drill: services,
    start: { readAccount: services.readAccount, heldBecause: async () => null },
    triage: () => async () => [],
    preflight: {
      fly: async () => ({ at: '', is: 'ok', problems: 0, warnings: 0, checks: [] }),
      daily: async () => undefined,
    },
    notices: {
      tell: async (notice) => {
        told.push(notice);
        return 'told';
      },
      last: async () => undefined,
      tellWaiting: async () => 0,
    },
  };
  /** Runs as by the timer. The process dies at one of its waits or requests, and does nothing more. */
  const fire = async (mostCalls = Number.POSITIVE_INFINITY, secondsACall = 0) => {
    let calls = 0;
    const death = Promise.withResolvers<void>();
    const counted = async () => {
      calls += 1;
      if (calls > mostCalls) {
        death.resolve();
        await new Promise<never>(() => undefined);
      }
      await story.pass(secondsACall);
    };
    const planter = deps({}, (fetch) => async (url, init) => {
      await counted();
      return await fetch(url, init);
    }).graph;
    const work = drillByTimer(given, {
      account,
      credential: story.tenant.drill.credential,
      graph: planter,
      sleep: async (seconds) => {
        await counted();
        await story.pass(seconds);
      },
      log: () => undefined,
    });
    await Promise.race([work, death.promise]);
    return calls;
  };
  const moveTo = (time: string) => story.pass((Date.parse(time) - services.now().getTime()) / 1000);
  const at = async (time: string) => {
    await moveTo(time);
    await fire();
  };
  return { at, fire, moveTo, told, drills, story, now: services.now };
}

/** A Tuesday. */
const tuesday = '2026-11-24T10:15:00Z';

/** Some points take a minute; all of them take many. */
const pointsMs = process.env['ALL_POINTS'] ? 3_600_000 : 300_000;

describe('the drill by timer', () => {
  it('does nothing outside its hour', async () => {
    const { at, told, story } = await weekly();
    const before = story.tenant.requests.length;
    await at('2026-11-24T09:55:00Z');
    await at('2026-11-25T10:15:00Z');
    expect(story.tenant.requests.length).toBe(before);
    expect(told).toEqual([]);
  });

  it('tells on-call if it was refused, and what to do, and tries again only next week', async () => {
    const { at, told } = await weekly({ accountEnabled: false });
    await at(tuesday);
    expect(told).toMatchObject([{ key: 'drill', headline: 'DRILL NOT PASSED' }]);
    expect(JSON.stringify(told)).toContain('Enable it');
    await at('2026-11-24T10:20:00Z');
    await at('2026-11-24T15:55:00Z');
    expect(told).toHaveLength(1);
    await at('2026-12-01T10:00:00Z');
    expect(told).toHaveLength(2);
  });

  it('passes once a week, and leaves the tenant as it was', async () => {
    const { at, told, story, drills } = await weekly();
    await at(tuesday);
    expect(told).toEqual([]);
    expect(drills.row()).toMatchObject({ current: null, lastPassedAt: expect.any(String) });
    const runs = (await story.runs()).length;
    await at('2026-11-24T10:45:00Z');
    expect((await story.runs()).length).toBe(runs);
    await at('2026-12-01T10:00:00Z');
    expect((await story.runs()).length).toBe(runs + 1);
    expect(told).toEqual([]);
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });

  it('continues in the next invocation when time is up, and does not count as killed meanwhile', async () => {
    const { fire, moveTo, drills, told, story, now } = await weekly();
    await moveTo(tuesday);
    let invocations = 0;
    do {
      await fire(Number.POSITIVE_INFINITY, 7);
      invocations += 1;
      const { current } = drills.row();
      if (current !== null)
        expect(Date.parse(current.resumesBy ?? '')).toBeGreaterThan(now().getTime() + 300_000);
      await story.pass(100);
    } while (drills.row().current !== null && invocations < 20);
    expect(invocations).toBeGreaterThan(2);
    expect(told).toEqual([]);
    expect(drills.row().lastPassedAt).not.toBeNull();
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });

  it(
    'killed at any point is continued and passes, and the next one starts clean',
    async () => {
      const whole = await weekly();
      await whole.moveTo(tuesday);
      const calls = await whole.fire();
      expect(calls).toBeGreaterThan(30);
      const points = process.env['ALL_POINTS'] ? 1 : Math.ceil(calls / 8);
      for (let point = 0; point < calls; point += points) {
        const { fire, moveTo, drills, told, story } = await weekly();
        await moveTo(tuesday);
        await fire(point);
        for (let more = 0; more < 4 && drills.row().current !== null; more += 1) {
          await story.pass(300);
          await fire();
        }
        expect({ point, told, current: drills.row().current }).toEqual({ point, told: [], current: null });
        expect(drills.row().lastPassedAt).not.toBeNull();
        expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
        await moveTo('2026-12-01T10:00:00Z');
        await fire();
        expect({ point, told }).toEqual({ point, told: [] });
        expect(drills.row().lastPassedAt).toMatch(/^2026-12-01/);
      }
    },
    pointsMs,
  );

  it('that never ends cleans up after an hour, and says so', async () => {
    const { fire, moveTo, drills, told, story } = await weekly();
    await moveTo(tuesday);
    await fire(12);
    for (let more = 0; more < 20 && drills.row().current !== null; more += 1) {
      await story.pass(300);
      // Dies at once each time, as if out of memory, until an hour is over.
      await fire(more < 13 ? 0 : Number.POSITIVE_INFINITY);
    }
    expect(drills.row()).toMatchObject({ current: null, lastPassedAt: null });
    expect(JSON.stringify(told)).toContain('more than 60 minutes');
    expect(stateOf(story.tenant.state())).toEqual(stateOf(story.before));
  });
});
