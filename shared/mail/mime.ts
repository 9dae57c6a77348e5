// A mail as a MIME message: text and HTML with the same content, and files. Pure. Everything is base64, so that no line
// of a value can end a part, begin a header or be cut by a server on the way.
// https://learn.microsoft.com/graph/outlook-send-mime-message
import type { Attachment } from '../model/step.ts';

export interface Mail {
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  html: string;
  importance: 'high' | 'normal';
  attachments: readonly Attachment[];
}

/** Contains `_`, which base64 does not, so it can't occur inside a part. */
const [mixed, alternative] = ['=_mixed_', '=_alternative_'] as const;

export function mimeOf({ from, to, subject, text, html, importance, attachments }: Mail): string {
  const bodies = multipart(alternative, 'alternative', [
    part('text/plain; charset=utf-8', text),
    part('text/html; charset=utf-8', html),
  ]);
  const files = attachments.map(({ name, type, content }) =>
    part(`${type}; charset=utf-8`, content, `Content-Disposition: attachment; ${fileName(name)}`),
  );
  return [
    `From: ${address(from)}`,
    `To: ${to.map(address).join(',\r\n ')}`,
    `Subject: ${encodedWords(subject)}`,
    `Importance: ${importance}`,
    'MIME-Version: 1.0',
    attachments.length === 0 ? bodies : multipart(mixed, 'mixed', [bodies, ...files]),
  ].join('\r\n');
}

const multipart = (boundary: string, kind: string, parts: readonly string[]) =>
  [
    `Content-Type: multipart/${kind}; boundary="${boundary}"`,
    '',
    ...parts.flatMap((each) => [`--${boundary}`, each]),
    `--${boundary}--`,
    '',
  ].join('\r\n');

const part = (type: string, content: string, ...headers: readonly string[]) =>
  [`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', ...headers, '', lines(content)].join('\r\n');

/** Lines of 76 characters, as RFC 2045 requires. */
const lines = (content: string) =>
  Buffer.from(content.toWellFormed())
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');

/** Settings hold checked addresses; anything else in one must not become a header. */
const address = (given: string) => `<${given.replace(/[^!-~]|[<>,;]/g, '')}>`;

/** An encoded word holds whole characters only, and fits on a line beside its header's name (RFC 2047). */
const mostBytesAWord = 39;

function encodedWords(value: string): string {
  const words: string[] = [''];
  for (const letter of value.toWellFormed()) {
    const last = words.at(-1) ?? '';
    if (Buffer.byteLength(last + letter) > mostBytesAWord) words.push(letter);
    else words[words.length - 1] = last + letter;
  }
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

/** In ASCII for every program, and in full for those that know RFC 2231. */
function fileName(name: string): string {
  const simple = name.replace(/[^\w.-]/g, '_').slice(0, 100);
  return simple === name
    ? `filename="${name}"`
    : `filename="${simple}"; filename*=utf-8''${encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, '_')}`;
}
