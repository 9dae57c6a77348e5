import { describe, expect, it } from 'vitest';
import { removeExchangeRoles } from '../../functions/steps/remove-exchange-roles.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';

const powerful = {
  roleGroups: [
    {
      Name: 'Organization Management',
      Roles: ['Mail Recipients', 'Role Management'],
      Members: ['megan@contoso.com', 'adele@contoso.com'],
    },
    { Name: 'Discovery Management', Members: ['adele@contoso.com'] },
    { Name: 'Help Desk', Members: ['Organization Management'] },
    { Name: 'Records Management', Members: ['megan@contoso.com'] },
  ],
  managementRoleAssignments: [
    { Role: 'Mailbox Import Export', User: 'adele@contoso.com', CustomRecipientWriteScope: 'Sales' },
    { Role: 'Mailbox Search', User: 'megan@contoso.com' },
    { Name: 'Hand out', Role: 'ApplicationImpersonation', User: 'adele@contoso.com', Delegating: true },
  ],
};
type Mailbox = ReturnType<typeof oneMailbox>;
const look = ({ clients }: Mailbox) => removeExchangeRoles.find(context(), clients);

async function removeAll(mailbox: Mailbox) {
  const changes = changesOf(await look(mailbox));
  for (const change of changes) await removeExchangeRoles.fix(change, context(), mailbox.clients);
  return changes;
}
async function giveBack(mailbox: Mailbox, changes: Awaited<ReturnType<typeof removeAll>>) {
  const { undo } = removeExchangeRoles;
  if (typeof undo === 'string') throw new Error('can be undone');
  for (const change of changes.toReversed()) await undo(change, context(), mailbox.clients);
}

describe('remove-exchange-roles', () => {
  it('removes the account from each group and its direct roles, and then finds none', async () => {
    const mailbox = oneMailbox({}, powerful);
    const changes = await removeAll(mailbox);
    expect(changes.map(({ what }) => what)).toEqual([
      'membership of the Exchange role group Organization Management (Mail Recipients, Role Management)',
      'membership of the Exchange role group Discovery Management (Discovery Management)',
      'the Exchange role Mailbox Import Export',
      'the Exchange role ApplicationImpersonation',
    ]);
    expect(mailbox.writes()[0]).toEqual({
      cmdlet: 'Remove-RoleGroupMember',
      Identity: 'Organization Management',
      Member: 'adele@contoso.com',
      BypassSecurityGroupManagerCheck: true,
      Confirm: false,
    });
    expect(found(await look(mailbox))).toMatchObject({ changes: [], tasks: [], kept: [] });
    const { roleGroups, managementRoleAssignments } = mailbox.tenant.state();
    expect(roleGroups?.map(({ Members }) => Members)).toEqual([
      ['megan@contoso.com'],
      [],
      ['Organization Management'],
      ['megan@contoso.com'],
    ]);
    expect(managementRoleAssignments).toHaveLength(1);
  });

  it('lists a group held only through another one, with which it goes', async () => {
    expect(found(await look(oneMailbox({}, powerful))).kept).toMatchObject([
      { what: 'the Exchange role group Help Desk' },
    ]);
  });

  it('restores exactly what was there, and finds it again; doing so twice does no harm', async () => {
    const mailbox = oneMailbox({}, powerful);
    const before = JSON.stringify(mailbox.tenant.state());
    const changes = await removeAll(mailbox);
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
    expect(changesOf(await look(mailbox))).toEqual(changes);
    await giveBack(mailbox, changes);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it('asks only about this account — without an assignee Exchange lists the whole tenant', async () => {
    const mailbox = oneMailbox({}, powerful);
    await look(mailbox);
    const [first, ...more] = mailbox.asked();
    expect(first).toEqual({ cmdlet: 'Get-ManagementRoleAssignment', RoleAssignee: 'adele@contoso.com' });
    for (const asked of more)
      expect(asked).toMatchObject({ cmdlet: 'Get-RoleGroupMember', Identity: expect.stringMatching(/./) });
  });

  it('costs one request if there is nothing, and ignores what every user has', async () => {
    const mailbox = oneMailbox({});
    expect(found(await look(mailbox))).toMatchObject({ changes: [], tasks: [], kept: [] });
    expect(mailbox.asked()).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['a guest', guest],
    ['synced', synced],
    ['privileged', { privileged: true }],
    ['without a mailbox', { hasMailbox: false }],
  ])('applies to an account %s, whether Exchange knows it or not', async (_class, given) => {
    expect(removeExchangeRoles.appliesTo(account(given))).toBe(true);
    const unknown = context({ account: { ...given, userPrincipalName: 'nobody@contoso.com' } });
    expect(found(await removeExchangeRoles.find(unknown, oneMailbox().clients))).toMatchObject({
      changes: [],
    });
  });

  it('counts what somebody else has removed meanwhile as removed', async () => {
    const mailbox = oneMailbox({}, powerful);
    const changes = await removeAll(mailbox);
    for (const change of changes) await removeExchangeRoles.fix(change, context(), mailbox.clients);
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['Get-ManagementRoleAssignment', 429, RetryableError],
    ['Get-RoleGroupMember', 403, PermanentError],
    ['Remove-RoleGroupMember', 429, RetryableError],
    ['Remove-RoleGroupMember', 403, PermanentError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    const mailbox = oneMailbox({}, { ...powerful, behaviour: { faults: [{ on, status }] } });
    await expect(removeAll(mailbox)).rejects.toBeInstanceOf(kind);
  });

  it('needs more than a role that manages recipients — that role cannot manage administrators', async () => {
    const app = { directoryRoles: ['Exchange Recipient Administrator'] };
    await expect(removeAll(oneMailbox({}, { ...powerful, app }))).rejects.toBeInstanceOf(PermanentError);
  });
});
