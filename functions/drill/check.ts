// Whether an account may be the target of a drill. Everything is checked with the responder's own eyes, and each doubt
// refuses: on an account that somebody uses, a planted intrusion would be a real one. What can't be read refuses too.
import { z } from 'zod';
import { type ProtectionSettings, protectionOf } from '../../shared/alerts/protection.ts';
import { type NamedAccounts, standsIn } from '../../shared/alerts/rails.ts';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, toFailure } from '../../shared/errors.ts';
import { licences, unlessUnlicensed } from '../../shared/microsoft365/licences.ts';
import { acceptedDomains, mailboxIfAny } from '../../shared/microsoft365/mailbox.ts';
import { isInside } from '../../shared/microsoft365/recipients.ts';
import { readRisk } from '../../shared/microsoft365/risky-user.ts';
import { signInsOf } from '../../shared/microsoft365/sign-in-log.ts';
import type { Account } from '../../shared/model/account.ts';
import type { Readers } from '../../shared/model/clients.ts';
import { nullableText, wholeSeconds } from '../../shared/model/text.ts';

interface DrillSettings extends ProtectionSettings, NamedAccounts {
  DRILL_GROUP?: string | undefined;
  DRILL_SINK?: string | undefined;
  DRY_RUN: boolean;
}

export interface Refusal {
  /** One word, for programs. */
  is: string;
  why: string;
  /** What a person does about it. */
  now: string;
}

export interface CheckDeps {
  readers: () => Pick<Readers, 'graph' | 'exchange'>;
  settings: DrillSettings;
  readAccount: (idOrName: string) => Promise<Account>;
  /** The run that has the account now, if there is one. */
  runOf: (userId: string) => Promise<string | undefined>;
  now: () => Date;
}

export type Checked =
  | { is: 'refused'; refusals: readonly Refusal[] }
  | { is: 'fit'; account: Account; sink: string };

/** Nobody works in such a group: a few people with test accounts are enough for any rehearsal. */
const mostMembers = 10;
const quietDays = 7;
const dayMs = 86_400_000;
/** A mailbox that a person works in; any other belongs to several people, or to a room. */
const ordinary = 'UserMailbox';

const refusal = (is: string, why: string, now: string): Refusal => ({ is, why, now });
const ownAccount = 'Make an account for drills and nothing else, and put it alone into the drill group.';

/** Throws only if the services are busy. */
export async function checkAccount(deps: CheckDeps, user: string): Promise<Checked> {
  const { settings } = deps;
  const unset = [
    ...(settings.DRILL_GROUP === undefined
      ? [refusal('no-group', 'no drill group is configured', 'Set DRILL_GROUP to its object id.')]
      : []),
    ...(settings.DRILL_SINK === undefined
      ? [refusal('no-sink', 'no sink is configured', 'Set DRILL_SINK to a mailbox inside.')]
      : []),
    ...(settings.DRY_RUN
      ? [
          refusal(
            'dry-run',
            'the app only looks (DRY_RUN), and would take nothing back',
            'Set DRY_RUN to false.',
          ),
        ]
      : []),
  ];
  const { DRILL_GROUP: group, DRILL_SINK: sink } = settings;
  if (group === undefined || sink === undefined || unset.length > 0)
    return { is: 'refused', refusals: unset };
  const account = await deps.readAccount(user).catch((error: unknown) => {
    if (!(error instanceof PermanentError)) throw error;
    return error.status === 404
      ? refusal(
          'unknown',
          `the directory has no user ${user}`,
          'Name it by user principal name or object id.',
        )
      : unread('the account', error);
  });
  if ('is' in account) return { is: 'refused', refusals: [account] };
  const found = await Promise.all([
    of(account, settings),
    ...looks.map(async ([what, look]) => {
      try {
        return await look({ ...deps, ...deps.readers(), account, group, sink });
      } catch (error) {
        if (error instanceof PermanentError) return [unread(what, error)];
        throw error;
      }
    }),
  ]);
  const refusals = found.flat();
  return refusals.length > 0 ? { is: 'refused', refusals } : { is: 'fit', account, sink };
}

