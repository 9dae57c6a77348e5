// The same account, whatever the order and speed of its steps: the same things are found, changed and asked.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryMessage } from './fakes/memory-bus.ts';
import { scenarioCalled, tenantWith, told } from './fakes/told.ts';

/** Up to five at a time, any of those waiting. */
const mixed = (seed: number) => {
  const random = fc.sample(fc.integer({ min: 0, max: 2 ** 30 }), { seed, numRuns: 5000 });
  let used = 0;
  const below = (most: number) => {
    used += 1;
    return (random[used % random.length] ?? 0) % most;
  };
  return (ready: readonly MemoryMessage[]): MemoryMessage[] => {
    const left = [...ready];
    const count = Math.min(left.length, 1 + below(5));
    return Array.from({ length: count }, () => left.splice(below(left.length), 1)).flat();
  };
};

const detection = {
  id: 'e'.repeat(64),
  userPrincipalName: 'otto@tailspin.example',
  riskEventType: 'attackerinTheMiddle',
  riskLevel: 'high',
  ipAddress: '203.0.113.150',
  activityDateTime: 'now-30m',
  detectedDateTime: 'now-3m',
};

/**
 * An account with power only through an Exchange role group, and with multifactor authentication required for it
 * individually.
 */
const powerful = () =>
  tenantWith(
    {
      users: ['otto', 'ga1', 'ga2'].map((name) => ({
        userPrincipalName: `${name}@tailspin.example`,
        perUserMfaState: 'disabled',
        mailbox: {},
      })),
      roleAssignments: ['ga1', 'ga2'].map((name) => ({
        principalId: `${name}@tailspin.example`,
        roleDefinitionId: 'Global Administrator',
      })),
      roleGroups: [{ Name: 'Discovery', Roles: ['Mailbox Search'], Members: ['otto@tailspin.example'] }],
    },
    [detection],
  );
const settings = { STEPS: '{"require-mfa":{"mode":"act","perUserMfa":true}}' };

/** `later`: after all later looks too, which make up for what the first ones missed. */
async function outcome(name: string, next?: ReturnType<typeof mixed>, later = true) {
  const story =
    name === 'a story of its own'
      ? await told(powerful(), settings, next)
      : await told(await scenarioCalled(name), {}, next);
  for (const minutes of later ? [20, 50, 65, 1330] : []) await story.later(minutes);
  const { steps, summary } = await story.run();
  return {
    subject: summary.subject.replace(/^.*?\] /, '').replace(/ \(.*/, ''),
    steps: Object.fromEntries(
      steps.map((step) => [
        step.name,
        {
          outcome: step.outcome?.is,
          // How often sessions are ended depends on how often something else changed: once for each time.
          changes: [
            ...new Set(step.changes.map(({ id, fixedAt }) => `${id} ${fixedAt !== null}`)),
          ].toSorted(),
          tasks: step.tasks.map(({ id }) => id).toSorted(),
          kept: step.kept.length,
        },
      ]),
    ),
  };
}

describe.each(['everything', 'back-doors', 'administrator', 'a story of its own'])('%s', (name) => {
  const inOrder = outcome(name);

  it.each([1, 2, 3])('ends the same in another order and at another speed (%i)', async (seed) => {
    expect(await outcome(name, mixed(seed))).toEqual(await inOrder);
  });
});

describe('an account of some power', () => {
  it('is checked for Defender roles after its Exchange roles were found, and for app passwords once it can have any', async () => {
    const { steps } = await outcome('a story of its own', undefined, false);
    expect(steps['remove-exchange-roles']?.changes).toHaveLength(1);
    expect(steps['remove-defender-roles']?.tasks).toEqual(['compliance-roles']);
    expect(steps['require-mfa']?.changes).toHaveLength(1);
    expect(steps['review-app-passwords']?.tasks).toEqual(['app-passwords']);
  });

  it.each([4, 5, 6])('gets the same first mail whatever the order (%i)', async (seed) => {
    const first = outcome('a story of its own', undefined, false);
    expect(await outcome('a story of its own', mixed(seed), false)).toEqual(await first);
  });
});
