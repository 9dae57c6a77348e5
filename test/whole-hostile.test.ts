// A tenant in which the intruder wrote every name, subject and title, handled by the built app: the mail, its files,
// the pages, the API, the card, the command, the live view and the log. None of it becomes a tag, a line, a link, a
// formula, a header or a control sequence.
import { createServer } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run as runCommand } from '../cli/program.ts';
import { shown } from '../local/show.ts';
import { mimeOf } from '../shared/mail/mime.ts';
import { keepingTerminal } from './cli/terminal.ts';
import { htmlFaults } from './fakes/html-faults.ts';
import { poisoned } from './fakes/poisoned.ts';
import { isFormula, opened } from './fakes/spreadsheet.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();
const mailSchema = z.object({
  subject: z.string(),
  body: z.object({ content: z.string() }),
  alternative: z.object({ content: z.string() }),
  attachments: z
    .array(
      z.object({
        name: z.string(),
        contentType: z.enum(['text/csv', 'text/plain', 'application/json']),
        contentBytes: z.string(),
      }),
    )
    .default([]),
});
const unseen = /[\p{Cf}\u2028\u2029]/u;
const controls = /(?!\n)[\p{Cc}]/u;

function inertHtml(where: string, html: string): void {
  expect.soft([where, htmlFaults(html)]).toEqual([where, []]);
  expect.soft(html).not.toMatch(unseen);
  expect.soft(html).not.toMatch(controls);
}

