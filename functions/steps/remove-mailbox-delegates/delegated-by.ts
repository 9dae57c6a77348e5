// Which delegates of a mailbox the intruder added, according to the audit log. It gets only the acts in that mailbox:
// an administrator's session adds delegates to other mailboxes with the same cmdlets.
import { z } from 'zod';
import { type Act, parameterOf } from '../../../shared/intruder/acts.ts';
import { nullableText } from '../../../shared/model/text.ts';
import type { Delegate } from './delegates.ts';

/** The cmdlets, and what Outlook does. */
const made: Readonly<Record<Delegate['kind'], RegExp>> = {
  'full access': /^Add-MailboxPermission$/i,
  'send as': /^Add-RecipientPermission$/i,
  'send on behalf': /^(Set-Mailbox|UpdateCalendarDelegation)$/i,
  folder:
    /^((Add|Set)-MailboxFolderPermission|AddFolderPermissions|ModifyFolderPermissions|UpdateFolderPermissions|UpdateCalendarDelegation)$/i,
};

/** What Outlook records about a shared folder. */
const itemSchema = z.looseObject({
  ParentFolder: z.looseObject({ Path: nullableText, MemberUpn: nullableText }).nullish(),
});

export interface Delegation {
  act: Act;
  /** The folder's path in lower case, if the record is about one. */
  folder: string | undefined;
  /** The people it names, in lower case. */
  users: readonly string[];
}

const lower = (text: string) => text.trim().toLowerCase();

/** Every grant that the intruder made. */
export function grantsIn(acts: readonly Act[]): Delegation[] {
  return acts.flatMap((act): Delegation[] => {
    if (!act.succeeded || !Object.values(made).some((names) => names.test(act.activity))) return [];
    const item = itemSchema.safeParse(act.data['Item']).data?.ParentFolder;
    const [, path] = (parameterOf(act, 'Identity') ?? act.object ?? '').split(/:\\/);
    const folder = item?.Path ?? path;
    const said = [
      parameterOf(act, 'User'),
      parameterOf(act, 'Trustee'),
      item?.MemberUpn ?? undefined,
      ...(parameterOf(act, 'GrantSendOnBehalfTo') ?? '').split(/[;,]/),
    ];
    return [
      {
        act,
        folder: folder === undefined ? undefined : lower(folder).replace(/^\\/, ''),
        users: said.flatMap((name) => (name && name.trim() !== '' ? [lower(name)] : [])),
      },
    ];
  });
}

/** Evidence for a delegate who has any of these names. */
export function madeBy(
  grants: readonly Delegation[],
  delegate: Delegate,
  names: readonly string[],
): Act | undefined {
  const called = new Set(names.map(lower));
  return grants.find(
    ({ act, folder, users }) =>
      made[delegate.kind].test(act.activity) &&
      users.some((user) => called.has(user)) &&
      (delegate.kind !== 'folder' || folder === undefined || folder === lower(delegate.folder)),
  )?.act;
}
