// Reads all inbox rules of a mailbox, hidden ones too, each with its export. Changing one rule from outside may destroy
// others, so all are read in full before any is touched.
import { z } from 'zod';
import type { Mailbox } from '../../../shared/microsoft365/mailboxes.ts';
import type { ExchangeReader } from '../../../shared/model/clients.ts';
import type { Attachment } from '../../../shared/model/step.ts';
import { type ExportedRule, empty, exportedRuleSchema, type InboxRule, readExchangeRule } from './rule.ts';

export interface ReadRule {
  rule: InboxRule;
  /** The rule as Exchange returned it, without unset values and its place in the order. */
  exported: ExportedRule;
}

type Named = Pick<Mailbox, 'id' | 'userPrincipalName'>;

/** Get-InboxRule with IncludeHidden: every rule, without saying which are hidden. */
export const everyRuleOf = (exchange: ExchangeReader, { id, userPrincipalName }: Named) =>
  exchange.get('Get-InboxRule', { Mailbox: id, IncludeHidden: true }, exportedRuleSchema, {
    anchor: userPrincipalName,
  });

/** Get-InboxRule without it: the identities of the rules that the owner's own programs show. */
export async function shownRulesOf(
  exchange: ExchangeReader,
  { id, userPrincipalName }: Named,
): Promise<ReadonlySet<string>> {
  const options = { anchor: userPrincipalName, select: ['Identity'] };
  const shown = await exchange.get(
    'Get-InboxRule',
    { Mailbox: id },
    z.object({ Identity: z.string() }),
    options,
  );
  return new Set(shown.map(({ Identity }) => Identity));
}

/** Only the difference between the two lists shows which rules are hidden. */
export async function rulesOf(exchange: ExchangeReader, owner: Mailbox): Promise<ReadRule[]> {
  const [all, visible] = await Promise.all([everyRuleOf(exchange, owner), shownRulesOf(exchange, owner)]);
  return all.map((exported) => {
    const rule = readExchangeRule(exported);
    // The order shifts when another rule goes; a change must stay the same change anyway.
    const stable = Object.entries(exported).filter(([key, value]) => key !== 'Priority' && !empty(value));
    return { rule: { ...rule, hidden: !visible.has(rule.id) }, exported: Object.fromEntries(stable) };
  });
}

/**
 * All rules in one file: when rules are changed from outside, those that only Outlook runs are lost, and only this file
 * is left.
 */
export const exportOf = (rules: readonly ReadRule[]): Attachment[] =>
  rules.length === 0
    ? []
    : [
        {
          name: 'inbox-rules.json',
          type: 'application/json',
          content: JSON.stringify(
            rules.map(({ exported }) => exported),
            null,
            1,
          ),
        },
      ];
