// Mail: folders, sent messages, settings of the mailbox, and sending. Exchange answers, and refuses, in its own words.
import { isRow, Refusal, type Row } from '../answers.ts';
import { findUser, primaryAddressOf, userIdOf } from '../directory.ts';
import { opaqueIdOf } from '../ids.ts';
import { findFolder, foldersOf, type Owner } from '../mailbox.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import {
  mailboxSettingsProperties,
  mailFolderProperties,
  messageProperties,
  messageSchema,
} from '../schema/mailbox.ts';
import type { TenantFile } from '../schema.ts';
import { checkMessage } from './message.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const folderType: EntityType = { name: 'microsoft.graph.mailFolder', properties: mailFolderProperties };
const messageType: EntityType = { name: 'microsoft.graph.message', properties: messageProperties };
const settingsType: EntityType = {
  name: 'microsoft.graph.mailboxSettings',
  properties: mailboxSettingsProperties,
};

/** The mailbox in the path. Throws what Exchange answers where there is none. */
export function ownerIn(call: GraphCall, file: TenantFile): Owner {
  const id = call.parameters['id'] ?? '';
  const user = findUser(file, id);
  if (!user) throw new Refusal(404, 'ErrorInvalidUser', `The requested user '${id}' is invalid.`);
  if (!user.mailbox) {
    throw new Refusal(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    );
  }
  return { user, mailbox: user.mailbox };
}

const itemNotFound = () =>
  new Refusal(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

const folderRows = (owner: Owner): Row[] =>
  foldersOf(owner).map(({ given, ...folder }) =>
    withDefaults({ ...given, ...folder }, mailFolderProperties, {
      childFolderCount: 0,
      totalItemCount: folder.wellKnownName === 'sentitems' ? (owner.mailbox.sentItems?.length ?? 0) : 0,
      unreadItemCount: 0,
    }),
  );

function folder(call: GraphCall): Row {
  const owner = ownerIn(call, call.file);
  const found = findFolder(owner, call.parameters['folder'] ?? '');
  const row = folderRows(owner).find(({ id }) => id === found?.id);
  if (!row) throw itemNotFound();
  return row;
}

/** Only Sent Items holds messages here. */
function messages(call: GraphCall): Row[] {
  const owner = ownerIn(call, call.file);
  const found = findFolder(owner, call.parameters['folder'] ?? '');
  if (!found) throw itemNotFound();
  if (found.wellKnownName !== 'sentitems') return [];
  const address = {
    emailAddress: { name: owner.user.displayName ?? null, address: primaryAddressOf(owner.user) },
  };
  const rows = (owner.mailbox.sentItems ?? []).map((message, index) => {
    const sent = message.sentDateTime ?? call.store.loadedAt;
    return withDefaults(message, messageProperties, {
      id: opaqueIdOf(userIdOf(owner.user), 'sent', String(index), message.subject ?? ''),
      sentDateTime: sent,
      receivedDateTime: sent,
      createdDateTime: sent,
      lastModifiedDateTime: sent,
      from: address,
      sender: address,
      parentFolderId: found.id,
      hasAttachments: (message.attachments?.length ?? 0) > 0,
      importance: 'normal',
      isRead: true,
      isDraft: false,
    });
  });
  return rows.sort((one, other) =>
    String(other['receivedDateTime']).localeCompare(String(one['receivedDateTime'])),
  );
}

function settings(call: GraphCall): Row {
  const { mailbox } = ownerIn(call, call.file);
  return withDefaults(mailbox.mailboxSettings ?? {}, mailboxSettingsProperties, {
    automaticRepliesSetting: {
      status: 'disabled',
      externalAudience: 'all',
      internalReplyMessage: '',
      externalReplyMessage: '',
    },
    timeZone: 'UTC',
    userPurpose: 'user',
  });
}

/** sendMail answers 202 and the mail is in the tenant's outbox; nothing leaves the machine. */
function send(call: GraphCall) {
  const id = call.parameters['id'] ?? '';
  const sender = findUser(call.store.file, id);
  const byScope = call.store.file.app?.mailSenders?.find(
    (name) => sender !== undefined && findUser(call.store.file, name) === sender,
  );
  if (byScope === undefined) call.require();
  else call.allowedBy('Application Mail.Send');
  const { user, mailbox } = ownerIn(call, call.store.file);
  const body = isRow(call.body) ? call.body : {};
  const { message, saveToSentItems, ...rest } = body;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new Refusal(
      400,
      'BadRequest',
      `The parameter '${unknown}' in the request payload is not a valid parameter for the operation 'sendMail'.`,
    );
  checkMessage(message);
  const saved = saveToSentItems === undefined || saveToSentItems === true || saveToSentItems === 'true';
  const sentDateTime = call.store.now().toISOString();
  const { store } = call;
  store.changing();
  store.file.outbox ??= [];
  store.file.outbox.push({ from: user.userPrincipalName, sentDateTime, saveToSentItems: saved, message });
  if (saved) {
    const kept = messageSchema.safeParse({ ...message, sentDateTime });
    mailbox.sentItems ??= [];
    mailbox.sentItems.push(
      kept.success ? kept.data : { subject: String(message['subject'] ?? ''), sentDateTime },
    );
  }
  return { status: 202 };
}

const base = '/users/{id}/mailFolders';

export const mailRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: base,
    behind: 'exchange',
    entity: folderType,
    query: { select: true, filter: { displayName: 'eq' }, page: { size: 10, most: 1000 } },
    many: (call) => folderRows(ownerIn(call, call.file)),
  },
  {
    method: 'GET',
    path: `${base}/{folder}`,
    behind: 'exchange',
    entity: folderType,
    query: { select: true },
    one: folder,
  },
  {
    method: 'GET',
    path: `${base}/{folder}/messages`,
    behind: 'exchange',
    entity: messageType,
    query: {
      select: true,
      count: true,
      orderBy: ['sentDateTime', 'receivedDateTime'],
      page: { size: 10, most: 1000 },
      filter: {
        subject: 'eq startswith contains',
        sentDateTime: 'eq ge gt le lt',
        receivedDateTime: 'eq ge gt le lt',
        internetMessageId: 'eq',
        hasAttachments: 'eq',
      },
    },
    many: messages,
  },
  {
    method: 'GET',
    path: '/users/{id}/mailboxSettings',
    behind: 'exchange',
    entity: settingsType,
    query: { select: true },
    one: settings,
  },
  {
    method: 'POST',
    path: '/users/{id}/sendMail',
    behind: 'exchange',
    entity: messageType,
    ownPermission: true,
    act: send,
  },
];
