import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { disableMailboxProtocols } from '../../functions/steps/disable-mailbox-protocols.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunView } from '../../shared/model/step.ts';
import { account, context, guest } from '../fakes/context.ts';
import { found, onlyChange } from '../fakes/found.ts';
import { lived } from '../fakes/lived.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

type Mailbox = ReturnType<typeof oneMailbox>;
const look = ({ clients }: Mailbox, run: Partial<RunView> = {}, settings?: unknown) =>
  disableMailboxProtocols.find({ ...context({ run }), settings }, clients);
const close = async (mailbox: Mailbox, run: Partial<RunView> = {}) => {
  const change = onlyChange(await look(mailbox, run));
  await disableMailboxProtocols.fix(change, context(), mailbox.clients);
  return change;
};
const unlocked = { ended: { 'block-sign-in': 'failed' } } as const;

describe('disable-mailbox-protocols', () => {
  it('closes what asks for a password alone, in one request, and finds it closed', async () => {
    const mailbox = oneMailbox({});
    const change = await close(mailbox);
    expect(change).toMatchObject({ what: 'Imap, Pop, SMTP AUTH', why: 'they ask for a password alone' });
    expect(change.evidence).toBeUndefined();
    expect(mailbox.writes()).toEqual([
      {
        cmdlet: 'Set-CASMailbox',
        Identity: adele,
        ImapEnabled: false,
        PopEnabled: false,
        SmtpClientAuthenticationDisabled: true,
        Confirm: false,
      },
    ]);
    expect(found(await look(mailbox))).toMatchObject({ changes: [], kept: [{ why: 'are off' }] });
  });

  it.each([[null], [false], [true], [undefined]])(
    'puts back SMTP AUTH as it was, which has three states: %s',
    async (SmtpClientAuthenticationDisabled) => {
      const given =
        SmtpClientAuthenticationDisabled === undefined
          ? {}
          : { cas: { SmtpClientAuthenticationDisabled, PopEnabled: false } };
      const mailbox = oneMailbox(given);
      const before = JSON.stringify(mailbox.tenant.state());
      const change = await close(mailbox);
      if (typeof disableMailboxProtocols.undo === 'string') throw new Error('can be undone');
      await disableMailboxProtocols.undo(change, context(), mailbox.clients);
      expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
      expect(onlyChange(await look(mailbox))).toEqual(change);
    },
  );

  it('touches only what was open — undo must not open what the owner had closed', async () => {
    const cas = { ImapEnabled: false, PopEnabled: true, SmtpClientAuthenticationDisabled: true };
    const change = await close(oneMailbox({ cas }));
    expect(change.before).toEqual({ PopEnabled: true });
  });

  it.each<[string, Partial<RunView>, unknown]>([
    ['the lock was refused', unlocked, undefined],
    ['the lock waits for a person', { ended: { 'block-sign-in': 'needs-human' } }, undefined],
    ['an administrator wants it', {}, { everything: true }],
  ])('closes every way in if %s', async (_why, run, settings) => {
    const mailbox = oneMailbox({ cas: { EwsEnabled: false } });
    const change = onlyChange(await look(mailbox, run, settings));
    await disableMailboxProtocols.fix(change, context(), mailbox.clients);
    expect(mailbox.mailbox()?.cas).toMatchObject({
      ActiveSyncEnabled: false,
      ImapEnabled: false,
      MAPIEnabled: false,
      MacOutlookEnabled: false,
      OWAEnabled: false,
      OWAforDevicesEnabled: false,
      OneWinNativeOutlookEnabled: false,
      OutlookMobileEnabled: false,
      PopEnabled: false,
      UniversalOutlookEnabled: false,
      SmtpClientAuthenticationDisabled: true,
    });
    expect(change.before).not.toHaveProperty('EwsEnabled');
  });

  it('leaves the other ways open if the lock holds or was only reported', async () => {
    for (const is of ['done', 'unchanged', 'reported', 'off'] as const) {
      const change = onlyChange(await look(oneMailbox({}), { ended: { 'block-sign-in': is } }));
      expect(Object.keys(change.before ?? {})).toHaveLength(3);
    }
  });

  it('closes the rest as well when the lock is refused in a run', async () => {
    const life = await lived({
      steps: [blockSignIn, disableMailboxProtocols],
      file: {
        users: [{ id: adele, userPrincipalName: 'adele@contoso.com', mailbox: {} }],
        behaviour: { faults: [{ on: 'PATCH /v1.0/users/*', status: 403 }] },
      },
      user: adele,
      level: 'full',
    });
    expect(await life.outcomes()).toEqual({ 'block-sign-in': 'failed', 'disable-mailbox-protocols': 'done' });
    expect(life.tenant.state().users[0]?.mailbox?.cas?.OWAEnabled).toBe(false);
    await life.undo();
    expect(JSON.stringify(life.tenant.state())).toBe(life.before);
  });

  it('does not apply without a mailbox, known before or only now', async () => {
    expect(disableMailboxProtocols.appliesTo(account(guest))).toBe('has no mailbox');
    expect(disableMailboxProtocols.appliesTo(account())).toBe(true);
    expect(await look(oneMailbox())).toEqual({ skip: 'has no mailbox in Exchange Online' });
  });

  it('changes nothing while it looks', async () => {
    const mailbox = oneMailbox({});
    await look(mailbox);
    expect(mailbox.asked()).toEqual([{ cmdlet: 'Get-CASMailbox', Identity: adele }]);
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['Get-CASMailbox', 429, RetryableError],
    ['Get-CASMailbox', 403, PermanentError],
    ['Set-CASMailbox', 429, RetryableError],
    ['Set-CASMailbox', 403, PermanentError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    const mailbox = oneMailbox({}, { behaviour: { faults: [{ on, status }] } });
    await expect(close(mailbox)).rejects.toBeInstanceOf(kind);
  });
});
