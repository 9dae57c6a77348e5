// Closes the old ways into a mailbox, which know no second factor and go on working with a password alone. If the
// account itself could not be locked, every way is closed. Microsoft Graph with a stolen token is not among them.
import { z } from 'zod';
import { mailboxPage } from '../../shared/microsoft365/links.ts';
import { mailboxIfAny } from '../../shared/microsoft365/mailbox.ts';
import { remediation, settings } from '../../shared/model/step.ts';
import { powerShellValue } from '../../shared/model/text.ts';

const state = z.boolean().nullish();
const casSchema = z.object({
  ImapEnabled: state,
  PopEnabled: state,
  /** Reversed: true is closed, false is open, and null follows the organisation. */
  SmtpClientAuthenticationDisabled: state,
  ActiveSyncEnabled: state,
  EwsEnabled: state,
  MAPIEnabled: state,
  MacOutlookEnabled: state,
  OWAEnabled: state,
  OWAforDevicesEnabled: state,
  OneWinNativeOutlookEnabled: state,
  OutlookMobileEnabled: state,
  UniversalOutlookEnabled: state,
});
const all = casSchema.keyof().options;
const smtpAuth = 'SmtpClientAuthenticationDisabled';
const legacy = ['ImapEnabled', 'PopEnabled', smtpAuth] as const;
const before = z.record(z.string(), z.boolean().nullable());

/** Get-CASMailbox, Set-CASMailbox (https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox). */
export const disableMailboxProtocols = remediation({
  name: 'disable-mailbox-protocols',
  title: 'Disable mailbox protocols',
  removes:
    'IMAP, POP and SMTP AUTH, and every other client where the sign-in is not blocked; it may take an hour to be felt',
  guide: ['MS 5.2'],
  stage: 'evict',
  byHand: ({ id, userPrincipalName }) => ({
    link: mailboxPage(id),
    role: 'Exchange Administrator',
    commands: [
      `Set-CASMailbox -Identity ${powerShellValue(userPrincipalName)} -ImapEnabled:$false -PopEnabled:$false -SmtpClientAuthenticationDisabled:$true`,
    ],
  }),
  settings: settings('act').extend({
    /** Every protocol, whether or not the sign-in could be blocked. */
    everything: z.boolean().default(false),
  }),
  permissions: { exchange: ['Get-CASMailbox', 'Set-CASMailbox'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['block-sign-in'],
  restoredAtHandBack: true,
  before,

  async find({ account, run, settings: { everything }, exchange }) {
    const mailbox = await mailboxIfAny(exchange, account, all, casSchema, 'Get-CASMailbox');
    if (mailbox === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const lock = run.ended?.['block-sign-in'];
    const unlocked = lock === 'failed' || lock === 'needs-human';
    const open = (everything || unlocked ? all : legacy).filter((name) =>
      name === smtpAuth ? mailbox[name] !== true : mailbox[name] === true,
    );
    if (open.length === 0) {
      return { changes: [], kept: [{ what: legacy.map(named).join(', '), why: 'are off' }] };
    }
    return {
      changes: [
        {
          id: 'protocols',
          what: open.map(named).join(', '),
          why: unlocked
            ? 'sign-in could not be blocked, so every way into the mailbox is closed'
            : 'they ask for a password alone',
          before: Object.fromEntries(open.map((name) => [name, mailbox[name] ?? null])),
        },
      ],
    };
  },

  async fix(change, { account, exchange }) {
    const off = Object.keys(change.before).map((name) => [name, name === smtpAuth]);
    await exchange.run(
      'Set-CASMailbox',
      { Identity: account.id, ...Object.fromEntries(off) },
      { anchor: account.userPrincipalName },
    );
  },

  async undo(change, { account, exchange }) {
    await exchange.run(
      'Set-CASMailbox',
      { Identity: account.id, ...change.before },
      { anchor: account.userPrincipalName },
    );
    return undefined;
  },
});

const named = (name: (typeof all)[number]) =>
  name === smtpAuth ? 'SMTP AUTH' : name.replace(/Enabled$/, '');
