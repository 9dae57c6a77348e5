// What an administrator's session may leave behind that no step for one account undoes, sorted by what a person has to
// check. Pure. The lists of activities are open, so each is recognised by its first words.
import { z } from 'zod';
import { type Act, parameterOf } from '../../../shared/intruder/acts.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Task } from '../../../shared/model/step.ts';
import { nullableText } from '../../../shared/model/text.ts';
import type { Danger } from '../../../shared/model/words.ts';

interface Kind {
  id: string;
  /** What the intruder changed; comes after the order. */
  what: string;
  /** Begins with a verb. */
  order: string;
  role: string;
  danger: Danger;
  names: RegExp;
  /** If done to the account itself, other steps deal with it. */
  othersOnly?: true;
  instruction: string;
  link: string;
}

const entra = 'https://entra.microsoft.com/#view';
const exchangeCentre = 'https://admin.exchange.microsoft.com/#';

/** https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities */
const kinds: readonly Kind[] = [
  {
    id: 'federation',
    what: 'domains and their federation',
    order: 'Take back what was changed in',
    role: 'Global Administrator',
    danger: 'account',
    names:
      /^(set (domain authentication|federation settings)|(add|update|verify|remove) .*domain\b|update domain|(new|set)-remotedomain|new-accepteddomain)/i,
    instruction:
      'Look at the federation settings and signing certificates of every domain: a foreign one signs in as anybody. Take back what nobody in the company set.',
    link: `${entra}/Microsoft_AAD_IAM/DomainsManagementMenuBlade/~/CustomDomainNames`,
  },
  {
    id: 'applications',
    what: 'credentials, owners and permissions of applications',
    order: 'Take back',
    role: 'Cloud Application Administrator',
    danger: 'leak',
    names:
      /^((add|update|remove) service principal credentials|update application|add owner to (application|service principal)|add app role assignment to service principal)/i,
    instruction:
      'Delete the credentials and owners that were added, and the permissions that were granted; where a secret was used, treat what the application may do as done.',
    link: `${entra}/Microsoft_AAD_IAM/ActiveDirectoryMenuBlade/~/RegisteredApps`,
  },
  {
    id: 'policies',
    what: 'Conditional Access and the rules of signing in',
    order: 'Set back',
    role: 'Conditional Access Administrator',
    danger: 'account',
    names:
      /^((add|update|delete) (conditional access policy|policy|named location|authorization policy|cross-tenant)|.*authentication methods? policy|disable strong authentication|update company settings|set company information|(add|update|delete) .*security defaults)/i,
    instruction:
      'Compare the policies with what they were, and set them back: exclusions and trusted locations too.',
    link: `${entra}/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies`,
  },
  {
    id: 'roles',
    what: 'roles and groups of others',
    order: 'Take back',
    role: 'Privileged Role Administrator',
    danger: 'account',
    names:
      /^((add|update) (eligible )?member to (role|group)|add .*member to role|add owner to group|add (scoped )?member to|add role assignment|(add-rolegroupmember|new-managementroleassignment|new-rolegroup|update-rolegroupmember))/i,
    othersOnly: true,
    instruction: 'Take the roles and memberships back, and treat the accounts that got them as compromised.',
    link: `${entra}/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles`,
  },
  {
    id: 'people',
    what: 'the guests and accounts that the intruder made',
    order: 'Delete',
    role: 'User Administrator',
    danger: 'account',
    names:
      /^(invite external user|add user|create user|bulk (invite|create)|restore user|enable account|new-mailbox|new-mailuser)/i,
    othersOnly: true,
    instruction: 'Delete the guests and accounts that nobody in the company asked for.',
    link: `${entra}/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers`,
  },
  {
    id: 'credentials-of-others',
    what: 'passwords, passes and sign-in methods of others',
    order: 'Secure other accounts: the intruder changed',
    role: 'Privileged Authentication Administrator',
    danger: 'account',
    names:
      /^(reset (user )?password|change (user )?password|admin (registered|updated|deleted)|update user|update stsrefreshtoken|(create|add|update|delete) (?=.{0,80}(security info|authentication method|strong authentication)))|temporary access pass/i,
    othersOnly: true,
    instruction:
      'Whoever set a password, pass or method can sign in as that account: start a run for it (reclaim start), or select Reset password and Revoke sessions.',
    link: `${entra}/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers`,
  },
  {
    id: 'mail-flow',
    what: 'transport rules, connectors and journaling',
    order: 'Set back',
    role: 'Exchange Administrator',
    danger: 'leak',
    names:
      /^(new|set|enable|disable|remove)-(transportrule|inboundconnector|outboundconnector|journalrule|transportconfig|organizationconfig|hosted\w{1,40}(policy|rule)|antiphish\w|safelinks\w|safeattachment\w|malwarefilter\w|tenantallowblocklist\w)/i,
    instruction:
      'Disable the rules and connectors that nobody in the company made, and set back what was changed.',
    link: `${exchangeCentre}/transportrules`,
  },
  {
    id: 'mailboxes-of-others',
    what: 'mailboxes of others: access, forwarding, rules',
    order: 'Take back what was changed in',
    role: 'Exchange Administrator',
    danger: 'leak',
    names:
      /^(add-mailboxpermission|add-recipientpermission|(add|set)-mailboxfolderpermission|set-mailbox|(new|set|enable)-inboxrule|set-casmailbox|set-mailboxautoreplyconfiguration)/i,
    othersOnly: true,
    instruction: 'Take the access, forwarding and rules back on these mailboxes, and tell their owners.',
    link: `${exchangeCentre}/mailboxes`,
  },
  {
    id: 'logging',
    what: 'the logging that the intruder changed',
    order: 'Switch on again',
    role: 'Compliance Administrator',
    danger: 'leak',
    names:
      /^(set-(adminauditlogconfig|mailboxauditbypassassociation|organizationconfig.*audit)|(update|delete|remove) .*diagnostic setting|set-unifiedauditlog|remove-unifiedauditlogretentionpolicy)/i,
    instruction: 'Switch auditing on again. What was done while it was off is not in any log.',
    link: 'https://purview.microsoft.com/audit/auditsearch',
  },
  {
    id: 'searches',
    what: 'the content searches and exports that the intruder made',
    order: 'Delete',
    role: 'eDiscovery Administrator',
    danger: 'leak',
    names:
      /^((new|start|set)-compliancesearch\w*|search(created|started|exported|updated|exportdownloaded)|(new|start)-\w*ediscovery\w*|new-mailboxexportrequest|new-mailboximportrequest)/i,
    instruction: 'Delete these searches, and treat what they found as read by the intruder.',
    link: 'https://purview.microsoft.com/ediscovery',
  },
];

