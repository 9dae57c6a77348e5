// Many runs at once: whatever is sent, containment leaves first, and no lock waits for evidence of its own or another
// run.
import { describe, expect, it } from 'vitest';
import { playbook } from '../functions/steps/index.ts';
import { stages } from '../shared/model/words.ts';
import { queueShapes } from '../shared/run/bus.ts';
import { tenantWith, told } from './fakes/told.ts';

const stageOf = new Map(playbook.map(({ name, stage }) => [`step-${name}`, stage]));
const rank = (queue: string) => stages.indexOf(stageOf.get(queue) ?? 'hand-back');
const people = Array.from({ length: 6 }, (_, index) => `user${index}@tailspin.example`);
const bad = { Name: 'a', ForwardTo: ['"x" [SMTP:collector@mail.example]'], DeleteMessage: true };
const detections = people.map((userPrincipalName, index) => ({
  id: String(index).repeat(64),
  userPrincipalName,
  riskEventType: 'anomalousToken',
  riskLevel: 'high',
  ipAddress: `192.0.2.${index + 1}`,
  activityDateTime: 'now-25m',
  detectedDateTime: 'now-2m',
}));
const tenant = {
  users: people.map((userPrincipalName) => ({ userPrincipalName, mailbox: { inboxRules: [bad] } })),
};

/** Played once, for both tests that look at it. */
const living = told(tenantWith(tenant, detections));

describe('containment', () => {
  it('leaves before everything else that is sent at the same time', async () => {
    const story = await living;
    expect(await story.runs()).toHaveLength(people.length);
    const batches = story.batches.map((batch) => batch.map(({ queue }) => rank(queue)));
    expect(
      batches.filter((ranks) => ranks.includes(0) && ranks.some((one) => one > 0)).length,
    ).toBeGreaterThan(5);
    for (const ranks of batches) expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it('is done for the last of many before the evidence of the first is in', async () => {
    const story = await living;
    const locks = story.tenant.requests.flatMap(({ body, time }) =>
      JSON.stringify(body) === '{"accountEnabled":false}' ? [time] : [],
    );
    const searches = story.tenant.requests.flatMap(({ method, url, time }) =>
      method === 'POST' && url.includes('/auditLog/queries') ? [time] : [],
    );
    expect(locks).toHaveLength(people.length);
    expect(searches.length).toBeGreaterThan(0);
    for (const { run } of await story.runs()) expect(run.containedAt).not.toBeNull();
    expect((locks.at(-1) ?? '') < (searches[0] ?? '')).toBe(true);
  });

  it('has queues of its own, so that no lock waits behind what another run collects', () => {
    const names = queueShapes(playbook.map(({ name }) => name)).map(({ name }) => name);
    for (const { name } of playbook) expect(names).toContain(`step-${name}`);
  });

  it('waits for nothing: no contain step follows one that collects', () => {
    for (const { name, stage, after, requires } of playbook) {
      if (stage === 'contain') expect([name, after, requires]).toEqual([name, [], []]);
    }
  });

  it('and eviction never wait for anything slow: only for the sign-ins, and only until they were tried once', () => {
    const slow = playbook.filter(({ stage }) => stage === 'collect').map(({ name }) => name);
    for (const { name, stage, after, requires } of playbook) {
      if (stage !== 'evict') continue;
      const waitsFor = [...after, ...requires].filter(
        (one) => slow.includes(one) && one !== 'collect-sign-ins',
      );
      // Only the review can tell which mail was the intruder's.
      expect([name, waitsFor]).toEqual([name, name === 'retract-sent-mail' ? ['review-sent-mail'] : []]);
    }
  });
});
