// Removes a delegate of a mailbox, and restores it as it was recorded.

import { PermanentError } from '../../../shared/errors.ts';
import type { Mailbox } from '../../../shared/microsoft365/mailboxes.ts';
import type { CmdletParameters, ExchangeClient, WritingCmdlet } from '../../../shared/model/clients.ts';
import { type Delegate, describeDelegate, folderIdentity, isEverybody, readDelegates } from './delegates.ts';

type Cmdlet = readonly [WritingCmdlet, CmdletParameters];

/** It is no failure if the delegate is gone already. */
export async function removeDelegate(exchange: ExchangeClient, owner: Mailbox, delegate: Delegate) {
  const [cmdlet, parameters] = removing(owner, delegate);
  try {
    await exchange.run(cmdlet, parameters, { anchor: owner.userPrincipalName });
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
  }
}

/**
 * If it is already there, that is no failure. `gone`: Exchange no longer knows the delegate, or the folder. Outlook
 * shows a mailbox with restored full access again by itself.
 */
export async function restoreDelegate(
  exchange: ExchangeClient,
  owner: Mailbox,
  delegate: Delegate,
): Promise<'gone' | undefined> {
  const folder = delegate.kind === 'folder' ? [delegate.folder.toLowerCase()] : [];
  const read = await readDelegates(exchange, owner, folder);
  const name = describeDelegate(delegate);
  if (read?.some((one) => describeDelegate(one) === name)) return undefined;
  const [cmdlet, parameters] = restoring(owner, delegate);
  try {
    await exchange.run(cmdlet, parameters, { anchor: owner.userPrincipalName });
    return undefined;
  } catch (error) {
    // The mailbox was read a moment ago, so what is missing is the delegate or the folder.
    const isGone = error instanceof PermanentError && error.status === 404;
    if (!isGone || read === undefined) throw error;
    return 'gone';
  }
}

function removing(owner: Mailbox, delegate: Delegate): Cmdlet {
  const { user } = delegate;
  const Identity = owner.id;
  switch (delegate.kind) {
    case 'full access':
      return ['Remove-MailboxPermission', { Identity, User: user, AccessRights: delegate.rights }];
    case 'send as':
      return ['Remove-RecipientPermission', { Identity, Trustee: user, AccessRights: ['SendAs'] }];
    case 'send on behalf':
      return ['Set-Mailbox', { Identity, GrantSendOnBehalfTo: { remove: [user] } }];
    case 'folder': {
      const whose = { Identity: folderIdentity(owner, delegate.folder), User: user };
      // The entries for everybody can't be removed.
      return isEverybody(delegate)
        ? ['Set-MailboxFolderPermission', { ...whose, AccessRights: ['None'] }]
        : ['Remove-MailboxFolderPermission', whose];
    }
  }
}

function restoring(owner: Mailbox, delegate: Delegate): Cmdlet {
  const { user } = delegate;
  const Identity = owner.id;
  switch (delegate.kind) {
    case 'full access':
      return ['Add-MailboxPermission', { Identity, User: user, AccessRights: delegate.rights }];
    case 'send as':
      return ['Add-RecipientPermission', { Identity, Trustee: user, AccessRights: ['SendAs'] }];
    case 'send on behalf':
      return ['Set-Mailbox', { Identity, GrantSendOnBehalfTo: { add: [user] } }];
    case 'folder':
      return [
        isEverybody(delegate) ? 'Set-MailboxFolderPermission' : 'Add-MailboxFolderPermission',
        {
          Identity: folderIdentity(owner, delegate.folder),
          User: user,
          AccessRights: delegate.rights,
          ...(delegate.flags === null ? {} : { SharingPermissionFlags: delegate.flags }),
        },
      ];
  }
}
