// An upgrade in the middle of a run, in every state: the present engine goes on with the rows of each earlier release.
// A release adds its rows beside rows-0.1.0.generated.json; existing ones are never changed.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunState } from '../../shared/model/rows.ts';
import type { Step } from '../../shared/model/step.ts';
import { type Apply, advance } from '../../shared/run/advance.ts';
import { isHandingBack, isStuck } from '../../shared/run/hand-back.ts';
import {
  approveRoles,
  begin,
  ownerBack,
  passMade,
  reservePass,
  unaccepted,
  unacceptedTasks,
} from '../../shared/run/hand-back-orders.ts';
import { approve, undo } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { endedBadly, openTasks } from '../../shared/run/verdict.ts';
import { storedRunSchema, storedStepSchema, versioned } from '../../shared/store/row-versions.ts';
import { adele, chaosOf, outcomeOf, Simulation } from './simulation.ts';

const snapshot = z.object({
  name: z.string(),
  at: z.string(),
  run: storedRunSchema,
  steps: z.array(storedStepSchema),
  /** What was in the tenant at that moment, by step. */
  world: z.record(z.string(), z.array(z.string())),
});

const releases = ['0.1.0'];

const snapshots = releases.flatMap((release) => {
  const text = readFileSync(new URL(`../store/rows-${release}.generated.json`, import.meta.url), 'utf8');
  const all: unknown = JSON.parse(text);
  return z
    .array(snapshot)
    .parse(all)
    .map((one) => [`${release}: ${one.name}`, one] as const);
});

async function resumed({ run, steps, at, world }: z.infer<typeof snapshot>) {
  const simulation = new Simulation(
    { things: world, refused: [], level: run.level },
    chaosOf(() => 0.6),
  );
  simulation.clock = Date.parse(at);
  await simulation.resume(run, steps);
  return simulation;
}

describe.each(snapshots)('rows of %s', (_, given) => {
  it('reach their end: nothing is stuck, and nothing is falsely called done', async () => {
    const simulation = await resumed(given);
    const waits = ['held', 'pass', 'owner'];
    const isThere = ({ state, handBack }: { state: string; handBack?: { phase: string } | undefined }) =>
      state === 'closed' || waits.includes(state) || waits.includes(handBack?.phase ?? '');
    await simulation.live(
      ({ run, steps }) =>
        isThere(run.row) &&
        steps.every(
          ({ row }) => row.state === 'settled' || row.stage === 'hand-back' || run.row.state === 'held',
        ),
    );
    expect(simulation.broken).toEqual([]);
    const rows = simulation.rows();
    for (const { row } of rows.steps) {
      // The world of these rows has forgotten what is done only once; so does the tenant for a while.
      if (
        row.name !== 'scan-devices' &&
        row.outcome?.is === 'done' &&
        row.stage !== 'hand-back' &&
        row.aim !== 'undo' &&
        row.stage !== 'collect'
      )
        expect(simulation.world.has(row.name), row.name).toEqual([]);
    }
    if (given.run.state !== 'held' && given.run.endsAs === null)
      expect(outcomeOf(rows, 'block-sign-in')).toBe('done');
  });
});

const upgrades: Readonly<Record<string, (playbook: readonly Step[]) => Step[]>> = {
  'nothing in the playbook, only the rows': (all) => [...all],
  'a step removed': (all) => all.filter(({ name }) => name !== 'remove-auth-methods'),
  'the lock removed, which others require': (all) => all.filter(({ name }) => name !== 'block-sign-in'),
  'a step renamed': (all) => all.map((step) => renamed(step, 'disable-inbox-rules', 'disable-mail-rules')),
  'a step added, which others require': (all) =>
    all.flatMap((step) => {
      if (step.name === 'reset-password') return [step, { ...step, name: 'reset-more' }];
      return [step.name === 'remove-auth-methods' ? { ...step, requires: ['reset-more'] } : step];
    }),
  'another order': (all) =>
    all.map((step) => ({ ...step, after: [], againAfter: [...step.after, ...step.againAfter] })).toReversed(),
};

function renamed(step: Step, from: string, to: string): Step {
  const names = (some: readonly string[]) => some.map((name) => (name === from ? to : name));
  const { name, after, againAfter, requires } = step;
  const order = { after: names(after), againAfter: names(againAfter), requires: names(requires) };
  return { ...step, ...order, name: name === from ? to : name };
}

/** As version 1 wrote them. */
const downgraded = ({ run, steps }: RunState): RunState => {
  const { onlyLooksBecause, ...rest } = run;
  const { lastSent, ...summary } = run.summary;
  const spared = onlyLooksBecause === undefined ? {} : { sparedBecause: onlyLooksBecause };
  const told = lastSent === undefined ? {} : { told: lastSent };
  return {
    run: storedRunSchema.parse({ ...rest, ...spared, summary: { ...summary, ...told } }),
    steps: steps.map(({ part: _, ...row }) => storedStepSchema.parse(row)),
  };
};

