// Switches off the rules with which an intruder hides mail from the owner or has it sent out. Never deletes one; what
// is not suspicious is listed, and what can't be judged becomes a task. Mail that was already moved stays where it is.
import { z } from 'zod';
import { actsIn, rulesOfOthersIn } from '../../../shared/intruder/acts.ts';
import { unlessGone } from '../../../shared/microsoft365/gone.ts';
import { mailboxPage } from '../../../shared/microsoft365/links.ts';
import { acceptedDomains, directoryOf, mailboxIfAny } from '../../../shared/microsoft365/mailbox.ts';
import {
  actsAbout,
  idIn,
  type LookedAt,
  lookYourself,
  type Mailbox,
  mailboxesHeld,
  mailboxesWithActs,
  mayLookIntoHeld,
  notLookedInto,
  type Where,
  whatIn,
  whereOf,
  whereSchema,
} from '../../../shared/microsoft365/mailboxes.ts';
import { readRecipient } from '../../../shared/microsoft365/recipients.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { ExchangeReader } from '../../../shared/model/clients.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import { type RunView, remediation, settings, type Task } from '../../../shared/model/step.ts';
import { capital, inQuotes, powerShellValue } from '../../../shared/model/text.ts';
import type { Mode } from '../../../shared/model/words.ts';
import { decideOn } from './decide.ts';
import { exportedRuleSchema, type InboxRule } from './rule.ts';
import { exportOf, rulesOf } from './rules-of.ts';

const beforeSchema = z.object({ mailbox: whereSchema, identity: z.string(), rule: exportedRuleSchema });
type Before = z.infer<typeof beforeSchema>;
const delegateRule = /^Delegate Rule -?\d+$/i;
const mailboxSchema = z.object({ EmailAddresses: z.array(z.string()).nullish() });
const reading = [
  'Get-Mailbox',
  'Get-AcceptedDomain',
  'Get-InboxRule',
  'Get-Recipient',
  'Get-RecipientPermission',
] as const;

/**
 * Get-InboxRule with IncludeHidden, for which read-only roles are not enough; Disable-InboxRule and Enable-InboxRule
 * delete the rules that only Outlook runs (https://learn.microsoft.com/powershell/module/exchange/disable-inboxrule).
 */
