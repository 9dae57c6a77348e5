// Many runs at once: whatever is sent, containment leaves first, and no lock waits for evidence of its own run or of another.
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

/** Lived through once, for both that look at it. */
const living = told(tenantWith(tenant, detections));

describe('containment', () => {
  it('leaves before everything else in whatever is sent at once', async () => {
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

  it('has queues of its own, so that no lock stands in line behind what another run collects', () => {
    const names = queueShapes(playbook.map(({ name }) => name)).map(({ name }) => name);
    for (const { name } of playbook) expect(names).toContain(`step-${name}`);
  });

  it('waits for nothing: no step that contains stands behind one that collects', () => {
    for (const { name, stage, after, requires } of playbook) {
      if (stage === 'contain') expect([name, after, requires]).toEqual([name, [], []]);
    }
  });

  it('and eviction never waits for what takes its time: only for the sign-ins, which one failure lets pass', () => {
    const slow = playbook.filter(({ stage }) => stage === 'collect').map(({ name }) => name);
    for (const { name, stage, after, requires } of playbook) {
      if (stage !== 'evict') continue;
      const waitsFor = [...after, ...requires].filter(
        (one) => slow.includes(one) && one !== 'collect-sign-ins',
      );
      // Which mail was the intruder's only the review tells.
      expect([name, waitsFor]).toEqual([name, name === 'retract-sent-mail' ? ['review-sent-mail'] : []]);
    }
  });
});
