import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resetPassword } from '../../functions/steps/reset-password/reset-password.ts';
import { PermanentError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneUser } from '../fakes/one-user.ts';
import { adele } from '../fakes/sign-ins.ts';

const sent = z.strictObject({
  passwordProfile: z.strictObject({
    password: z.string().min(24),
    forceChangePasswordNextSignIn: z.literal(true),
    forceChangePasswordNextSignInWithMfa: z.literal(false),
  }),
});

describe('reset-password', () => {
  it.each([
    ['cloud', {}],
    ['synced', synced],
    ['privileged', { privileged: true }],
    ['without a mailbox', { hasMailbox: false }],
    ['last Global Administrator', { lastGlobalAdministrator: true }],
  ])('replaces the password of a %s account and sees it done', async (_class, given) => {
    const user = oneUser();
    const change = onlyChange(await resetPassword.find(context({ account: given }), user.clients));
    expect(change).toMatchObject({
      id: 'password',
      before: { lastPasswordChangeDateTime: '2026-03-01T08:00:00Z' },
    });
    await resetPassword.fix(change, context({ account: given }), user.clients);
    expect(user.writes()).toMatchObject([{ method: 'PATCH', path: `/users/${adele}`, version: 'v1.0' }]);
    expect(sent.safeParse(user.writes()[0]?.body).success).toBe(true);
    expect(changesOf(await resetPassword.find(context({ account: given }), user.clients))).toEqual([]);
  });

  it('sends another password each time and gives it to nobody', async () => {
    const user = oneUser();
    const change = onlyChange(await resetPassword.find(context(), user.clients));
    const answers = [
      await resetPassword.fix(change, context(), user.clients),
      await resetPassword.fix(change, context(), user.clients),
    ];
    const passwords = user.writes().map(({ body }) => sent.parse(body).passwordProfile.password);
    expect(new Set(passwords).size).toBe(2);
    const known = JSON.stringify([answers, change, await resetPassword.find(context(), user.clients)]);
    for (const password of passwords) expect(known).not.toContain(password);
  });

  it('resets what the intruder set a moment before the run opened', async () => {
    const user = oneUser({ lastPasswordChangeDateTime: '2026-11-20T09:14:59Z' });
    expect(changesOf(await resetPassword.find(context(), user.clients))).toHaveLength(1);
  });

  it('recognises its own reset in the same second in which the run opened — Entra ID cuts off the fraction', async () => {
    const user = oneUser({ lastPasswordChangeDateTime: '2026-11-20T09:15:00Z' });
    const { changes, kept } = found(await resetPassword.find(context(), user.clients));
    expect(changes).toEqual([]);
    expect(kept[0]?.why).toBe('was changed at 2026-11-20T09:15:00Z, since this run opened');
  });

  it('resets a password that was never changed', async () => {
    const user = oneUser({ lastPasswordChangeDateTime: null });
    expect(changesOf(await resetPassword.find(context(), user.clients))).toHaveLength(1);
  });

  describe('of a synced account', () => {
    it('is done in the cloud at once, and in Active Directory by a person — the next change there would win', async () => {
      const user = oneUser();
      const first = found(await resetPassword.find(context({ account: synced }), user.clients));
      expect(first.tasks).toMatchObject([{ id: 'password-at-the-source', essential: true }]);
      expect(first.tasks[0]?.instruction).toContain(
        'Reset that of CN=Adele Vance,OU=Sales,DC=contoso,DC=local twice',
      );

      await resetPassword.fix(onlyChange(first), context({ account: synced }), user.clients);
      const [task] = found(await resetPassword.find(context({ account: synced }), user.clients)).tasks;
      expect(task?.id).toBe('password-at-the-source');
      expect(task?.essential).toBeUndefined();
    });

    it('no longer needs the task to end well once the cloud has accepted the reset, even if that shows late', async () => {
      const user = oneUser();
      const after = context({
        account: synced,
        run: { fixedAt: { 'reset-password': '2026-11-20T09:15:02.100Z' } },
      });
      const { changes, tasks } = found(await resetPassword.find(after, user.clients));
      expect(changes).toHaveLength(1);
      expect(tasks[0]?.essential).toBeUndefined();
    });

    it.each([400, 403])('depends on the task if the cloud refuses with %d', async (status) => {
      const user = oneUser();
      const first = found(await resetPassword.find(context({ account: synced }), user.clients));
      user.refuse('PATCH', status, 'Request_BadRequest');
      const refused = resetPassword.fix(onlyChange(first), context({ account: synced }), user.clients);
      await expect(refused).rejects.toMatchObject({ status });
      const { tasks } = found(await resetPassword.find(context({ account: synced }), user.clients));
      expect(tasks).toMatchObject([{ essential: true }]);
    });
  });

  it.each([
    ['in Active Directory', { ...synced, federated: true }, 'Reset the password of Adele Vance'],
    ['at another provider', { federated: true }, 'at the identity provider of contoso.com'],
  ])(
    'for a federated account is left to a person %s — the one in the cloud has no effect',
    async (_where, given, text) => {
      const user = oneUser();
      const { changes, tasks } = found(await resetPassword.find(context({ account: given }), user.clients));
      expect(changes).toEqual([]);
      expect(tasks).toMatchObject([{ id: 'password-at-the-source', essential: true }]);
      expect(tasks[0]?.what).toContain(text);
      expect(user.requests).toEqual([]);
    },
  );

  it('leaves guests to their home tenant', () => {
    expect(resetPassword.appliesTo(account(guest))).toBe(
      'is a guest: the password belongs to the home tenant (fabrikam.com)',
    );
    expect(resetPassword.appliesTo(account())).toBe(true);
  });

  it('fails for good if no role reaches the target, and is tried again when the roles are gone', async () => {
    const user = oneUser();
    const admin = context({ account: { privileged: true } });
    const change = onlyChange(await resetPassword.find(admin, user.clients));
    user.refuse('PATCH', 403, 'Authorization_RequestDenied');
    const refused = resetPassword.fix(change, admin, user.clients);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ status: 403 });
    expect(resetPassword.againAfter).toEqual(['remove-admin-roles']);
  });

  it('says that it is not undone', () => {
    expect(resetPassword.undo).toEqual(expect.any(String));
  });
});