const stateOf = ({ run, steps }: RunRows): RunState => ({ run: run.row, steps: steps.map(({ row }) => row) });
const phaseOf = ({ run }: RunState) => (isHandingBack(run) ? run.handBack?.phase : undefined);
const waitsForPeople = (state: RunState) => {
  const { state: is, summary, handBack } = state.run;
  if (is === 'held') return summary.state === 'sent';
  const phase = phaseOf(state);
  const roles = phase === 'roles' && handBack?.rolesApprovedAt === null;
  return phase === 'pass' || phase === 'owner' || roles || isStuck(state);
};

/** Lives to the end, with people doing their part; `seen` gets each state on the way. */
async function toTheEnd(simulation: Simulation, seen: (rows: RunRows) => void = () => {}): Promise<void> {
  const ask = (apply: Apply) => advance(simulation.engine, runRef(simulation.rows().run.row.id), apply);
  for (let orders = 0; orders < 20; orders += 1) {
    await simulation.live((rows) => {
      seen(rows);
      return rows.run.row.state === 'closed' || waitsForPeople(stateOf(rows));
    });
    const state = stateOf(simulation.rows());
    if (!waitsForPeople(state)) return;
    const order = { who: 'megan', id: 'megan', reason: 'a test', now: simulation.engine.now() };
    const phase = phaseOf(state);
    if (state.run.state === 'held') await ask(approve('full', order));
    else if (isStuck(state)) await ask(begin({ ...accepted(state), ...identified }, order));
    else if (phase === 'pass') {
      await ask(reservePass(false, null, order));
      await ask(passMade('2026-11-22T20:00:00Z', order.now, order));
    } else if (phase === 'owner') await ask(ownerBack('a new password', order));
    else await ask(approveRoles(order));
  }
}

const identified = { identified: 'a call back', second: null };
const accepted = (state: RunState) => {
  const bad = state.steps.filter(({ outcome }) => endedBadly(outcome)).map(({ name }) => name);
  const despite = [...new Set([...unaccepted(state, []).map(({ step }) => step), ...bad])];
  const accepts = unacceptedTasks(state, { despite, accepts: [] }).map(({ name }) => name);
  return { despite, accepts };
};

const all = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['rule', '!rule'],
  'remove-auth-methods': ['phone'],
  'disable-mailbox-protocols': ['imap'],
  'remove-admin-roles': ['Helpdesk Administrator'],
  'delete-passes': ['an old pass'],
  'dismiss-risk': ['user-risk'],
  'unblock-sender': ['adele@contoso.com'],
};

interface Moment extends RunState {
  at: number;
  world: Record<string, readonly string[]>;
}

/** Also looked at while a worker has them. */
const watchedSteps = ['block-sign-in', 'disable-inbox-rules'];

/** One moment for each state that a run of this kind goes through, from beginning to end. */
async function momentsOf(kind: keyof typeof kinds): Promise<Map<string, Moment>> {
  const { level, held, order: asked } = kinds[kind];
  const scenario = { things: all, refused: [], level, ...(held === null ? {} : { held }) };
  const simulation = new Simulation(
    scenario,
    chaosOf(() => 0.6),
  );
  const moments = new Map<string, Moment>();
  const seen = (rows: RunRows) => {
    const { run, steps } = stateOf(rows);
    const states = [...new Set(steps.map(({ state, aim }) => `${state}/${aim}`))].toSorted();
    const name = [kind, run.state, run.summary.state, run.checks > 0, phaseOf({ run, steps }), ...states];
    if (moments.has(name.join(' '))) return;
    const world = Object.fromEntries(steps.map((row) => [row.name, simulation.world.has(row.name)]));
    moments.set(name.join(' '), structuredClone({ at: simulation.clock, run, steps, world }));
  };
  const watched = simulation.engine.playbook.map((step): Step => {
    const { undo: back } = step.kind === 'remediation' ? step : { undo: '' };
    if (step.kind !== 'remediation' || typeof back === 'string' || !watchedSteps.includes(step.name))
      return step;
    return {
      ...step,
      find: (...given) => {
        seen(simulation.rows());
        return step.find(...given);
      },
      undo: (...given) => {
        seen(simulation.rows());
        return back(...given);
      },
    };
  });
  const runId = await simulation.open();
  simulation.engine.playbook = watched;
  await simulation.live((rows) => {
    seen(rows);
    return rows.run.row.state === 'held' || rows.run.row.state === 'finished';
  });
  const order = { who: 'megan', id: 'megan', reason: 'a test', now: simulation.engine.now() };
  const state = stateOf(simulation.rows());
  if (asked === 'undo')
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
  if (asked === 'hand back')
    await advance(simulation.engine, runRef(runId), begin({ ...accepted(state), ...identified }, order));
  await toTheEnd(simulation, seen);
  return moments;
}

