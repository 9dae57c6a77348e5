// Lets the account send mail again after Exchange Online restricted it for what the intruder sent. This comes last, and
// is done once: an account can only be unblocked so often, and after that only Microsoft can help.
import { z } from 'zod';
import { restrictedEntitiesPage } from '../../shared/microsoft365/links.ts';
import { mailboxIfAny } from '../../shared/microsoft365/mailbox.ts';
import { readRecipient } from '../../shared/microsoft365/recipients.ts';
import { remediation, settings } from '../../shared/model/step.ts';
import { nullableText } from '../../shared/model/text.ts';

const mailboxSchema = z.object({ PrimarySmtpAddress: nullableText });
const blockedSchema = z.object({ SenderAddress: z.string(), Reason: nullableText });

/**
 * Remove-BlockedSenderAddress; Organization Management or Security Administrator
 * (https://learn.microsoft.com/defender-office-365/outbound-spam-restore-restricted-users).
 */
export const unblockSender = remediation({
  name: 'unblock-sender',
  title: 'Unblock the sender',
  removes: 'the restriction on sending mail; it takes an hour as a rule and up to a day to be lifted',
  guide: ['MS 4', 'SD'],
  stage: 'hand-back',
  byHand: () => ({
    link: restrictedEntitiesPage(),
    role: 'Security Administrator',
    how: 'Tick the account, and select Unblock.',
  }),
  settings: settings('act'),
  permissions: { exchange: ['Get-Mailbox', 'Get-BlockedSenderAddress', 'Remove-BlockedSenderAddress'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  requires: ['reset-password', 'revoke-sessions', 'remove-mail-forwarding', 'disable-inbox-rules'],
  before: z.object({ senderAddress: z.string() }),

  async find({ account, exchange }) {
    const mailbox = await mailboxIfAny(exchange, account, ['PrimarySmtpAddress'], mailboxSchema);
    // The list names a hosted mailbox by its UPN, which need not be its address.
    const primary = readRecipient(mailbox?.PrimarySmtpAddress ?? '').address;
    const names = new Set([account.userPrincipalName.toLowerCase(), ...(primary === null ? [] : [primary])]);
    const lists = await Promise.all(
      [...names].map((name) =>
        exchange.get('Get-BlockedSenderAddress', { SenderAddress: name }, blockedSchema),
      ),
    );
    const listed = new Map(lists.flat().map((entry) => [entry.SenderAddress.toLowerCase(), entry]));
    const blocked = [...names].flatMap((name) => listed.get(name) ?? []);
    if (blocked.length === 0) {
      return { changes: [], kept: [{ what: account.userPrincipalName, why: 'may send mail' }] };
    }
    return {
      changes: blocked.map(({ SenderAddress, Reason }) => ({
        id: `sender:${SenderAddress.toLowerCase()}`,
        what: `the restriction on ${SenderAddress}`,
        why: `Exchange Online stopped it from sending mail${Reason ? ` (${Reason})` : ''}`,
        before: { senderAddress: SenderAddress },
        once: true,
        // It usually takes an hour, but up to a day.
        seenWithinMinutes: 23 * 60,
      })),
    };
  },

  async fix({ before }, { exchange }) {
    await exchange.run('Remove-BlockedSenderAddress', { SenderAddress: before.senderAddress });
  },

  undo: 'Only Exchange Online itself restricts a sender.',
});
