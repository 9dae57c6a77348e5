// Stops a mailbox from sending all its mail on: to an address outside, or to one inside if the intruder set it. Rules
// forward too (disable-inbox-rules), and so do transport rules, which belong to the whole tenant.
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { type Act, actsIn, auditLogIn, parameterOf, tiedBy } from '../../shared/intruder/acts.ts';
import { mailboxPage } from '../../shared/microsoft365/links.ts';
import { acceptedDomains, addressesBehind, mailboxIfAny } from '../../shared/microsoft365/mailbox.ts';
import {
  idIn,
  type LookedAt,
  lookYourself,
  type Mailbox,
  mailboxesHeld,
  mailboxesWithActs,
  mayLookIntoHeld,
  notLookedInto,
  whatIn,
  whereOf,
  whereSchema,
} from '../../shared/microsoft365/mailboxes.ts';
import { asAddress, isInside } from '../../shared/microsoft365/recipients.ts';
import type { ExchangeClient, ExchangeReader } from '../../shared/model/clients.ts';
import { type Change, type Kept, remediation, settings, type Task } from '../../shared/model/step.ts';
import { nullableText, powerShellValue } from '../../shared/model/text.ts';

const properties = ['ForwardingAddress', 'ForwardingSmtpAddress', 'DeliverToMailboxAndForward'];
const mailboxSchema = z.object({
  ForwardingAddress: nullableText,
  ForwardingSmtpAddress: nullableText,
  DeliverToMailboxAndForward: z.boolean().nullish(),
});
const beforeSchema = z.object({
  mailbox: whereSchema,
  ForwardingAddress: z.string().nullable(),
  ForwardingSmtpAddress: z.string().nullable(),
  DeliverToMailboxAndForward: z.boolean(),
});
type Before = z.infer<typeof beforeSchema>;

