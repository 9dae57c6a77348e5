// Rows as a run of Adele Vance at contoso.com has them, for tests of what stores rows.

import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { LogRow, RunRow, StepRow } from '../../shared/model/rows.ts';
import { sampleAccount } from '../fakes/account.ts';
import { partOf } from '../fakes/part-of.ts';

export function sampleRun(userId: string, changes: Partial<RunRow> = {}): RunRow {
  return {
    id: `${userId}.20261124T190500-8M2P`,
    code: '8M2P',
    account: sampleAccount({
      id: userId,
      tenantId: '5e0a1b6c-2f7d-4c3e-9a8b-0d1f2e3c4b5a',
      userPrincipalName: 'adele.vance@contoso.com',
    }),
    signals: [],
    why: 'a high-risk sign-in that Microsoft Graph confirms',
    intruder: nobodyKnown,
    level: 'contain',
    raisedBecause: null,
    state: 'open',
    heldBecause: null,
    dryRun: false,
    openedAt: '2026-11-24T19:05:00.000Z',
    containedAt: null,
    finishedAt: null,
    checks: 0,
    endsAs: null,
    summary: {
      state: 'none',
      turn: 0,
      verdict: null,
      until: null,
      queuedAt: null,
      claimedAt: null,
      sentAt: null,
      attempt: 0,
    },
    wakeAt: '2026-11-24T19:06:00.000Z',
    ...changes,
  };
}

export function sampleStep(name: string, changes: Partial<StepRow> = {}): StepRow {
  return {
    name,
    ...partOf(name),
    stage: 'contain',
    kind: 'remediation',
    mode: 'act',
    aim: 'fix',
    state: 'queued',
    acts: true,
    turn: 1,
    attempt: 0,
    until: '2026-11-24T19:06:00.000Z',
    delivery: 0,
    memo: null,
    outcome: null,
    changes: [],
    tasks: [],
    kept: [],
    attachments: [],
    lastError: null,
    queuedAt: '2026-11-24T19:05:00.000Z',
    startedAt: null,
    lookedAt: null,
    seen: {},
    settledAt: null,
    ...changes,
  };
}

/** Deliberately not in alphabetical order, as the playbook is not. */
export const sampleSteps = (): StepRow[] =>
  ['revoke-sessions', 'block-sign-in', 'collect-sign-ins'].map((name) => sampleStep(name));

export const sampleLog = (what: string, at = '2026-11-24T19:05:00.000Z'): LogRow => ({
  at,
  who: 'policy',
  what,
  why: null,
});