export const disableInboxRules = remediation({
  name: 'disable-inbox-rules',
  title: 'Disable suspicious inbox rules',
  removes:
    'rules that hide mail from the owner or send it out; what they moved or sent already is not brought back',
  did: (rules) =>
    rules === 1 ? 'made a rule that hides or forwards mail' : `made ${rules} rules that hide or forward mail`,
  guide: ['MS 3', 'SD'],
  stage: 'evict',
  byHand: ({ id, userPrincipalName }) => ({
    link: mailboxPage(id),
    role: 'Exchange Administrator',
    how: 'The command lists the rules, hidden ones too. Disable-InboxRule with -Mailbox and, as -Identity, the RuleIdentity switches one off: each that forwards, deletes or hides mail, unless the owner, asked by phone, knows it.',
    commands: [`Get-InboxRule -Mailbox ${powerShellValue(userPrincipalName)} -IncludeHidden`],
  }),
  settings: settings('act'),
  permissions: { exchange: [...reading, 'Disable-InboxRule', 'Enable-InboxRule'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  judgesByAnswers: true,
  before: beforeSchema,

  async find({ account, run, intruder, now, settings: { mode }, exchange }) {
    const reached = await mailboxesWithActs(exchange, account, actsIn(run) ?? []);
    const withActs = [reached.own, ...reached.others];
    const { held, more } = mayLookIntoHeld(run)
      ? await mailboxesHeld(exchange, account, withActs)
      : { held: [], more: 0 };
    const [own, ...others] = await Promise.all(
      [...withActs, ...held].map((one) => rulesIn(exchange, one, { run, intruder, now, mode })),
    );
    if (own === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const looks = [own, ...others.flatMap((one) => one ?? [])];
    return {
      changes: looks.flatMap(({ changes }) => changes),
      tasks: [...looks.flatMap(({ tasks }) => tasks), ...lookYourself(reached.lost, account, 'rules')],
      kept: [...looks.flatMap(({ kept }) => kept), ...notLookedInto(more)],
      attachments: exportOf(looks.flatMap(({ rules }) => rules)),
      owners: looks.flatMap(({ owners }) => owners),
    };
  },

  async fix({ before }, { account, exchange }) {
    await unlessGone(exchange.run('Disable-InboxRule', ...ofMailbox(before, account)));
  },

  async undo({ before }, { account, exchange }) {
    await exchange.run('Enable-InboxRule', ...ofMailbox(before, account));
    const { id, userPrincipalName } = before.mailbox ?? account;
    return {
      id: idIn(before.mailbox, 'rules-of-outlook'),
      what: `Ask the owner of ${userPrincipalName} whether rules are missing in Outlook on their computer`,
      instruction:
        'Changing a rule from outside deletes the rules that only Outlook runs. They have to be made again by hand.',
      link: mailboxPage(id),
      role: 'Exchange Administrator',
    };
  },
});

/** What becomes of the rules of one mailbox; undefined if there is no such mailbox. */
async function rulesIn(
  exchange: ExchangeReader,
  looked: LookedAt,
  given: { run: RunView; intruder: Intruder; now: Date; mode: Mode },
) {
  const { mailbox, acts } = looked;
  const where = whereOf(looked);
  const read = await mailboxIfAny(exchange, mailbox, ['EmailAddresses'], mailboxSchema);
  if (read === undefined) return undefined;
  const [rules, domains] = await Promise.all([rulesOf(exchange, mailbox), acceptedDomains(exchange)]);
  const addresses = (read.EmailAddresses ?? []).flatMap((proxy) => readRecipient(proxy).address ?? []);
  const sentTo = rules.flatMap(({ rule }) => rule.actions.sendsTo);
  const context = {
    acceptedDomains: domains,
    owner: { name: mailbox.displayName, addresses: [mailbox.userPrincipalName, ...addresses] },
    directory: await directoryOf(exchange, sentTo, domains),
    now: given.now,
  };
  const actsOfOthers = actsAbout(looked, rulesOfOthersIn(given.run));
  const judged = decideOn(rules, context, { ...given, acts, actsOfOthers });
  if (looked.held) {
    // Who made a rule there, only those who use it can tell; what looks harmless is theirs.
    const odd = judged.filter(({ is }) => is !== 'keep');
    const tasks = odd.map(({ rule, why }) => askTheOwner(rule, why, mailbox, where));
    return { rules: [], owners: [], changes: [], tasks, kept: [] };
  }
  const left = judged.filter(({ is }) => is === 'keep');
  return {
    rules,
    owners: judged.flatMap(({ rule, isOwners }) => (isOwners ? idIn(where, rule.id) : [])),
    changes: judged.flatMap(({ is, rule, exported, why, evidence, by }) =>
      is !== 'disable' || isOfDelegates(rule)
        ? []
        : {
            id: idIn(where, rule.id),
            what: whatIn(where, nameOf(rule)),
            why,
            ...(evidence === undefined ? {} : { evidence }),
            ...(by === undefined ? {} : { by }),
            before: { mailbox: where, identity: rule.id, rule: exported },
          },
    ),
    tasks: [
      ...judged.flatMap(({ is, rule, why }) => {
        if (is === 'ask') return askTheOwner(rule, why, mailbox, where);
        return is === 'disable' && isOfDelegates(rule) ? removeByHand(rule, why, mailbox, where) : [];
      }),
      ...askAboutStored(
        left.filter(({ storedAgain }) => storedAgain),
        mailbox,
        where,
      ),
    ],
    kept: left
      .filter(({ storedAgain }) => !storedAgain)
      .map(({ rule, why, told }) => ({
        what: whatIn(where, nameOf(rule)),
        why,
        ...(told === undefined ? {} : { told }),
      })),
  };
}

/** Names the mailbox by its id: the number alone may stand for somebody else's rule. */
const ofMailbox = ({ mailbox, identity }: Before, account: Account) => {
  const { id, userPrincipalName } = mailbox ?? account;
  return [{ Identity: numberIn(identity), Mailbox: id, Force: true }, { anchor: userPrincipalName }] as const;
};

/** `alias\\number` without its mailbox, which must be named only once. */
const numberIn = (identity: string) => identity.replace(/^.*\\(?=-?\d+$)/, '');

const nameOf = ({ name }: InboxRule) =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) ? `rule ${inQuotes(name)}` : 'a rule without a visible name';

/**
 * Outlook keeps one hidden rule for all delegates, and Exchange takes no change to it. A visible rule only has the name.
 */
const isOfDelegates = ({ name, hidden }: InboxRule) => hidden !== false && delegateRule.test(name);

/** Resetting the delegates is the one documented cmdlet that reaches their rule. */
const commandsFor = (rule: InboxRule, { userPrincipalName }: Mailbox) =>
  isOfDelegates(rule)
    ? [
        `Get-MailboxFolderPermission -Identity ${powerShellValue(`${userPrincipalName}:\\Calendar`)}`,
        `Remove-MailboxFolderPermission -Identity ${powerShellValue(`${userPrincipalName}:\\Calendar`)} -ResetDelegateUserCollection -Confirm:$false`,
        `Get-InboxRule -Mailbox ${powerShellValue(userPrincipalName)} -IncludeHidden`,
      ]
    : [
        `Remove-InboxRule -Mailbox ${powerShellValue(userPrincipalName)} -Identity ${powerShellValue(numberIn(rule.id))}`,
      ];

const resetDelegates =
  'Exchange refuses to disable it, since it is the hidden rule for delegates. Note who is a delegate, from the first command; the second makes each an editor of the calendar and takes the rule with it, in a mailbox in another language under the name of its calendar. If the third still lists the rule, delete it with MFCMAPI: in the associated contents of the inbox, the item whose rule provider is "Schedule+ EMS Interface". Then make the delegates that the owner, asked by phone, confirms delegates again';

const removeByHand = (rule: InboxRule, why: string, mailbox: Mailbox, where: Where): Task => ({
  id: idIn(where, `delegates:${rule.id}`),
  what: `Remove ${nameOf(rule)} from the mailbox of ${mailbox.userPrincipalName}`,
  instruction: `${capital(nameOf(rule))}: ${why}. ${resetDelegates}.`,
  link: mailboxPage(mailbox.id),
  role: 'Exchange Administrator',
  commands: commandsFor(rule, mailbox),
  danger: 'leak',
  remains: 'a hidden rule',
  essential: true,
});

const askTheOwner = (rule: InboxRule, why: string, mailbox: Mailbox, where: Where): Task => ({
  id: idIn(where, `rule:${rule.id}`),
  what: `Ask the owner of ${mailbox.userPrincipalName}, by phone, whether ${nameOf(rule)} is theirs`,
  instruction: `${capital(nameOf(rule))}: ${why}. If it is not theirs, delete it.${isOfDelegates(rule) ? ` ${resetDelegates}.` : ''}`,
  link: mailboxPage(mailbox.id),
  role: 'Exchange Administrator',
  commands: commandsFor(rule, mailbox),
  danger: 'leak',
});

/** Outlook stores the whole set when one rule is changed, and its records do not say which one. */
const askAboutStored = (stored: readonly { rule: InboxRule }[], mailbox: Mailbox, where: Where): Task[] =>
  stored.length === 0
    ? []
    : [
        {
          id: idIn(where, 'rules-stored-again'),
          what: `Ask the owner of ${mailbox.userPrincipalName}, by phone, whether ${stored.length === 1 ? 'this rule is' : `these ${stored.length} rules are`} as they made ${stored.length === 1 ? 'it' : 'them'}`,
          instruction: `The intruder's Outlook stored ${stored.length === 1 ? 'it' : 'them'} again and may have changed one: ${stored.map(({ rule }) => nameOf(rule)).join(', ')}. Delete what is not theirs.`,
          role: 'Exchange Administrator',
          danger: 'leak',
          link: mailboxPage(mailbox.id),
        },
      ];
