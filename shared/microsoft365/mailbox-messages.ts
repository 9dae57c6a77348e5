// A mailbox's messages without their bodies, including deleted ones.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Kept } from '../model/step.ts';
import { wholeSeconds } from '../model/text.ts';
import { recipientsSchema } from './recipients.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');
const messageSchema = z.object({
  subject: text,
  from: recipientsSchema.transform(([sender]) => sender?.address ?? ''),
  receivedDateTime: text,
  lastModifiedDateTime: text,
  internetMessageId: text,
});
export type MailboxMessage = z.infer<typeof messageSchema>;
const select = Object.keys(messageSchema.shape).join(',');

/** Deleted Items, and the recoverable items behind that folder. */
export const trash = { deleted: 'deleteditems', purged: 'recoverableitemsdeletions' } as const;
const mostMessages = 2000;

/**
 * The messages of one folder, or of all folders that the owner sees: Mail.ReadBasic.All
 * (https://learn.microsoft.com/graph/api/user-list-messages). Deleting sets lastModifiedDateTime. `since` in ms.
 */
export async function readMessages(
  graph: GraphReader,
  userId: string,
  folder: (typeof trash)[keyof typeof trash] | null,
  by: 'receivedDateTime' | 'lastModifiedDateTime',
  since: number,
): Promise<{ messages: MailboxMessage[]; gaps: Kept[] }> {
  const place =
    folder === null ? path`/users/${userId}/messages` : path`/users/${userId}/mailFolders/${folder}/messages`;
  const messages = await graph.list(
    `${place}${path`?$filter=${by} ge ${wholeSeconds(since)}`}&$select=id,${select}&$top=1000`,
    messageSchema,
    { most: mostMessages },
  );
  const cut = {
    what: `only ${mostMessages} messages of ${folder ?? 'the mailbox'} were read`,
    why: 'there are more',
  };
  return { messages, gaps: messages.length < mostMessages ? [] : [cut] };
}
