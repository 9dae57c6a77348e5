// Which inbox rules the intruder made or changed, by the audit log: the rules themselves know neither maker nor date.
import { z } from 'zod';
import { type Act, makesRule, parameterOf } from '../../../shared/intruder/acts.ts';
import type { ReadRule } from './rules-of.ts';

/** Outlook itself names the rule among other properties. */
const propertiesSchema = z.array(z.object({ Name: z.string(), Value: z.string() }));

/** `adele\13545366470107004929` stands for the rule as much as its number or its name alone. */
const lastPart = (identity: string) => identity.slice(identity.lastIndexOf('\\') + 1);

/** Whatever the record calls the rule by: ids and names in one. */
function namesIn(act: Act): Set<string> {
  const properties = propertiesSchema.safeParse(act.data['OperationProperties']).data ?? [];
  const said = properties.flatMap(({ Name, Value }) => (/^Rule(Id|Name)$/.test(Name) ? Value : []));
  const object = act.activity === 'UpdateInboxRules' ? undefined : (act.object ?? undefined);
  const all = [parameterOf(act, 'Name'), parameterOf(act, 'Identity'), object, ...said];
  return new Set(all.flatMap((name) => (name ? [name, lastPart(name)] : [])));
}

/** Evidence by the id of the rule. A name that two rules bear proves nothing of either. */
export function rulesMadeBy(acts: readonly Act[], read: readonly ReadRule[]): ReadonlyMap<string, string> {
  const rules = read.map(({ rule }) => rule);
  const evidence = new Map<string, string>();
  for (const act of acts) {
    if (!act.succeeded || !makesRule.test(act.activity)) continue;
    const names = namesIn(act);
    const byId = rules.filter(({ id }) => names.has(id) || names.has(lastPart(id)));
    const byName = rules.filter(({ name }) => name !== '' && names.has(name));
    const [rule, ...more] = byId.length > 0 ? byId : byName;
    if (rule !== undefined && more.length === 0 && !evidence.has(rule.id))
      evidence.set(rule.id, act.evidence);
  }
  return evidence;
}
