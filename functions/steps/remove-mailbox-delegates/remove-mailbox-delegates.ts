// Removes the delegates that the intruder added, who could read and send even after the account is locked. Exchange
// gives neither date nor author, so the audit log decides; delegates that it does not tie to the intruder stay.
import { z } from 'zod';
import { actsIn, auditLogIn, tiedBy } from '../../../shared/intruder/acts.ts';
import { delegateOfDrill } from '../../../shared/microsoft365/drill.ts';
import { mailboxPage } from '../../../shared/microsoft365/links.ts';
import { namesOf } from '../../../shared/microsoft365/mailbox.ts';
import {
  idIn,
  type LookedAt,
  lookYourself,
  mailboxesWithActs,
  whatIn,
  whereOf,
  whereSchema,
} from '../../../shared/microsoft365/mailboxes.ts';
import type { ExchangeReader } from '../../../shared/model/clients.ts';
import { type RunView, remediation, settings } from '../../../shared/model/step.ts';
import { powerShellValue } from '../../../shared/model/text.ts';
import { removeDelegate, restoreDelegate } from './change-delegates.ts';
import { grantsIn, madeBy } from './delegated-by.ts';
import {
  askAboutDelegates,
  delegateId,
  delegateSchema,
  describeDelegate,
  isEverybody,
  readDelegates,
} from './delegates.ts';

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
  byHand: ({ id, userPrincipalName }) => ({
    link: mailboxPage(id),
    role: 'Exchange Administrator',
    how: 'Under Delegation, remove whom the owner, asked by phone, does not know. The command lists who may use the inbox; Remove-MailboxFolderPermission takes that away.',
    commands: [`Get-MailboxFolderPermission -Identity ${powerShellValue(`${userPrincipalName}:\\Inbox`)}`],
  }),
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
  judgesByAnswers: true,
  before: delegateSchema.and(z.object({ mailbox: whereSchema })),

  async find({ account, run, exchange }) {
    const reached = await mailboxesWithActs(exchange, account, actsIn(run) ?? []);
    // A mailbox that the intruder only read or wrote from keeps its delegates; only access that they gave away is
    // looked for.
    const others = reached.others.filter((looked) => grantsIn(looked.acts).length > 0);
    const log = auditLogIn(run);
    const [own, ...rest] = await Promise.all(
      [reached.own, ...others].map((looked) => delegatesOf(exchange, looked, log, run)),
    );
    if (own === undefined) return { skip: 'has no mailbox in Exchange Online' };
    const looks = [own, ...rest.flatMap((one) => one ?? [])];
    return {
      changes: looks.flatMap(({ changes }) => changes),
      tasks: [...looks.flatMap(({ tasks }) => tasks), ...lookYourself(reached.lost, account, 'delegates')],
      kept: looks.flatMap(({ kept }) => kept),
    };
  },

  async fix({ before }, { account, exchange }) {
    await removeDelegate(exchange, before.mailbox ?? account, before);
  },

  async undo({ id, before }, { account, exchange }) {
    const owner = before.mailbox ?? account;
    if ((await restoreDelegate(exchange, owner, before)) === undefined) return undefined;
    return {
      id: `not-back:${id}`,
      what: `Decide who gets what ${before.user} could do in the mailbox of ${owner.userPrincipalName}`,
      instruction: `This was not given back, because Exchange no longer knows ${before.user}${before.kind === 'folder' ? ' or the folder' : ''}: ${describeDelegate(before)}. Ask the owner whether somebody else needs it, and add them under Delegation.`,
      link: mailboxPage(owner.id),
      role: 'Exchange Administrator',
      instead: true,
    };
  },
});

/** What becomes of one mailbox's delegates; undefined if there is no such mailbox. */
async function delegatesOf(
  exchange: ExchangeReader,
  looked: LookedAt,
  log: ReturnType<typeof auditLogIn>,
  run: RunView,
) {
  const { mailbox } = looked;
  const where = whereOf(looked);
  const grants = grantsIn(looked.acts);
  const also = grants.flatMap(({ folder }) => folder ?? []);
  const delegates = await readDelegates(exchange, mailbox, also);
  if (delegates === undefined) return undefined;
  const judged = await Promise.all(
    delegates.map(async (delegate) => {
      const mayBeDrills = looked.own && run.drill !== undefined;
      const found = grants.length === 0 && !mayBeDrills ? [] : await namesOf(exchange, delegate.user);
      const names = [delegate.user, ...found];
      const act = madeBy(grants, delegate, names);
      const planted = mayBeDrills ? delegateOfDrill(run, delegate.kind, names) : undefined;
      return { delegate, tied: act === undefined ? planted : tiedBy(act) };
    }),
  );
  const others = judged.filter(({ tied }) => tied === undefined).map(({ delegate }) => delegate);
  const doubtful = others.filter((delegate) => log === 'unread' || isEverybody(delegate));
  return {
    changes: judged.flatMap(({ delegate, tied }) =>
      tied === undefined
        ? []
        : {
            id: idIn(where, delegateId(delegate)),
            what: whatIn(where, describeDelegate(delegate)),
            why: 'the intruder gave it away',
            ...tied,
            before: { ...delegate, mailbox: where },
          },
    ),
    tasks: doubtful.length > 0 ? [askAboutDelegates(mailbox, where, doubtful)] : [],
    kept: others
      .filter((delegate) => !doubtful.includes(delegate))
      .map((delegate) => ({
        what: whatIn(where, describeDelegate(delegate)),
        why:
          log === 'pending'
            ? 'who made it is not known yet'
            : 'the audit log does not tie it to the intruder',
      })),
  };
}