function inertMail(message: unknown): void {
  const mail = mailSchema.parse(message);
  const text = mail.alternative.content;
  expect.soft(mail.subject).toMatch(/^\[Reclaim\] [A-Z ,0-9]+: [\w.'-]+@contoso\.com \([0-9A-Z]{4}\)$/);
  inertHtml('mail', mail.body.content);
  expect
    .soft(text)
    .not.toMatch(
      /https?:\/\/(?!([\w-]+\.)*(microsoft\.com|office\.com|azure\.com|windowsazure\.com|aka\.ms)\b|127\.0\.0\.1|localhost)/,
    );
  expect.soft(text).not.toMatch(unseen);
  expect.soft(text).not.toMatch(controls);
  // The foot contains nothing that strangers wrote.
  for (const line of text.split('\n').slice(1))
    expect.soft(line).toMatch(/^$|^[A-Z ?,]+$|^(-|\d+\.) |^ {4}|^No drill has passed in this tenant yet\.$/);
  for (const file of mail.attachments) {
    expect.soft(file.name).toMatch(/^[\w.-]+$/);
    if (file.contentType !== 'text/csv') continue;
    const csv = Buffer.from(file.contentBytes, 'base64').toString('utf8');
    for (const separator of [',', ';', '\t', '|'])
      expect
        .soft([file.name, separator, opened(csv, separator).filter(isFormula)])
        .toEqual([file.name, separator, []]);
  }
  const mime = mimeOf({
    from: 'reclaim@contoso.com',
    to: ['oncall@contoso.com'],
    importance: 'high',
    subject: mail.subject,
    text,
    html: mail.body.content,
    attachments: mail.attachments.map(({ name, contentType, contentBytes }) => ({
      name,
      type: contentType,
      content: Buffer.from(contentBytes, 'base64').toString('utf8'),
    })),
  });
  for (const line of mime.split('\r\n')) expect.soft(line.length).toBeLessThanOrEqual(998);
  expect.soft(mime).not.toMatch(/^Bcc:/im);
}

const strict = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

async function inertPages(whole: Whole, id: string): Promise<void> {
  const path = `/api/runs/${id}`;
  for (const [page, status] of [
    [path, 200],
    [`${path}?do=undo`, 200],
    [`${path}?do=approve`, 200],
    [`${path}?do=retry`, 200],
    [`${path}/hand-back`, 200],
    ['/api/runs', 200],
    ['/api/runs/%3Cscript%3E', 404],
    ['/api/%3Cscript%3Ealert(1)%3C/script%3E', 404],
  ] as const) {
    const answer = await fetch(`${whole.stack.door?.url}${page}`, { headers: { accept: 'text/html' } });
    const html = await answer.text();
    expect.soft([page, answer.status]).toEqual([page, status]);
    expect.soft(Buffer.byteLength(html)).toBeLessThan(150_000);
    inertHtml(page, html);
    expect.soft(Object.fromEntries(answer.headers)).toMatchObject({
      ...strict,
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      ),
    });
  }
}

async function inertApi(whole: Whole, id: string): Promise<void> {
  for (const path of [
    `/api/runs/${id}`,
    '/api/runs',
    '/api/decisions',
    `/api/runs/${id}/hand-back`,
    '/api/openapi.json',
  ]) {
    const answer = await fetch(`${whole.stack.host?.url}${path}`, {
      headers: { 'x-functions-key': whole.stack.host?.keys.default ?? '' },
    });
    expect.soft([path, answer.status]).toEqual([path, 200]);
    expect.soft(Object.fromEntries(answer.headers)).toMatchObject({
      ...strict,
      'content-type': 'application/json',
    });
    z.looseObject({}).parse(await answer.json());
  }
}

async function inertFiles(
  whole: Whole,
  id: string,
  files: readonly (readonly [step: string, name: string])[],
) {
  for (const [step, name] of files) {
    const answer = await fetch(
      `${whole.stack.host?.url}/api/runs/${id}/files/${step}/${encodeURIComponent(name)}`,
      {
        headers: { 'x-functions-key': whole.stack.host?.keys.default ?? '' },
      },
    );
    const content = await answer.text();
    expect.soft([name, answer.status]).toEqual([name, 200]);
    expect.soft(Object.fromEntries(answer.headers)).toMatchObject({
      ...strict,
      'content-disposition': expect.stringMatching(/^attachment; filename="[\w.-]+"$/),
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': expect.stringMatching(/^(text\/(csv|plain)|application\/json); charset=utf-8$/),
    });
    if (name.endsWith('.csv'))
      for (const separator of [',', ';', '\t'])
        expect.soft(opened(content, separator).filter(isFormula)).toEqual([]);
    if (name.endsWith('.json')) expect.soft(() => JSON.parse(content)).not.toThrow();
  }
}

async function inertCommand(whole: Whole, id: string): Promise<void> {
  const env = { RECLAIM_URL: whole.stack.host?.url ?? '', RECLAIM_KEY: whole.stack.host?.keys.default ?? '' };
  for (const argv of [['runs'], ['show', id], ['tasks', id], ['decisions']]) {
    const { terminal, written } = keepingTerminal({ env });
    const code = await runCommand(argv, terminal);
    const { out, error } = written();
    expect.soft([argv, code, error]).toEqual([argv, expect.toBeOneOf([0, 2, 3]), '']);
    expect.soft(out.length).toBeGreaterThan(50);
    expect.soft(out).not.toMatch(controls);
    expect.soft(out).not.toMatch(unseen);
  }
}

/** Every field of the two tenants together, each with several poisons. */
const seen = new Set<string>();

describe('everything that strangers may call anything', () => {
  it.each([
    ['business-email-compromise', 0],
    ['business-email-compromise', 7],
    ['back-doors', 3],
    ['everything', 13],
  ] as const)(
    'is inert wherever it is shown (%s, %i)',
    async (name, turn) => {
      const cards: string[] = [];
      const hook = createServer((request, answer) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          cards.push(Buffer.concat(chunks).toString('utf8'));
          answer.writeHead(202).end();
        });
      });
      await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
      const address = hook.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const settings = { WEBHOOK_URL: `http://127.0.0.1:${port}/hook`, WEBHOOK_CASES: 'always' };
      const change = (tenant: unknown) => {
        const swapped = poisoned(tenant, turn);
        for (const field of swapped.names) seen.add(field);
        return swapped.tenant;
      };
      await within(
        name,
        async (whole) => {
          const { runs } = await whole.live();
          expect.soft(runs.length).toBeGreaterThan(0);
          const sent = whole.stack.tenant.state().outbox ?? [];
          expect.soft(sent.length).toBeGreaterThan(0);
          for (const { message } of sent) inertMail(message);
          for (const rows of runs) {
            const { id } = rows.run.row;
            const files = rows.steps.flatMap(({ row }) =>
              row.attachments.map((file) => [row.name, file.name] as const),
            );
            await inertPages(whole, id);
            await inertApi(whole, id);
            await inertFiles(whole, id, files);
            await inertCommand(whole, id);
            for (const { row } of rows.steps) {
              const line = shown({ at: new Date(), run: rows, step: row, before: 'running' }, true) ?? '';
              expect.soft(stripVTControlCharacters(line)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
            }
          }
          expect.soft(cards.length).toBeGreaterThan(0);
          for (const card of cards) {
            expect.soft(Buffer.byteLength(card)).toBeLessThan(28_000);
            expect.soft(() => JSON.parse(card)).not.toThrow();
            expect.soft(card).not.toMatch(/"TextBlock"|https?:\/\/evil/);
            expect.soft(card).not.toMatch(unseen);
          }
          for (const { message } of whole.log.filter(({ source }) => source === 'app')) {
            expect.soft(message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
            expect.soft(message).not.toMatch(unseen);
          }
        },
        settings,
        change,
      );
      hook.closeAllConnections();
      hook.close();
    },
    150_000,
  );

  it.each([
    ['an element', '<p>a<img src=x></p>'],
    ['an element of ours with an attribute that is not', '<p onclick="x">a</p>'],
    ['an attribute without quotes', '<p class=x>a</p>'],
    ['an end that nothing began', '<p>a</p></div>'],
    ['an element that is left open', '<p>a'],
    ['a link elsewhere', '<a href="https://evil.example/">a</a>'],
    ['a link that looks like one of ours', '<a href="https://microsoft.com.evil.example/">a</a>'],
    ['a link that runs', '<a href="javascript:alert(1)">a</a>'],
    ['a form that goes elsewhere', '<form action="https://evil.example/"></form>'],
    ['a bare sign', '<p>a > b & c</p>'],
    ['a style that loads', '<p style="background:url(x)">a</p>'],
  ])('would be found: %s', (_what, html) => {
    expect(htmlFaults(html)).not.toEqual([]);
  });

  it('covers many fields', () => {
    expect.soft(seen.size).toBeGreaterThan(25);
  });
});