const unread = (what: string, error: PermanentError): Refusal =>
  refusal(
    'unread',
    `${what} can't be read: ${toFailure(error).message}`,
    'Grant what is missing (reclaim preflight names it).',
  );

/** What the account's own classification says. */
function of(account: Account, settings: NamedAccounts): Refusal[] {
  const { userPrincipalName: name } = account;
  const list = (is: string, setting: keyof NamedAccounts) =>
    standsIn(settings[setting], account)
      ? [refusal(is, `${name} is named in ${setting}`, `Take another account. ${ownAccount}`)]
      : [];
  return [
    ...(account.privileged || account.roles.length > 0
      ? [
          refusal(
            'privileged',
            `${name} holds a directory role, could activate one, or is in a group or unit that guards them`,
            `Never drill on an administrator. ${ownAccount}`,
          ),
        ]
      : []),
    ...(account.guest ? [refusal('guest', `${name} is a guest`, ownAccount)] : []),
    ...(account.synced
      ? [refusal('synced', `${name} is mastered in Active Directory`, `Make it in the cloud. ${ownAccount}`)]
      : []),
    ...(account.federated
      ? [
          refusal(
            'federated',
            `${name} is in a federated domain`,
            'Give it a name in a managed domain, such as the onmicrosoft.com one.',
          ),
        ]
      : []),
    ...(account.enabled
      ? []
      : [refusal('disabled', `${name} can't sign in`, 'Enable it: a lock must have something to lock.')]),
    ...(account.hasMailbox
      ? []
      : [refusal('no-mailbox', `${name} has no mailbox in Exchange Online`, 'Assign a licence with one.')]),
    ...list('protected', 'PROTECTED_ACCOUNTS'),
    ...list('vip', 'VIP_ACCOUNTS'),
    ...list('service-account', 'SERVICE_ACCOUNTS'),
  ];
}

interface Looking extends CheckDeps, Pick<Readers, 'graph' | 'exchange'> {
  account: Account;
  group: string;
  sink: string;
}

const groupSchema = z.object({
  displayName: nullableText,
  securityEnabled: z.boolean().nullish(),
  mailEnabled: z.boolean().nullish(),
  groupTypes: z.array(z.string()).nullish(),
  membershipRule: nullableText,
  isAssignableToRole: z.boolean().nullish(),
  onPremisesSyncEnabled: z.boolean().nullish(),
});
const memberSchema = z.object({ id: z.string(), '@odata.type': z.string().nullish() });

/** The group decides which accounts a drill may touch, so few people may change it, and only by hand. */
async function groupLook({ graph, account, group }: Looking): Promise<Refusal[]> {
  const select = Object.keys(groupSchema.shape).join(',');
  const [is, members] = await Promise.all([
    graph.get(path`/groups/${group}?$select=${select}`, groupSchema),
    graph.list(path`/groups/${group}/members?$select=id`, memberSchema, { most: mostMembers + 1 }),
  ]).catch((error: unknown) => {
    if (error instanceof PermanentError && error.status === 404) return [undefined, []] as const;
    throw error;
  });
  if (is === undefined)
    return [refusal('no-group', `the group ${group} does not exist`, 'Set DRILL_GROUP to its object id.')];
  const name = is.displayName ?? group;
  const assigned = 'Make a security group in the cloud with assigned members, for drills alone.';
  return [
    ...(is.membershipRule || is.groupTypes?.includes('DynamicMembership')
      ? [refusal('group-dynamic', `who is in ${name} follows from a rule`, assigned)]
      : []),
    ...(is.mailEnabled === true || is.groupTypes?.includes('Unified') || is.securityEnabled === false
      ? [refusal('group-mail', `${name} is no plain security group`, assigned)]
      : []),
    ...(is.isAssignableToRole === true
      ? [refusal('group-roles', `${name} may carry directory roles`, assigned)]
      : []),
    ...(is.onPremisesSyncEnabled === true
      ? [refusal('group-synced', `${name} is mastered in Active Directory`, assigned)]
      : []),
    ...(members.length > mostMembers
      ? [
          refusal(
            'group-large',
            `${name} has more than ${mostMembers} members, too many for accounts made for drills`,
            assigned,
          ),
        ]
      : []),
    ...(members.some(({ id }) => id.toLowerCase() === account.id.toLowerCase())
      ? []
      : [
          refusal(
            'outside',
            `${account.userPrincipalName} is not itself a member of ${name}`,
            'Add it to the group, if it was made for drills.',
          ),
        ]),
  ];
}

