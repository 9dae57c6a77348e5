// Takes away the delegates that the intruder made, who would read and send on after the account is locked. Exchange
// tells no date and no maker, so the audit log decides; what it does not tie to the intruder stays.
import { actsIn, auditLogIn } from '../../../shared/intruder/acts.ts';
import {
  askAboutDelegates,
  delegateId,
  delegateSchema,
  describeDelegate,
  isEverybody,
  readDelegates,
} from '../../../shared/microsoft365/delegates.ts';
import { namesOf } from '../../../shared/microsoft365/mailbox.ts';
import { remediation, settings } from '../../../shared/model/step.ts';
import { removeDelegate, restoreDelegate } from './change-delegates.ts';
import { grantsIn, madeBy, onOwnMailbox } from './delegated-by.ts';

export const removeMailboxDelegates = remediation({
  name: 'remove-mailbox-delegates',
  title: 'Remove mailbox delegates',
  removes: 'full access, sending as or on behalf, and shares of folders that the intruder gave away',
  did: (permissions) =>
    permissions === 1
      ? 'gave somebody access to the mailbox'
      : `gave ${permissions} permissions to the mailbox away`,
  guide: ['MS back doors'],
  stage: 'evict',
  settings: settings('act'),
  permissions: {
    exchange: [
      'Get-Mailbox',
      'Get-Recipient',
      'Get-MailboxPermission',
      'Remove-MailboxPermission',
      'Add-MailboxPermission',
      'Get-RecipientPermission',
      'Remove-RecipientPermission',
      'Add-RecipientPermission',
      'Set-Mailbox',
      'Get-MailboxFolderStatistics',
      'Get-MailboxFolderPermission',
      'Remove-MailboxFolderPermission',
      'Add-MailboxFolderPermission',
      'Set-MailboxFolderPermission',
    ],
  },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: delegateSchema,

  async find({ account, run, exchange }) {
    const acts = actsIn(run);
    const grants = grantsIn(acts ?? []);
    const also = grants.flatMap(({ folder }) => folder ?? []);
    const read = await readDelegates(exchange, account, also);
    if (read === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const own = onOwnMailbox(grants, account, read.names);
    const judged = await Promise.all(
      read.delegates.map(async (delegate) => {
        const names = own.length === 0 ? [] : await namesOf(exchange, delegate.user);
        return { delegate, evidence: madeBy(own, delegate, [delegate.user, ...names]) };
      }),
    );
    const others = judged.filter(({ evidence }) => evidence === undefined).map(({ delegate }) => delegate);
    const unknown = auditLogIn(run) === 'unread';
    const doubtful = others.filter((delegate) => unknown || isEverybody(delegate));
    return {
      changes: judged.flatMap(({ delegate, evidence }) =>
        evidence === undefined
          ? []
          : [
              {
                id: delegateId(delegate),
                what: describeDelegate(delegate),
                why: 'the intruder gave it away',
                evidence,
                before: delegate,
              },
            ],
      ),
      tasks: doubtful.length > 0 ? [askAboutDelegates(account, doubtful)] : [],
      kept: others
        .filter((delegate) => !doubtful.includes(delegate))
        .map((delegate) => ({
          what: describeDelegate(delegate),
          why:
            acts === undefined
              ? 'who made it is not known yet'
              : 'the audit log does not tie it to the intruder',
        })),
    };
  },

  async fix({ before }, { account, exchange }) {
    await removeDelegate(exchange, account, before);
  },

  async undo({ before }, { account, exchange }) {
    await restoreDelegate(exchange, account, before);
    return undefined;
  },
});
