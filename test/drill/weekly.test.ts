// The drill by timer, in memory: when it is due, what it tells, and whose identity it uses.
import { describe, expect, it } from 'vitest';
import { drillByTimer, type WeeklyServices } from '../../functions/drill/weekly.ts';
import type { Notice } from '../../shared/mail/notice.ts';
import { account, drillTenant, rehearsal } from './rehearsal.ts';

async function weekly(user: object = {}) {
  const { services, story, drills } = await rehearsal(drillTenant({}, user));
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
  const at = async (time: string) => {
    await story.pass((Date.parse(time) - services.now().getTime()) / 1000);
    await drillByTimer(given, {
      account,
      credential: story.tenant.drill.credential,
      graphUrl: 'https://graph.microsoft.com',
      log: () => undefined,
    });
  };
  return { at, told, drills, story };
}

describe('the drill by timer', () => {
  it('does nothing in an hour that is not its own', async () => {
    const { at, told, story } = await weekly();
    const before = story.tenant.requests.length;
    await at('2026-11-24T09:15:00Z');
    await at('2026-11-25T10:15:00Z');
    expect(story.tenant.requests.length).toBe(before);
    expect(told).toEqual([]);
  });

  it('tells on-call when it was refused, and what to do', async () => {
    const { at, told } = await weekly({ accountEnabled: false });
    await at('2026-11-24T10:15:00Z');
    expect(told).toMatchObject([{ key: 'drill', headline: 'DRILL NOT PASSED' }]);
    expect(JSON.stringify(told)).toContain('Enable it');
  });
});