const ownedSchema = z.object({ id: z.string(), displayName: nullableText });

async function ownsLook({ graph, account }: Looking): Promise<Refusal[]> {
  const user = account.id;
  const [owned, registered] = await Promise.all([
    graph.list(path`/users/${user}/ownedObjects`, ownedSchema, { most: 3 }),
    graph.list(path`/users/${user}/registeredDevices`, ownedSchema, { most: 3 }),
  ]);
  const names = (all: typeof owned) => all.map(({ displayName, id }) => displayName ?? id).join(', ');
  return [
    ...(owned.length > 0
      ? [refusal('owns', `it owns ${names(owned)}`, `A drill account owns nothing. ${ownAccount}`)]
      : []),
    ...(registered.length > 0
      ? [refusal('devices', `devices are registered to it: ${names(registered)}`, ownAccount)]
      : []),
  ];
}

const typeSchema = z.object({ '@odata.type': z.string() });

/** A password alone: somebody who registered more than that uses the account. */
async function methodsLook({ graph, account }: Looking): Promise<Refusal[]> {
  const all = await graph.list(path`/users/${account.id}/authentication/methods`, typeSchema);
  const others = all.filter((one) => one['@odata.type'] !== '#microsoft.graph.passwordAuthenticationMethod');
  return others.length > 0
    ? [
        refusal(
          'methods',
          `${others.length} sign-in methods are registered beside the password`,
          `Somebody signs in with it. Remove them if nobody does. ${ownAccount}`,
        ),
      ]
    : [];
}

async function signInLook({ graph, account, now }: Looking): Promise<Refusal[]> {
  const since = now().getTime() - quietDays * dayMs;
  const [last] = await signInsOf(graph, account.id, since, 1);
  return last === undefined
    ? []
    : [
        refusal(
          'signed-in',
          `it signed in or tried to within ${quietDays} days, so somebody may use it`,
          `Find out who it was; drill once it has been quiet for ${quietDays} days.`,
        ),
      ];
}

const sentSchema = z.object({
  toRecipients: z.array(z.object({ emailAddress: z.object({ address: nullableText }) })).nullish(),
});

/** Mail that the account sent to anybody but itself. */
async function mailLook({ graph, account, now }: Looking): Promise<Refusal[]> {
  if (!account.hasMailbox) return [];
  const since = wholeSeconds(now().getTime() - 30 * dayMs);
  const sent = await graph.list(
    path`/users/${account.id}/mailFolders/sentitems/messages?$select=id,toRecipients&$filter=sentDateTime ge ${since}&$top=50`,
    sentSchema,
    { most: 50 },
  );
  const own = account.userPrincipalName.toLowerCase();
  const others = sent.filter(({ toRecipients }) =>
    (toRecipients ?? []).some(({ emailAddress }) => emailAddress.address?.toLowerCase() !== own),
  );
  return others.length > 0
    ? [
        refusal(
          'sends-mail',
          'it sent mail to others within 30 days',
          `Somebody works with it. ${ownAccount}`,
        ),
      ]
    : [];
}

