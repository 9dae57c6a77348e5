// What a person is asked to do about authentication methods that no call can settle.

import type { DirectoryAudit } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import type { Method } from '../../../shared/microsoft365/auth-methods.ts';
import { authMethodsPage } from '../../../shared/microsoft365/links.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Task } from '../../../shared/model/step.ts';

/** The role that can change administrators' methods too. */
const methodsRole = 'Privileged Authentication Administrator';

/** One question for all of them. The id names each, so that a tick does not also answer for a method found later. */
export function askTheOwner(doubtful: readonly { method: Method; why: string }[], account: Account): Task[] {
  if (doubtful.length === 0) return [];
  const byReason = Map.groupBy(doubtful, ({ why }) => why);
  const said = [...byReason].map(
    ([why, all]) => `${all.map(({ method }) => method.name).join(', ')}: ${why}`,
  );
  return [
    {
      id: `methods:${doubtful
        .map(({ method }) => method.id)
        .toSorted()
        .join(',')}`,
      what: `Ask ${account.displayName}, by phone, whether ${doubtful.length === 1 ? 'this sign-in method is' : `these ${doubtful.length} sign-in methods are`} theirs`,
      instruction: `${said.join('; ')}. What is not theirs: open its menu (…) and select Delete.`,
      link: authMethodsPage(account.id),
      role: methodsRole,
    },
  ];
}

/** The intruder's, and still there: until it is removed, the account is not taken back. */
export const removeByHand = ({ id, name }: Method, evidence: string, account: Account): Task => ({
  id: `by-hand:${id}`,
  what: `Delete the intruder's ${name}`,
  instruction: `Open its menu (…) and select Delete: an application cannot delete methods of this type. It is the intruder's: ${evidence}.`,
  link: authMethodsPage(account.id),
  role: methodsRole,
  danger: 'leak',
  remains: 'a sign-in method',
  essential: true,
});

/** Named while it is still there, so that the failure comes with an explanation of the refusal. */
export const changeDefault = ({ id, name }: Method, account: Account): Task => ({
  id: `default:${id}`,
  what: `Choose another default sign-in method, then delete ${name}`,
  instruction:
    'If it is still registered: at Default sign-in method select another one, then delete this one. The default may not be deleted while others remain.',
  link: authMethodsPage(account.id),
  role: methodsRole,
  danger: 'leak',
  remains: 'a sign-in method',
  essential: true,
});

export const registerAgain = (entry: DirectoryAudit, account: Account): Task => ({
  id: `deleted:${entry.id}`,
  what: `Have ${account.displayName} register again the method that the intruder deleted`,
  instruction: `Deleted at ${when(entry.time)}: ${entry.reason ?? entry.activity}. The owner registers it after signing in with the Temporary Access Pass.`,
  link: authMethodsPage(account.id),
  role: methodsRole,
  atHandBack: true,
});
