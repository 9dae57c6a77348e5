// What is left for people, what became of alerts, and whether all is there: each against an API that answers as ours does.
import { describe, expect, it } from 'vitest';
import type { Client } from '../../cli/client.ts';
import { run } from '../../cli/program.ts';
import { keepingTerminal } from './terminal.ts';

const id = '7d6da1c6-1d2b-5e67-a14b-ca85a8537042.20261121T091500-8M2P';
const tasks = ['warn-recipients', 't.0123456789abcdef'].map((key, index) => ({
  step: 'review-sent-mail',
  key,
  what: index === 0 ? 'Warn 2 people now' : 'Remove the sweep rule',
  instruction: 'Phone them.',
  link: 'https://admin.exchange.microsoft.com/#/messagetrace',
  atHandBack: false,
}));
const document = {
  id,
  code: '8M2P',
  verdict: 'CONTAINED, 2 TASKS',
  ...{ state: 'finished', level: 'full', dryRun: false, why: 'Anomalous token (high)' },
  account: { id: id.split('.')[0], userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance' },
  ...{ heldBecause: null, raisedBecause: null, openedAt: '2026-11-21T09:15:00.000Z', containedAt: null },
  ...{
    tasks,
    steps: [],
    log: [{ at: '2026-11-21T09:20:00.000Z', who: 'megan', what: 'ticked off', why: 'x' }],
  },
};

async function reclaim(line: readonly string[], answers: Readonly<Record<string, unknown>> = {}) {
  const { terminal, written } = keepingTerminal();
  const asked: [string, unknown][] = [];
  const answer = async (path: string, body?: unknown) => {
    asked.push([path, body]);
    return { status: 200, etag: '"1"', json: answers[path.split('?')[0] ?? ''] ?? document };
  };
  const client: Client = { get: (path) => answer(path), post: (path, body) => answer(path, body) };
  const code = await run(line, terminal, () => client);
  return { code, ...written(), asked };
}

describe('reclaim tasks', () => {
  it('lists each with its number and its name', async () => {
    const { code, out } = await reclaim(['tasks', id]);
    expect(code).toBe(0);
    expect(out).toContain('1. Warn 2 people now');
    expect(out).toContain('review-sent-mail/t.0123456789abcdef');
  });

  it('tells apart what is for now and what is done with the owner, in one count', async () => {
    const [warn, rule] = tasks;
    const mixed = { ...document, tasks: [{ ...warn, atHandBack: true }, rule] };
    const answers = { [`/api/runs/${id}`]: mixed };
    const { out } = await reclaim(['tasks', id], answers);
    expect(out).toMatch(
      /To do now: 1\n +1\. Remove the sweep rule[\s\S]*With the owner, when the account is given back: 1\n +2\. Warn 2 people now/,
    );
    const { asked } = await reclaim(['tasks', id, '2', '--reason', 'told them'], answers);
    expect(asked.at(-1)?.[0]).toMatch(/review-sent-mail\/warn-recipients$/);
  });

  it.each(['2', 'review-sent-mail/t.0123456789abcdef'])('ticks off %s, with what was done', async (name) => {
    const { code, asked, error } = await reclaim(['tasks', id, name, '--reason', 'removed by hand']);
    expect(code).toBe(0);
    expect(error).toContain('adele@contoso.com');
    expect(asked.at(-1)).toEqual([
      `/api/runs/${id}/tasks/review-sent-mail/t.0123456789abcdef`,
      { done: true, reason: 'removed by hand' },
    ]);
  });

  it('unticks a task by name, since ticked tasks are in no list', async () => {
    const { asked } = await reclaim([
      'tasks',
      id,
      'check-mailbox/forms',
      '--open',
      '--reason',
      'not done yet',
    ]);
    expect(asked.at(-1)).toEqual([
      `/api/runs/${id}/tasks/check-mailbox/forms`,
      { done: false, reason: 'not done yet' },
    ]);
  });

  it('lists the tasks if there is no such task, and sends nothing', async () => {
    const { code, error, asked } = await reclaim(['tasks', id, '3', '--reason', 'removed by hand']);
    expect([code, error]).toEqual([2, expect.stringContaining('a number from 1 to 2')]);
    expect(asked).toHaveLength(1);
  });
});

describe('reclaim decisions and preflight', () => {
  it('lists what became of each alert, for one account if it is named', async () => {
    const decisions = [
      {
        ...{ at: '2026-11-21T09:15:00.000Z', action: 'none', row: 'closed', runId: null },
        ...{ userId: null, userPrincipalName: 'adele@contoso.com', why: 'already closed at its source' },
      },
    ];
    const { code, out, asked } = await reclaim(['decisions', '--account', 'adele@contoso.com'], {
      '/api/decisions': { decisions, next: null },
    });
    expect(code).toBe(0);
    expect(out).toContain('already closed at its source');
    expect(asked[0]?.[0]).toContain('account=adele%40contoso.com');
  });

  it('says what would fail and what to do about it, and ends with code 7', async () => {
    const report = (checks: readonly object[], problems: number) => ({
      '/api/preflight': { at: '2026-11-21T09:15:00.000Z', is: 'ok', problems, warnings: 0, checks },
    });
    const missing = { is: 'problem', what: 'Mail.Send is not granted', now: 'Run setup-tenant.ps1.' };
    const fine = { is: 'ok', what: 'User.Read.All is granted', now: null };
    const bad = await reclaim(['preflight'], report([missing, fine], 1));
    expect(bad.code).toBe(7);
    expect(bad.out).toMatch(/PROBLEM +Mail.Send is not granted\n +Run setup-tenant.ps1\./);
    expect(bad.out).not.toContain('User.Read.All');
    expect((await reclaim(['preflight'], report([fine], 0))).code).toBe(0);
  });
});