const mailboxSchema = z.object({
  RecipientTypeDetails: nullableText,
  ForwardingSmtpAddress: nullableText,
  ForwardingAddress: nullableText,
  LitigationHoldEnabled: z.boolean().nullish(),
});

async function mailboxLook({ exchange, account }: Looking): Promise<Refusal[]> {
  if (!account.hasMailbox) return [];
  const is = await mailboxIfAny(exchange, account, Object.keys(mailboxSchema.shape), mailboxSchema);
  if (is === undefined) return [refusal('no-mailbox', 'Exchange Online knows no mailbox of it', ownAccount)];
  return [
    ...((is.RecipientTypeDetails ?? ordinary) === ordinary
      ? []
      : [
          refusal(
            'shared-mailbox',
            `its mailbox is a ${is.RecipientTypeDetails}, which others use`,
            `Take an ordinary one. ${ownAccount}`,
          ),
        ]),
    ...(is.ForwardingSmtpAddress || is.ForwardingAddress
      ? [
          refusal(
            'forwards',
            'its mail is forwarded already',
            'Clear the forwarding, or find out whose it is.',
          ),
        ]
      : []),
    ...(is.LitigationHoldEnabled === true
      ? [refusal('on-hold', 'its mailbox is on litigation hold', `Evidence stays untouched. ${ownAccount}`)]
      : []),
  ];
}

async function riskLook({ graph, account }: Looking): Promise<Refusal[]> {
  const risk = await unlessUnlicensed(readRisk(graph, account.id), graph, licences.entraP2);
  if ('skip' in risk || !['atRisk', 'confirmedCompromised'].includes(risk.riskState)) return [];
  return [
    refusal(
      'at-risk',
      `Entra ID Protection calls it ${risk.riskState}: that may be real`,
      'Look into it, dismiss the risk, then drill.',
    ),
  ];
}

async function protectionLook({ graph, account, settings }: Looking): Promise<Refusal[]> {
  const because = await protectionOf(graph, account, settings);
  return because === null || standsIn(settings.PROTECTED_ACCOUNTS, account)
    ? []
    : [refusal('protected', because, `Take another account. ${ownAccount}`)];
}

async function runLook({ account, runOf }: Looking): Promise<Refusal[]> {
  const run = await runOf(account.id);
  return run === undefined
    ? []
    : [refusal('has-run', `run ${run} has the account now`, 'Finish that one first: it may be a real one.')];
}

const sinkSchema = z.object({
  id: z.string(),
  userType: nullableText,
  accountEnabled: z.boolean().nullish(),
});

async function sinkLook({ graph, exchange, account, sink }: Looking): Promise<Refusal[]> {
  const inside = 'Set DRILL_SINK to a mailbox of this tenant that nobody needs.';
  if (!isInside(sink, await acceptedDomains(exchange)))
    return [refusal('sink-outside', `the sink ${sink} is outside of this tenant`, inside)];
  const found = await graph
    .get(path`/users/${sink}?$select=id,userType,accountEnabled`, sinkSchema)
    .catch((error: unknown) => {
      if (error instanceof PermanentError && error.status === 404) return undefined;
      throw error;
    });
  if (found === undefined || found.userType === 'Guest')
    return [refusal('sink-unknown', `the sink ${sink} is no member of this tenant`, inside)];
  return found.id.toLowerCase() === account.id.toLowerCase()
    ? [refusal('sink-itself', 'the sink is the account itself', inside)]
    : [];
}

const looks = [
  ['the drill group', groupLook],
  ['what it owns', ownsLook],
  ['its sign-in methods', methodsLook],
  ['the sign-in log', signInLook],
  ['its sent mail', mailLook],
  ['its mailbox', mailboxLook],
  ['its risk', riskLook],
  ['whether it is protected', protectionLook],
  ['its runs', runLook],
  ['the sink', sinkLook],
] as const;
