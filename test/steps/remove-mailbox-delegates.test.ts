import { describe, expect, it } from 'vitest';
import { collectAuditLog } from '../../functions/steps/collect-audit-log/collect-audit-log.ts';
import { removeMailboxDelegates } from '../../functions/steps/remove-mailbox-delegates/remove-mailbox-delegates.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunView } from '../../shared/model/step.ts';
import { answered, cmdlet, delegated, record } from '../fakes/audit.ts';
import { account, context, guest } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

const people = {
  users: [
    { id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance' },
    { userPrincipalName: 'megan@contoso.com', displayName: 'Megan Bowen', mailbox: {} },
    { userPrincipalName: 'lidia@contoso.com', displayName: 'Lidia Holloway', mailbox: {} },
  ],
};
const shared = {
  permissions: [
    { User: 'megan@contoso.com' },
    { User: 'lidia@contoso.com' },
    { User: 'EURPR01A001\\Help Desk', IsInherited: true },
  ],
  recipientPermissions: [{ Trustee: 'lidia@contoso.com' }, { Trustee: 'megan@contoso.com' }],
  GrantSendOnBehalfTo: ['Lidia Holloway', 'Megan Bowen'],
  folderPermissions: [
    { Folder: 'Inbox', User: 'lidia@contoso.com', AccessRights: ['Editor'] },
    { Folder: 'Calendar', User: 'Megan Bowen', AccessRights: ['Editor'], SharingPermissionFlags: 'Delegate' },
    { Folder: 'Offers', User: 'Lidia Holloway', AccessRights: ['Reviewer'] },
  ],
};
const outlook = (by: 'intruder' | 'owner', Path: string, MemberUpn: string) =>
  record(by, 'AddFolderPermissions', {
    auditLogRecordType: 'exchangeItem',
    auditData: {
      MailboxOwnerUPN: 'adele@contoso.com',
      Item: { ParentFolder: { Path, MemberUpn, MemberRights: 'ReadAny' } },
    },
  });
/** Each way in which Lidia got in. */
const evil = [
  delegated('intruder', 'lidia@contoso.com'),
  cmdlet('intruder', 'Add-RecipientPermission', { Identity: 'Adele Vance', Trustee: 'Lidia Holloway' }),
  cmdlet('intruder', 'Set-Mailbox', { Identity: adele, GrantSendOnBehalfTo: 'lidia' }),
  outlook('intruder', '\\Inbox', 'lidia@contoso.com'),
  cmdlet('intruder', 'Add-MailboxFolderPermission', { Identity: 'adele:\\Offers', User: 'lidia' }),
];

const mailboxOf = (mailbox: object | undefined = shared, more: object = {}) => {
  const [owner, ...others] = people.users;
  return oneMailbox(undefined, { users: [{ ...owner, mailbox }, ...others], ...more });
};
type Mailbox = ReturnType<typeof oneMailbox>;
const look = ({ clients }: Mailbox, run: Partial<RunView>) =>
  removeMailboxDelegates.find(context({ run }), clients);
async function removeAll(mailbox: Mailbox, run: Partial<RunView>) {
  const changes = changesOf(await look(mailbox, run));
  for (const change of changes) await removeMailboxDelegates.fix(change, context(), mailbox.clients);
  return changes;
}
async function giveBack(mailbox: Mailbox, changes: Awaited<ReturnType<typeof removeAll>>) {
  const { undo } = removeMailboxDelegates;
  if (typeof undo === 'string') throw new Error('can be undone');
  for (const change of changes.toReversed()) await undo(change, context(), mailbox.clients);
}

describe('remove-mailbox-delegates', () => {
  it('treats SendAs as a right of its own, wherever it is shown — together with the others it is refused', async () => {
    const mailbox = mailboxOf({
      permissions: [{ User: 'lidia@contoso.com', AccessRights: ['FullAccess', 'SendAs'] }],
      recipientPermissions: [{ Trustee: 'lidia@contoso.com' }],
    });
    const changes = await removeAll(mailbox, answered(evil));
    expect(changes.map(({ what }) => what)).toEqual([
      'lidia@contoso.com may open the mailbox (FullAccess)',
      'lidia@contoso.com may send as the owner',
    ]);
    expect(await look(mailbox, answered(evil))).toMatchObject({ changes: [] });
  });

  it('asks a person instead of restoring if the delegate is gone', async () => {
    const changes = await removeAll(mailboxOf(), answered(evil));
    const [owner, megan] = people.users;
    const without = oneMailbox(undefined, { users: [{ ...owner, mailbox: {} }, megan] });
    const { undo } = removeMailboxDelegates;
    if (typeof undo === 'string') throw new Error('can be undone');
    for (const change of changes) {
      expect(await undo(change, context(), without.clients)).toMatchObject({
        instruction: expect.stringMatching(/because Exchange no longer knows lidia/i),
        instead: true,
      });
    }
  });

  it('removes access that the intruder gave, whatever the log calls it, and none that the owner gave', async () => {
    const mailbox = mailboxOf();
    const changes = await removeAll(mailbox, answered(evil));
    expect(changes.map(({ what }) => what)).toEqual([
      'lidia@contoso.com may open the mailbox (FullAccess)',
      'lidia@contoso.com may send as the owner',
      'Lidia Holloway may send on behalf of the owner',
      'lidia@contoso.com may use the folder Inbox (Editor)',
      'Lidia Holloway may use the folder Offers (Reviewer)',
    ]);
    for (const { evidence } of changes) expect(evidence).toContain("the intruder's session");
    expect(found(await look(mailbox, answered(evil)))).toMatchObject({ changes: [], tasks: [] });
    expect(mailbox.mailbox()).toEqual({
      permissions: [shared.permissions[0], shared.permissions[2]],
      recipientPermissions: [shared.recipientPermissions[1]],
      GrantSendOnBehalfTo: ['Megan Bowen'],
      folderPermissions: [shared.folderPermissions[1]],
    });
  });

  it('restores exactly what was there, and finds it again; doing so twice does no harm', async () => {
    const mailbox = mailboxOf();
    const before = JSON.stringify(mailbox.tenant.state());
    const changes = await removeAll(mailbox, answered(evil));
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
    expect(changesOf(await look(mailbox, answered(evil)))).toEqual(changes);
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it.each<[string, object[]]>([
    ['the owner made', [delegated('owner', 'lidia@contoso.com')]],
    [
      'the intruder made on the mailbox of somebody else',
      [cmdlet('intruder', 'Add-MailboxPermission', { Identity: 'megan@contoso.com', User: 'lidia' })],
    ],
    [
      'the intruder tried to make and was refused',
      [
        {
          ...delegated('intruder', 'lidia'),
          auditData: { ...delegated('intruder', 'lidia').auditData, ResultStatus: 'False' },
        },
      ],
    ],
    ['nobody made that the log knows of', []],
  ])('keeps a delegate that %s', async (_who, records) => {
    const mailbox = mailboxOf({ permissions: [{ User: 'lidia@contoso.com' }] });
    expect(found(await look(mailbox, answered(records)))).toMatchObject({
      changes: [],
      tasks: [],
      kept: [{ what: 'lidia@contoso.com may open the mailbox (FullAccess)' }],
    });
  });

  it('says nothing until the audit log has answered, and asks the owner if it never will', async () => {
    const mailbox = mailboxOf();
    const pending = found(await look(mailbox, {}));
    expect(pending).toMatchObject({ changes: [], tasks: [] });
    for (const { why } of pending.kept) expect(why).toBe('who made it is not known yet');
    const read = found(await look(mailbox, answered([])));
    for (const { why } of read.kept) expect(why).toBe('the audit log does not tie it to the intruder');
    expect([pending.kept.length, read.kept.length].every((number) => number > 0)).toBe(true);
    const { changes, tasks, kept } = found(await look(mailbox, { answered: ['acts'] }));
    expect(changes).toEqual([]);
    expect(kept).toEqual([]);
    expect(tasks).toMatchObject([{ id: 'delegates', instruction: expect.stringContaining('lidia') }]);
  });

  it('closes a folder to everybody if the intruder opened it, and asks if nobody knows who did', async () => {
    const open = { folderPermissions: [{ Folder: '', User: 'Default', AccessRights: ['Reviewer'] }] };
    expect(found(await look(mailboxOf(open), answered([])))).toMatchObject({
      changes: [],
      tasks: [{ instruction: expect.stringContaining('everybody (Default) may use the top of the mailbox') }],
    });
    const mailbox = mailboxOf(open);
    const before = JSON.stringify(mailbox.tenant.state());
    const records = answered([outlook('intruder', '\\', 'Default')]);
    const changes = await removeAll(mailbox, records);
    expect(mailbox.mailbox()?.folderPermissions).toEqual([
      { Folder: '', User: 'Default', AccessRights: ['None'] },
    ]);
    expect(found(await look(mailbox, records))).toMatchObject({ changes: [], tasks: [] });
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it('finds nothing in a mailbox that nobody shares', async () => {
    expect(found(await look(mailboxOf({}), answered(evil)))).toMatchObject({
      changes: [],
      tasks: [],
      kept: [],
    });
  });

  it('asks only about one mailbox — without an identity Exchange answers for all', async () => {
    const mailbox = mailboxOf();
    await look(mailbox, {});
    for (const asked of mailbox.asked()) {
      expect(asked.cmdlet).toMatch(/^Get-/);
      expect(asked).toHaveProperty('Identity', expect.stringContaining(adele));
    }
  });

  it('follows the audit log, and does not apply without a mailbox', async () => {
    expect(removeMailboxDelegates.againAfter).toEqual([collectAuditLog.name]);
    expect(removeMailboxDelegates.appliesTo(account(guest))).toBe('has no mailbox');
    expect(removeMailboxDelegates.appliesTo(account())).toBe(true);
    expect(await look(oneMailbox(), {})).toEqual({ skip: 'has no mailbox in Exchange Online' });
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['Get-MailboxPermission', 429, RetryableError],
    ['Get-MailboxFolderPermission', 403, PermanentError],
    ['Remove-RecipientPermission', 429, RetryableError],
    ['Remove-MailboxPermission', 403, PermanentError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    const mailbox = mailboxOf(shared, { behaviour: { faults: [{ on, status }] } });
    await expect(removeAll(mailbox, answered(evil))).rejects.toBeInstanceOf(kind);
  });
});

describe('a mailbox of somebody else', () => {
  const bills = {
    userPrincipalName: 'bills@contoso.com',
    displayName: 'Bills',
    mailbox: { permissions: [{ User: 'megan@contoso.com' }, { User: 'lidia@contoso.com' }] },
  };
  const grant = cmdlet('intruder', 'Add-MailboxPermission', { Identity: 'bills', User: 'lidia@contoso.com' });
  const withBills = () => {
    const [owner, ...others] = people.users;
    return oneMailbox(undefined, { users: [{ ...owner, mailbox: {} }, ...others, bills] });
  };

  it('loses access that the intruder gave away, and gets it back on undo', async () => {
    const mailbox = withBills();
    const before = JSON.stringify(mailbox.tenant.state());
    const changes = await removeAll(mailbox, answered([grant]));
    expect(changes).toMatchObject([
      {
        id: 'bills@contoso.com/full access:lidia@contoso.com',
        what: 'lidia@contoso.com may open the mailbox (FullAccess), in the mailbox bills@contoso.com',
      },
    ]);
    expect(JSON.stringify(mailbox.tenant.state())).not.toBe(before);
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it('keeps its delegates if the intruder only read it, and nobody is asked about them', async () => {
    const mailbox = withBills();
    const read = record('intruder', 'MailItemsAccessed', {
      auditData: { MailboxOwnerUPN: 'bills@contoso.com' },
    });
    expect(found(await look(mailbox, answered([read])))).toMatchObject({ changes: [], tasks: [] });
    expect(
      mailbox
        .asked()
        .some((one) => one.cmdlet === 'Get-MailboxPermission' && Reflect.get(one, 'Identity') !== adele),
    ).toBe(false);
  });
});

it('says in the story whether one permission was given away or several', () => {
  expect([1, 2].map((permissions) => removeMailboxDelegates.did?.(permissions))).toEqual([
    'gave somebody access to the mailbox',
    'gave 2 permissions to the mailbox away',
  ]);
});
