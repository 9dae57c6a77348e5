// Switches off the rules by which an intruder hides mail from the owner or has it sent out. Never deletes one; what
// is not suspicious is listed, and what nobody can judge becomes a task. Mail already moved stays where it is.
import { z } from 'zod';
import { unlessGone } from '../../../shared/microsoft365/gone.ts';
import { mailboxPage } from '../../../shared/microsoft365/links.ts';
import { acceptedDomains, contactsOf, mailboxIfAny } from '../../../shared/microsoft365/mailbox.ts';
import { readRecipient } from '../../../shared/microsoft365/recipients.ts';
import type { Account } from '../../../shared/model/account.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { inQuotes, powerShellValue } from '../../../shared/model/text.ts';
import { judgeRules } from './owners.ts';
import { exportedRuleSchema, type InboxRule } from './rule.ts';
import { exportOf, rulesOf } from './rules-of.ts';

const mailboxSchema = z.object({ EmailAddresses: z.array(z.string()).nullish() });
const reading = ['Get-Mailbox', 'Get-AcceptedDomain', 'Get-InboxRule', 'Get-Recipient'] as const;

/**
 * Get-InboxRule with IncludeHidden, for which reading roles do not suffice; Disable-InboxRule and Enable-InboxRule
 * delete the rules that only Outlook runs (https://learn.microsoft.com/powershell/module/exchange/disable-inboxrule).
 */
export const disableInboxRules = remediation({
  name: 'disable-inbox-rules',
  title: 'Disable suspicious inbox rules',
  removes:
    'rules that hide mail from the owner or send it out; what they moved or sent already is not brought back',
  guide: ['MS 3', 'SD'],
  stage: 'evict',
  settings: settings('act'),
  permissions: { exchange: [...reading, 'Disable-InboxRule', 'Enable-InboxRule'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: z.object({ identity: z.string(), rule: exportedRuleSchema }),

  async find({ account, run, now, settings: { mode }, exchange }) {
    const mailbox = await mailboxIfAny(exchange, account, ['EmailAddresses'], mailboxSchema);
    if (mailbox === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const [rules, domains] = await Promise.all([rulesOf(exchange, account), acceptedDomains(exchange)]);
    const addresses = (mailbox.EmailAddresses ?? []).flatMap((proxy) => readRecipient(proxy).address ?? []);
    const sentTo = rules.flatMap(({ rule }) => rule.actions.sendsTo);
    const context = {
      acceptedDomains: domains,
      owner: { name: account.displayName, addresses: [account.userPrincipalName, ...addresses] },
      contacts: await contactsOf(exchange, sentTo, domains),
    };
    const judged = judgeRules(rules, context, { run, mode, now });
    return {
      changes: judged.flatMap(({ is, rule, exported, why, evidence }) =>
        is !== 'disable'
          ? []
          : {
              id: rule.id,
              what: nameOf(rule),
              why,
              ...(evidence === undefined ? {} : { evidence }),
              before: { identity: rule.id, rule: exported },
            },
      ),
      tasks: judged.flatMap(({ is, rule, why }) => (is === 'ask' ? askTheOwner(rule, why, account) : [])),
      kept: judged.flatMap(({ is, rule, why }) => (is === 'keep' ? { what: nameOf(rule), why } : [])),
      attachments: exportOf(rules),
    };
  },

  async fix({ before }, { account, exchange }) {
    await unlessGone(exchange.run('Disable-InboxRule', ...ofMailbox(before.identity, account)));
  },

  async undo({ before }, { account, exchange }) {
    await exchange.run('Enable-InboxRule', ...ofMailbox(before.identity, account));
    return {
      id: 'rules-of-outlook',
      what: `rules of ${account.userPrincipalName} that only Outlook runs may be gone`,
      instruction:
        'Ask the owner whether rules are missing in Outlook on the computer: a rule that is changed from outside takes those with it that only Outlook runs. They have to be made again by hand.',
      link: mailboxPage(account.id),
    };
  },
});

/** Identity and mailbox both: a name, or a number alone, may stand for a rule of somebody else. */
const ofMailbox = (identity: string, { id, userPrincipalName }: Account) =>
  [{ Identity: identity, Mailbox: id, Force: true }, { anchor: userPrincipalName }] as const;

const nameOf = ({ name }: InboxRule) =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) ? `rule ${inQuotes(name)}` : 'a rule without a visible name';

const askTheOwner = (rule: InboxRule, why: string, account: Account): Task => ({
  id: `rule:${rule.id}`,
  what: `${nameOf(rule)} (${rule.id}) ${why}`,
  instruction: `Ask the owner, by another way than mail, whether the rule is theirs. If not, delete it: Remove-InboxRule -Mailbox ${powerShellValue(account.userPrincipalName)} -Identity ${powerShellValue(rule.id)}.`,
  link: mailboxPage(account.id),
});
