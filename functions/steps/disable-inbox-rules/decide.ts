// Decides about a rule, by what it does and by what the audit log says about its author: the rule itself has neither
// author nor date. Owners sometimes make suspicious rules, and intruders harmless-looking ones; so the log decides if
// it can, and otherwise a person.

import { type Act, makesRule, pairsIn, parameterOf, tiedBy } from '../../../shared/intruder/acts.ts';
import { oddityOf } from '../../../shared/microsoft365/rule-name.ts';
import type { Intruder, StoredTrace } from '../../../shared/model/intruder.ts';
import type { RunView } from '../../../shared/model/step.ts';
import type { Mode } from '../../../shared/model/words.ts';
import { type Judgement, judgeRule, type RuleContext } from './judge.ts';
import type { InboxRule } from './rule.ts';
import type { ReadRule } from './rules-of.ts';

/** `adele\13545366470107004929` names the rule just as its number or its name alone does. */
const lastPart = (identity: string) => identity.slice(identity.lastIndexOf('\\') + 1);

/** Exchange shows the number of a rule without a sign, Outlook's records with one; 0 stands for a new rule. */
function numbersOf(id: string): string[] {
  if (!/^-?\d+$/.test(id) || /^-?0+$/.test(id)) return [];
  return [id, BigInt.asUintN(64, BigInt(id)).toString()];
}

const propertyOf = (act: Act, name: string) => pairsIn(act, 'OperationProperties').get(name) ?? '';

/** Everything that the record calls the rule: ids and names together. */
function namesIn(act: Act): Set<string> {
  const object = act.activity === 'UpdateInboxRules' ? undefined : (act.object ?? undefined);
  const all = [parameterOf(act, 'Name'), parameterOf(act, 'Identity'), object, propertyOf(act, 'rulename')];
  const said = all.flatMap((name) => (name ? [name, lastPart(name)] : []));
  return new Set([...said, ...numbersOf(propertyOf(act, 'ruleid'))]);
}

const isEmpty = (value: string) => /^(?:[{[]\s*[}\]])?$/.test(value.trim());
const rewriteMs = 10_000;

/** Outlook records each rule of the set that it stores, changed or not, and says nothing about it but its number. */
const saysNothing = (act: Act) =>
  act.activity === 'UpdateInboxRules' &&
  /^ModifyMailboxRule$/i.test(propertyOf(act, 'ruleoperation')) &&
  ['rulename', 'rulecondition', 'ruleactions'].every((name) => isEmpty(propertyOf(act, name)));

/** What else Outlook recorded about other rules within seconds. */
const burstOf = (act: Act, acts: readonly Act[]) =>
  acts.filter(
    (other) =>
      other.activity === 'UpdateInboxRules' &&
      Math.abs(Date.parse(act.at) - Date.parse(other.at)) <= rewriteMs &&
      propertyOf(act, 'ruleid') !== propertyOf(other, 'ruleid'),
  );

/** The rule that an act is about; none if the name stands for two. */
function ruleOf(act: Act, rules: readonly ReadRule['rule'][]) {
  const names = namesIn(act);
  const byId = rules.filter(({ id }) => names.has(id) || names.has(lastPart(id)));
  const byName = rules.filter(({ name }) => name !== '' && names.has(name));
  const [rule, ...more] = byId.length > 0 ? byId : byName;
  return more.length === 0 ? rule : undefined;
}

interface MadeBy {
  /** The act that shows who made it, by the rule's id. */
  acts: ReadonlyMap<string, Act>;
  /** Rules that were stored again with others, while no record says what changed: any of them may have changed. */
  stored: ReadonlySet<string>;
}

/** What the acts say about the rules of one mailbox. */
function rulesMadeBy(acts: readonly Act[], read: readonly ReadRule[]): MadeBy {
  const rules = read.map(({ rule }) => rule);
  const done = acts.filter(({ activity, succeeded }) => succeeded && makesRule.test(activity));
  const found = new Map<string, Act>();
  const stored = new Set<string>();
  for (const act of done) {
    const id = ruleOf(act, rules)?.id;
    if (id === undefined) continue;
    const burst = saysNothing(act) ? burstOf(act, done) : [];
    if (burst.length === 0) found.set(id, found.get(id) ?? act);
    else if (burst.every(saysNothing)) stored.add(id);
  }
  for (const id of found.keys()) stored.delete(id);
  return { acts: found, stored };
}

/** The log usually answers within minutes; after this time, the rule's looks decide. */
const mostMinutes = 15;

/** When the account was locked, or the run began: the intruder acted before that. */
const lockedAt = ({ openedAt, fixedAt }: RunView) =>
  Math.max(Date.parse(openedAt), Date.parse(fixedAt['block-sign-in'] ?? openedAt));

