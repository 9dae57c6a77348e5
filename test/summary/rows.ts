// Rows as runs of Adele Vance at contoso.com leave them, one situation after the other; a test says what differs.
import { nobodyKnown } from '../../shared/microsoft365/intruder.ts';
import { userPage } from '../../shared/microsoft365/links.ts';
import type { ChangeRecord, Outcome, RunRow, StepRow, TaskRecord } from '../../shared/run/rows.ts';
import type { Described, Given } from '../../shared/summary/report.ts';

export const adele = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';
/** 2026-11-20, the day of all of them. */
export const at = (time: string) => `2026-11-20T${time}.000Z`;
const permissions = { graph: ['User.Read.All'] };
const mailbox = { exchange: ['Get-InboxRule'] };
const restores = async () => undefined;

export const playbook: readonly Described[] = [
  { kind: 'remediation', name: 'block-sign-in', title: 'Block sign-in', permissions, undo: restores },
  {
    kind: 'remediation',
    name: 'revoke-sessions',
    title: 'Revoke sessions',
    permissions,
    undo: 'Revoked sessions cannot be given back: the owner signs in again.',
  },
  {
    kind: 'remediation',
    name: 'reset-password',
    title: 'Reset the password',
    permissions,
    undo: 'The old password is not known, and the intruder knows it: the owner gets a new one.',
  },
  {
    kind: 'remediation',
    name: 'remove-mail-forwarding',
    title: 'Remove mail forwarding',
    permissions: mailbox,
    undo: restores,
  },
  {
    kind: 'remediation',
    name: 'disable-inbox-rules',
    title: 'Disable suspicious inbox rules',
    permissions: mailbox,
    undo: restores,
  },
  {
    kind: 'investigation',
    name: 'collect-sign-ins',
    title: 'Collect sign-ins and find the intruder',
    permissions,
  },
  {
    kind: 'remediation',
    name: 'unblock-sender',
    title: 'Take the account off the restricted senders',
    permissions: mailbox,
    undo: 'The block comes back by itself when the account sends spam again.',
  },
];

export const run = (changes: Partial<RunRow> = {}, account: Partial<RunRow['account']> = {}): RunRow => ({
  id: `${adele}.20261120T091200-8M2P`,
  code: '8M2P',
  account: {
    id: adele,
    tenantId: '5e0a1b6c-2f7d-4c3e-9a8b-0d1f2e3c4b5a',
    userPrincipalName: 'adele.vance@contoso.com',
    displayName: 'Adele Vance',
    enabled: true,
    guest: false,
    synced: false,
    federated: false,
    hasMailbox: true,
    roles: [],
    privileged: false,
    lastGlobalAdministrator: false,
    onPremisesDistinguishedName: null,
    ...account,
  },
  signals: [
    {
      source: 'riskDetection',
      sourceId: '5f2b7c1e6f23',
      version: at('09:11:58'),
      tenantId: '5e0a1b6c-2f7d-4c3e-9a8b-0d1f2e3c4b5a',
      userId: adele,
      userPrincipalName: 'adele.vance@contoso.com',
      detector: 'anomalousToken',
      title: 'Anomalous token',
      level: 'high',
      standing: true,
      state: 'atRisk',
      activityAt: at('08:57:41'),
      detectedAt: at('09:11:58'),
      address: '203.0.113.7',
      sessionId: null,
      requestId: null,
      correlationId: null,
      deviceId: null,
      userAgent: null,
      link: 'https://security.microsoft.com/alerts/da637551227677560813',
    },
  ],
  why: 'Anomalous token (high) locks the account; evidence makes the run full',
  intruder: nobodyKnown,
  level: 'full',
  raisedBecause: "rule '..' forwards to collector@evil.example: made in the intruder's session 4c1a",
  state: 'finished',
  heldBecause: null,
  dryRun: false,
  openedAt: at('09:12:00'),
  containedAt: at('09:12:02'),
  finishedAt: at('09:12:31'),
  checks: 0,
  endsAs: null,
  summary: {
    state: 'queued',
    turn: 1,
    verdict: null,
    until: null,
    queuedAt: null,
    claimedAt: null,
    sentAt: null,
    attempt: 0,
  },
  wakeAt: null,
  ...changes,
});

const kinds: Readonly<Record<string, StepRow['stage']>> = {
  'block-sign-in': 'contain',
  'revoke-sessions': 'contain',
  'collect-sign-ins': 'collect',
  'unblock-sender': 'hand-back',
};

