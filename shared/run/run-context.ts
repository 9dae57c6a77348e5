// What a step gets to know of its run, made from the rows. It decides nothing.

import type { RawContext, Step } from '../model/step.ts';
import type { Engine } from './engine.ts';
import type { RunState } from './plan.ts';
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
  const facts = Object.fromEntries(
    steps.flatMap((row) => (row.facts === undefined ? [] : [[row.name, row.facts]])),
  );
  const ended = Object.fromEntries(
    steps.flatMap((row) => (row.outcome === null ? [] : [[row.name, row.outcome.is]])),
  );
  const { leaving } = engine;
  return {
    account: run.account,
    ...(leaving === undefined
      ? {}
      : { mayGo: (others: readonly string[]) => leaving.mayGo(run.account.id, others, engine.now()) }),
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
    },
    intruder: run.intruder,
    settings: engine.stepSettings[step.name],
    now: engine.now(),
    abort,
  };
}
