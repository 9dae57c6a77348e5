// Ends all sessions. Done at the same time as the block, and again after each removal of something that could have
// created a new session in between.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { homeDomain } from '../../shared/microsoft365/guest.ts';
import { userPage } from '../../shared/microsoft365/links.ts';
import { happenedBy } from '../../shared/microsoft365/whole-seconds.ts';
import { remediation, settings } from '../../shared/model/step.ts';

const followed = ['reset-password', 'remove-auth-methods', 'disable-devices', 'remove-app-access'] as const;
const userSchema = z.object({ signInSessionsValidFromDateTime: z.string().nullable() });

/**
 * POST /users/{id}/revokeSignInSessions: User.RevokeSessions.All (https://learn.microsoft.com/graph/api/user-revokesigninsessions).
 * Read back from signInSessionsValidFromDateTime.
 */
export const revokeSessions = remediation({
  name: 'revoke-sessions',
  title: 'Revoke sessions',
  removes:
    'refresh tokens and browser sessions; services that evaluate access continuously follow within 15 minutes, other tokens live on for up to 90 minutes, cookies of outside applications until those end them',
  guide: ['MS', 'SD'],
  stage: 'contain',
  part: 'sessions',
  byHand: ({ id }) => ({
    link: userPage(id),
    role: 'Privileged Authentication Administrator',
    how: 'Select Revoke sessions.',
  }),
  settings: settings('act'),
  permissions: { graph: ['User.Read.All', 'User.RevokeSessions.All'] },
  appliesTo: ({ guest, userPrincipalName }) =>
    !guest ||
    `is a guest: revoking has no effect here, the administrators of ${homeDomain(userPrincipalName)} must do it`,
  againAfter: followed,
  before: z.object({ signInSessionsValidFromDateTime: z.string().nullable() }),

  async find({ account, run, graph }) {
    const user = await graph.get(
      path`/users/${account.id}?$select=id,signInSessionsValidFromDateTime`,
      userSchema,
    );
    const validFrom = user.signInSessionsValidFromDateTime;
    const causes = [
      { what: 'this run opened', at: run.openedAt },
      ...(run.handBack === undefined ? [] : [{ what: 'the hand-back began', at: run.handBack.begunAt }]),
      ...followed.flatMap((step) => {
        const at = run.fixedAt[step];
        return at === undefined ? [] : [{ what: `${step} was done`, at }];
      }),
    ];
    const latest = causes.reduce((last, cause) =>
      Date.parse(cause.at) > Date.parse(last.at) ? cause : last,
    );
    if (validFrom !== null && happenedBy(latest.at, validFrom, run.fixedAt['revoke-sessions'])) {
      return { changes: [], kept: [{ what: `sessions begun before ${validFrom}`, why: 'are revoked' }] };
    }
    return {
      changes: [
        {
          id: 'sessions',
          what: `all sessions of ${account.userPrincipalName}`,
          why: `they may have begun before ${latest.what}`,
          before: { signInSessionsValidFromDateTime: validFrom },
        },
      ],
    };
  },

  async fix(_change, { account, graph }) {
    await graph.post(path`/users/${account.id}/revokeSignInSessions`, {}, z.unknown());
  },

  undo: 'Revoked sessions cannot be given back: the owner signs in again.',
});
