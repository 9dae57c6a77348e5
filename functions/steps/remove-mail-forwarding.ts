// Stops the mailbox from sending all mail on to an address outside. Rules forward too (disable-inbox-rules), and so
// do transport rules, which are a matter of the tenant.
import { z } from 'zod';
import { mailboxPage } from '../../shared/microsoft365/links.ts';
import { acceptedDomains, addressesBehind, mailboxIfAny } from '../../shared/microsoft365/mailbox.ts';
import { asAddress, isInside } from '../../shared/microsoft365/recipients.ts';
import { remediation, settings } from '../../shared/model/step.ts';

const properties = ['ForwardingAddress', 'ForwardingSmtpAddress', 'DeliverToMailboxAndForward'];
const mailboxSchema = z.object({
  ForwardingAddress: z.string().nullish(),
  ForwardingSmtpAddress: z.string().nullish(),
  DeliverToMailboxAndForward: z.boolean().nullish(),
});

/** Get-Mailbox, Set-Mailbox (https://learn.microsoft.com/powershell/module/exchange/set-mailbox). */
export const removeMailForwarding = remediation({
  name: 'remove-mail-forwarding',
  title: 'Remove mail forwarding',
  removes:
    'forwarding of the whole mailbox to an address outside; what was sent on already is with its receiver',
  guide: ['MS 2', 'SD'],
  stage: 'evict',
  settings: settings('act'),
  permissions: { exchange: ['Get-Mailbox', 'Get-AcceptedDomain', 'Get-Recipient', 'Set-Mailbox'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: z.object({
    ForwardingAddress: z.string().nullable(),
    ForwardingSmtpAddress: z.string().nullable(),
    DeliverToMailboxAndForward: z.boolean(),
  }),

  async find({ account, exchange }) {
    const mailbox = await mailboxIfAny(exchange, account, properties, mailboxSchema);
    if (mailbox === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const recipient = mailbox.ForwardingAddress || null;
    const address = mailbox.ForwardingSmtpAddress || null;
    const before = {
      ForwardingAddress: recipient,
      ForwardingSmtpAddress: address,
      DeliverToMailboxAndForward: mailbox.DeliverToMailboxAndForward ?? false,
    };
    if (recipient === null && address === null) {
      return { changes: [], kept: [{ what: 'forwarding', why: 'is not set' }] };
    }
    const domains = await acceptedDomains(exchange);
    const behind = recipient === null ? [] : await addressesBehind(exchange, recipient);
    const targets = [...behind, ...(address === null ? [] : [asAddress(address) ?? address])];
    const outside = targets.filter((target) => !isInside(target, domains)).join(', ');
    if (outside !== '') {
      // No evidence: owners forward to mailboxes of their own as well, with a copy and without.
      const copy = before.DeliverToMailboxAndForward ? '' : '; the owner gets no copy';
      const why = `it sends all mail out of the organisation${copy}`;
      return { changes: [{ id: 'forwarding', what: `forwarding to ${outside}`, why, before }] };
    }
    if (recipient !== null && behind.length === 0) {
      const task = {
        id: 'forwarding-target',
        what: `mail is forwarded to ${recipient}, which the directory does not know by this name`,
        instruction:
          'Look at the forwarding of the mailbox, and clear it unless the owner knows who that is.',
        link: mailboxPage(account.id),
      };
      return { changes: [], tasks: [task] };
    }
    const what = `forwarding to ${targets.join(', ')}`;
    return { changes: [], kept: [{ what, why: 'stays inside the organisation' }] };
  },

  async fix(_change, { account, exchange }) {
    // Both at once: where only one of them is cleared, the other takes over.
    const cleared = {
      ForwardingAddress: null,
      ForwardingSmtpAddress: null,
      DeliverToMailboxAndForward: false,
    };
    await exchange.run(
      'Set-Mailbox',
      { Identity: account.id, ...cleared },
      { anchor: account.userPrincipalName },
    );
  },

  async undo({ before }, { account, exchange }) {
    await exchange.run(
      'Set-Mailbox',
      { Identity: account.id, ...before },
      { anchor: account.userPrincipalName },
    );
    return undefined;
  },
});
