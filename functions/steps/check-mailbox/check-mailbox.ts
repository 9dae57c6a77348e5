// The symptoms that Microsoft's guide names, looked for one by one. Nothing is altered, since settings have neither
// author nor date. What an intruder set and removed again shows only in the audit log.
import { z } from 'zod';
import { actsIn } from '../../../shared/intruder/acts.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { acceptedDomains, mailboxIfAny } from '../../../shared/microsoft365/mailbox.ts';
import { autoReplySchema, phoneSchema, sweepSchema } from '../../../shared/microsoft365/mailbox-settings.ts';
import { eachPart } from '../../../shared/microsoft365/symptoms.ts';
import { investigation, settings } from '../../../shared/model/step.ts';
import { accountSymptoms } from './account-symptoms.ts';
import { deletionsIn } from './deleted-mail.ts';
import { addIn, addInSchema, lookForForms, phone } from './mailbox-access.ts';
import { automaticReplies, junk, junkSchema, signature, signatureSchema, sweep } from './mailbox-settings.ts';

export const checkMailbox = investigation({
  name: 'check-mailbox',
  title: 'Check the mailbox for traces',
  collects:
    'deletions, automatic replies, signature, display name, junk and sweep rules, add-ins, phones, password changes',
  guide: ['MS symptoms', 'SD'],
  stage: 'collect',
  settings: settings('act'),
  permissions: {
    graph: ['Mail.ReadBasic.All', 'AuditLog.Read.All'],
    exchange: [
      'Get-Mailbox',
      'Get-AcceptedDomain',
      'Get-MailboxAutoReplyConfiguration',
      'Get-MailboxMessageConfiguration',
      'Get-MailboxJunkEmailConfiguration',
      'Get-SweepRule',
      'Get-App',
      'Get-MobileDevice',
    ],
  },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log', 'reset-mailbox-settings'],

  async collect(context) {
    const { account, run, intruder, graph, exchange } = context;
    if ((await mailboxIfAny(exchange, account, [], z.object({}))) === undefined) {
      return { skip: 'has no mailbox in Exchange Online' };
    }
    const since = windowStart(run, intruder);
    const look = {
      account,
      acts: actsIn(run) ?? [],
      since,
      domains: await acceptedDomains(exchange),
      resets: run.ended?.['reset-mailbox-settings'] !== 'off',
    };
    const here = { anchor: account.userPrincipalName };
    const one = { Identity: account.id };
    const all = { Mailbox: account.id };
    const symptoms = await eachPart({
      'automatic replies': async () =>
        (await exchange.get('Get-MailboxAutoReplyConfiguration', one, autoReplySchema, here)).map((reply) =>
          automaticReplies(reply, look),
        ),
      signature: async () =>
        (await exchange.get('Get-MailboxMessageConfiguration', one, signatureSchema, here)).map((given) =>
          signature(given, look),
        ),
      'junk mail lists': async () =>
        (await exchange.get('Get-MailboxJunkEmailConfiguration', one, junkSchema, here)).map((lists) =>
          junk(lists, look),
        ),
      'sweep rules': async () =>
        (await exchange.get('Get-SweepRule', all, sweepSchema, here)).map((rule) => sweep(rule, look)),
      'add-ins': async () =>
        (await exchange.get('Get-App', all, addInSchema, here)).map((app) => addIn(app, look)),
      phones: async () =>
        (await exchange.get('Get-MobileDevice', all, phoneSchema, here)).map((device) => phone(device, look)),
      'deleted mail': async () => await deletionsIn(graph, look),
      'display name and password': async () => await accountSymptoms(graph, look, context),
    });
    return { ...symptoms, tasks: [...symptoms.tasks, lookForForms(account)] };
  },
});