export const step = (name: string, is: Outcome | null, changes: Partial<StepRow> = {}): StepRow => ({
  name,
  stage: kinds[name] ?? 'evict',
  kind: kinds[name] === 'collect' ? 'investigation' : 'remediation',
  mode: 'act',
  aim: 'fix',
  state: is === null ? 'queued' : 'settled',
  acts: true,
  turn: 1,
  attempt: 0,
  until: null,
  delivery: 0,
  memo: null,
  outcome: is,
  changes: [],
  tasks: [],
  kept: [],
  attachments: [],
  lastError: null,
  queuedAt: at('09:12:00'),
  startedAt: at('09:12:00'),
  lookedAt: at('09:12:00'),
  seen: {},
  settledAt: is === null ? null : at('09:12:20'),
  ...changes,
});

/** Done and read back, unless the test says otherwise. */
export const change = (id: string, what: string, given: Partial<ChangeRecord> = {}): ChangeRecord => ({
  id,
  what,
  why: 'the account is under attack',
  evidence: null,
  before: { enabled: true },
  once: false,
  recordedAt: at('09:12:01'),
  attemptedAt: at('09:12:01'),
  fixedAt: at('09:12:01'),
  goneAt: at('09:12:02'),
  returned: 0,
  undoneAt: null,
  failure: null,
  ...given,
});

export const onlyFound = { attemptedAt: null, fixedAt: null, goneAt: null } as const;

export const task = (id: string, what: string, given: Partial<TaskRecord> = {}): TaskRecord => ({
  id,
  what,
  instruction:
    'Ask Adele Vance, by telephone and not by mail, whether these are theirs: 09:02 UTC from 192.0.2.44.',
  link: userPage(adele),
  essential: false,
  doneAt: null,
  ...given,
});

export const refused = {
  message:
    'Microsoft Graph refused PATCH /users/f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10: the app lacks a directory role that covers this administrator.',
  status: 403,
  code: 'Authorization_RequestDenied',
  requestId: '2f9e4a80-0d2c-4d53-8f3d-7d1f4b7a6c11',
};

export const done = { is: 'done' } as const;
export const unchanged = { is: 'unchanged' } as const;

export const lock = (given: Partial<ChangeRecord> = {}) =>
  change('sign-in', 'sign-in of adele.vance@contoso.com', given);
export const sessions = (given: Partial<ChangeRecord> = {}) =>
  change('sessions', 'all sessions of adele.vance@contoso.com', {
    why: 'they may have begun before this run opened',
    ...given,
  });
export const password = (given: Partial<ChangeRecord> = {}) =>
  change('password', 'the password of adele.vance@contoso.com', {
    why: 'it is older than this run, so the intruder may know it or have set it',
    fixedAt: at('09:12:20'),
    goneAt: at('09:12:21'),
    ...given,
  });
export const rule = (given: Partial<ChangeRecord> = {}) =>
  change('AAMkAGI2', "rule '..' forwards to collector@evil.example and deletes the mail", {
    why: 'it forwards outside and hides it',
    evidence: "made in the intruder's session 4c1a at 09:01:12",
    before: { identity: 'AAMkAGI2', enabled: true },
    fixedAt: at('09:12:22'),
    goneAt: at('09:12:23'),
    ...given,
  });
export const signIns = (given: Partial<StepRow> = {}) =>
  step('collect-sign-ins', done, {
    kept: [
      {
        what: '3 sign-ins from 203.0.113.7 (Lagos, NG), first 2026-11-20 08:57 UTC, last 2026-11-20 09:05 UTC: Outlook Web, My Signins',
        why: "in the alert's session",
      },
      { what: 'no legacy protocol used', why: 'every sign-in came through a modern client' },
    ],
    ...given,
  });

export const locked = () => [
  step('block-sign-in', done, { changes: [lock()] }),
  step('revoke-sessions', done, { changes: [sessions()] }),
];

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

export const given = (row: RunRow, steps: readonly StepRow[], more: Partial<Given> = {}): Given => ({
  run: row,
  steps,
  playbook,
  runUrl: `https://reclaim-contoso.azurewebsites.net/api/runs/${row.id}`,
  now: new Date(at('09:12:40')),
  ...more,
});

/** The same rows with some steps replaced. */
export const having = (steps: readonly StepRow[], ...others: readonly StepRow[]): StepRow[] =>
  steps.map((row) => others.find((other) => other.name === row.name) ?? row);

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
            'breakglass@contoso.com is a protected account; Anomalous token (high) locks the account',
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
