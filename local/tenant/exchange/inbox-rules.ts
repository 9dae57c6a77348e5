// Inbox rules as Exchange sees them, hidden ones included
// (https://learn.microsoft.com/powershell/module/exchangepowershell/disable-inboxrule).
import type { Row } from '../answers.ts';
import { aliasOf, type NumberedRule, type Owner, rulesOf } from '../mailbox.ts';
import { kindOf } from '../schema/fields.ts';
import { inboxRuleSchema } from '../schema/inbox-rule.ts';
import type { TenantFile } from '../schema.ts';
import { type Cmdlet, type CmdletCall, cmdletRefusal } from './cmdlet.ts';
import { requireMailbox } from './mailboxes.ts';
import { recipientInRule } from './recipients.ts';

const addressLists = [
  'From',
  'SentTo',
  'ForwardTo',
  'ForwardAsAttachmentTo',
  'RedirectTo',
  'ExceptIfFrom',
  'ExceptIfSentTo',
];
const own = ['hidden', 'clientSide'];
/** Shown only if the file has them. */
const taken = [
  'Legacy',
  'Conditions',
  'Exceptions',
  'Actions',
  'IsValid',
  'ObjectState',
  'RunspaceId',
  'PSComputerName',
  'PSShowComputerName',
];

/** Shows an address as Exchange does: "name" [SMTP:address], or [EX:…] for a recipient of the tenant. */
const shownAddress = (file: TenantFile, entry: string) =>
  /^[^\s"[\]]+@[^\s"[\]]+$/.test(entry)
    ? (recipientInRule(file, entry) ?? `"${entry}" [SMTP:${entry}]`)
    : entry;

function ruleRow(file: TenantFile, owner: Owner, { rule, number, priority }: NumberedRule): Row {
  const given: Row = { ...rule };
  const row: Row = {};
  for (const [name, type] of Object.entries(inboxRuleSchema.shape)) {
    if (own.includes(name) || name.startsWith('@')) continue;
    if (taken.includes(name) && given[name] === undefined) continue;
    const value = given[name] ?? null;
    if (Array.isArray(value))
      row[name] = addressLists.includes(name)
        ? value.map((entry) => shownAddress(file, String(entry)))
        : value;
    else row[name] = value ?? (kindOf(type) === 'boolean' ? false : null);
  }
  return {
    ...row,
    Identity: rule.Identity ?? `${aliasOf(owner)}\\${number}`,
    RuleIdentity: Number(number),
    Enabled: rule.Enabled ?? true,
    Priority: priority,
    SupportedByTask: rule.SupportedByTask ?? true,
    MailboxOwnerId: aliasOf(owner),
  };
}

function identify(call: CmdletCall): { owner: Owner; numbered: NumberedRule } {
  const identity = String(call.parameters['Identity']);
  const [, prefix, key = identity] = /^([^\\]+)\\(.*)$/s.exec(identity) ?? [];
  const mailbox = call.parameters['Mailbox'] ?? prefix;
  const owner = mailbox === undefined ? undefined : requireMailbox(call.store.file, mailbox);
  const all = owner ? rulesOf(owner) : [];
  const byNumber = all.filter(({ number, rule }) => number === key || rule.Identity === identity);
  const found = byNumber.length > 0 ? byNumber : all.filter(({ rule }) => rule.Name === key);
  const [numbered] = found;
  if (!owner || !numbered) {
    throw cmdletRefusal(
      404,
      'NotFound',
      'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
      `The inbox rule "${identity}" couldn't be found.`,
    );
  }
  if (found.length > 1) {
    throw cmdletRefusal(
      400,
      'BadRequest',
      'Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException',
      `Multiple inbox rules match "${identity}".`,
    );
  }
  return { owner, numbered };
}

/** Changing any rule deletes the client-side rules of Outlook, as the service documents. */
function dropClientSide(call: CmdletCall, owner: Owner, except: NumberedRule): void {
  const rules = owner.mailbox.inboxRules ?? [];
  const left = rules.filter((rule) => !rule.clientSide || rule === except.rule);
  if (left.length === rules.length) return;
  if (call.parameters['Force'] !== true) {
    throw cmdletRefusal(
      400,
      'BadRequest',
      'System.Management.Automation.PSInvalidOperationException',
      'Client-side rules of Outlook will be deleted and nobody can confirm it: send "Force": true.',
    );
  }
  call.store.changing();
  rules.splice(0, rules.length, ...left);
  if (call.parameters['AlwaysDeleteOutlookRulesBlob'] !== true) {
    call.warn(
      'The inbox rules of this mailbox have been changed and the client-side rules of Outlook have been deleted.',
    );
  }
}

const switchRule = (name: string, enabled: boolean): Cmdlet => ({
  name,
  parameters: ['Identity', 'Mailbox', 'Force', 'AlwaysDeleteOutlookRulesBlob'],
  inMailbox: true,
  confirms: true,
  run: (call) => {
    const { owner, numbered } = identify(call);
    if (numbered.rule.hidden === true && /^Delegate Rule -?\d+$/.test(numbered.rule.Name)) {
      throw cmdletRefusal(
        400,
        'BadRequest',
        'Microsoft.Exchange.Management.Common.InboxRuleOperationException',
        `The rule "${numbered.rule.Name}" can't be changed.`,
      );
    }
    dropClientSide(call, owner, numbered);
    call.store.write(numbered.rule, 'Enabled', enabled, { fallback: true });
    return [];
  },
});

const getInboxRule: Cmdlet = {
  name: 'Get-InboxRule',
  parameters: [
    'Identity',
    'Mailbox',
    'IncludeHidden',
    'BypassScopeCheck',
    'DescriptionTimeFormat',
    'DescriptionTimeZone',
  ],
  inMailbox: true,
  run: (call) => {
    const { Mailbox: mailbox, IncludeHidden: hidden, Identity: identity } = call.parameters;
    if (mailbox === undefined || mailbox === null) {
      throw cmdletRefusal(
        400,
        'BadRequest',
        'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
        'The app that runs the command has no mailbox: give the parameter Mailbox.',
      );
    }
    const owner = requireMailbox(call.file, mailbox);
    const rows = rulesOf(owner)
      .filter(({ rule }) => hidden === true || !rule.hidden)
      .map((numbered) => ruleRow(call.file, owner, numbered));
    if (identity === undefined || identity === null) return rows;
    const key = String(identity);
    return rows.filter(
      (row) => row['Identity'] === key || row['Name'] === key || String(row['Identity']).endsWith(`\\${key}`),
    );
  },
};

export const inboxRuleCmdlets: readonly Cmdlet[] = [
  getInboxRule,
  switchRule('Disable-InboxRule', false),
  switchRule('Enable-InboxRule', true),
];