/** Whether the audit log may still tell who made a rule, in a run that would act on it now. */
const logMayTell = (run: RunView, now: Date): boolean =>
  run.level === 'full' &&
  run.ended !== undefined &&
  run.ended['collect-audit-log'] === undefined &&
  now.getTime() - lockedAt(run) < mostMinutes * 60_000;

/** Made in a session or on a device that is the owner's. */
const isOwners = ({ trace }: Act, { marks }: Intruder): boolean =>
  trace !== null &&
  marks.some(
    ({ kind, value, verdict }) =>
      verdict === 'owner' &&
      ((kind === 'session' && value === trace.session) || (kind === 'device' && value === trace.device)),
  );

/**
 * What proves that a rule is the owner's: a record of its creation. A missing record proves nothing, since not every
 * way to make a rule is logged, and an intruder may have been in before they were seen.
 */
function groundOf(made: Act | undefined, intruder: Intruder): string | undefined {
  if (made === undefined) return undefined;
  if (isOwners(made, intruder)) return 'the log shows that the owner made it';
  const since = Date.parse(intruder.since ?? '');
  return Date.parse(made.at) < since ? 'the log shows that it is older than the intruder' : undefined;
}

/** What is known about who made the rules of one mailbox. */
interface Known {
  run: RunView;
  intruder: Intruder;
  mode: Mode;
  now: Date;
  /** The intruder's acts. */
  acts: readonly Act[];
  actsOfOthers: readonly Act[];
}

type Judged = Judgement & { rule: InboxRule };

interface Decision {
  is: 'disable' | 'ask' | 'keep';
  why: string;
  evidence?: string;
  by?: StoredTrace;
  /** Sends mail out and is kept anyway: the summary names it. */
  told?: true;
  /** The log shows that the owner made it, or that it is older than the intruder. */
  owners?: true;
}

/** Only its looks speak against it, and it neither hides mail nor has a name that hides the rule. */
const looksOwn = ({ rule, evidence }: Judged) =>
  evidence === undefined && !rule.hidden && oddityOf(rule.name).points === 0;

interface Makers {
  intruders: MadeBy;
  others: MadeBy;
  /** The log has not answered yet. */
  pending: boolean;
}

function decisionOn(judged: Judged, makers: Makers, { intruder }: Known): Decision {
  const { id } = judged.rule;
  const why = judged.reasons.join('; ');
  if (!judged.rule.enabled) return { is: 'keep', why };
  const theirs = makers.intruders.acts.get(id);
  if (theirs !== undefined) return { is: 'disable', why: `${theirs.evidence}; ${why}`, ...tiedBy(theirs) };
  if (judged.verdict === 'keep') return { is: 'keep', why };

  const other = makers.others.acts.get(id);
  const ground = makers.intruders.stored.has(id) ? undefined : groundOf(other, intruder);
  // It is the owner's and only forwards mail: no question to anybody, but it is reported.
  const owners = ground === undefined ? {} : { owners: true as const };
  if (ground !== undefined && judged.onlyOutside)
    return { is: 'keep', why: `${why}; ${ground}`, told: true, ...owners };
  if (judged.evidence !== undefined) return { is: 'disable', why, evidence: judged.evidence };
  if (other !== undefined) return { is: 'ask', why: `was ${other.evidence}; ${why}`, ...owners };
  if (judged.verdict === 'ask') return { is: 'ask', why };
  if (makers.pending && looksOwn(judged))
    return { is: 'ask', why: `${why}; waits for the audit log, which may tell who made it` };
  return { is: 'disable', why };
}

/** Every rule of a mailbox with its decision, by what it does and by what the audit log says so far. */
export function decideOn(rules: readonly ReadRule[], context: RuleContext, known: Known) {
  const makers: Makers = {
    intruders: rulesMadeBy(known.acts, rules),
    others: rulesMadeBy(known.actsOfOthers, rules),
    pending: known.mode === 'act' && logMayTell(known.run, known.now),
  };
  return rules.map((entry) => {
    const judged = { ...entry, ...judgeRule(entry.rule, context) };
    const { evidence: _looks, ...rest } = judged;
    const on = { ...entry, rule: { ...entry.rule, enabled: true } };
    return {
      ...rest,
      ...decisionOn(judged, makers, known),
      /** As far as is now known, it would be left on: if this run disabled it, it is given back. */
      isOwners: decisionOn({ ...on, ...judgeRule(on.rule, context) }, makers, known).owners === true,
      /**
       * The intruder's Outlook stored it again together with all others: only the owner can say whether it was changed.
       */
      storedAgain: makers.intruders.stored.has(entry.rule.id),
    };
  });
}
