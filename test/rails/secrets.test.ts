// Rail 9: the new password leaves this app once, for Entra ID, and appears nowhere else: not in a row, a log line, a
// mail or an answer, not even if the service repeats it in a refusal.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { resetPassword } from '../../functions/steps/reset-password/reset-password.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { hideSecrets } from '../../shared/clients/hide-secrets.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import { queues, stepMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { runDocument } from '../../shared/summary/run-document.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { connected } from '../fakes/connected.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';

const steps = [blockSignIn, resetPassword];
const sentSchema = z.object({ passwordProfile: z.object({ password: z.string() }) });

/** Plays a run in which the service answers resets like this; `seen` is everything that anybody can read afterwards. */
async function livedWith(answer: (password: string) => Response | undefined) {
  let at = Date.parse('2026-11-20T09:15:00.400Z');
  const now = () => new Date(at);
  const tenant = createTenant({ users: [{ userPrincipalName: 'adele@contoso.com' }] }, { now });
  const passwords: string[] = [];
  const lines: string[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const sent = sentSchema.safeParse(JSON.parse(typeof init.body === 'string' ? init.body : '{}'));
    if (!sent.success) return tenant.fetch(url, init);
    passwords.push(sent.data.passwordProfile.password);
    return answer(sent.data.passwordProfile.password) ?? tenant.fetch(url, init);
  };
  const log = (line: string, facts?: object) => void lines.push(`${line} ${JSON.stringify(facts)}`);
  const clients = connected(tenant, now, { fetch, log });
  const bus = new MemoryBus({ now });
  const progress = new MemoryProgress();
  const engine: Engine = {
    progress,
    bus,
    playbook: steps,
    stepSettings: {},
    clients,
    now,
    random: () => 0.5,
    deadlineSeconds: 60,
    log,
  };
  const graph = clients(new AbortController().signal);
  const account = await readAccount({
    ...graph,
    tenantId: tenant.tenantId,
    id: 'adele@contoso.com',
    now: now(),
  });
  const { run } = await openRun(engine, { account, signals: [], level: 'full', held: null, why: 'a test' });
  for (let turns = 0; turns < 200; turns += 1) {
    const message = bus.take();
    if (message === undefined) {
      const next = bus.nextAt()?.getTime();
      if (next === undefined) break;
      at = Math.max(at + 1, next);
      continue;
    }
    if (message.queue !== queues.summaries) {
      await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
    }
    bus.complete(message);
  }
  const rows = await progress.read(runRef(run.id));
  if (rows === undefined) throw new Error('the run is gone');
  const log2 = await progress.log(runRef(run.id));
  const stepRows = rows.steps.map(({ row }) => row);
  const given = {
    run: rows.run.row,
    steps: stepRows,
    playbook: steps,
    runUrl: 'https://reclaim.test',
    now: now(),
  };
  const seen = JSON.stringify([rows, log2, lines, summaryOf(given), runDocument(rows, log2, steps)]);
  return { passwords, seen, outcome: stepRows.find(({ name }) => name === 'reset-password')?.outcome };
}

const repeating = (status: number) => (password: string) =>
  new Response(
    JSON.stringify({
      error: {
        code: 'Request_BadRequest',
        message: `The password '${password}' was used before, or "${password}".`,
      },
    }),
    { status, headers: { 'content-type': 'application/json' } },
  );

describe('the new password', () => {
  it.each<[string, string, (password: string) => Response | undefined]>([
    ['when it is taken', 'done', () => undefined],
    ['when the service refuses it and repeats it', 'failed', repeating(400)],
    ['when the service fails at it and repeats it', 'failed', repeating(503)],
  ])('is found nowhere %s', async (_, ending, answer) => {
    const { passwords, seen, outcome } = await livedWith(answer);
    expect(outcome?.is).toBe(ending);
    expect(passwords.length).toBeGreaterThan(0);
    for (const password of passwords) {
      expect(password).toMatch(/^\S{32}$/);
      expect(seen).not.toContain(password);
      expect(seen).not.toContain(JSON.stringify(password).slice(1, -1));
    }
  });

  it('is a different one for each try', async () => {
    const { passwords } = await livedWith(repeating(503));
    expect(passwords.length).toBeGreaterThan(1);
    expect(new Set(passwords).size).toBeGreaterThan(1);
  });
});

describe('hideSecrets', () => {
  const body = JSON.stringify({ passwordProfile: { password: 'p"\\a-32' }, displayName: 'Adele Vance' });
  it.each([
    ['as it is', 'not p"\\a-32!', 'not [removed]!'],
    ['as JSON writes it', '{"message":"p\\"\\\\a-32"}', '{"message":"[removed]"}'],
    ['as a query writes it', '?p=p%22%5Ca-32', '?p=[removed]'],
    ['and nothing else', 'Adele Vance', 'Adele Vance'],
  ])('takes a secret out %s', (_, text, expected) => {
    expect(hideSecrets(text, body)).toBe(expected);
  });

  it('changes nothing if no secret was sent', () => {
    expect(hideSecrets('Adele', '{"displayName":"Adele"}')).toBe('Adele');
    expect(hideSecrets('x', undefined)).toBe('x');
  });
});
