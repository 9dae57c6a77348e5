import { describe, expect, it } from 'vitest';
import { removeMailForwarding } from '../../functions/steps/remove-mail-forwarding.ts';
import { PermanentError } from '../../shared/errors.ts';
import { account, context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneMailbox, writing } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

const contact = {
  Name: 'Mail Archive',
  RecipientTypeDetails: 'MailContact',
  PrimarySmtpAddress: 'vault@evil.example',
};
const outside = { ForwardingSmtpAddress: 'smtp:x.finance88@gmail.com', DeliverToMailboxAndForward: true };
const look = (clients: ReturnType<typeof oneMailbox>['clients']) =>
  removeMailForwarding.find(context(), clients);

describe('remove-mail-forwarding', () => {
  it.each<[string, object, string]>([
    ['an address outside', outside, 'x.finance88@gmail.com'],
    ['a mail contact that stands for one', { ForwardingAddress: 'Mail Archive' }, 'vault@evil.example'],
    [
      'a look-alike',
      { ForwardingSmtpAddress: 'adele@contoso.com.evil.example' },
      'adele@contoso.com.evil.example',
    ],
    [
      'one outside that sleeps behind a colleague',
      { ...outside, ForwardingAddress: 'Megan Bowen' },
      'x.finance88@gmail.com',
    ],
  ])('clears forwarding to %s, all of it at once, and sees it done', async (_what, given, target) => {
    const { clients, writes, mailbox } = oneMailbox(given, { recipients: [contact] });
    const change = onlyChange(await look(clients));
    expect(change.what).toBe(`forwarding to ${target}`);
    await removeMailForwarding.fix(change, context(), clients);
    expect(writes()).toEqual([
      {
        cmdlet: 'Set-Mailbox',
        Identity: adele,
        ForwardingAddress: null,
        ForwardingSmtpAddress: null,
        DeliverToMailboxAndForward: false,
        Confirm: false,
      },
    ]);
    expect(mailbox()?.ForwardingSmtpAddress ?? null).toBeNull();
    expect(mailbox()?.ForwardingAddress ?? null).toBeNull();
    expect(changesOf(await look(clients))).toEqual([]);
  });

  it.each<[object, string]>([
    [{ ForwardingAddress: 'Megan Bowen' }, 'forwarding to megan@contoso.com'],
    [{ ForwardingSmtpAddress: 'smtp:megan@mail.contoso.com' }, 'forwarding to megan@mail.contoso.com'],
  ])('lists forwarding that stays inside: %j', async (given, what) => {
    const { clients } = oneMailbox(given);
    expect(found(await look(clients))).toMatchObject({
      changes: [],
      kept: [{ what, why: 'stays inside the organisation' }],
    });
  });

  it('asks a person where the directory does not know the receiver', async () => {
    const { clients } = oneMailbox({ ForwardingAddress: 'Somebody Gone' });
    expect(found(await look(clients))).toMatchObject({
      changes: [],
      tasks: [{ id: 'forwarding-target', what: expect.stringContaining('Somebody Gone') }],
    });
  });

  it.each([
    [true, 'it sends all mail out of the organisation'],
    [false, 'it sends all mail out of the organisation; the owner gets no copy'],
  ])(
    'says whether the owner gets a copy (%s), and takes neither for evidence — owners do both',
    async (copy, why) => {
      const { clients } = oneMailbox({ ...outside, DeliverToMailboxAndForward: copy });
      const change = onlyChange(await look(clients));
      expect(change.why).toBe(why);
      expect(change.evidence).toBeUndefined();
    },
  );

  it('puts back exactly what was there, and finds it again', async () => {
    const { clients, tenant } = oneMailbox(
      { ...outside, ForwardingAddress: 'Mail Archive' },
      { recipients: [contact] },
    );
    const before = JSON.stringify(tenant.state());
    const change = onlyChange(await look(clients));
    await removeMailForwarding.fix(change, context(), clients);
    if (typeof removeMailForwarding.undo === 'string') throw new Error('cannot be undone');
    expect(await removeMailForwarding.undo(change, context(), clients)).toBeUndefined();
    expect(JSON.stringify(tenant.state())).toBe(before);
    expect(onlyChange(await look(clients))).toEqual(change);
  });

  it('has nothing to do without forwarding, and asks no more than that', async () => {
    const { clients, asked } = oneMailbox({});
    expect(found(await look(clients))).toMatchObject({
      changes: [],
      kept: [{ what: 'forwarding', why: 'is not set' }],
    });
    expect(asked().map(({ cmdlet }) => cmdlet)).toEqual(['Get-Mailbox']);
  });

  it('does not apply without a mailbox, known before or only now', async () => {
    expect(removeMailForwarding.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
    expect(await look(oneMailbox().clients)).toEqual({ skip: 'has no mailbox in Exchange Online' });
  });

  it('lets the run know when it is refused', async () => {
    const { clients } = oneMailbox(outside);
    const change = onlyChange(await look(clients));
    const refused = writing(clients, () => Promise.reject(new PermanentError('no role', { status: 403 })));
    await expect(removeMailForwarding.fix(change, context(), refused)).rejects.toMatchObject({ status: 403 });
  });
});
