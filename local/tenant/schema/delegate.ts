// Who else may use a mailbox: as the cmdlets about permissions return it, without what every mailbox has.
import { z } from 'zod';
import { flag, text, texts } from './fields.ts';

export const delegateProperties = {
  permissions: z
    .array(
      z.strictObject({
        User: text.describe('By user principal name, or a SID of somebody who is gone'),
        AccessRights: texts.optional().describe('Default FullAccess'),
        IsInherited: flag.optional(),
        Deny: flag.optional(),
      }),
    )
    .optional()
    .describe('As Get-MailboxPermission returns them'),
  recipientPermissions: z
    .array(z.strictObject({ Trustee: text, IsInherited: flag.optional() }))
    .optional()
    .describe('Who may send as the mailbox'),
  folderPermissions: z
    .array(
      z.strictObject({
        Folder: text.describe('Its path: Inbox, Calendar, Archive\\2026; empty for the top of the mailbox'),
        User: text.describe('By user principal name; Default and Anonymous stand for everybody'),
        AccessRights: texts,
        SharingPermissionFlags: text.optional().describe('Delegate, CanViewPrivateItems'),
      }),
    )
    .optional()
    .describe('As Get-MailboxFolderPermission returns them'),
};
