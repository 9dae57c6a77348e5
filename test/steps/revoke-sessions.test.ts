import { describe, expect, it } from 'vitest';
import { revokeSessions } from '../../functions/steps/revoke-sessions.ts';
import { PermanentError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneUser } from '../fakes/one-user.ts';
import { adele } from '../fakes/sign-ins.ts';

const at = (time: string) => () => new Date(`2026-11-20T${time}Z`);

describe('revoke-sessions', () => {
  it.each([
    ['cloud', {}],
    ['synced', synced],
    ['federated', { ...synced, federated: true }],
    ['privileged', { privileged: true }],
    ['without a mailbox', { hasMailbox: false }],
    ['last Global Administrator', { lastGlobalAdministrator: true }],
  ])('throws everybody out of a %s account and sees it done', async (_class, given) => {
    const user = oneUser();
    expect(revokeSessions.appliesTo(account(given))).toBe(true);
    const change = onlyChange(await revokeSessions.find(context({ account: given }), user.clients));
    expect(change).toMatchObject({
      id: 'sessions',
      why: 'they may have begun before this run opened',
      before: { signInSessionsValidFromDateTime: '2026-03-01T08:00:00Z' },
    });
    await revokeSessions.fix(change, context({ account: given }), user.clients);
    expect(user.writes()).toEqual([
      { method: 'POST', path: `/users/${adele}/revokeSignInSessions`, version: 'v1.0', body: {} },
    ]);
    expect(changesOf(await revokeSessions.find(context({ account: given }), user.clients))).toEqual([]);
  });

  it('leaves guests to their home tenant — the call would succeed and change nothing', () => {
    expect(revokeSessions.appliesTo(account(guest))).toBe(
      'is a guest: revoking has no effect here, the administrators of fabrikam.com must do it',
    );
  });

  it('recognises a revocation in the same second in which the run opened — Entra ID cuts off the fraction', async () => {
    const user = oneUser({}, at('09:15:00.900'));
    const change = onlyChange(await revokeSessions.find(context(), user.clients));
    await revokeSessions.fix(change, context(), user.clients);
    expect(user.state.signInSessionsValidFromDateTime).toBe('2026-11-20T09:15:00Z');
    expect(changesOf(await revokeSessions.find(context(), user.clients))).toEqual([]);
  });

  it.each(['reset-password', 'remove-auth-methods', 'disable-devices', 'remove-app-access'])(
    'is due again after %s — a session may have been made in between',
    async (step) => {
      const user = oneUser({ signInSessionsValidFromDateTime: '2026-11-20T09:15:01Z' }, at('09:15:07.200'));
      const later = (own: Record<string, string>) =>
        context({ run: { fixedAt: { [step]: '2026-11-20T09:15:06.500Z', ...own } } });
      const change = onlyChange(await revokeSessions.find(later({}), user.clients));
      expect(change.why).toBe(`they may have begun before ${step} was done`);
      await revokeSessions.fix(change, later({}), user.clients);
      expect(changesOf(await revokeSessions.find(later({}), user.clients))).toEqual([]);
      expect(revokeSessions.againAfter).toContain(step);
    },
  );

  it('tells by our own clock which came first within one second — a revocation or the password', async () => {
    const user = oneUser({ signInSessionsValidFromDateTime: '2026-11-20T09:15:06Z' });
    const fixedAt = (own: string) => ({
      run: { fixedAt: { 'reset-password': '2026-11-20T09:15:06.500Z', 'revoke-sessions': own } },
    });
    const find = async (own: string) =>
      changesOf(await revokeSessions.find(context(fixedAt(own)), user.clients)).length;
    expect(await find('2026-11-20T09:15:06.200Z')).toBe(1);
    expect(await find('2026-11-20T09:15:06.700Z')).toBe(0);
  });

  it('is due again when the hand-back begins — nobody who came in since the run opened may stay', async () => {
    const user = oneUser({ signInSessionsValidFromDateTime: '2026-11-20T10:00:00Z' });
    const begunAt = '2026-11-20T12:00:00Z';
    const change = onlyChange(
      await revokeSessions.find(context({ run: { handBack: { begunAt, passAskedAt: null } } }), user.clients),
    );
    expect(change.why).toBe('they may have begun before the hand-back began');
  });

  it('revokes even if nothing reads back — a user who never signed in may still have a session', async () => {
    const user = oneUser({ signInSessionsValidFromDateTime: null });
    expect(changesOf(await revokeSessions.find(context(), user.clients))).toHaveLength(1);
  });

  it('says that it is not undone, and only looks in a report', async () => {
    expect(revokeSessions.undo).toEqual(expect.any(String));
    const user = oneUser();
    expect(found(await revokeSessions.find(context(), user.clients)).changes).toHaveLength(1);
    expect(user.writes()).toEqual([]);
  });

  it('fails for good without the permission', async () => {
    const user = oneUser();
    const change = onlyChange(await revokeSessions.find(context(), user.clients));
    user.refuse('POST', 403, 'Authorization_RequestDenied');
    await expect(revokeSessions.fix(change, context(), user.clients)).rejects.toBeInstanceOf(PermanentError);
  });
});
