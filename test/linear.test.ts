// Strangers choose a text's length and content. Whatever reads it takes time in proportion to its length. `npm run
// check:regex` checks the regular expressions one by one.
import { describe, expect, it } from 'vitest';
import { readEvents } from '../shared/alerts/envelope.ts';
import { parseTime } from '../shared/alerts/payload-fields.ts';
import { claimsOf, isKnown } from '../shared/alerts/sources.ts';
import { readStream } from '../shared/alerts/stream.ts';
import { hideSecrets } from '../shared/clients/hide-secrets.ts';
import { toCsv } from '../shared/mail/csv.ts';
import { html } from '../shared/mail/html.ts';
import { clause, isWebPage, oneLine, plain } from '../shared/mail/plain.ts';
import { mailboxAddress } from '../shared/microsoft365/mailbox-address.ts';
import { aboutAccess, withoutCodes } from '../shared/microsoft365/mask-codes.ts';
import { asAddress, readRecipient, recipientsSchema } from '../shared/microsoft365/recipients.ts';
import { foldText as comparable, oddityOf, skeleton } from '../shared/microsoft365/rule-name.ts';
import { textOfHtml } from '../shared/microsoft365/symptoms.ts';
import { isOneCommand } from '../shared/model/powershell.ts';
import { inQuotes, odataText, powerShellValue, trim } from '../shared/model/text.ts';

const readers: readonly (readonly [string, (given: string) => unknown])[] = [
  ['alerts', (given) => readEvents(given, (data) => isKnown(data, { left: 200 })).events.map(claimsOf)],
  ['streamed logs', (given) => readStream([given])],
  ['times', parseTime],
  ['secrets', (given) => hideSecrets(given, JSON.stringify({ password: 'x', given }))],
  ['tables', (given) => toCsv(['name'], [[given]])],
  ['HTML', (given) => html`<p>${given}</p>`],
  ['lines', oneLine],
  ['plain text', plain],
  ['clauses', clause],
  ['links', isWebPage],
  ['addresses', mailboxAddress],
  ['SMTP addresses', asAddress],
  ['recipients', readRecipient],
  ['lists of recipients', (given) => recipientsSchema.safeParse(given)],
  ['subjects', withoutCodes],
  ['subjects about access', (given) => aboutAccess.test(comparable(given))],
  ['names', comparable],
  ['look-alikes', skeleton],
  ['odd names', oddityOf],
  ['automatic replies', textOfHtml],
  ['commands', isOneCommand],
  ['values in commands', powerShellValue],
  ['names in quotes', inQuotes],
  ['values in filters', odataText],
  ['ends of texts', (given) => trim(given, ' .')],
];
const bits = [
  ...[
    '<',
    '{}',
    '{},',
    '[',
    '"',
    "'",
    ' ',
    '\t',
    '\n',
    'a',
    'A',
    '0',
    '@',
    '.',
    '-',
    '(',
    '\\',
    '=',
    ';',
    '&',
    '/',
    ',',
  ],
  ...[
    'a@',
    '<a',
    '<style>',
    '{"a":',
    'a ',
    'aA',
    '\u0301',
    '\u202e',
    '😀',
    '\ud800',
    'code ',
    '+a',
    '](',
    '://',
    '_1',
  ],
];

/** The best of several runs, since the machine does other things too. */
function milliseconds(read: (given: string) => unknown, given: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 4 && least > 20; time += 1) {
    const start = performance.now();
    read(given);
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

describe.each(readers)('reading %s', (_what, read) => {
  it('takes time in proportion, from 16 KB to a megabyte', () => {
    const slow = bits.flatMap((bit) => {
      const at = (size: number) => milliseconds(read, bit.repeat(Math.ceil((size * 1024) / bit.length)));
      const [few, some] = [at(16), at(256)];
      // Sixteen times the text: quadratic time would be 256 times as long.
      if (some < 15 || (some < 100 && some < few * 64)) return [];
      const most = at(1024);
      return most < 250 || most < some * 12 ? [] : [`${JSON.stringify(bit)}: ${some} ms, ${most} ms`];
    });
    expect(slow).toEqual([]);
  }, 120_000);
});
