// What one step has to tell another: a step looks again when what it judges by has changed, not because another step
// did some work. Pure.
import { createHash } from 'node:crypto';
import { type Intruder, intruderSchema } from '../model/intruder.ts';
import type { Outcome, StepRow } from '../model/rows.ts';
import type { Step } from '../model/step.ts';
import type { Json } from '../model/words.ts';

/** Ending this way is no news: what the step found and did is compared separately, and nobody judges by the rest. */
const quiet: Readonly<Record<StepRow['kind'], readonly Outcome['is'][]>> = {
  remediation: ['unchanged', 'reported', 'off'],
  investigation: ['unchanged', 'reported', 'off', 'done'],
};

/** What a follower judges by, in short form: the same text means that another look would see the same. */
export function newsOf(row: StepRow, { judgesByAnswers }: Pick<Step, 'judgesByAnswers'>): string {
  const { kind, outcome } = row;
  const ended = outcome === null || quiet[kind].includes(outcome.is) ? '' : outcome.is;
  if (kind === 'remediation') return `${lastFix(row)} ${ended}`;
  const answered = judgesByAnswers === true && outcome !== null ? 'answered' : '';
  return `${row.madeKnown ?? ''} ${factsIn(row)} ${answered} ${ended}`;
}

const lastFix = ({ changes }: StepRow) =>
  changes.reduce((last, { fixedAt }) => (fixedAt !== null && fixedAt > last ? fixedAt : last), '');

/** What an investigation newly reveals about the intruder; undefined if it was all known already. */
export function newsOfIntruder(found: Intruder | undefined, known: Intruder): string | undefined {
  const text = found && inOrder(found);
  return text === undefined || text === inOrder(known) ? undefined : digestOf(text);
}

/** With sorted keys, so that it doesn't matter who put it together. */
const inOrder = (intruder: Intruder) => JSON.stringify(intruderSchema.parse(intruder));
const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** That a log is now complete up to a later time is no news to anybody. */
const horizons = 'horizons';

const digests = new WeakMap<object, string>();
/**
 * Facts that say nothing count as none. Computed once for each object: a plan asks for the same few again and again.
 */
function factsIn({ facts }: StepRow): string {
  if (facts === undefined || saysNothing(facts)) return '';
  const told = typeof facts === 'object' && facts !== null ? facts : { facts };
  const known = digests.get(told);
  if (known !== undefined) return known;
  const digest = digestOf(JSON.stringify(told, (key, value) => (key === horizons ? undefined : value)));
  digests.set(told, digest);
  return digest;
}

function saysNothing(facts: Json): boolean {
  if (typeof facts !== 'object' || facts === null) return !facts;
  return Object.entries(facts).every(([name, value]) => name === horizons || saysNothing(value));
}
