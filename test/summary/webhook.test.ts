// The second channel: which runs it hears of, what the card says, and how a failing workflow is reported.
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { cardOf } from '../../shared/summary/card.ts';
import type { Given } from '../../shared/summary/given.ts';
import { createWebhook } from '../../shared/summary/webhook.ts';
import { playbook, task } from './rows.ts';
import { situations } from './situations.ts';

const runsSchema = z.object({ inlines: z.array(z.object({ text: z.string() })) });
const cardSchema = z.object({
  type: z.literal('message'),
  attachments: z.tuple([
    z.object({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      content: z.object({
        type: z.literal('AdaptiveCard'),
        body: z.array(runsSchema),
        actions: z.array(z.object({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.string() })),
      }),
    }),
  ]),
});
const contentOf = (card: unknown) => cardSchema.parse(card).attachments[0].content;
const linesOf = (given: Given) =>
  contentOf(cardOf(given)).body.map(({ inlines }) => inlines.map(({ text }) => text).join(''));

const secret =
  'https://prod-01.westeurope.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?sig=s3cr3t';
const rowsOf = ({ run, steps }: Given) => ({
  run: { row: run, etag: 'e1' },
  steps: steps.map((row) => ({ row, etag: 'e1' })),
});
function webhook(answer: () => Response | Promise<Response>, cases: 'administrators' | 'always' = 'always') {
  const posted: { url: string; init: RequestInit }[] = [];
  const made = createWebhook(
    { url: secret, cases, baseUrl: 'https://reclaim.contoso.com' },
    {
      fetch: async (url, init) => {
        posted.push({ url, init });
        return await answer();
      },
      playbook,
      now: () => new Date('2026-11-20T09:13:00Z'),
      timeoutSeconds: 5,
    },
  );
  return { ...made, posted };
}
const rows = rowsOf(situations['contained with tasks']());

describe('the card', () => {
  it('has the commands of an order, which its text says to run', () => {
    const from = situations['contained with tasks']();
    const commands = ["Get-SweepRule -Mailbox 'adele@contoso.com'"];
    const steps = from.steps.map((row) => ({
      ...row,
      tasks: row.tasks.map((one) => ({ ...one, commands })),
    }));
    expect(linesOf({ ...from, steps }).join('\n')).toContain(`Connect-ExchangeOnline\n${commands[0]}`);
  });

  it('begins with the verdict and the account, and then says what a person does now', () => {
    const lines = linesOf(situations['not contained, refused']());
    expect(lines.slice(0, 2)).toEqual(['NOT CONTAINED, 1 TASK', 'adele.vance@contoso.com, run 8M2P']);
    expect(lines[3]).toBe('What you do now');
    expect(lines[4]).toBe('1. Block sign-in by hand. This app could not');
  });

  it('links to the run, to what can be asked of it, and to the page for the first thing to do', () => {
    const held = situations.held();
    expect(
      contentOf(cardOf(held)).actions.map(
        ({ title, url }) =>
          `${title}: ${url.startsWith(held.runUrl) ? url.slice(held.runUrl.length) : url.slice(0, 28)}`,
      ),
    ).toEqual([
      'Open the run: ',
      'Lock the account only: ?do=approve&level=contain',
      'Lock it and remove what the intruder left: ?do=approve&level=full',
      'No attack: end the run: ?do=undo&falseAlarm=true',
      'The sign-ins in the Entra admin center, as Security Reader: https://entra.microsoft.com/',
    ]);
  });

  it('keeps strangers’ words as text that nothing reads as Markdown', () => {
    const given = situations.contained();
    const hostile = {
      ...given,
      run: {
        ...given.run,
        account: { ...given.run.account, userPrincipalName: '[pay](https://evil.example)**now**' },
      },
    };
    const body = JSON.stringify(contentOf(cardOf(hostile)).body);
    expect(body).not.toContain('TextBlock');
    expect(body).not.toContain('https://evil.example');
  });

  it('stays below Teams’ limit, however much there is', () => {
    const given = situations.contained();
    const tasks = Array.from({ length: 60 }, (_, index) =>
      task(`t${index}`, '🙂'.repeat(400), { instruction: '€'.repeat(600) }),
    );
    const steps = given.steps.map((row) => ({ ...row, tasks }));
    expect(Buffer.byteLength(JSON.stringify(cardOf({ ...given, steps })))).toBeLessThan(28_000);
  });
});

describe('the webhook', () => {
  it('hears of administrators’ runs only, or of all, as configured', () => {
    const administrators = webhook(() => new Response(), 'administrators');
    expect(administrators.wants(situations.contained().run)).toBe(false);
    expect(administrators.wants(situations['not contained, refused']().run)).toBe(true);
    expect(webhook(() => new Response()).wants(situations.contained().run)).toBe(true);
  });

  it('gets the card as JSON, and follows no redirect', async () => {
    const { send, posted } = webhook(() => new Response(null, { status: 202 }));
    await send(rows);
    expect(posted).toHaveLength(1);
    expect(posted[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual' });
    expect(contentOf(JSON.parse(z.string().parse(posted[0]?.init.body))).type).toBe('AdaptiveCard');
  });

  it.each([
    [408, RetryableError],
    [429, RetryableError],
    [502, RetryableError],
    [302, PermanentError],
    [400, PermanentError],
    [404, PermanentError],
  ])(
    'that answers %i is reported as what it is, without its address — anybody who knows that may post',
    async (status, kind) => {
      const { send } = webhook(() => new Response(null, { status }));
      const thrown = await send(rows).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(kind);
      expect(String(thrown)).toContain(`prod-01.westeurope.logic.azure.com answered ${status}`);
      expect(String(thrown)).not.toMatch(/s3cr3t|workflows/);
    },
  );

  it('that cannot be reached is tried again, and its address stays out of the log', async () => {
    const { send } = webhook(() => Promise.reject(new TypeError(`fetch failed: ${secret}`)));
    const thrown = await send(rows).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(RetryableError);
    expect(String(thrown)).not.toContain('s3cr3t');
  });

  it('is posted to over a real socket', async () => {
    const bodies: string[] = [];
    const server = createServer((request, answer) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => answer.writeHead(202).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { send } = createWebhook(
      { url: `http://127.0.0.1:${port}/hook`, cases: 'always', baseUrl: 'https://reclaim.contoso.com' },
      { playbook, now: () => new Date(), timeoutSeconds: 5 },
    );
    await send(rows);
    server.closeAllConnections();
    server.close();
    expect(contentOf(JSON.parse(bodies.join(''))).actions[0]?.url).toMatch(
      /^https:\/\/reclaim\.contoso\.com\/api\/runs\//,
    );
  });
});
