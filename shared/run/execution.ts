// One execution of a step: what it is told about its run, and how it may end. It decides nothing.

import type { RunState, StepRow } from '../model/rows.ts';
import type { HandedOn, RawContext, RunView, Step } from '../model/step.ts';
import type { Json } from '../model/words.ts';
import type { Engine } from './engine.ts';
import { verdictOf } from './verdict.ts';

export function contextOf(
  engine: Engine,
  step: Step,
  { run, steps }: RunState,
  abort: AbortSignal,
): RawContext {
  const fixes = steps.flatMap((row) => row.changes.map((change) => [row.name, change.fixedAt] as const));
  const fixedAt: Record<string, string> = {};
  for (const [name, at] of fixes) {
    if (at !== null && at > (fixedAt[name] ?? '')) fixedAt[name] = at;
  }
  const facts = factsOf(engine.playbook, steps);
  const rolesRemovedAt = fixedAt[steps.find(({ part }) => part === 'admin-roles')?.name ?? ''];
  const ended = Object.fromEntries(
    steps.flatMap((row) => (row.outcome === null ? [] : [[row.name, row.outcome.is]])),
  );
  const { departures, searches } = engine;
  return {
    account: run.account,
    ...(departures === undefined
      ? {}
      : { mayGo: (others: readonly string[]) => departures.mayGo(run.account.id, others, engine.now()) }),
    ...(searches === undefined
      ? {}
      : {
          searches: {
            start: (look) => searches.start(run.id, look, engine.now()),
            end: (how) => searches.end(run.id, how, engine.now()),
          },
        }),
    run: {
      id: run.id,
      code: run.code,
      level: run.level,
      openedAt: run.openedAt,
      signals: run.signals,
      fixedAt,
      ended,
      verdict: verdictOf(run, steps).word,
      ...(run.falseAlarm ? { falseAlarm: true as const } : {}),
      ...(run.handBack === undefined
        ? {}
        : {
            handBack: {
              begunAt: run.handBack.begunAt,
              passAskedAt: run.handBack.pass?.askedAt ?? null,
            },
          }),
      facts,
      answered: answered(engine.playbook, steps),
      ...(rolesRemovedAt === undefined ? {} : { rolesRemovedAt }),
      ...(run.drill === undefined ? {} : { drill: { sink: run.drill.sink } }),
    },
    intruder: run.intruder,
    settings: engine.stepSettings[step.name],
    now: engine.now(),
    abort,
  };
}

/** What the investigations that have ended handed on, whether they ended well or not. */
const answered = (playbook: readonly Step[], rows: readonly StepRow[]): HandedOn[] =>
  playbook.flatMap((step) => {
    const ended = rows.some(({ name, outcome }) => name === step.name && outcome !== null);
    return step.kind === 'investigation' && step.handsOn !== null && ended ? step.handsOn : [];
  });

/** What each investigation has handed on, under the name that it declares. */
function factsOf(playbook: readonly Step[], rows: readonly StepRow[]): NonNullable<RunView['facts']> {
  const facts: Partial<Record<HandedOn, Json>> = {};
  for (const step of playbook) {
    const handed = rows.find(({ name }) => name === step.name)?.facts;
    if (step.kind === 'investigation' && step.handsOn !== null && handed !== undefined)
      facts[step.handsOn] = handed;
  }
  return facts;
}

/** One execution of a step, as the remediate, collect and undo parts see it. */
export interface Execution {
  engine: Engine;
  step: Step;
  row: StepRow;
  state: RunState;
  context: RawContext;
  /** Writes the row in the middle of the work; throws LeaseLost when another worker has taken over. */
  record(row: StepRow): Promise<StepRow>;
}

/** The result of an execution: the row to settle with, or the row and the time to look again. */
export type Ending =
  | { is: 'settled'; row: StepRow; intruder?: RunState['run']['intruder'] }
  | { is: 'later'; row: StepRow; seconds: number };
