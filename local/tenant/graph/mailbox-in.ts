// The mailbox that a path of Microsoft Graph names.
import { TenantRefusal } from '../answers.ts';
import { findUser } from '../directory.ts';
import type { Owner } from '../mailbox.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall } from './route.ts';

/** Throws what Exchange answers where there is none. */
export function ownerIn(call: GraphCall, file: TenantFile): Owner {
  const id = call.parameters['id'] ?? '';
  const user = findUser(file, id);
  if (!user) throw new TenantRefusal(404, 'ErrorInvalidUser', `The requested user '${id}' is invalid.`);
  if (!user.mailbox) {
    throw new TenantRefusal(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    );
  }
  return { user, mailbox: user.mailbox };
}
