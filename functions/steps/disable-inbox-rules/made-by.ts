// Which inbox rules the intruder made or changed, by the audit log: the rules themselves know neither maker nor date.
import { type Act, makesRule, pairsIn, parameterOf } from '../../../shared/intruder/acts.ts';
import type { ReadRule } from './rules-of.ts';

/** `adele\13545366470107004929` stands for the rule as much as its number or its name alone. */
const lastPart = (identity: string) => identity.slice(identity.lastIndexOf('\\') + 1);

/** Exchange shows the number of a rule without a sign, Outlook's records with one; 0 stands for a new rule. */
function numbersOf(id: string): string[] {
  if (!/^-?\d+$/.test(id) || /^-?0+$/.test(id)) return [];
  return [id, BigInt.asUintN(64, BigInt(id)).toString()];
}

const propertyOf = (act: Act, name: string) => pairsIn(act, 'OperationProperties').get(name) ?? '';

/** Whatever the record calls the rule by: ids and names in one. */
function namesIn(act: Act): Set<string> {
  const object = act.activity === 'UpdateInboxRules' ? undefined : (act.object ?? undefined);
  const all = [parameterOf(act, 'Name'), parameterOf(act, 'Identity'), object, propertyOf(act, 'rulename')];
  const said = all.flatMap((name) => (name ? [name, lastPart(name)] : []));
  return new Set([...said, ...numbersOf(propertyOf(act, 'ruleid'))]);
}

const isEmpty = (value: string) => /^\s*([{[]\s*[}\]])?\s*$/.test(value);
const rewriteMs = 10_000;

/** Outlook writes down each rule of the set that it stores, changed or not, and says no more of it than its number. */
const saysNothing = (act: Act) =>
  act.activity === 'UpdateInboxRules' &&
  /^ModifyMailboxRule$/i.test(propertyOf(act, 'ruleoperation')) &&
  ['rulename', 'rulecondition', 'ruleactions'].every((name) => isEmpty(propertyOf(act, name)));

/** What else Outlook wrote down within seconds, of other rules. */
const burstOf = (act: Act, acts: readonly Act[]) =>
  acts.filter(
    (other) =>
      other.activity === 'UpdateInboxRules' &&
      Math.abs(Date.parse(act.at) - Date.parse(other.at)) <= rewriteMs &&
      propertyOf(act, 'ruleid') !== propertyOf(other, 'ruleid'),
  );

/** The rule that an act is about; none where a name stands for two. */
function ruleOf(act: Act, rules: readonly ReadRule['rule'][]) {
  const names = namesIn(act);
  const byId = rules.filter(({ id }) => names.has(id) || names.has(lastPart(id)));
  const byName = rules.filter(({ name }) => name !== '' && names.has(name));
  const [rule, ...more] = byId.length > 0 ? byId : byName;
  return more.length === 0 ? rule : undefined;
}

export interface MadeBy {
  /** Evidence by the id of the rule. */
  evidence: ReadonlyMap<string, string>;
  /** Rules that were stored again with others, while no record says what was changed: any of them may be another now. */
  stored: ReadonlySet<string>;
}

/** What the acts tell of the rules of one mailbox. */
export function rulesMadeBy(acts: readonly Act[], read: readonly ReadRule[]): MadeBy {
  const rules = read.map(({ rule }) => rule);
  const done = acts.filter(({ activity, succeeded }) => succeeded && makesRule.test(activity));
  const evidence = new Map<string, string>();
  const stored = new Set<string>();
  for (const act of done) {
    const id = ruleOf(act, rules)?.id;
    if (id === undefined) continue;
    const burst = saysNothing(act) ? burstOf(act, done) : [];
    if (burst.length === 0) evidence.set(id, evidence.get(id) ?? act.evidence);
    else if (burst.every(saysNothing)) stored.add(id);
  }
  for (const id of evidence.keys()) stored.delete(id);
  return { evidence, stored };
}
