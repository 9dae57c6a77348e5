// One run for each thing that a summary may have to say. A test takes one and says what differs.
import type { Given } from '../../shared/summary/given.ts';
import {
  at,
  change,
  done,
  given,
  having,
  lock,
  locked,
  logsUntil,
  onlyFound,
  password,
  refused,
  rule,
  run,
  sessions,
  signIns,
  step,
  task,
  unchanged,
} from './rows.ts';

const cleaned = () => [
  ...locked(),
  step('reset-password', done, { changes: [password()] }),
  step('remove-mail-forwarding', unchanged),
  step('disable-inbox-rules', done, {
    changes: [rule()],
    kept: [{ what: "rule 'Newsletters' moves to a folder", why: 'older than the intruder' }],
  }),
  signIns(),
  step('unblock-sender', null, { state: 'waiting', turn: 0 }),
];

const contained = { level: 'contain', raisedBecause: null } as const;
const foundOnly = [
  step('reset-password', { is: 'reported' }, { changes: [password(onlyFound)] }),
  step('disable-inbox-rules', { is: 'reported' }, { changes: [rule({ ...onlyFound, evidence: null })] }),
];

export const situations = {
  contained: () => given(run(), cleaned()),
  'contained with tasks': () =>
    given(
      run({}, { synced: true, onPremisesDistinguishedName: 'CN=Adele Vance,OU=Sales,DC=contoso,DC=local' }),
      having(
        cleaned(),
        step('reset-password', done, {
          changes: [password({ goneAt: null })],
          tasks: [
            task(
              'password-at-the-source',
              'the password of CN=Adele Vance,OU=Sales,DC=contoso,DC=local in Active Directory is still the old one',
              {
                instruction:
                  'In Active Directory, disable CN=Adele Vance,OU=Sales,DC=contoso,DC=local and reset its password twice, on the domain controller that this account uses; then let it replicate and synchronise.',
                link: 'https://learn.microsoft.com/entra/identity/users/users-revoke-access#on-premises-active-directory-environment',
              },
            ),
          ],
        }),
        signIns({ tasks: [task('ask-owner', "2 sign-ins may be the owner's or the intruder's")] }),
      ),
    ),
  'not contained, refused': () =>
    given(
      run({ containedAt: null }, { roles: ['User Administrator'], privileged: true }),
      having(
        cleaned(),
        step(
          'block-sign-in',
          { is: 'failed', error: refused },
          {
            changes: [lock({ fixedAt: null, goneAt: null, failure: refused })],
          },
        ),
      ),
    ),
  'not contained, the last administrator': () =>
    given(
      run(
        { containedAt: null },
        { roles: ['Global Administrator'], privileged: true, lastGlobalAdministrator: true },
      ),
      having(
        cleaned(),
        step(
          'block-sign-in',
          { is: 'needs-human', waitsFor: ['last-global-administrator'] },
          {
            tasks: [
              task(
                'last-global-administrator',
                'adele.vance@contoso.com is the last enabled Global Administrator and can still sign in',
                {
                  instruction:
                    'Enable or create another Global Administrator, then block this account by hand.',
                  essential: true,
                },
              ),
            ],
          },
        ),
      ),
    ),
  'not contained after five minutes': () =>
    given(
      run({ state: 'open', containedAt: null, finishedAt: null }),
      having(
        cleaned(),
        step('block-sign-in', null, {
          state: 'waiting',
          attempt: 5,
          lastError: {
            message: 'Microsoft Graph is throttled (429); it is tried again',
            status: 429,
            code: 'TooManyRequests',
            requestId: null,
          },
        }),
        step('revoke-sessions', null, { state: 'running' }),
        step('disable-inbox-rules', null, { state: 'waiting' }),
        step('collect-sign-ins', null, { state: 'running' }),
      ),
      { now: new Date(at('09:17:00')) },
    ),
  locked: () =>
    given(run({ ...contained, state: 'open', finishedAt: null }), [
      ...having(
        cleaned(),
        ...foundOnly,
        step('collect-sign-ins', null, { state: 'waiting', memo: { query: 'q1' } }),
      ),
    ]),
  decide: () =>
    given(
      run(contained),
      having(
        cleaned(),
        ...foundOnly,
        signIns({
          facts: logsUntil('10:00:00'),
          kept: [
            {
              what: 'no successful sign-in of the intruder',
              why: 'the log lags by minutes: no proof of a clean account',
            },
          ],
        }),
      ),
    ),
  'decide, blind': () =>
    given(
      run(contained),
      having(
        cleaned(),
        ...foundOnly,
        step('collect-sign-ins', {
          is: 'skipped',
          reason: 'the tenant has no Entra ID P1, without which sign-in logs cannot be read',
        }),
      ),
    ),
  held: () =>
    given(
      run(
        {
          ...contained,
          state: 'held',
          containedAt: null,
          finishedAt: null,
          heldBecause:
            'breakglass@contoso.com is a protected account; Anomalous token (high) calls for a lock',
        },
        {
          userPrincipalName: 'breakglass@contoso.com',
          displayName: 'Break Glass',
          roles: ['Global Administrator'],
          privileged: true,
        },
      ),
      cleaned().map((row) =>
        step(row.name, null, { state: 'waiting', turn: 0, startedAt: null, lookedAt: null }),
      ),
    ),
  reverted: () =>
    given(
      run({ checks: 2 }),
      having(
        cleaned(),
        step(
          'disable-inbox-rules',
          { is: 'needs-human', waitsFor: ['came-back:AAMkAGI2'] },
          {
            changes: [rule({ returned: 2, goneAt: null, attemptedAt: at('10:12:40') })],
            tasks: [
              task(
                'came-back:AAMkAGI2',
                "rule '..' forwards to collector@evil.example and deletes the mail came back twice after it was removed",
                {
                  instruction:
                    'Find out who or what puts it back, an administrator, a sync or the intruder, and decide there.',
                  link: 'https://security.microsoft.com/auditlogsearch',
                  essential: true,
                },
              ),
            ],
          },
        ),
      ),
      { now: new Date(at('10:12:45')) },
    ),
  'removed again': () =>
    given(
      run({ checks: 1 }),
      having(
        cleaned(),
        step('disable-inbox-rules', done, {
          changes: [
            rule({
              returned: 1,
              attemptedAt: at('09:27:32'),
              fixedAt: at('09:27:33'),
              goneAt: at('09:27:34'),
            }),
          ],
        }),
      ),
      { now: new Date(at('09:27:40')) },
    ),
  undone: () =>
    given(
      run({ endsAs: 'undone' }),
      having(
        cleaned(),
        step(
          'block-sign-in',
          { is: 'undone' },
          { aim: 'undo', changes: [lock({ undoneAt: at('09:40:02') })] },
        ),
        step(
          'disable-inbox-rules',
          { is: 'undone' },
          { aim: 'undo', changes: [rule({ undoneAt: at('09:40:01') })] },
        ),
        step('unblock-sender', { is: 'undone' }),
      ),
      { now: new Date(at('09:40:05')) },
    ),
  'undone in part': () =>
    given(
      run({ endsAs: 'undone' }),
      having(
        cleaned(),
        step(
          'block-sign-in',
          { is: 'failed', error: refused },
          { aim: 'undo', changes: [lock({ failure: refused })] },
        ),
        step(
          'disable-inbox-rules',
          { is: 'undone' },
          { aim: 'undo', changes: [rule({ undoneAt: at('09:40:01') })] },
        ),
        step('unblock-sender', { is: 'undone' }),
      ),
      { now: new Date(at('09:40:05')) },
    ),
  'dry run': () =>
    given(
      run({
        dryRun: true,
        raisedBecause: null,
        containedAt: null,
        why: 'started by an operator with the function key: rehearsal',
      }),
      having(
        cleaned(),
        step('block-sign-in', { is: 'reported' }, { changes: [lock(onlyFound)] }),
        step('revoke-sessions', { is: 'reported' }, { changes: [sessions(onlyFound)] }),
        step('reset-password', { is: 'reported' }, { changes: [password(onlyFound)] }),
        step('disable-inbox-rules', { is: 'reported' }, { changes: [rule(onlyFound)] }),
      ),
    ),
  'nothing to do': () =>
    given(
      run({ raisedBecause: null }, { enabled: false, hasMailbox: false }),
      having(
        cleaned(),
        step('block-sign-in', unchanged, { kept: [{ what: 'sign-in', why: 'is blocked' }] }),
        step('revoke-sessions', unchanged),
        step('reset-password', unchanged),
        step('remove-mail-forwarding', { is: 'skipped', reason: 'has no mailbox' }),
        step('disable-inbox-rules', { is: 'skipped', reason: 'has no mailbox' }),
        step('unblock-sender', { is: 'skipped', reason: 'has no mailbox' }),
      ),
    ),
  guest: () =>
    given(
      run(
        {},
        {
          guest: true,
          hasMailbox: false,
          userPrincipalName: 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com',
          displayName: 'Megan Bowen',
        },
      ),
      [
        step('block-sign-in', done, {
          changes: [lock()],
          tasks: [
            task(
              'home-tenant',
              'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com is a guest of fabrikam.com and is only shut out here',
              {
                instruction:
                  'Tell the administrators of fabrikam.com that this account is compromised: only they can reset its password, revoke its sessions and remove its methods.',
              },
            ),
          ],
        }),
        step('revoke-sessions', {
          is: 'skipped',
          reason: 'is a guest: revoking has no effect here, the administrators of fabrikam.com must do it',
        }),
        step('reset-password', {
          is: 'skipped',
          reason: 'is a guest: the password belongs to the home tenant (fabrikam.com)',
        }),
        step('remove-mail-forwarding', { is: 'skipped', reason: 'has no mailbox' }),
        step('disable-inbox-rules', { is: 'skipped', reason: 'has no mailbox' }),
        signIns(),
        step('unblock-sender', { is: 'skipped', reason: 'has no mailbox' }),
      ],
    ),
  federated: () =>
    given(
      run({}, { federated: true, synced: true }),
      having(
        cleaned(),
        step(
          'reset-password',
          { is: 'needs-human', waitsFor: ['password-at-the-source'] },
          {
            tasks: [
              task(
                'password-at-the-source',
                'the password of adele.vance@contoso.com is checked by the identity provider of contoso.com, not here',
                {
                  instruction:
                    'At the identity provider of contoso.com, disable adele.vance@contoso.com, end its sessions and reset its password.',
                  essential: true,
                },
              ),
            ],
          },
        ),
      ),
    ),
  'the lock switched off': () =>
    given(
      run(),
      having(
        cleaned(),
        step('block-sign-in', { is: 'off' }, { mode: 'off' }),
        step('unblock-sender', done, {
          changes: [
            change('sender', 'adele.vance@contoso.com on the list of restricted senders', {
              once: true,
              goneAt: null,
            }),
          ],
        }),
      ),
    ),
  'rules only reported': () =>
    given(
      run({ raisedBecause: 'approved by on-call: the owner denies the sign-in' }),
      having(
        cleaned(),
        step('disable-inbox-rules', { is: 'reported' }, { mode: 'report', changes: [rule(onlyFound)] }),
      ),
    ),
} satisfies Record<string, () => Given>;
