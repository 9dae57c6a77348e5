// The lock, made by the process that opens the run. A message to a queue would give the intruder another half second,
// so what a contain step finds is recorded in the transaction that opens the run, and its fix follows at once. It is
// the step's own code, claimed like any other turn; after a crash its queue takes over, with a message that is due when
// the lease ends.
import { byHandOf } from '../microsoft365/links.ts';
import type { Readers } from '../model/clients.ts';
import type { StepRow } from '../model/rows.ts';
import type { Remediation } from '../model/step.ts';
import { advanceTogether } from './advance.ts';
import type { Outgoing } from './bus.ts';
import type { Engine } from './engine.ts';
import { contextOf } from './execution.ts';
import type { Plan } from './plan.ts';
import { type RunRows, runRef } from './progress.ts';
import { withFirstLook } from './remediate.ts';
import { carryOut, claimedRow } from './run-step.ts';
import { timing } from './timing.ts';
import { message } from './turn.ts';

interface Begun extends Plan {
  /** Once the rows are written: makes the changes, checks them and settles the rows. */
  carryOut(rows: RunRows): Promise<void>;
}

export type FirstMove = (planned: Plan, now: Date) => Promise<Begun>;

/** A look that takes longer is left to the step's own turn. */
const lookSeconds = 5;

interface Move {
  step: Remediation;
  row: StepRow;
  recorded: ReadonlySet<string>;
}

/** `known` returns what was read a moment ago, so that nothing is read twice before the lock. */
export function firstMove(engine: Engine, known: Partial<Readers> = {}): FirstMove {
  return async (planned, now) => {
    const { run } = planned;
    const isSpared = run.approvedAt === undefined && (engine.protects?.(run.account) ?? null) !== null;
    const looked = isSpared ? [] : await Promise.all(planned.steps.map((row) => look(row)));
    const moves = looked.filter((move) => move !== undefined);

    async function look(row: StepRow): Promise<Move | undefined> {
      const step = engine.playbook.find(({ name }) => name === row.name);
      const moves = row.stage === 'contain' && row.state === 'queued' && row.acts;
      if (!moves || step?.kind !== 'remediation') return undefined;
      const abort = AbortSignal.timeout(lookSeconds * 1000);
      try {
        const readers = { ...engine.clients(abort), ...known };
        const find = () => step.find(contextOf(engine, step, planned, abort), readers);
        const first = await (run.drill && engine.overheard ? engine.overheard(run.drill, find) : find());
        if ('skip' in first) return undefined;
        const claimed = claimedRow(row, step, planned, now, timing.firstMoveLeaseSeconds);
        const found = withFirstLook(claimed, first, now, byHandOf(step, run.account));
        return found.toFix.size === 0 ? undefined : { step, row: found.row, recorded: found.toFix };
      } catch {
        // The step's own turn will meet the same failure, and it can wait, try again and report it.
        return undefined;
      }
    }

    const rowOf = new Map(moves.map(({ row }) => [row.name, row]));
    const first = moves[0]?.row;
    const own = (outgoing: Outgoing) => 'step' in outgoing.body && rowOf.has(outgoing.body.step);
    return {
      run,
      steps: planned.steps.map((row) => rowOf.get(row.name) ?? row),
      send: [
        ...planned.send.filter((outgoing) => !own(outgoing)),
        // One is enough: it plans again whatever else this process left behind.
        ...(first === undefined ? [] : [{ ...message(run, first, now), at: new Date(first.until ?? now) }]),
      ],
      async carryOut(rows) {
        // Nothing else in the run begins before all of them have ended, so writing them together delays nobody.
        const { advance, leave } = advanceTogether(engine, runRef(run.id), moves.length);
        const terms = { seconds: timing.firstMoveSeconds, advance };
        const ends = await Promise.allSettled(
          moves.map(({ step, row, recorded }) =>
            carryOut(engine, step, rows, row, { ...terms, recorded }).finally(leave),
          ),
        );
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      },
    };
  };
}
