// Generated histories of whole runs. Every promise is checked in every history; a mode only says how the world
// misbehaves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../fakes/seeded.ts';
import { type Chaos, chaosOf, outcomeOf, type Scenario, Simulation } from './simulation.ts';

const histories = Number(process.env['HISTORIES'] ?? 40);

const modes: Readonly<Record<string, Partial<Chaos>>> = {
  'straight through': {},
  'many messages side by side': { together: 6 },
  'every message twice and out of order': { twice: 1, shuffled: true, together: 3 },
  'death around any write or request': { death: 0.04, shuffled: true, together: 2 },
  'every third request throttled': { throttled: 0.33 },
  'lost answers and lost messages': { lostAnswers: 0.1, lost: 0.05 },
  'all of it': {
    death: 0.02,
    lostAnswers: 0.04,
    lost: 0.02,
    throttled: 0.1,
    twice: 0.2,
    shuffled: true,
    together: 3,
  },
};

const things = fc.record({
  'block-sign-in': fc.constant(['lock']),
  'reset-password': fc.constant(['password']),
  'revoke-sessions': fc.constant(['sessions']),
  'disable-inbox-rules': fc.subarray(['rule', '!rule', 'deep', '!deep']),
  'remove-auth-methods': fc.subarray(['phone', '!phone']),
  'scan-devices': fc.subarray(['laptop']),
  'update-alert': fc.constant(['comment']),
  'unblock-sender': fc.subarray(['adele@contoso.com']),
});

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  things,
  level: fc.constantFrom('contain', 'full'),
  refused: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(['block-sign-in', 'disable-inbox-rules', 'reset-password']) },
  ),
  stepSettings: fc.constantFrom<Record<string, unknown>>({}, { 'block-sign-in': { mode: 'off' } }),
});

/** What is still there although the step that removes it claims to be done. */
const left = (simulation: Simulation) =>
  simulation
    .rows()
    .steps.map((entry) => entry.row)
    .filter((row) => row.stage === 'contain' || row.stage === 'evict')
    .filter((row) => row.mode === 'act' && row.name !== 'scan-devices' && row.outcome?.is === 'done')
    .flatMap((row) => simulation.world.has(row.name));

describe.each(Object.entries(modes))('a run, %s', (_name, mode) => {
  it(
    'keeps every promise and ends — nothing lost, nothing done twice, one summary per verdict',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenarios, fc.nat(), async (scenario, seed) => {
          const simulation = new Simulation(scenario, chaosOf(seeded(seed), mode));
          await simulation.open();
          // Before any later check: the run itself must look a second time, rather than be lucky a quarter of an hour
          // later.
          await simulation.live(({ run }) => run.row.state === 'finished' || run.row.state === 'closed');
          const patient = mode.throttled === undefined && mode.death === undefined;
          if (patient && scenario.refused.length === 0 && simulation.rows().run.row.level === 'full') {
            expect(left(simulation)).toEqual([]);
          }
          await simulation.live();
          const { broken, rows, world, mails } = simulation.end();
          expect(broken).toEqual([]);
          expect(rows.run.row.state).toBe('closed');
          expect(mails.length).toBeGreaterThan(0);
          // What is recorded as fixed was done, and what was done is recorded.
          for (const { step, id } of world.effects) {
            const row = rows.steps.find((entry) => entry.row.name === step)?.row;
            expect(row?.changes.map((change) => change.id)).toContain(id);
          }
          if (
            scenario.stepSettings?.['block-sign-in'] === undefined &&
            !scenario.refused.includes('block-sign-in')
          ) {
            expect(outcomeOf(rows, 'block-sign-in')).toBe('done');
          }
        }),
        { numRuns: histories },
      );
    },
    120_000 * Math.max(1, histories / 250),
  );
});