const targetsSchema = z.array(
  z.looseObject({
    id: nullableText,
    type: nullableText,
    userPrincipalName: nullableText,
  }),
);

/** What it was done to, as far as the record says: people, or the mailbox that a cmdlet names. */
function isOwn(act: Act, account: Account): boolean {
  const names = [
    account.id,
    account.userPrincipalName,
    account.displayName,
    account.userPrincipalName.split('@')[0],
  ];
  const own = new Set(names.map((name) => name?.toLowerCase()));
  const targets = targetsSchema.safeParse(act.data['targets']).data;
  if (targets !== undefined) {
    const people = targets.filter(({ type, userPrincipalName }) => type === 'User' || userPrincipalName);
    return (
      people.length > 0 &&
      people.every(
        ({ id, userPrincipalName }) =>
          own.has(id?.toLowerCase()) || own.has(userPrincipalName?.toLowerCase()),
      )
    );
  }
  const named = parameterOf(act, 'Mailbox') ?? parameterOf(act, 'Identity') ?? act.object ?? '';
  const mailbox = named.toLowerCase().split(':\\')[0] ?? '';
  const member = parameterOf(act, 'Member') ?? parameterOf(act, 'User');
  if (/rolegroupmember|managementroleassignment/i.test(act.activity)) return own.has(member?.toLowerCase());
  return mailbox === '' || own.has(mailbox) || mailbox.split(/[\\/]/).some((part) => own.has(part));
}

export interface Sorted {
  kind: Kind;
  acts: readonly Act[];
}

/** Only the kinds that were found; an act counts for the first kind that fits. */
export function sortAdminActivity(acts: readonly Act[], account: Account): Sorted[] {
  const done = acts.filter(({ succeeded }) => succeeded);
  const kindOf = (act: Act) =>
    kinds.find(({ names, othersOnly }) => names.test(act.activity) && !(othersOnly && isOwn(act, account)));
  return kinds
    .map((kind) => ({ kind, acts: done.filter((act) => kindOf(act) === kind) }))
    .filter((sorted) => sorted.acts.length > 0);
}

const describeAct = ({ activity, object, at }: Act) =>
  `${activity}${object ? ` (${object.slice(0, 120)})` : ''} at ${when(Date.parse(at))}`;

/** Who or what it was done to, if those are few. */
function namedIn(acts: readonly Act[]): string {
  const names = [...new Set(acts.flatMap(({ object }) => object ?? []))];
  return names.length === 0 || names.length > 3
    ? ` (${acts.length} acts)`
    : `: ${names.map((name) => name.slice(0, 80)).join(', ')}`;
}

const most = 8;

/** One task for each kind, with the latest of its acts. */
export function adminTask({ kind, acts }: Sorted): Task {
  const rest =
    acts.length > most ? `; and ${acts.length - most} more, in the table of collect-audit-log` : '';
  return {
    id: `admin:${kind.id}`,
    what: `${kind.order} ${kind.what}${namedIn(acts)}`,
    instruction: `${kind.instruction} By the audit log: ${acts.slice(0, most).map(describeAct).join('; ')}${rest}.`,
    link: kind.link,
    role: kind.role,
    danger: kind.danger,
  };
}
