// Automatic replies, signature, junk lists and sweep rules, with which an intruder makes mail speak for them or keeps
// it from arriving. As Exchange's cmdlets return them; judged here, read by the step.
import { z } from 'zod';
import {
  type AutoReply,
  isReplying,
  replySetBy,
  type SweepRule,
  sweepMadeBy,
} from '../../../shared/microsoft365/mailbox-settings.ts';
import { asAddress, domainOf, isInside, isUnder } from '../../../shared/microsoft365/recipients.ts';
import {
  didBy,
  doubt,
  type Look,
  none,
  type Symptoms,
  short,
  textOfHtml,
} from '../../../shared/microsoft365/symptoms.ts';
import { inQuotes, powerShellValue } from '../../../shared/model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');
const list = z
  .array(z.string())
  .nullish()
  .transform((given) => given ?? []);
const flag = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);

export function automaticReplies(reply: AutoReply, look: Look): Symptoms {
  if (!isReplying(reply)) return none;
  const says = textOfHtml(reply.ExternalMessage) || textOfHtml(reply.InternalMessage);
  return doubt(look, {
    id: 'automatic-replies',
    what: `automatic replies are ${reply.AutoReplyState.toLowerCase()}: ${inQuotes(short(says))}`,
    evidence: replySetBy(look.acts)?.evidence,
    isReset: true,
    why: 'they may speak for the intruder, and tell them who writes',
    whether: 'the automatic reply is',
    says: `It says ${inQuotes(short(says))}: it may speak for the intruder, and tell them who writes.`,
    remedy: 'Switch the automatic reply off',
    remains: 'an automatic reply',
    danger: 'people',
    commands: [
      `Set-MailboxAutoReplyConfiguration -Identity ${powerShellValue(look.account.userPrincipalName)} -AutoReplyState Disabled`,
    ],
  });
}

/** Get-MailboxMessageConfiguration: only Outlook on the web, and not with roaming signatures. */
export const signatureSchema = z.object({ SignatureText: text, SignatureHtml: text });

const money =
  /\b(iban|swift|bic|routing|sort code|account (?:no|number|details)|kontonummer|viagra|cialis)\b/i;

export function signature(
  { SignatureText, SignatureHtml }: z.infer<typeof signatureSchema>,
  look: Look,
): Symptoms {
  const says = textOfHtml(SignatureHtml) || textOfHtml(SignatureText);
  if (says === '') return none;
  const evidence = didBy(look, /^Set-MailboxMessageConfiguration$/i);
  const links = [...`${SignatureHtml} ${SignatureText}`.matchAll(/https?:\/\/([^\s/"'<>?#:]+)/gi)]
    .map(([, host = '']) => host.toLowerCase())
    .filter((host) => !isUnder(host, look.domains));
  const odd = money.test(says) ? 'it is about money' : links[0] && `it links to ${links[0]}`;
  const what = `the signature reads ${inQuotes(short(says))}`;
  if (evidence === undefined && !odd)
    return { findings: [{ what, why: 'neither about money nor with a link outside' }] };
  return doubt(look, {
    id: 'signature',
    what,
    evidence,
    why: odd || '',
    whether: 'the signature is',
    remedy: 'Empty the signature',
    remains: 'a signature',
    danger: 'people',
    commands: [
      `Set-MailboxMessageConfiguration -Identity ${powerShellValue(look.account.userPrincipalName)} -SignatureHtml '' -SignatureText ''`,
    ],
  });
}

/** Get-MailboxJunkEmailConfiguration */
export const junkSchema = z.object({
  BlockedSendersAndDomains: list,
  TrustedSendersAndDomains: list,
  TrustedListsOnly: flag,
});

/** Senders of warnings that an intruder must keep from the owner. */
const warners = ['microsoft.com', 'microsoftonline.com', 'office.com'];
const isWarner = (entry: string, inside: readonly string[]) => {
  const address = asAddress(entry);
  const domain = (address === null ? entry.replace(/^@/, '') : domainOf(address)).toLowerCase();
  return isUnder(domain, [...warners, ...inside]);
};

export function junk(lists: z.infer<typeof junkSchema>, look: Look): Symptoms {
  const { BlockedSendersAndDomains: blocked, TrustedSendersAndDomains: trusted } = lists;
  const kept = blocked.filter((entry) => isWarner(entry, look.domains));
  const evidence = didBy(look, /^Set-MailboxJunkEmailConfiguration$/i);
  const what = `junk mail: ${blocked.length} senders blocked, ${trusted.length} trusted`;
  const odd = [
    ...(kept.length > 0 ? [`colleagues or Microsoft are blocked (${short(kept.join(', '))})`] : []),
    ...(lists.TrustedListsOnly ? ['everybody who is not trusted is junk'] : []),
  ].join('; ');
  if (evidence === undefined && odd === '') {
    return blocked.length + trusted.length === 0
      ? none
      : { findings: [{ what, why: 'neither colleagues nor Microsoft are blocked' }] };
  }
  return doubt(look, {
    id: 'junk',
    what,
    evidence,
    why: odd,
    whether: 'the junk mail lists are',
    remedy: 'Correct the junk mail lists',
    remains: 'junk mail lists that hide mail',
    how: 'The first command shows them; replace ADDRESS in the second by each sender that must get through.',
    commands: [
      `Get-MailboxJunkEmailConfiguration -Identity ${powerShellValue(look.account.userPrincipalName)}`,
      `Set-MailboxJunkEmailConfiguration -Identity ${powerShellValue(look.account.userPrincipalName)} -BlockedSendersAndDomains @{Remove='ADDRESS'}`,
    ],
  });
}

/** For newsletters, sweep rules tidy up; for colleagues, or for everybody, they hide. */
export function sweep(rule: SweepRule, look: Look): Symptoms {
  if (!rule.Enabled) return none;
  const whose = rule.Sender || 'everybody';
  const what = `sweep rule ${inQuotes(rule.Name)} moves mail of ${whose} to ${inQuotes(rule.DestinationFolder)}`;
  const sender = asAddress(rule.Sender);
  const harmless = sender !== null && !isInside(sender, look.domains) && !isWarner(sender, []);
  const evidence = sweepMadeBy(look.acts, rule)?.evidence;
  if (harmless && evidence === undefined) return { findings: [{ what, why: 'a sender outside' }] };
  return doubt(look, {
    id: `sweep:${rule.RuleId}`,
    what,
    evidence,
    isReset: true,
    why: 'it hides mail of colleagues, of Microsoft or of everybody',
    whether: `the sweep rule ${inQuotes(rule.Name)} is`,
    says: `It moves mail of ${whose} to ${inQuotes(rule.DestinationFolder)}.`,
    remedy: `Remove the sweep rule ${inQuotes(rule.Name)}`,
    how: 'Outlook on the web shows it too (Settings, Mail, Sweep).',
    remains: 'a sweep rule',
    commands: [
      `Get-SweepRule -Mailbox ${powerShellValue(look.account.userPrincipalName)}`,
      `Remove-SweepRule -Mailbox ${powerShellValue(look.account.userPrincipalName)} -Identity ${powerShellValue(rule.RuleId)} -Confirm:$false`,
    ],
  });
}
