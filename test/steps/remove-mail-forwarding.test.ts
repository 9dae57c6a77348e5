import { describe, expect, it } from 'vitest';
import { removeMailForwarding } from '../../functions/steps/remove-mail-forwarding.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { RunView } from '../../shared/model/step.ts';
import { answered, cmdlet } from '../fakes/audit.ts';
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
const look = (clients: ReturnType<typeof oneMailbox>['clients'], run: Partial<RunView> = {}) =>
  removeMailForwarding.find(context({ run }), clients);
const setBy = (by: 'intruder' | 'owner', parameters: Record<string, string>, given: object = {}) =>
  cmdlet(by, 'Set-Mailbox', { Identity: 'adele', ...parameters }, given);

async function undone(mailbox: ReturnType<typeof oneMailbox>, run: Partial<RunView>) {
  const { clients, tenant } = mailbox;
  const before = JSON.stringify(tenant.state());
  const change = onlyChange(await look(clients, run));
  await removeMailForwarding.fix(change, context(), clients);
  expect(JSON.stringify(tenant.state())).not.toBe(before);
  if (typeof removeMailForwarding.undo === 'string') throw new Error('cannot be undone');
  await removeMailForwarding.undo(change, context(), clients);
  return { before, after: JSON.stringify(tenant.state()) };
}

