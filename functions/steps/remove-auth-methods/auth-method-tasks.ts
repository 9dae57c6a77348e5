// What a person is asked to do about authentication methods that no call can settle.

import type { DirectoryAudit } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import type { Method } from '../../../shared/microsoft365/auth-methods.ts';
import { authMethodsPage } from '../../../shared/microsoft365/links.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Task } from '../../../shared/model/step.ts';

/** One question for all of them. The id names each, so that a tick does not answer for one that comes later. */
export function askTheOwner(doubtful: readonly { method: Method; why: string }[], account: Account): Task[] {
  if (doubtful.length === 0) return [];
  const byReason = Map.groupBy(doubtful, ({ why }) => why);
  const said = [...byReason].map(
    ([why, all]) => `${all.map(({ method }) => method.name).join(', ')}: ${why}`,
  );
  const them = doubtful.length === 1 ? 'it is' : 'each of them is';
  return [
    {
      id: `methods:${doubtful
        .map(({ method }) => method.id)
        .toSorted()
        .join(',')}`,
      what: said.join('; '),
      instruction: `Ask ${account.displayName}, by another way than mail, whether ${them} theirs. If not, delete it.`,
      link: authMethodsPage(account.id),
    },
  ];
}

/** The intruder's, and still there: without this the account is not taken back. */
export const removeByHand = ({ id, name }: Method, evidence: string, account: Account): Task => ({
  id: `by-hand:${id}`,
  what: `${name} is the intruder's (${evidence}) and is still registered`,
  instruction: 'Delete it by hand: methods of this type cannot be deleted by an application.',
  link: authMethodsPage(account.id),
  essential: true,
});

/** Named while it is still there, so that a refusal is explained beside the failure. */
export const changeDefault = ({ id, name }: Method, account: Account): Task => ({
  id: `default:${id}`,
  what: `${name} is the default method, which may not be deleted while others remain`,
  instruction:
    'If it is still registered, set another default sign-in method for the user, then delete this one.',
  link: authMethodsPage(account.id),
  essential: true,
});

export const registerAgain = (entry: DirectoryAudit, account: Account): Task => ({
  id: `deleted:${entry.id}`,
  what: `the intruder took away a method of the owner at ${when(entry.time)}: ${entry.reason ?? entry.activity}`,
  instruction: `Have ${account.displayName} register it again, with a Temporary Access Pass.`,
  link: authMethodsPage(account.id),
  atHandBack: true,
});
