// What Microsoft Graph shows of an owner's return since a pass was made for them: that the pass was used, that a method
// was registered and that the password was changed. It proves nothing about who did it.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { type Method, methodSchema } from '../../shared/microsoft365/auth-methods.ts';
import type { Account } from '../../shared/model/account.ts';
import type { GraphReader } from '../../shared/model/clients.ts';

export interface OwnerSign {
  what:
    | 'the owner is back'
    | 'the pass was used'
    | 'a sign-in method was registered'
    | 'the password was changed';
  is: 'seen' | 'not seen' | 'not known';
  /** What was found, or why it is unknown. */
  detail: string;
}

const userSchema = z.object({ lastPasswordChangeDateTime: z.string().nullish() });

/** GET /users/{id} and /users/{id}/authentication/methods. Throws what the client throws. */
export async function readOwnerSigns(
  graph: GraphReader,
  { id, synced, federated }: Pick<Account, 'id' | 'synced' | 'federated'>,
  since: Date,
): Promise<OwnerSign[]> {
  const [user, methods] = await Promise.all([
    graph.get(path`/users/${id}?$select=id,lastPasswordChangeDateTime`, userSchema),
    graph.list(path`/users/${id}/authentication/methods`, methodSchema),
  ]);
  return [
    passSign(methods),
    methodSign(methods, since),
    synced || federated
      ? {
          what: 'the password was changed',
          is: 'not known',
          detail: 'the password is kept outside Entra ID',
        }
      : passwordSign(user.lastPasswordChangeDateTime, since),
  ];
}

function passSign(methods: readonly Method[]): OwnerSign {
  const what = 'the pass was used';
  const pass = methods.find(({ kind }) => kind === 'temporaryAccessPass');
  if (pass === undefined) return { what, is: 'not known', detail: 'the pass is no longer there' };
  if (pass.spentBecause === 'OneTimeUsed')
    return { what, is: 'seen', detail: 'Microsoft Graph calls it used' };
  return pass.spentBecause === 'Expired'
    ? { what, is: 'not seen', detail: 'it expired' }
    : { what, is: 'not seen', detail: 'it can still be used' };
}

function methodSign(methods: readonly Method[], since: Date): OwnerSign {
  const what = 'a sign-in method was registered';
  const registered = methods.filter(({ kind, isPassword }) => kind !== 'temporaryAccessPass' && !isPassword);
  const added = registered.find(({ createdAt }) => isAfter(createdAt, since));
  if (added !== undefined) return { what, is: 'seen', detail: `${added.name}, ${added.createdAt}` };
  const undated = registered.find(({ createdAt }) => Number.isNaN(Date.parse(createdAt ?? '')));
  if (undated !== undefined) {
    return { what, is: 'not known', detail: `when ${undated.name} was registered is not recorded` };
  }
  return { what, is: 'not seen', detail: `none since ${since.toISOString()}` };
}

function passwordSign(changedAt: string | null | undefined, since: Date): OwnerSign {
  const what = 'the password was changed';
  if (Number.isNaN(Date.parse(changedAt ?? '')))
    return { what, is: 'not known', detail: 'Microsoft Graph does not say when' };
  return isAfter(changedAt, since)
    ? { what, is: 'seen', detail: `at ${changedAt}` }
    : { what, is: 'not seen', detail: `the last change was at ${changedAt}` };
}

/** Graph writes whole seconds. */
const isAfter = (time: string | null | undefined, since: Date): boolean =>
  Date.parse(time ?? '') >= Math.floor(since.getTime() / 1000) * 1000;
