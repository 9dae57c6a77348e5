// Mail: folders, sent messages, settings of the mailbox, and sending. Exchange answers, and refuses, in its own words.
import type { Row } from '../answers.ts';
import { findUser } from '../directory.ts';
import { findFolder, foldersOf, type Owner } from '../mailbox.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { mailboxSettingsProperties, mailFolderProperties, messageSchema } from '../schema/mailbox.ts';
import { parametersOf } from './action.ts';
import { ownerIn } from './mailbox-in.ts';
import { checkMessage } from './message.ts';
import { itemNotFound, messageType } from './messages.ts';
import { readMime } from './mime.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const folderType: EntityType = { name: 'microsoft.graph.mailFolder', properties: mailFolderProperties };
const settingsType: EntityType = {
  name: 'microsoft.graph.mailboxSettings',
  properties: mailboxSettingsProperties,
};

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
  // A string is MIME, which is always kept among the sent items.
  const mime = typeof call.body === 'string' ? readMime(call.body) : undefined;
  const { alternative, ...read } = mime ?? {};
  const body = mime ? { message: read } : call.body;
  const { message, saveToSentItems } = parametersOf(body, 'sendMail', ['message', 'saveToSentItems']);
  checkMessage(message);
  const saved = saveToSentItems === undefined || saveToSentItems === true || saveToSentItems === 'true';
  const sentDateTime = call.store.now().toISOString();
  const { store } = call;
  store.changing();
  store.file.outbox ??= [];
  const told = alternative === undefined ? message : { ...message, alternative };
  store.file.outbox.push({
    from: user.userPrincipalName,
    sentDateTime,
    saveToSentItems: saved,
    message: told,
  });
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
    mime: true,
    act: send,
  },
];
