// Which acts let a run go further by themselves. A rule is not all that an intruder leaves: a mail, a link, a guest or
// a flow from the same session proves as much. Pure.
import { type Act, parameterOf } from '../../../shared/intruder/acts.ts';
import { inQuotes } from '../../../shared/model/text.ts';

interface Telling {
  names: RegExp;
  did: string;
  /** If the cmdlet does other things too, which of them count. */
  only?: (act: Act) => boolean;
}

const sets = (act: Act, ...parameters: string[]) =>
  parameters.some((name) => !['', 'false', '$false'].includes(parameterOf(act, name)?.toLowerCase() ?? ''));

/** By the workloads' names for them (https://learn.microsoft.com/purview/audit-log-activities). */
const tellings: readonly Telling[] = [
  { names: /^(Send|SendAs|SendOnBehalf)$/i, did: 'sent a mail' },
  { names: /^(New|Set|Enable)-InboxRule$|^UpdateInboxRules$/i, did: 'made or changed an inbox rule' },
  { names: /^(New|Set|Enable)-SweepRule$/i, did: 'made or changed a sweep rule' },
  {
    names: /^Set-Mailbox$/i,
    did: 'set forwarding',
    only: (act) => sets(act, 'ForwardingAddress', 'ForwardingSmtpAddress'),
  },
  {
    names: /^Set-MailboxAutoReplyConfiguration$/i,
    did: 'set automatic replies',
    only: (act) => !/^disabled$/i.test(parameterOf(act, 'AutoReplyState') ?? ''),
  },
  {
    names: /^Set-MailboxCalendarFolder$/i,
    did: 'published a calendar',
    only: (act) => sets(act, 'PublishEnabled'),
  },
  {
    names:
      /^(Add-(Mailbox|Recipient|MailboxFolder)Permission|AddFolderPermissions|ModifyFolderPermissions|UpdateCalendarDelegation)$/i,
    did: 'gave somebody access to a mailbox',
  },
  { names: /^New-(Hotmail|Imap|Pop|Connect)Subscription$/i, did: 'connected another mail account' },
  {
    names:
      /^(SharingSet|SharingInvitationCreated|AddedToSecureLink|(Anonymous|Secure|Company|Sharing)Link(Created|Updated)|SiteCollectionAdminAdded)$/i,
    did: 'shared a file',
  },
  { names: /^File(Uploaded|Deleted|Recycled)$/i, did: 'uploaded or deleted files' },
  {
    names: /^(CreateFlow|EditFlow|PutConnection|PutPermissions|CreatePowerApp|PublishPowerApp)$/i,
    did: 'made a flow or a connection',
  },
  {
    names:
      /^(ChatCreated|MessageSent|MessageCreatedHasLink|MemberAdded|AppInstalled|TeamCreated|BotAddedToTeam)$/i,
    did: 'wrote in Teams',
  },
  { names: /^Invite external user/i, did: 'invited a guest' },
  { names: /^(Add (group|member to group|owner to group))/i, did: 'changed a group' },
  {
    names:
      /^(Consent to application|Add (application|service principal|OAuth2PermissionGrant|delegated permission grant|app role assignment)|Update application – Certificates)/i,
    did: 'let an application in',
  },
  { names: /^User (registered|changed) .*security info/i, did: 'registered a sign-in method' },
  {
    names: /^(Register device|Add registered (owner|users) to device|Add device)/i,
    did: 'registered a device',
  },
];

const tellingOf = (act: Act) =>
  tellings.find(({ names, only }) => names.test(act.activity) && (only === undefined || only(act)));

/**
 * The first lasting thing that the intruder certainly did, in one sentence. Reading alone doesn't count, nor does an
 * act that is only likely to be theirs.
 */
export function proofOf(acts: readonly Act[]): string | undefined {
  const certain = acts.filter(({ succeeded, certainty }) => succeeded && certainty === 'certain');
  const [first] = certain
    .flatMap((act) => {
      const telling = tellingOf(act);
      return telling === undefined ? [] : [{ act, did: telling.did }];
    })
    .toReversed();
  if (first === undefined) return undefined;
  const { act, did } = first;
  const on = act.object === null || act.object === '' ? '' : ` (${inQuotes(act.object.slice(0, 120))})`;
  return `the intruder ${did}${on}, ${act.evidence}`;
}
