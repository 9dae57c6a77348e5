// Inbox rules as Microsoft Graph shows them: hidden ones not at all, and those it cannot express as read-only rules
// with neither conditions nor actions (https://learn.microsoft.com/graph/api/resources/messagerule).
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findFolder, foldersOf, type NumberedRule, type Owner, rulesOf } from '../mailbox.ts';
import type { EntityType } from '../odata.ts';
import { flag, open, text, whole } from '../schema/fields.ts';
import { inboxRuleSchema, ruleDescription } from '../schema/inbox-rule.ts';
import type { InboxRule } from '../schema.ts';
import { ownerIn } from './mailbox-in.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const ruleProperties = {
  id: text,
  displayName: text,
  sequence: whole,
  isEnabled: flag,
  hasError: flag,
  isReadOnly: flag,
  conditions: open,
  exceptions: open,
  actions: open,
};
const ruleType: EntityType = { name: 'microsoft.graph.messageRule', properties: ruleProperties };

/** Exchange's name of a condition and Microsoft Graph's. */
const conditionNames = {
  From: 'fromAddresses',
  FromAddressContainsWords: 'senderContains',
  SubjectContainsWords: 'subjectContains',
  BodyContainsWords: 'bodyContains',
  SubjectOrBodyContainsWords: 'bodyOrSubjectContains',
  HeaderContainsWords: 'headerContains',
  RecipientAddressContainsWords: 'recipientContains',
  SentTo: 'sentToAddresses',
  MyNameInToBox: 'sentToMe',
  MyNameInCcBox: 'sentCcMe',
  MyNameInToOrCcBox: 'sentToOrCcMe',
  MyNameNotInToBox: 'notSentToMe',
  SentOnlyToMe: 'sentOnlyToMe',
  HasAttachment: 'hasAttachments',
  WithImportance: 'importance',
  WithSensitivity: 'sensitivity',
} as const;
const actionNames = {
  ForwardTo: 'forwardTo',
  ForwardAsAttachmentTo: 'forwardAsAttachmentTo',
  RedirectTo: 'redirectTo',
  ApplyCategory: 'assignCategories',
  DeleteMessage: 'delete',
  SoftDeleteMessage: 'delete',
  MarkAsRead: 'markAsRead',
  StopProcessingRules: 'stopProcessingRules',
  MoveToFolder: 'moveToFolder',
  CopyToFolder: 'copyToFolder',
  MarkImportance: 'markImportance',
} as const;

/** `"Name" [SMTP:address]` as Exchange writes it, or an address alone. */
function recipientOf(entry: string): Row {
  const [, name, address] = /^"?([^"[]*)"?\s*\[(?:SMTP|EX):([^\]]+)\]$/i.exec(entry) ?? [
    undefined,
    entry,
    entry,
  ];
  return { emailAddress: { name: name?.trim() || address, address } };
}

const isAddressList = (name: string) =>
  ['From', 'SentTo', 'ForwardTo', 'ForwardAsAttachmentTo', 'RedirectTo'].includes(name);
const isSet = (value: unknown) =>
  value !== null && value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

function mapped(
  owner: Owner,
  rule: InboxRule,
  names: Readonly<Record<string, string>>,
  prefix = '',
): Row | null {
  const given: Row = { ...rule };
  const row: Row = {};
  for (const [exchange, graph] of Object.entries(names)) {
    const value = given[`${prefix}${exchange}`];
    if (!isSet(value)) continue;
    if (Array.isArray(value) && isAddressList(exchange))
      row[graph] = value.map((entry) => recipientOf(String(entry)));
    else if (graph === 'moveToFolder' || graph === 'copyToFolder')
      row[graph] = folderId(owner, String(value));
    else if (graph === 'importance' || graph === 'sensitivity' || graph === 'markImportance')
      row[graph] = String(value).toLowerCase();
    else row[graph] = value;
  }
  return Object.keys(row).length > 0 ? row : null;
}

const folderId = (owner: Owner, name: string): string =>
  (
    foldersOf(owner).find((folder) => folder.displayName.toLowerCase() === name.toLowerCase()) ??
    findFolder(owner, name)
  )?.id ?? name;

function ruleRow(owner: Owner, { rule, number, priority }: NumberedRule): Row {
  const known = new Set([
    ...Object.keys(ruleDescription),
    ...Object.keys(actionNames),
    ...Object.keys(conditionNames).flatMap((name) => [name, `ExceptIf${name}`]),
  ]);
  const expressible = Object.entries(rule).every(([name, value]) => known.has(name) || !isSet(value));
  const row = {
    id: Buffer.from(`rule:${number}`).toString('base64url'),
    displayName: rule.Name,
    sequence: priority,
    isEnabled: rule.Enabled ?? true,
    hasError: rule.InError ?? false,
    isReadOnly: !expressible,
  };
  if (!expressible) return { ...row, conditions: null, exceptions: null, actions: null };
  return {
    ...row,
    conditions: mapped(owner, rule, conditionNames),
    exceptions: mapped(owner, rule, conditionNames, 'ExceptIf'),
    actions: mapped(owner, rule, actionNames),
  };
}