const kinds = {
  full: { level: 'full', held: null, order: null },
  contained: { level: 'contain', held: null, order: null },
  held: { level: 'full', held: 'a protected account', order: null },
  undone: { level: 'full', held: null, order: 'undo' },
  'handed back': { level: 'full', held: null, order: 'hand back' },
} as const;

/** Each state with two of the changes; with all of them it takes three times as long. */
const share = process.env['EVERY_CHANGE'] === undefined ? 3 : 1;

describe('an upgrade in the middle of a run', () => {
  const lived = Promise.all([
    momentsOf('full'),
    momentsOf('contained'),
    momentsOf('held'),
    momentsOf('undone'),
    momentsOf('handed back'),
  ]);

  it('is tried in every state that a run has, and in every phase of a hand-back', async () => {
    const moments = (await lived).flatMap((one) => [...one.values()]);
    const has = (of: (moment: Moment) => string | undefined) => new Set(moments.map(of));
    expect(has(({ run }) => run.state)).toEqual(new Set(['held', 'open', 'finished', 'closed']));
    for (const state of ['waiting', 'queued', 'running', 'settled'])
      for (const aim of ['fix', 'check', 'undo'])
        expect(
          moments.some(({ steps }) => steps.some((row) => row.state === state && row.aim === aim)),
          `${state} ${aim}`,
        ).toBe(true);
    const phases = ['check', 'clear', 'enable', 'pass', 'owner', 'restore', 'roles', 'done'];
    for (const phase of phases) expect([...has(phaseOf)], phase).toContain(phase);
  });

  it.each(Object.keys(upgrades).map((change, index) => [change, index] as const))(
    'leaves the run whole in every state: %s',
    async (change, turn) => {
      for (const moments of await lived) {
        for (const [number, [name, moment]] of [...moments].entries()) {
          if (number % share !== turn % share) continue;
          const scenario = { things: moment.world, refused: [], level: moment.run.level };
          const simulation = new Simulation(
            scenario,
            chaosOf(() => 0.6),
          );
          simulation.clock = moment.at;
          const { run, steps } = downgraded(moment);
          await simulation.resume(run, steps);
          simulation.engine.playbook = upgrades[change]?.(simulation.engine.playbook) ?? [];
          const known = new Set(simulation.engine.playbook.map((step) => step.name));
          await toTheEnd(simulation);
          const end = stateOf(simulation.rows());
          // What the version before had already sent passes by a gate that it did not know.
          const sent = moment.steps.filter(({ acts, state }) => acts && state !== 'settled');
          const broken = simulation.broken.filter(
            (line) => !sent.some((row) => line.startsWith(`${row.name} acted before`)),
          );
          expect(broken, name).toEqual([]);
          expect(end.run.state, name).toBe('closed');
          for (const row of end.steps) {
            const is = `${name}: ${row.name}`;
            const handsBack = row.stage === 'hand-back' && end.run.endsAs !== 'handed back';
            if (!handsBack) expect(row.state, is).toBe('settled');
            if (row.state === 'settled') expect(row.outcome, is).not.toBeNull();
            const keeps = row.stage === 'contain' || row.stage === 'evict';
            if (end.run.endsAs === null && keeps && row.outcome?.is === 'done' && row.name !== 'scan-devices')
              expect(simulation.world.has(row.name), is).toEqual([]);
            // What had not ended, and nobody knows any more, is left to a person.
            const before = moment.steps.find((old) => old.name === row.name);
            if (!known.has(row.name) && before?.outcome === null && end.run.endsAs === null)
              expect(openTasks(row).length, is).toBeGreaterThan(0);
          }
        }
      }
    },
    120_000,
  );
});

describe('a row of a newer version', () => {
  const [, { run, steps }] = snapshots[0] ?? [undefined, { run: undefined, steps: [] }];

  it('keeps what this version does not know, and its version number — both run side by side while one replaces the other', () => {
    const newer = { ...run, rowVersion: 99, somethingNew: { a: 1 } };
    const read = storedRunSchema.parse(newer);
    expect(read).toMatchObject({ somethingNew: { a: 1 } });
    expect(versioned({ ...read, state: 'finished' })).toMatchObject({
      rowVersion: 99,
      somethingNew: { a: 1 },
      state: 'finished',
    });
  });

  it('gets this version’s number if it is older', () => {
    const [step] = steps;
    if (step === undefined) throw new Error('no step');
    expect(versioned(step)).toMatchObject({ rowVersion: 2 });
  });
});

it('fixtures contain only the tests’ own accounts', () => {
  for (const [, { run }] of snapshots) expect(run.account.id).toBe(adele.id);
});
