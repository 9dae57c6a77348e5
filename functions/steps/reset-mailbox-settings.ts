// Reverts what the intruder set in a mailbox besides rules, forwarding and delegates: automatic replies that speak for
// them, sweep rules that hide mail, calendars published to everybody, and phones on which they go on reading. What
// nothing ties to them is for the owner to judge (check-mailbox).
import { z } from 'zod';
import { type Act, actsIn, tiedBy } from '../../shared/intruder/acts.ts';
import { mayBeRemoved } from '../../shared/intruder/tie.ts';
import { unlessGone } from '../../shared/microsoft365/gone.ts';
import { mailboxPage } from '../../shared/microsoft365/links.ts';
import { unlessMissing } from '../../shared/microsoft365/mailbox.ts';
import {
  autoReplySchema,
  calendarSchema,
  cameFrom,
  isReplying,
  nameOfPhone,
  phoneSchema,
  publishedBy,
  replySetBy,
  sweepMadeBy,
  sweepSchema,
} from '../../shared/microsoft365/mailbox-settings.ts';
import {
  idIn,
  type LookedAt,
  mailboxesWithActs,
  whatIn,
  whereOf,
  whereSchema,
} from '../../shared/microsoft365/mailboxes.ts';
import { short, textOfHtml } from '../../shared/microsoft365/symptoms.ts';
import type { CmdletParameters, ExchangeClient, ExchangeReader } from '../../shared/model/clients.ts';
import { type Change, remediation, settings, type Task } from '../../shared/model/step.ts';
import { inQuotes, powerShellValue } from '../../shared/model/text.ts';

const beforeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('automatic replies'),
    mailbox: whereSchema,
    AutoReplyState: z.string(),
    ExternalAudience: z.string(),
    InternalMessage: z.string(),
    ExternalMessage: z.string(),
    StartTime: z.string(),
    EndTime: z.string(),
  }),
  z.object({ kind: z.literal('sweep rule'), mailbox: whereSchema, ruleId: z.string(), name: z.string() }),
  z.object({
    kind: z.literal('published calendar'),
    mailbox: whereSchema,
    folder: z.string(),
    DetailLevel: z.string(),
    PublishDateRangeFrom: z.string(),
    PublishDateRangeTo: z.string(),
    SearchableUrlEnabled: z.boolean(),
  }),
  z.object({ kind: z.literal('phone'), mailbox: whereSchema, identity: z.string(), name: z.string() }),
]);
type Before = z.infer<typeof beforeSchema>;
type Setting = Change<Before>;

export const resetMailboxSettings = remediation({
  name: 'reset-mailbox-settings',
  title: 'Reset mailbox settings of the intruder',
  removes:
    "automatic replies, sweep rules, published calendars and phones by the intruder's session; what was sent or read is not taken back",
  guide: ['MS symptoms'],
  stage: 'evict',
  byHand: ({ id, userPrincipalName }) => {
    const mailbox = powerShellValue(userPrincipalName);
    return {
      link: mailboxPage(id),
      role: 'Exchange Administrator',
      how: 'The commands list automatic replies, sweep rules and phones. Use Set-MailboxAutoReplyConfiguration, Disable-SweepRule or Remove-MobileDevice on what the owner, asked by phone, does not know.',
      commands: [
        `Get-MailboxAutoReplyConfiguration -Identity ${mailbox}`,
        `Get-SweepRule -Mailbox ${mailbox}`,
        `Get-MobileDevice -Mailbox ${mailbox}`,
      ],
    };
  },
  settings: settings('act'),
  permissions: {
    exchange: [
      'Get-Mailbox',
      'Get-MailboxAutoReplyConfiguration',
      'Set-MailboxAutoReplyConfiguration',
      'Get-SweepRule',
      'Disable-SweepRule',
      'Enable-SweepRule',
      'Get-MailboxCalendarFolder',
      'Set-MailboxCalendarFolder',
      'Get-MobileDevice',
      'Remove-MobileDevice',
    ],
  },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: beforeSchema,

  async find({ account, run, exchange }) {
    const acts = actsIn(run) ?? [];
    const { own, others } = await mailboxesWithActs(exchange, account, acts);
    // What came from a phone names it, whatever was done and in whichever mailbox.
    const looks = [{ ...own, acts }, ...others];
    const changes = (await Promise.all(looks.map((looked) => settingsIn(exchange, looked)))).flat();
    const why = 'no such setting is tied to the intruder';
    return { changes, kept: changes.length > 0 ? [] : [{ what: 'settings of the mailbox', why }] };
  },

  async fix({ before }, { account, exchange }) {
    const { id, userPrincipalName: anchor } = before.mailbox ?? account;
    switch (before.kind) {
      case 'automatic replies':
        return await exchange.run(
          'Set-MailboxAutoReplyConfiguration',
          { Identity: id, AutoReplyState: 'Disabled' },
          { anchor },
        );
      case 'sweep rule':
        return await unlessGone(
          exchange.run('Disable-SweepRule', { Identity: before.ruleId, Mailbox: id }, { anchor }),
        );
      case 'published calendar':
        return await publish(exchange, id, anchor, before.folder, { PublishEnabled: false });
      case 'phone':
        return await unlessGone(
          exchange.run('Remove-MobileDevice', { Identity: before.identity }, { anchor }),
        );
    }
  },

  async undo({ before }, { account, exchange }) {
    const { id, userPrincipalName: anchor } = before.mailbox ?? account;
    switch (before.kind) {
      case 'automatic replies':
        await exchange.run(
          'Set-MailboxAutoReplyConfiguration',
          { Identity: id, ...replyOf(before) },
          { anchor },
        );
        return undefined;
      case 'sweep rule':
        await exchange.run('Enable-SweepRule', { Identity: before.ruleId, Mailbox: id }, { anchor });
        return undefined;
      case 'published calendar': {
        const { DetailLevel, PublishDateRangeFrom, PublishDateRangeTo, SearchableUrlEnabled } = before;
        await publish(exchange, id, anchor, before.folder, {
          PublishEnabled: true,
          SearchableUrlEnabled,
          ...given({ DetailLevel, PublishDateRangeFrom, PublishDateRangeTo }),
        });
        return undefined;
      }
      case 'phone':
        return addAgain(id, before.name);
    }
  },
});