const visible = (owner: Owner) => rulesOf(owner).filter(({ rule }) => !rule.hidden);
const rows = (call: GraphCall) => {
  const owner = ownerIn(call, call.file);
  return visible(owner).map((numbered) => ruleRow(owner, numbered));
};
const missing = () =>
  new TenantRefusal(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

function one(call: GraphCall): Row {
  const found = rows(call).find((row) => row['id'] === call.parameters['rule']);
  if (!found) throw missing();
  return found;
}

function patch(call: GraphCall) {
  const owner = ownerIn(call, call.store.file);
  const found = visible(owner).find((numbered) => ruleRow(owner, numbered)['id'] === call.parameters['rule']);
  if (!found) throw missing();
  const body = isRow(call.body) ? call.body : {};
  const [unknown] = Object.keys(body).filter((name) => name !== 'isEnabled');
  if (unknown !== undefined)
    throw new TenantRefusal(
      400,
      'RequestBodyRead',
      `The property '${unknown}' cannot be changed in this simulation.`,
    );
  const { isEnabled } = body;
  if (typeof isEnabled !== 'boolean')
    throw new TenantRefusal(
      400,
      'RequestBodyRead',
      "Cannot convert the value of 'isEnabled' to Edm.Boolean.",
    );
  if (ruleRow(owner, found)['isReadOnly'] === true) {
    throw new TenantRefusal(
      403,
      'ErrorAccessDenied',
      'The rule is read-only and cannot be changed through this API.',
    );
  }
  call.store.write(found.rule, 'Enabled', isEnabled, { fallback: true });
  return { status: 200, body: ruleRow(owner, found) };
}

/** `"Name" [SMTP:address]`, as Exchange keeps a recipient. */
function recipientIn(value: unknown): string {
  const address = isRow(value) && isRow(value['emailAddress']) ? value['emailAddress'] : {};
  return `"${String(address['name'] ?? address['address'])}" [SMTP:${String(address['address'])}]`;
}

/** Conditions or actions of Microsoft Graph as Exchange names them. */
function asExchange(owner: Owner, given: unknown, names: Readonly<Record<string, string>>): Row {
  const row: Row = {};
  for (const [name, value] of Object.entries(isRow(given) ? given : {})) {
    const exchange = Object.entries(names).find(([, graph]) => graph === name)?.[0];
    if (exchange === undefined) {
      throw new TenantRefusal(
        400,
        'RequestBodyRead',
        `The property '${name}' does not exist on type 'microsoft.graph.messageRulePredicates'.`,
      );
    }
    if (Array.isArray(value) && isAddressList(exchange)) row[exchange] = value.map(recipientIn);
    else if (exchange === 'MoveToFolder' || exchange === 'CopyToFolder')
      row[exchange] = findFolder(owner, String(value))?.displayName ?? value;
    else row[exchange] = value;
  }
  return row;
}

function add(call: GraphCall) {
  const owner = ownerIn(call, call.store.file);
  const body = isRow(call.body) ? call.body : {};
  const { displayName, sequence, isEnabled, conditions, actions } = body;
  const rule = inboxRuleSchema.safeParse({
    Name: displayName,
    ...(sequence === undefined ? {} : { Priority: sequence }),
    ...(isEnabled === undefined ? {} : { Enabled: isEnabled }),
    ...asExchange(owner, conditions, conditionNames),
    ...asExchange(owner, actions, actionNames),
  });
  if (!rule.success || !isRow(actions) || Object.keys(actions).length === 0)
    throw new TenantRefusal(400, 'ErrorInvalidRequest', 'The rule is not valid.');
  call.store.changing();
  owner.mailbox.inboxRules = [...(owner.mailbox.inboxRules ?? []), rule.data];
  const made = visible(owner).find((numbered) => numbered.rule === rule.data);
  if (made === undefined) throw missing();
  return { status: 201, body: ruleRow(owner, made) };
}

function remove(call: GraphCall) {
  const owner = ownerIn(call, call.store.file);
  const found = visible(owner).find((numbered) => ruleRow(owner, numbered)['id'] === call.parameters['rule']);
  if (!found) throw missing();
  call.store.changing();
  const { inboxRules: _rules, ...rest } = owner.mailbox;
  const left = owner.mailbox.inboxRules?.filter((rule) => rule !== found.rule) ?? [];
  owner.user.mailbox = left.length === 0 ? rest : { ...rest, inboxRules: left };
  return { status: 204 };
}

const base = '/users/{id}/mailFolders/inbox/messageRules';

export const ruleRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: base, behind: 'exchange', entity: ruleType, query: { select: true }, many: rows },
  {
    method: 'GET',
    path: `${base}/{rule}`,
    behind: 'exchange',
    entity: ruleType,
    query: { select: true },
    one,
  },
  { method: 'PATCH', path: `${base}/{rule}`, behind: 'exchange', entity: ruleType, act: patch },
  { method: 'POST', path: base, behind: 'exchange', entity: ruleType, act: add },
  { method: 'DELETE', path: `${base}/{rule}`, behind: 'exchange', entity: ruleType, act: remove },
];
