// The messages of a mailbox, by folder and all together, without their bodies. What was deleted for good is in a
// folder of its own that no list of folders shows (https://learn.microsoft.com/graph/api/resources/mailfolder).
import { type Row, TenantRefusal } from '../answers.ts';
import { primaryAddressOf, userIdOf } from '../directory.ts';
import { opaqueIdOf } from '../ids.ts';
import { findFolder, folderInFile, type Owner } from '../mailbox.ts';
import { type EntityType, type QueryOptions, withDefaults } from '../odata.ts';
import { messageProperties } from '../schema/mailbox.ts';
import { ownerIn } from './mailbox-in.ts';
import type { GraphCall, GraphRoute } from './route.ts';

export const messageType: EntityType = { name: 'microsoft.graph.message', properties: messageProperties };

export const itemNotFound = () =>
  new TenantRefusal(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

function sent(owner: Owner, loadedAt: string): Row[] {
  const address = {
    emailAddress: { name: owner.user.displayName ?? null, address: primaryAddressOf(owner.user) },
  };
  const folder = findFolder(owner, 'sentitems');
  return (owner.mailbox.sentItems ?? []).map((message, index) => {
    const at = message.sentDateTime ?? loadedAt;
    return withDefaults(message, messageProperties, {
      id: opaqueIdOf(userIdOf(owner.user), 'sent', String(index), message.subject ?? ''),
      internetMessageId: messageIdOf(owner, index),
      sentDateTime: at,
      receivedDateTime: at,
      createdDateTime: at,
      lastModifiedDateTime: at,
      from: address,
      sender: address,
      parentFolderId: folder?.id,
      hasAttachments: (message.attachments?.length ?? 0) > 0,
      importance: 'normal',
      isRead: true,
      isDraft: false,
    });
  });
}

/** The Message-ID of a message in Sent Items for which the file names none. */
export const messageIdOf = (owner: Owner, index: number): string =>
  owner.mailbox.sentItems?.[index]?.internetMessageId ??
  `<${opaqueIdOf(userIdOf(owner.user), 'message', String(index)).slice(4, 24)}@${primaryAddressOf(owner.user)?.split('@')[1]}>`;

function elsewhere(owner: Owner, loadedAt: string): Row[] {
  return (owner.mailbox.messages ?? []).map(({ folder, ...message }, index) => {
    const at = message.receivedDateTime ?? message.sentDateTime ?? loadedAt;
    return withDefaults(message, messageProperties, {
      id: opaqueIdOf(userIdOf(owner.user), 'received', String(index), message.subject ?? ''),
      receivedDateTime: at,
      sentDateTime: at,
      createdDateTime: at,
      lastModifiedDateTime: at,
      sender: message.from ?? null,
      parentFolderId: folderInFile(owner, folder ?? 'inbox')?.id,
      hasAttachments: (message.attachments?.length ?? 0) > 0,
      importance: 'normal',
      isRead: false,
      isDraft: false,
    });
  });
}

const newestFirst = (rows: readonly Row[]): Row[] =>
  rows.toSorted((one, other) =>
    String(other['receivedDateTime']).localeCompare(String(one['receivedDateTime'])),
  );

function inFolder(call: GraphCall): Row[] {
  const owner = ownerIn(call, call.file);
  const found = findFolder(owner, call.parameters['folder'] ?? '');
  if (!found) throw itemNotFound();
  return allOf(call, owner).filter((row) => row['parentFolderId'] === found.id);
}

const allOf = ({ store }: GraphCall, owner: Owner) =>
  newestFirst([...sent(owner, store.loadedAt), ...elsewhere(owner, store.loadedAt)]);

/** All folders that the owner sees, Deleted Items among them, and what is deleted from there not. */
function inMailbox(call: GraphCall): Row[] {
  const owner = ownerIn(call, call.file);
  const unseen = ['recoverableitemsdeletions', 'recoverableitemspurges'].map(
    (name) => findFolder(owner, name)?.id,
  );
  return allOf(call, owner).filter((row) => !unseen.includes(String(row['parentFolderId'])));
}

/** Gone to Recoverable Items, which nobody lists here. */
function remove(call: GraphCall) {
  const owner = ownerIn(call, call.store.file);
  const { loadedAt } = call.store;
  const id = call.parameters['message'];
  const { mailbox } = owner;
  const isIt = (row: Row) => row['id'] === id;
  const place = sent(owner, loadedAt).findIndex(isIt);
  const other = elsewhere(owner, loadedAt).findIndex(isIt);
  if (place < 0 && other < 0) throw itemNotFound();
  call.store.changing();
  if (place >= 0) mailbox.sentItems?.splice(place, 1);
  else mailbox.messages?.splice(other, 1);
  return { status: 204 };
}

const query: QueryOptions = {
  select: true,
  count: true,
  orderBy: ['sentDateTime', 'receivedDateTime', 'lastModifiedDateTime'],
  page: { size: 10, most: 1000 },
  filter: {
    subject: 'eq startswith contains',
    sentDateTime: 'eq ge gt le lt',
    receivedDateTime: 'eq ge gt le lt',
    lastModifiedDateTime: 'eq ge gt le lt',
    'from/emailAddress/address': 'eq',
    internetMessageId: 'eq',
    hasAttachments: 'eq',
    isRead: 'eq',
    isDraft: 'eq',
  },
};

export const messageRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users/{id}/mailFolders/{folder}/messages',
    behind: 'exchange',
    entity: messageType,
    query,
    many: inFolder,
  },
  {
    method: 'GET',
    path: '/users/{id}/messages',
    behind: 'exchange',
    entity: messageType,
    query,
    many: inMailbox,
  },
  {
    method: 'DELETE',
    path: '/users/{id}/messages/{message}',
    behind: 'exchange',
    entity: messageType,
    act: remove,
  },
];