/** Exchange shows unset values as empty, but refuses empty values. */
const given = (values: Readonly<Record<string, string>>): CmdletParameters =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

const replyOf = (before: Extract<Before, { kind: 'automatic replies' }>): CmdletParameters => {
  const { AutoReplyState, ExternalAudience, InternalMessage, ExternalMessage, StartTime, EndTime } = before;
  return {
    AutoReplyState,
    InternalMessage,
    ExternalMessage,
    ...given({ ExternalAudience }),
    ...(/^Scheduled$/i.test(AutoReplyState) ? given({ StartTime, EndTime }) : {}),
  };
};

const publish = (
  exchange: ExchangeClient,
  id: string,
  anchor: string,
  folder: string,
  values: CmdletParameters,
) => exchange.run('Set-MailboxCalendarFolder', { Identity: `${id}:\\${folder}`, ...values }, { anchor });

const addAgain = (id: string, name: string): Task => ({
  id: `phone-again:${name}`,
  what: `Have the owner add the account to ${name} again`,
  instruction: 'It was removed, and comes back by itself once its owner signs in on it.',
  link: mailboxPage(id),
  role: 'Exchange Administrator',
  instead: true,
});

/** What the intruder set in one mailbox. Only what an act mentions is read. */
async function settingsIn(exchange: ExchangeReader, looked: LookedAt): Promise<Setting[]> {
  const { mailbox, acts } = looked;
  const where = whereOf(looked);
  const options = { anchor: mailbox.userPrincipalName };
  const setting = (id: string, what: string, why: string, act: Act, before: Before): Setting => ({
    id: idIn(where, id),
    what: whatIn(where, what),
    why,
    ...tiedBy(act),
    before,
  });
  const found: Setting[] = [];

  const reply = replySetBy(acts);
  if (reply !== undefined && mayBeRemoved(reply, 'reversible')) {
    const set = await exchange.get(
      'Get-MailboxAutoReplyConfiguration',
      { Identity: mailbox.id },
      autoReplySchema,
      options,
    );
    for (const one of set.filter(isReplying)) {
      const says = textOfHtml(one.ExternalMessage) || textOfHtml(one.InternalMessage);
      found.push(
        setting(
          'automatic-replies',
          `automatic replies: ${inQuotes(short(says))}`,
          'they speak for the intruder',
          reply,
          {
            kind: 'automatic replies',
            mailbox: where,
            ...one,
          },
        ),
      );
    }
  }

  if (acts.some(({ activity }) => /-SweepRule$/i.test(activity))) {
    const rules = await exchange.get('Get-SweepRule', { Mailbox: mailbox.id }, sweepSchema, options);
    for (const rule of rules.filter(({ Enabled }) => Enabled)) {
      const act = sweepMadeBy(acts, rule);
      if (act === undefined || !mayBeRemoved(act, 'reversible')) continue;
      const what = `sweep rule ${inQuotes(rule.Name)}: mail of ${rule.Sender || 'everybody'} to ${inQuotes(rule.DestinationFolder)}`;
      found.push(
        setting(`sweep:${rule.RuleId}`, what, 'it hides mail from the owner', act, {
          kind: 'sweep rule',
          mailbox: where,
          ruleId: rule.RuleId,
          name: rule.Name,
        }),
      );
    }
  }

  for (const [folder, act] of publishedBy(acts)) {
    if (!mayBeRemoved(act, 'reversible')) continue;
    const place = { Identity: `${mailbox.id}:\\${folder}` };
    const read = await unlessMissing(
      exchange.get('Get-MailboxCalendarFolder', place, calendarSchema, options),
    );
    for (const { PublishEnabled, ...calendar } of read ?? []) {
      if (!PublishEnabled) continue;
      const what = `the calendar ${inQuotes(folder)}, published to whoever has the link`;
      found.push(
        setting(
          `calendar:${folder.toLowerCase()}`,
          what,
          'it tells where the owner is and whom they meet',
          act,
          {
            kind: 'published calendar',
            mailbox: where,
            folder,
            ...calendar,
          },
        ),
      );
    }
  }

  if (acts.some(({ data, trace }) => data['DeviceId'] !== undefined || Boolean(trace?.device))) {
    const phones = await exchange.get('Get-MobileDevice', { Mailbox: mailbox.id }, phoneSchema, options);
    for (const phone of phones) {
      const act = cameFrom(acts, phone);
      // Only its owner can bring a phone back, so this takes certainty.
      if (act === undefined || !mayBeRemoved(act, 'irreversible')) continue;
      const name = nameOfPhone(phone);
      found.push(
        setting(
          `phone:${phone.DeviceId}`,
          `phone or mail app ${name}`,
          'the intruder reads on with it',
          act,
          {
            kind: 'phone',
            mailbox: where,
            identity: phone.Identity,
            name,
          },
        ),
      );
    }
  }
  return found;
}
