// How the owner is reached and recovers access: the present details, and what changed in them. It changes nothing,
// since only the owner knows what is right; remove-auth-methods judges sign-in methods.

import { path } from '../../../shared/clients/path.ts';
import { madeByIntruder, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { methodSchema } from '../../../shared/microsoft365/auth-methods.ts';
import { setUserGuide, userPage } from '../../../shared/microsoft365/links.ts';
import type { Account } from '../../../shared/model/account.ts';
import { investigation, type Kept, settings, type Task } from '../../../shared/model/step.ts';
import { powerShellValue } from '../../../shared/model/text.ts';
import {
  type Contact,
  type ContactChange,
  contactChanges,
  contactProperties,
  contactSchema,
  describeContact,
  mostCharacters,
  nothing,
} from './contact-info.ts';

export const checkContactInfo = investigation({
  name: 'check-contact-info',
  title: 'Check contact and recovery information',
  collects: 'phone numbers, address, alternate mail and recovery data: as they are, and what was changed',
  guide: ['MS 7.3', 'SD'],
  stage: 'collect',
  handsOn: 'contact',
  settings: settings('act'),
  permissions: { graph: ['User.Read.All', 'UserAuthenticationMethod.Read.All', 'AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],

  async collect({ account, run, intruder, graph }) {
    const since = windowStart(run, intruder);
    const [contact, methods] = await Promise.all([
      graph.get(
        `${path`/users/${account.id}`}?$select=id,${contactProperties.join(',')}&$expand=manager($select=displayName)`,
        contactSchema,
      ),
      graph.list(path`/users/${account.id}/authentication/methods`, methodSchema),
    ]);
    const log = await readDirectoryAudits(graph, account.id, since, 'on');
    const recovery = methods.flatMap(({ kind, name }) => (kind === 'phone' || kind === 'email' ? name : []));
    const now: Kept[] = [
      { what: describeContact(contact) || 'no contact information', why: 'is held in the directory now' },
      { what: recovery.join('; ') || 'no phone and no mail address', why: 'may recover the password now' },
    ];
    const manager = contact.manager?.displayName ?? null;
    // Without the log, this may be the intruder's own number.
    if ('skip' in log) {
      return {
        findings: now,
        tasks: [compareAll(account, log.skip)],
        facts: { phone: null, manager },
      };
    }

    const changes = contactChanges(log, account.id).map((change) => ({
      change,
      evidence: madeByIntruder(change.entry, intruder),
      own: change.entry.actor.id === account.id,
    }));
    const facts = {
      phone: phoneBefore(
        contact,
        changes.map(({ change }) => change),
      ),
      manager,
    };
    const unclear = changes.filter(({ evidence, own }) => evidence !== undefined || own);
    const others = changes.filter(({ evidence, own }) => evidence === undefined && !own);
    // A means of password recovery that somebody else set: their account may be in the same hands. A sync or a company
    // app can't be asked.
    const byPeople = others.filter(
      ({ change }) => change.subject !== 'address' && change.entry.actor.userPrincipalName !== null,
    );
    const none = {
      what: `no change since ${when(since)}`,
      why: 'is in the audit log, which may lag and ends',
    };
    return {
      findings: [
        ...now,
        ...(changes.length === 0 ? [none] : []),
        ...others.map(({ change }) => ({ what: told(change), why: `by ${actorOf(change)}` })),
      ],
      tasks: [
        ...unclear.map(({ change, evidence }) => putBack(change, evidence, account)),
        ...byPeople.map(({ change }) => askWhoChanged(change, account)),
      ],
      facts,
    };
  },
});

/** How the owner was reached before the intruder came: a number that changed since then may not be theirs. */
function phoneBefore(contact: Contact, changes: readonly ContactChange[]): string | null {
  const oldest = changes
    .filter(({ property }) => phones.has(property))
    .toSorted((a, b) => a.entry.time - b.entry.time);
  const [first] = oldest;
  if (first !== undefined) return first.before === nothing ? null : first.before;
  return contact.mobilePhone || contact.businessPhones?.[0] || null;
}

const phones: ReadonlySet<string> = new Set(['Mobile', 'TelephoneNumber']);

const told = ({ entry, subject, before, after }: ContactChange) =>
  `the ${subject} was changed from ${before} to ${after} at ${when(entry.time)}`;

const actorOf = ({ entry: { actor } }: ContactChange) =>
  actor.userPrincipalName ?? actor.app ?? 'somebody whom the log does not name';

const placeOf = ({ synced }: Account) => (synced ? 'in Active Directory' : 'in the directory');

/**
 * For synced attributes, by their names in the directory's log
 * (https://learn.microsoft.com/powershell/module/activedirectory/set-aduser).
 */
const parameters: Readonly<Record<string, readonly [name: string, attribute: string]>> = {
  TelephoneNumber: ['OfficePhone', 'telephoneNumber'],
  Mobile: ['MobilePhone', 'mobile'],
  FacsimileTelephoneNumber: ['Fax', 'facsimileTelephoneNumber'],
  StreetAddress: ['StreetAddress', 'streetAddress'],
  PostalCode: ['PostalCode', 'postalCode'],
  City: ['City', 'l'],
  State: ['State', 'st'],
  PhysicalDeliveryOfficeName: ['Office', 'physicalDeliveryOfficeName'],
};

/** The command that restores it in Active Directory, if its name there is known. */
function setBack({ property, before }: ContactChange, account: Account): Pick<Task, 'commands'> {
  const [name, attribute] = parameters[property] ?? [];
  const identity = account.synced ? account.onPremisesDistinguishedName : null;
  if (name === undefined || identity === null || before.length >= mostCharacters) return {};
  const value = before === nothing ? `-Clear ${attribute}` : `-${name} ${powerShellValue(before)}`;
  return { commands: [`Set-ADUser -Identity ${powerShellValue(identity)} ${value}`] };
}

/** For a synced account, the next sync overwrites it. */
const whereSet = ({ id, synced }: Account): Pick<Task, 'link' | 'role'> =>
  synced
    ? { link: setUserGuide(), role: 'Account Operator in Active Directory' }
    : { link: userPage(id), role: 'User Administrator' };

const putBack = (change: ContactChange, evidence: string | undefined, account: Account): Task => ({
  id: `${change.entry.id}:${change.property}`,
  what: `Put back the ${change.subject} of ${account.displayName}: ${change.before}`,
  instruction: `Ask them first, not by mail and not by that number. It was changed from ${change.before} to ${change.after}${evidence === undefined ? ` at ${when(change.entry.time)} from ${change.entry.trace.address ?? 'an unknown address'}, while the intruder may have been in` : `: ${evidence}`}. Set it ${placeOf(account)}.`,
  ...whereSet(account),
  ...setBack(change, account),
});

const askWhoChanged = (change: ContactChange, account: Account): Task => ({
  id: `${change.entry.id}:${change.property}`,
  what: `Ask ${actorOf(change)} whether they changed the ${change.subject} of ${account.displayName}`,
  instruction: `By phone: their account may be in the intruder's hands too. It was changed from ${change.before} to ${change.after} at ${when(change.entry.time)} from ${change.entry.trace.address ?? 'an unknown address'}. If they did not, set it back ${placeOf(account)}, and start a run for them.`,
  ...whereSet(account),
  ...setBack(change, account),
});

const compareAll = (account: Account, why: string): Task => ({
  id: 'contact-info',
  what: `Check the contact information with ${account.displayName}, by phone`,
  instruction: `Whether it was changed is not known: ${why}. Correct phone numbers and addresses ${placeOf(account)}.`,
  ...whereSet(account),
});
