// A MIME message as sendMail takes it: base64 of headers and parts. Reads what a program that writes base64 parts may
// send, and turns it into the properties of a message, so that the outbox looks the same either way.
import { type Row, TenantRefusal } from '../answers.ts';

interface Part {
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** As Exchange says it (https://learn.microsoft.com/graph/api/user-sendmail). */
const refused = () =>
  new TenantRefusal(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');

/** The message, with the text beside the HTML as `alternative`. Throws Refusal. */
export function readMime(base64: string): Row {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) throw refused();
  const whole = partOf(Buffer.from(base64, 'base64').toString('utf8'));
  const leaves = leavesOf(whole);
  const bodyOf = (type: string) =>
    leaves.find(({ headers }) => typeOf(headers) === type && !headers.has('content-disposition'));
  const html = bodyOf('text/html');
  const text = bodyOf('text/plain');
  const files = leaves.filter(({ headers }) => /^attachment/i.test(headers.get('content-disposition') ?? ''));
  const content = html ?? text;
  if (content === undefined || !whole.headers.has('mime-version')) throw refused();
  return {
    subject: words(whole.headers.get('subject') ?? ''),
    body: { contentType: html === undefined ? 'text' : 'html', content: contentOf(content) },
    ...(html !== undefined && text !== undefined
      ? { alternative: { contentType: 'text', content: contentOf(text) } }
      : {}),
    toRecipients: addresses(whole.headers.get('to')),
    importance: whole.headers.get('importance') ?? 'normal',
    attachments: files.map(({ headers, body }) => ({
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: /filename="([^"]*)"/i.exec(headers.get('content-disposition') ?? '')?.[1] ?? 'file',
      contentType: typeOf(headers),
      contentBytes: body.replace(/\s/g, ''),
    })),
  };
}

function partOf(text: string): Part {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw refused();
  const headers = new Map<string, string>();
  for (const line of text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const [, name, value] = /^([!-9;-~]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw refused();
    headers.set(name.toLowerCase(), value);
  }
  return { headers, body: text.slice(end + 4) };
}

const typeOf = (headers: Part['headers']) =>
  (headers.get('content-type') ?? 'text/plain').split(';', 1)[0]?.trim().toLowerCase() ?? '';

function leavesOf(part: Part): Part[] {
  if (!typeOf(part.headers).startsWith('multipart/')) return [part];
  const boundary = /boundary="([^"]+)"/i.exec(part.headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw refused();
  const pieces = `\r\n${part.body}`.split(`\r\n--${boundary}`);
  if (!pieces.at(-1)?.startsWith('--')) throw refused();
  return pieces.slice(1, -1).flatMap((piece) => leavesOf(partOf(piece.replace(/^\r\n/, ''))));
}

const contentOf = ({ body }: Part) => Buffer.from(body, 'base64').toString('utf8');

const words = (value: string) =>
  value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?B\?([^?]*)\?=/gi, (_, word: string) => Buffer.from(word, 'base64').toString('utf8'));

const addresses = (value = '') =>
  value
    .split(',')
    .map((entry) => /<([^>]+)>/.exec(entry)?.[1] ?? entry.trim())
    .filter((address) => address !== '')
    .map((address) => ({ emailAddress: { address } }));
