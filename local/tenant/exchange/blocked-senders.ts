// Restricted entities: senders that may not send for now. How often one may be lifted is limited; past that only
// Microsoft's support helps (https://learn.microsoft.com/defender-office-365/outbound-spam-restore-restricted-users).
import { type Cmdlet, cmdletRefusal, objectNotFound } from './cmdlet.ts';

const equal = (one: string, other: unknown) => one.toLowerCase() === String(other).toLowerCase();

const getBlockedSenderAddress: Cmdlet = {
  name: 'Get-BlockedSenderAddress',
  parameters: ['SenderAddress'],
  run: ({ file, store, parameters }) =>
    (file.blockedSenders ?? [])
      .filter(
        ({ SenderAddress: address }) =>
          (parameters['SenderAddress'] ?? null) === null || equal(address, parameters['SenderAddress']),
      )
      .map((sender) => ({
        SenderAddress: sender.SenderAddress,
        Reason: sender.Reason ?? 'OutboundSpamLast24Hours=501;OutboundMailLast24Hours=803',
        CreatedDatetime: sender.CreatedDatetime ?? store.loadedAt,
        ChangedDatetime: sender.CreatedDatetime ?? store.loadedAt,
      })),
};

const removeBlockedSenderAddress: Cmdlet = {
  name: 'Remove-BlockedSenderAddress',
  parameters: ['SenderAddress', 'Reason'],
  run: ({ store, parameters }) => {
    const senders = store.file.blockedSenders ?? [];
    const index = senders.findIndex(({ SenderAddress: address }) =>
      equal(address, parameters['SenderAddress']),
    );
    const sender = senders[index];
    if (!sender) throw objectNotFound(String(parameters['SenderAddress']));
    if (sender.unblocksLeft === 0) {
      throw cmdletRefusal(
        400,
        'BadRequest',
        'Microsoft.Exchange.Management.Tasks.BlockedSenderLimitException',
        `The sender '${sender.SenderAddress}' has been unblocked too often. Contact Microsoft support.`,
      );
    }
    store.changing();
    senders.splice(index, 1);
    return [];
  },
};

export const blockedSenderCmdlets: readonly Cmdlet[] = [getBlockedSenderAddress, removeBlockedSenderAddress];
