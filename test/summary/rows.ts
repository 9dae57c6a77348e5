// Rows as runs of Adele Vance at contoso.com leave them, one situation after the other; a test says what differs.

import { userPage } from '../../shared/microsoft365/links.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { ChangeRecord, Outcome, RunRow, StepRow, TaskRecord } from '../../shared/model/rows.ts';
import type { Described, Given } from '../../shared/summary/given.ts';
import { sampleAccount } from '../fakes/account.ts';
import { partOf } from '../fakes/part-of.ts';

export const adele = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';
/** 2026-11-20, the day of all of them. */
export const at = (time: string) => `2026-11-20T${time}.000Z`;
const permissions = { graph: ['User.Read.All'] };
const mailbox = { exchange: ['Get-InboxRule'] };
const restores = async () => undefined;

export const playbook: readonly Described[] = [
  {
    kind: 'remediation',
    part: 'lock',
    name: 'block-sign-in',
    title: 'Block sign-in',
    permissions,
    undo: restores,
  },
  {
    kind: 'remediation',
    part: 'sessions',
    name: 'revoke-sessions',
    title: 'Revoke sessions',
    permissions,
    undo: 'Revoked sessions cannot be given back: the owner signs in again.',
  },
  {
    kind: 'remediation',
    part: 'password',
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
    handsOn: 'sign-ins',
    name: 'collect-sign-ins',
    title: 'Collect sign-ins and find the intruder',
    leaves: null,
    permissions,
  },
  {
    kind: 'investigation',
    toldIn: 'sent',
    name: 'review-sent-mail',
    title: 'Review sent mail',
    leaves: null,
    permissions,
  },
  {
    kind: 'investigation',
    toldIn: 'others',
    name: 'find-other-victims',
    title: 'Find other victims',
    leaves: null,
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
  account: sampleAccount({
    id: adele,
    tenantId: '5e0a1b6c-2f7d-4c3e-9a8b-0d1f2e3c4b5a',
    userPrincipalName: 'adele.vance@contoso.com',
    ...account,
  }),
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
  why: 'Anomalous token (high) calls for a lock; evidence calls for more',
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
  ...partOf(name),
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

/** Done and checked, unless the test says otherwise. */
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
/** What investigations hand on about the logs, complete up to that time. */
export const logsUntil = (time: string) => ({
  horizons: ['sign-ins', 'unified audit log'].map((log) => ({ log, completeUntil: at(time) })),
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
