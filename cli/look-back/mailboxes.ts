// Forwarding and inbox rules of every mailbox, judged by the same code as in a run. The list of mailboxes includes what
// each forwards, a thousand at a time; the rules take one request per mailbox, and a second only if it matters whether
// a rule is hidden.
import { z } from 'zod';
import {
  type Judgement,
  judgeRule,
  type RuleContext,
} from '../../functions/steps/disable-inbox-rules/judge.ts';
import { type InboxRule, readExchangeRule } from '../../functions/steps/disable-inbox-rules/rule.ts';
import { everyRuleOf, shownRulesOf } from '../../functions/steps/disable-inbox-rules/rules-of.ts';
import { forwardingOf } from '../../functions/steps/remove-mail-forwarding.ts';
import { PermanentError } from '../../shared/errors.ts';
import { mailboxPage } from '../../shared/microsoft365/links.ts';
import { directoryOf, unlessMissing } from '../../shared/microsoft365/mailbox.ts';
import { readRecipient } from '../../shared/microsoft365/recipients.ts';
import type { ExchangePages, ExchangeReader } from '../../shared/model/clients.ts';
import { inQuotes } from '../../shared/model/text.ts';
import type { Find, Seen } from './find.ts';
import type { ListedMailbox, State } from './state.ts';

/** An odd field of a mailbox costs that field only. */
const text = z.string().nullish().catch(null);
const rowSchema = z.object({
  ExternalDirectoryObjectId: text,
  Guid: text,
  UserPrincipalName: text,
  DisplayName: text,
  EmailAddresses: z.array(z.string()).nullish().catch(null),
  ForwardingAddress: z.unknown().optional(),
  ForwardingSmtpAddress: z.unknown().optional(),
});
const selected = Object.keys(rowSchema.shape);

/** Get-Mailbox for the whole tenant, written to the state page by page. */
export async function listMailboxes(exchange: ExchangePages, state: State, now: () => Date): Promise<void> {
  await state.append({ is: 'listing', at: now().toISOString() });
  let n = 0;
  let before = new Set<string>();
  const all = { ResultSize: 'Unlimited' };
  for await (const page of exchange.pages('Get-Mailbox', all, rowSchema, { select: selected })) {
    const ids = new Set<string>();
    for (const row of page) {
      const id = row.ExternalDirectoryObjectId || row.Guid || row.UserPrincipalName || '';
      // A page may begin with the last entries of the previous one.
      if (ids.has(id) || before.has(id)) continue;
      if (id !== '') ids.add(id);
      await state.append({
        is: 'mailbox',
        n,
        id,
        userPrincipalName: row.UserPrincipalName || id || `number ${n + 1} in the list`,
        displayName: row.DisplayName ?? '',
        addresses: (row.EmailAddresses ?? []).flatMap((proxy) => readRecipient(proxy).address ?? []),
        forwards: Boolean(row.ForwardingAddress) || Boolean(row.ForwardingSmtpAddress),
      });
      n += 1;
    }
    before = ids;
  }
  await state.append({ is: 'listed', count: n, at: now().toISOString() });
}

/** Throws what Exchange throws; the caller decides whether that concerns one mailbox only. */
export async function lookInto(
  exchange: ExchangeReader,
  mailbox: ListedMailbox,
  domains: readonly string[],
): Promise<Seen> {
  if (mailbox.id === '') throw new PermanentError('The list of mailboxes gives no id for it.');
  const judged = await judgedRules(exchange, mailbox, domains);
  // The mailbox was deleted since the list was made.
  if (judged === undefined) return { looked: 0, finds: [], gaps: [] };
  const forwarding = mailbox.forwards ? await forwardingFind(exchange, mailbox) : [];
  return {
    looked: judged.length,
    finds: [...forwarding, ...judged.flatMap((one) => findOf(mailbox, one))],
    gaps: [],
  };
}

type Judged = Judgement & { rule: InboxRule };

/** A disabled rule does no harm now, but whoever made it was there, so it is judged as if enabled. */
const judgedAsOn = (rule: InboxRule, context: RuleContext) => judgeRule({ ...rule, enabled: true }, context);

async function judgedRules(
  exchange: ExchangeReader,
  mailbox: ListedMailbox,
  domains: readonly string[],
): Promise<Judged[] | undefined> {
  const exported = await unlessMissing(everyRuleOf(exchange, mailbox));
  if (exported === undefined) return undefined;
  if (exported.length === 0) return [];
  const rules = exported.map((one) => readExchangeRule(one));
  const { displayName, userPrincipalName, addresses } = mailbox;
  const context = {
    acceptedDomains: domains,
    owner: { name: displayName, addresses: [userPrincipalName, ...addresses] },
    directory: await directoryOf(
      exchange,
      rules.flatMap(({ actions }) => actions.sendsTo),
      domains,
    ),
  };
  const judge = (rule: InboxRule, hidden: boolean) => {
    const whole = { ...rule, hidden };
    return { rule: whole, ...judgedAsOn(whole, context) };
  };
  const asShown = rules.map((rule) => judge(rule, false));
  const asHidden = rules.map((rule) => judge(rule, true));
  if ([...asShown, ...asHidden].every(({ verdict }) => verdict === 'keep')) return asShown;
  const shown = (await unlessMissing(shownRulesOf(exchange, mailbox))) ?? new Set();
  return rules.map((rule) => judge(rule, !shown.has(rule.id)));
}

function findOf({ id, userPrincipalName }: ListedMailbox, { rule, verdict, reasons }: Judged): Find[] {
  if (verdict === 'keep') return [];
  const name = /[\p{L}\p{N}\p{P}\p{S}]/u.test(rule.name)
    ? `rule ${inQuotes(rule.name)}`
    : 'a rule without a visible name';
  const off = rule.enabled ? '' : ', which is switched off';
  return [
    {
      id: `rule:${id}:${rule.id}`,
      kind: 'rule',
      verdict: rule.enabled && verdict === 'disable' ? 'remove' : 'ask',
      person: { id, userPrincipalName },
      what: `${name}${off}`,
      why: reasons.join('; '),
      now: rule.enabled
        ? 'Ask the owner, by phone, whether it is theirs; if not, answer it as a compromise: whoever made it was signed in.'
        : 'Nobody loses mail by it now. Ask who made it and who switched it off: whoever made it was signed in.',
      link: mailboxPage(id),
    },
  ];
}

async function forwardingFind(exchange: ExchangeReader, mailbox: ListedMailbox): Promise<Find[]> {
  const { id, userPrincipalName, displayName } = mailbox;
  const looked = {
    mailbox: { id, userPrincipalName, displayName },
    own: true,
    names: new Set<string>(),
    acts: [],
  };
  const found = await forwardingOf(exchange, looked, true);
  const common = {
    id: `forwarding:${id}`,
    kind: 'forwarding' as const,
    person: { id, userPrincipalName },
    link: mailboxPage(id),
  };
  if (found?.change !== undefined) {
    const { what, why } = found.change;
    return [
      {
        ...common,
        verdict: 'remove',
        what,
        why,
        now: 'Ask the owner, by phone, whether they set it; if not, answer it as a compromise.',
      },
    ];
  }
  if (found?.task !== undefined && found.asksAbout !== undefined)
    return [{ ...common, verdict: 'ask', ...found.asksAbout, now: found.task.instruction }];
  return [];
}