describe('remove-mail-forwarding', () => {
  it('names a target once that is set in both ways', async () => {
    const both = { ForwardingAddress: 'Megan Bowen', ForwardingSmtpAddress: 'smtp:Megan@contoso.com' };
    const { kept } = found(await look(oneMailbox(both).clients));
    expect(kept.map(({ what }) => what)).toEqual(['forwarding to megan@contoso.com']);
  });

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
      'megan@contoso.com, and to x.finance88@gmail.com as soon as that is cleared',
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
    const acceptedDomains = [{ DomainName: 'contoso.com', MatchSubDomains: true }];
    const { clients } = oneMailbox(given, { acceptedDomains });
    expect(found(await look(clients))).toMatchObject({
      changes: [],
      kept: [{ what, why: 'stays inside the organisation' }],
    });
  });

  it('asks a person if the directory does not know the recipient', async () => {
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
    'says whether the owner gets a copy (%s), and takes neither as evidence — owners do both',
    async (copy, why) => {
      const { clients } = oneMailbox({ ...outside, DeliverToMailboxAndForward: copy });
      const change = onlyChange(await look(clients));
      expect(change.why).toBe(why);
      expect(change.evidence).toBeUndefined();
    },
  );

  it('asks a person instead of restoring if the target is gone — the address beside it would then be used', async () => {
    const set = { ...outside, ForwardingAddress: 'Mail Archive' };
    const change = onlyChange(await look(oneMailbox(set, { recipients: [contact] }).clients));
    const { clients, mailbox } = oneMailbox({});
    if (typeof removeMailForwarding.undo === 'string') throw new Error('cannot be undone');
    expect(await removeMailForwarding.undo(change, context(), clients)).toMatchObject({
      instruction: expect.stringMatching(
        /Mail Archive, whom the directory no longer knows.*x\.finance88@gmail\.com/,
      ),
      instead: true,
    });
    expect(mailbox()).toEqual({});
  });

  it('does not mistake another refusal for a missing target — it may still be possible to restore it', async () => {
    const undoing = (set: object, status: number) => {
      const { clients } = oneMailbox(set, { recipients: [contact] });
      const refused = writing(clients, () => Promise.reject(new PermanentError('no', { status })));
      return look(clients).then((seen) => {
        if (typeof removeMailForwarding.undo === 'string') throw new Error('cannot be undone');
        return removeMailForwarding.undo(onlyChange(seen), context(), refused);
      });
    };
    const contactAndAddress = { ...outside, ForwardingAddress: 'Mail Archive' };
    await expect(undoing(contactAndAddress, 403)).rejects.toMatchObject({ status: 403 });
    // An address needs no recipient in the directory: what is missing then is the mailbox itself.
    await expect(undoing(outside, 404)).rejects.toMatchObject({ status: 404 });
  });

  it('restores exactly what was there, and finds it again', async () => {
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

  it('has nothing to do without forwarding, and reads no more than that', async () => {
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

  describe('once the audit log has answered', () => {
    const evil = { ForwardingSmtpAddress: 'smtp:x.finance88@gmail.com' };

    it('ties forwarding outside to the session that set it, so that the run acts', async () => {
      const { clients } = oneMailbox(outside);
      const change = onlyChange(await look(clients, answered([setBy('intruder', evil)])));
      expect(change.evidence).toMatch(/^made in the intruder's session/);
    });

    it.each(['Megan Bowen', 'megan@contoso.com', 'smtp:megan@contoso.com', 'megan'])(
      'clears forwarding inside that the intruder set, whatever the log calls the recipient (%s), and restores it',
      async (name) => {
        const mailbox = oneMailbox({ ForwardingAddress: 'Megan Bowen' });
        const run = answered([setBy('intruder', { ForwardingAddress: name })]);
        expect(onlyChange(await look(mailbox.clients, run))).toMatchObject({
          why: 'the intruder reads along there',
          evidence: expect.stringContaining('session'),
        });
        const { before, after } = await undone(mailbox, run);
        expect(after).toBe(before);
      },
    );

    it('clears what the intruder set even if the directory does not know the recipient, and names it', async () => {
      const { clients } = oneMailbox({ ForwardingAddress: 'Somebody Gone' });
      const run = answered([setBy('intruder', { ForwardingAddress: 'Somebody Gone' })]);
      expect(onlyChange(await look(clients, run)).what).toBe('forwarding to Somebody Gone');
    });

    it.each<[string, object]>([
      ['the owner set it', setBy('owner', { ForwardingAddress: 'Megan Bowen' })],
      ['the intruder named somebody else', setBy('intruder', { ForwardingAddress: 'diego@contoso.com' })],
      ['the intruder changed something else', setBy('intruder', { HiddenFromAddressListsEnabled: 'True' })],
      [
        'the attempt was refused',
        setBy('intruder', { ForwardingAddress: 'Megan Bowen' }, { auditData: { ResultStatus: 'False' } }),
      ],
    ])('keeps forwarding inside if %s', async (_why, record) => {
      const { clients } = oneMailbox({ ForwardingAddress: 'Megan Bowen' });
      expect(changesOf(await look(clients, answered([record])))).toEqual([]);
    });

    it('asks about forwarding inside if the log could not be read', async () => {
      const { clients } = oneMailbox({ ForwardingAddress: 'Megan Bowen' });
      expect(found(await look(clients, { answered: ['acts'] }))).toMatchObject({
        changes: [],
        kept: [],
        tasks: [{ id: 'forwarding-inside' }],
      });
    });
  });

  describe('in a mailbox of somebody else that the intruder worked in', () => {
    const bills = {
      userPrincipalName: 'bills@contoso.com',
      displayName: 'Bills',
      mailbox: { ForwardingSmtpAddress: 'smtp:thief@evil.example' },
    };
    const owner = {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      displayName: 'Adele Vance',
      mailbox: {},
    };
    const files = { users: [owner, bills] };
    const run = answered([
      setBy('intruder', { Identity: 'bills', ForwardingSmtpAddress: 'thief@evil.example' }),
    ]);

    it('clears it there, names the mailbox, and restores it', async () => {
      const mailbox = oneMailbox({}, files);
      expect(onlyChange(await look(mailbox.clients, run))).toMatchObject({
        id: 'bills@contoso.com/forwarding',
        what: 'forwarding to thief@evil.example, in the mailbox bills@contoso.com',
        evidence: expect.stringContaining('session'),
      });
      const { before, after } = await undone(mailbox, run);
      expect(after).toBe(before);
    });

    it('looks into no mailbox in which the intruder did nothing', async () => {
      const { clients, asked } = oneMailbox({}, files);
      expect(changesOf(await look(clients, answered([setBy('owner', { Identity: 'bills' })])))).toEqual([]);
      const whose = asked().map((one) => Reflect.get(one, 'Identity') ?? Reflect.get(one, 'Trustee'));
      expect(whose).toEqual([adele, 'adele@contoso.com']);
    });

    it('asks a person if Exchange does not know the mailbox that the log names', async () => {
      const { clients } = oneMailbox({}, files);
      const gone = answered([setBy('intruder', { Identity: 'gone', ForwardingAddress: 'x' })]);
      expect(found(await look(clients, gone)).tasks).toMatchObject([
        { id: 'mailboxes-not-found:forwarding', what: expect.stringContaining('gone') },
      ]);
    });
  });
});