/** Get-Mailbox, Set-Mailbox (https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox). */
export const removeMailForwarding = remediation({
  name: 'remove-mail-forwarding',
  title: 'Remove mail forwarding',
  removes:
    'forwarding of a whole mailbox to an address outside, or by the intruder; what was sent on already is with its receiver',
  did: () => 'had all mail forwarded',
  guide: ['MS 2', 'SD'],
  stage: 'evict',
  byHand: ({ id, userPrincipalName }) => ({
    link: mailboxPage(id),
    role: 'Exchange Administrator',
    commands: [
      `Set-Mailbox -Identity ${powerShellValue(userPrincipalName)} -DeliverToMailboxAndForward:$false -ForwardingAddress:$null -ForwardingSmtpAddress:$null`,
    ],
  }),
  settings: settings('act'),
  permissions: {
    exchange: [
      'Get-Mailbox',
      'Get-AcceptedDomain',
      'Get-Recipient',
      'Get-RecipientPermission',
      'Set-Mailbox',
    ],
  },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  judgesByAnswers: true,
  before: beforeSchema,

  async find({ account, run, exchange }) {
    const acts = actsIn(run);
    const reached = await mailboxesWithActs(exchange, account, acts ?? []);
    const unasked = auditLogIn(run) === 'unread';
    const withActs = [reached.own, ...reached.others];
    const looks = await Promise.all(withActs.map((one) => forwardingOf(exchange, one, unasked)));
    const [mine] = looks;
    if (mine === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const { held, more } = mayLookIntoHeld(run)
      ? await mailboxesHeld(exchange, account, withActs)
      : { held: [], more: 0 };
    const tasksOfHeld = await Promise.all(held.map((one) => askAboutHeld(exchange, one)));
    return {
      changes: looks.flatMap((look) => look?.change ?? []),
      tasks: [
        ...looks.flatMap((look) => look?.task ?? []),
        ...tasksOfHeld.flatMap((task) => task ?? []),
        ...lookYourself(reached.lost, account, 'forwarding'),
      ],
      kept: [...looks.flatMap((look) => look?.kept ?? []), ...notLookedInto(more)],
    };
  },

  async fix({ before }, { account, exchange }) {
    // Both at once: if only one of them is cleared, the other takes over.
    await setForwarding(exchange, before.mailbox ?? account, {
      ForwardingAddress: null,
      ForwardingSmtpAddress: null,
      DeliverToMailboxAndForward: false,
    });
  },

  async undo({ id, before: { mailbox, ...was } }, { account, exchange }) {
    const owner = mailbox ?? account;
    try {
      await setForwarding(exchange, owner, was);
      return undefined;
    } catch (error) {
      const isGone = error instanceof PermanentError && error.status === 404;
      if (!isGone || was.ForwardingAddress === null) throw error;
      return targetIsGone(owner, id, was.ForwardingAddress, was.ForwardingSmtpAddress);
    }
  },
});

/** Then nothing is set: the address beside it was never used, and now would be. */
const targetIsGone = (
  { id, userPrincipalName }: Mailbox,
  changeId: string,
  recipient: string,
  address: string | null,
): Task => ({
  id: `not-back:${changeId}`,
  what: `Decide whether mail of ${userPrincipalName} is forwarded again`,
  instruction: `It was forwarded to ${recipient}, whom the directory no longer knows, so forwarding stays off.${address === null ? '' : ` Beside it stood ${address}, which Exchange did not use.`} Ask the owner, and set it under Mail flow settings if it is needed.`,
  link: mailboxPage(id),
  role: 'Exchange Administrator',
  instead: true,
});

const setForwarding = (
  exchange: ExchangeClient,
  { id, userPrincipalName }: Mailbox,
  values: Omit<Before, 'mailbox'>,
) => exchange.run('Set-Mailbox', { Identity: id, ...values }, { anchor: userPrincipalName });

interface Forwarding {
  change?: Change<Before>;
  task?: Task;
  /** What the task is about, without asking anybody. */
  asksAbout?: Kept;
  kept?: Kept;
}

/** undefined if there is no such mailbox. `unasked`: the audit log could not tell who set it, and won't. */
export async function forwardingOf(
  exchange: ExchangeReader,
  looked: LookedAt,
  unasked: boolean,
): Promise<Forwarding | undefined> {
  const { mailbox, own } = looked;
  const where = whereOf(looked);
  const given = await mailboxIfAny(exchange, mailbox, properties, mailboxSchema);
  if (given === undefined) return undefined;
  const recipient = given.ForwardingAddress || null;
  const address = given.ForwardingSmtpAddress || null;
  if (recipient === null && address === null) {
    return own ? { kept: { what: 'forwarding', why: 'is not set' } } : {};
  }
  const before = {
    mailbox: where,
    ForwardingAddress: recipient,
    ForwardingSmtpAddress: address,
    DeliverToMailboxAndForward: given.DeliverToMailboxAndForward ?? false,
  };
  const domains = await acceptedDomains(exchange);
  const behind = recipient === null ? [] : await addressesBehind(exchange, recipient);
  const beside = address === null ? null : (asAddress(address) ?? address);
  const first = recipient === null ? [] : behind.length === 0 ? [recipient] : behind;
  const targets = [...first, ...(beside === null ? [] : [beside])];
  const act = await setByIntruder(exchange, looked, targets, recipient);
  // If both are set, Exchange uses the recipient, and the address only once the recipient is cleared.
  const now = first.length > 0 ? first.join(', ') : beside;
  const sleeps =
    beside !== null && first.length > 0 && !first.some((one) => one.toLowerCase() === beside.toLowerCase());
  const what = whatIn(
    where,
    `forwarding to ${now}${sleeps ? `, and to ${beside} as soon as that is cleared` : ''}`,
  );
  const id = idIn(where, 'forwarding');
  const outside = [...behind, ...(beside === null ? [] : [beside])].filter((one) => !isInside(one, domains));
  const isOut = (recipient === null ? (beside ?? '') : (behind[0] ?? '')) === outside[0];
  if (outside.length > 0) {
    const copy = before.DeliverToMailboxAndForward ? '' : '; the owner gets no copy';
    const why = isOut
      ? `it sends all mail out of the organisation${copy}`
      : 'it would send all mail out of the organisation once the other target is cleared';
    // Without evidence it proves nothing: owners forward to other mailboxes of their own, with and without a copy.
    return { change: { id, what, why, before, ...(act === undefined ? {} : tiedBy(act)) } };
  }
  if (act !== undefined) {
    return { change: { id, what, why: 'the intruder reads along there', ...tiedBy(act), before } };
  }
  if (recipient !== null && behind.length === 0) {
    const why = 'which the directory does not know by this name';
    return {
      task: ask(mailbox, idIn(where, 'forwarding-target'), `mail is forwarded to ${recipient}, ${why}`),
      asksAbout: { what: `forwarding to ${recipient}`, why },
    };
  }
  if (unasked) {
    const why = 'the audit log could not tell who set it';
    const asksAbout = { what, why: 'it stays inside the organisation, and who set it is not known' };
    return { task: ask(mailbox, idIn(where, 'forwarding-inside'), `${what}: ${why}`), asksAbout };
  }
  return { kept: { what, why: 'stays inside the organisation' } };
}

/** Nothing ties it to the intruder: what leaves the organisation is asked about, the rest is not reported. */
async function askAboutHeld(exchange: ExchangeReader, looked: LookedAt): Promise<Task | undefined> {
  const found = await forwardingOf(exchange, looked, false);
  if (found?.change === undefined) return found?.task;
  const { id, what, why } = found.change;
  return ask(looked.mailbox, id, `${what}: ${why}`);
}

const ask = ({ id, userPrincipalName }: Mailbox, taskId: string, what: string): Task => ({
  id: taskId,
  what,
  instruction: `Look at the forwarding of ${userPrincipalName}, and clear it unless the owner knows who that is.`,
  link: mailboxPage(id),
  role: 'Exchange Administrator',
});

const aims = ['ForwardingAddress', 'ForwardingSmtpAddress'] as const;

/** What ties the present targets to the intruder: the latest act that named one of them counts. */
async function setByIntruder(
  exchange: ExchangeReader,
  { acts }: LookedAt,
  targets: readonly string[],
  recipient: string | null,
): Promise<Act | undefined> {
  const setting = acts.filter(({ activity }) => /^Set-Mailbox$/i.test(activity));
  const present = new Set(
    [...targets, ...(recipient === null ? [] : [recipient])].map((one) => one.toLowerCase()),
  );
  for (const act of setting) {
    for (const said of namedIn(act)) {
      const address = asAddress(said);
      if (present.has(said.toLowerCase()) || (address !== null && present.has(address))) return act;
      // The log may use a different name for a recipient than the mailbox does.
      const behind = await addressesBehind(exchange, said);
      if (behind.some((one) => present.has(one))) return act;
    }
  }
  return undefined;
}

const namedIn = (act: Act) =>
  aims.flatMap((name) => {
    const said = parameterOf(act, name)?.trim();
    return said ? [said] : [];
  });
