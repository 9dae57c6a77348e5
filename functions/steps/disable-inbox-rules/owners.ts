// What an owner makes looks suspicious at times: mail to a private address, invoices filed as read. So a rule that only
// its looks speak against, under a name that people give, is left until the audit log can tell who made it.

import type { Act } from '../../../shared/intruder/acts.ts';
import { oddityOf } from '../../../shared/microsoft365/rule-name.ts';
import type { RunView } from '../../../shared/model/step.ts';
import type { Mode } from '../../../shared/model/words.ts';
import { type Judgement, judgeRule, type RuleContext } from './judge.ts';
import { rulesMadeBy } from './made-by.ts';
import type { InboxRule } from './rule.ts';
import type { ReadRule } from './rules-of.ts';

/** The log answers within minutes as a rule; after this time the looks decide. */
const mostMinutes = 15;

/** Whether the audit log may still tell who made a rule, in a run that would act on it now. */
const logMayTell = ({ ended, level, openedAt, fixedAt }: RunView, now: Date): boolean => {
  // A run that was held for a while begins with the lock.
  const began = Math.max(Date.parse(openedAt), Date.parse(fixedAt['block-sign-in'] ?? openedAt));
  return (
    level === 'full' &&
    ended !== undefined &&
    ended['collect-audit-log'] === undefined &&
    now.getTime() - began < mostMinutes * 60_000
  );
};

type Judged = Judgement & { rule: InboxRule };

/** Nothing but its looks speaks against it, and it neither hides nor has a name that hides it. */
const looksOwn = ({ rule, evidence }: Judged) =>
  evidence === undefined && !rule.hidden && oddityOf(rule.name).points === 0;

/**
 * What becomes of a rule, and why. `ask`: nobody can judge it, or the log names a maker (`makers`, by the id of the
 * rule) who is not known as the intruder.
 */
function decisionOn(
  judged: Judged,
  makers: ReadonlyMap<string, string>,
  pending: boolean,
): { is: 'disable' | 'ask' | 'keep'; why: string } {
  const why = judged.reasons.join('; ');
  if (judged.verdict === 'keep') return { is: 'keep', why };
  if (judged.verdict === 'cannot-judge') return { is: 'ask', why: `cannot be judged: ${why}` };
  const maker = judged.evidence === undefined ? makers.get(judged.rule.id) : undefined;
  if (maker !== undefined) return { is: 'ask', why: `was ${maker}; ${why}` };
  const waits = pending && looksOwn(judged);
  return waits
    ? { is: 'keep', why: `${why}; waits for the audit log, which may tell who made it` }
    : { is: 'disable', why };
}

/** What is known about the maker of a rule in one mailbox. */
interface Known {
  run: RunView;
  mode: Mode;
  now: Date;
  acts: readonly Act[];
  actsOfOthers: readonly Act[];
}

/** Every rule of a mailbox with what becomes of it, by its looks and by what the audit log tells so far. */
export function judgeRules(
  rules: readonly ReadRule[],
  given: Omit<RuleContext, 'madeByIntruder'>,
  { run, mode, now, acts, actsOfOthers }: Known,
) {
  const intruders = rulesMadeBy(acts, rules);
  const context = { ...given, madeByIntruder: intruders.evidence };
  const makers = rulesMadeBy(actsOfOthers, rules).evidence;
  const pending = mode === 'act' && logMayTell(run, now);
  return rules.map((entry) => {
    const judged = { ...entry, ...judgeRule(entry.rule, context) };
    return {
      ...judged,
      ...decisionOn(judged, makers, pending),
      /** The intruder's Outlook stored it again with all others: only the owner can say whether it was changed. */
      storedAgain: intruders.stored.has(entry.rule.id),
    };
  });
}
