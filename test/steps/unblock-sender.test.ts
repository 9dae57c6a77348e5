import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { unblockSender } from '../../functions/steps/unblock-sender.ts';
import type { ExchangeClient } from '../../shared/model/clients.ts';
import { account, context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';

const blocked = (...addresses: string[]) => ({
  blockedSenders: addresses.map((SenderAddress) => ({
    SenderAddress,
    Reason: 'OutboundSpamLast24Hours=501',
  })),
});
const look = (clients: ReturnType<typeof oneMailbox>['clients']) => unblockSender.find(context(), clients);

describe('unblock-sender', () => {
  it('unblocks by the UPN, under which a hosted mailbox is listed, and once only', async () => {
    const { clients, writes } = oneMailbox(
      { PrimarySmtpAddress: 'adele.vance@contoso.com' },
      blocked('Adele@contoso.com'),
    );
    const change = onlyChange(await look(clients));
    expect(change).toMatchObject({
      id: 'sender:adele@contoso.com',
      once: true,
      why: 'Exchange Online stopped it from sending mail (OutboundSpamLast24Hours=501)',
    });
    // It may take a day, and the last look comes after a day: nobody is asked sooner, but somebody is.
    expect(change.seenWithinMinutes).toBeGreaterThan(12 * 60);
    expect(change.seenWithinMinutes).toBeLessThan(24 * 60);
    await unblockSender.fix(change, context(), clients);
    expect(writes()).toEqual([{ cmdlet: 'Remove-BlockedSenderAddress', SenderAddress: 'Adele@contoso.com' }]);
    expect(changesOf(await look(clients))).toEqual([]);
  });

  it('finds a sender that is listed by its address', async () => {
    const { clients } = oneMailbox(
      { PrimarySmtpAddress: 'adele.vance@contoso.com' },
      blocked('adele.vance@contoso.com'),
    );
    expect(onlyChange(await look(clients)).id).toBe('sender:adele.vance@contoso.com');
  });

  it('leaves others on the list — they are under attack themselves', async () => {
    const { clients, asked } = oneMailbox({}, blocked('megan@contoso.com'));
    expect(found(await look(clients))).toMatchObject({
      changes: [],
      kept: [{ what: 'adele@contoso.com', why: 'may send mail' }],
    });
    expect(asked().filter(({ cmdlet }) => cmdlet === 'Get-BlockedSenderAddress')).toEqual([
      { cmdlet: 'Get-BlockedSenderAddress', SenderAddress: 'adele@contoso.com' },
    ]);
  });

  it('is not misled if Exchange returns a list of the whole tenant', async () => {
    const { clients } = oneMailbox({ PrimarySmtpAddress: 'adele.vance@contoso.com' });
    const everyone = [{ SenderAddress: 'megan@contoso.com' }, { SenderAddress: 'adele@contoso.com' }];
    const exchange: ExchangeClient = {
      ...clients.exchange,
      get: async (cmdlet, given, item, options) =>
        cmdlet === 'Get-BlockedSenderAddress'
          ? z.array(item).parse(everyone)
          : await clients.exchange.get(cmdlet, given, item, options),
    };
    expect(onlyChange(await look({ ...clients, exchange })).id).toBe('sender:adele@contoso.com');
  });

  it('looks only at the UPN if the mailbox is gone', async () => {
    const { clients } = oneMailbox(undefined, blocked('adele@contoso.com'));
    expect(changesOf(await look(clients))).toHaveLength(1);
    expect(unblockSender.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
  });

  it('waits for the account to be secured, and is handed back last', () => {
    expect(unblockSender.stage).toBe('hand-back');
    expect(unblockSender.requires).toEqual([
      'reset-password',
      'revoke-sessions',
      'remove-mail-forwarding',
      'disable-inbox-rules',
    ]);
    expect(unblockSender.undo).toEqual(expect.any(String));
  });

  it('says if it was unblocked too often — then only Microsoft can help', async () => {
    const worn = { blockedSenders: [{ SenderAddress: 'adele@contoso.com', unblocksLeft: 0 }] };
    const { clients } = oneMailbox({}, worn);
    const change = onlyChange(await look(clients));
    await expect(unblockSender.fix(change, context(), clients)).rejects.toMatchObject({
      name: 'PermanentError',
      status: 400,
    });
  });
});
