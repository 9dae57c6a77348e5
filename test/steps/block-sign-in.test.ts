import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { PermanentError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneUser } from '../fakes/one-user.ts';
import { adele } from '../fakes/sign-ins.ts';

describe('block-sign-in', () => {
  it.each([
    ['cloud', {}],
    ['synced', synced],
    ['federated', { ...synced, federated: true }],
    ['guest', guest],
    ['privileged', { privileged: true, roles: ['Exchange Administrator'] }],
    ['without a mailbox', { hasMailbox: false }],
  ])('blocks a %s account, sees it blocked, and lets it in again', async (_class, given) => {
    const user = oneUser();
    const before = context({ account: given });
    expect(blockSignIn.appliesTo(account(given))).toBe(true);

    const change = onlyChange(await blockSignIn.find(before, user.clients));
    expect(change).toMatchObject({ id: 'sign-in', before: { accountEnabled: true } });
    await blockSignIn.fix(change, before, user.clients);
    expect(user.state.accountEnabled).toBe(false);
    expect(changesOf(await blockSignIn.find(before, user.clients))).toEqual([]);

    if (typeof blockSignIn.undo === 'string') throw new Error('can be undone');
    await blockSignIn.undo(change, before, user.clients);
    expect(user.state.accountEnabled).toBe(true);
    expect(changesOf(await blockSignIn.find(before, user.clients))).toEqual([change]);
  });

  it('writes only the flag, in its own request — a refused password would fail the block too', async () => {
    const user = oneUser();
    const change = onlyChange(await blockSignIn.find(context(), user.clients));
    await blockSignIn.fix(change, context(), user.clients);
    expect(user.writes()).toEqual([
      { method: 'PATCH', path: `/users/${adele}`, version: 'v1.0', body: { accountEnabled: false } },
    ]);
  });

  it('leaves an account that somebody else has blocked — undo must not open what it did not close', async () => {
    const user = oneUser({ accountEnabled: false });
    const { changes, kept } = found(await blockSignIn.find(context(), user.clients));
    expect(changes).toEqual([]);
    expect(kept).toEqual([{ what: 'sign-in', why: 'is blocked' }]);
  });

  it('never blocks the last Global Administrator — nobody would be left to unblock anybody', async () => {
    const last = context({ account: { privileged: true, lastGlobalAdministrator: true } });
    const { changes, tasks } = found(await blockSignIn.find(last, oneUser().clients));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([{ id: 'last-global-administrator', essential: true }]);
    const blocked = found(await blockSignIn.find(last, oneUser({ accountEnabled: false }).clients));
    expect(blocked.tasks).toEqual([]);
  });

  it('asks for a guest’s home tenant to be told — only they can take the account back', async () => {
    const { tasks } = found(await blockSignIn.find(context({ account: guest }), oneUser().clients));
    expect(tasks).toMatchObject([{ id: 'home-tenant', what: expect.stringContaining('fabrikam.com') }]);
  });

  it('fails for good if no role reaches the target, and says what the service said', async () => {
    const user = oneUser();
    const admin = context({ account: { privileged: true } });
    const change = onlyChange(await blockSignIn.find(admin, user.clients));
    user.refuse('PATCH', 403, 'Authorization_RequestDenied');
    const refused = blockSignIn.fix(change, admin, user.clients);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ status: 403, code: 'Authorization_RequestDenied' });
  });
});
