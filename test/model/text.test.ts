import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inQuotes, odataText, powerShellValue, wholeSeconds } from '../../shared/model/text.ts';

/** What PowerShell makes of it, after its language specification: undefined where it would not be one value. */
function evaluated(command: string): string | undefined {
  const isQuote = (unit: string | undefined) => unit !== undefined && /['\u2018-\u201b]/u.test(unit);
  const whole = /^\((.*)\)$/su.exec(command)?.[1] ?? command;
  let value = '';
  for (let at = 0; ; ) {
    const number = /^\[char\](\d+)/u.exec(whole.slice(at));
    if (number !== null) {
      value += String.fromCharCode(Number(number[1]));
      at += number[0].length;
    } else {
      if (!isQuote(whole[at])) return undefined;
      at += 1;
      while (!isQuote(whole[at]) || isQuote(whole[at + 1])) {
        if (isQuote(whole[at])) at += 1;
        if (at >= whole.length) return undefined;
        value += whole[at] ?? '';
        at += 1;
      }
      at += 1;
    }
    if (at === whole.length) return value;
    if (whole[at] !== '+') return undefined;
    at += 1;
  }
}

const unit = fc.oneof(
  fc.constantFrom(
    "'",
    '\u2018',
    '\u2019',
    '\u201a',
    '\u201b',
    '"',
    '$',
    '`',
    '\n',
    '\r',
    '\u001b',
    '\u202e',
    '\\',
    ')',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
);
const hostile = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));

describe('powerShellValue', () => {
  it('is exactly the intended value — an administrator pastes whatever a stranger wrote', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(evaluated(powerShellValue(value))).toBe(value);
      }),
    );
  });

  it('shows everything it contains on one line', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(powerShellValue(value)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }),
    );
  });

  it.each([
    ['adele@contoso.com', "'adele@contoso.com'"],
    ["brian.o'brian@contoso.com", "'brian.o''brian@contoso.com'"],
    ['rule\u2019; Remove-Mailbox', "'rule\u2019\u2019; Remove-Mailbox'"],
    ['a\nb', "(''+'a'+[char]10+'b')"],
    ['', "''"],
  ])('writes %j as %s', (value, command) => {
    expect(powerShellValue(value)).toBe(command);
  });
});

describe('inQuotes', () => {
  it('ends its quotes where the name ends — what follows is our own text', () => {
    fc.assert(
      fc.property(
        fc.oneof(hostile, fc.constantFrom('a" was removed; rule "b', '\u201cx\u201d', '\uff02')),
        (name) => {
          const quoted = inQuotes(name);
          expect(quoted.slice(1, -1)).not.toMatch(/["\u201c\u201d\uff02]/u);
          expect(quoted).toHaveLength(name.length + 2);
        },
      ),
    );
  });
});

describe('wholeSeconds', () => {
  it.each([
    [new Date('2026-11-20T09:12:05.999Z')],
    [Date.parse('2026-11-20T09:12:05.999Z')],
    ['2026-11-20T10:12:05.9+01:00'],
  ])('cuts off fractions, since a filter that begins later would miss what lies between: %s', (time) => {
    expect(wholeSeconds(time)).toBe('2026-11-20T09:12:05Z');
  });
});

describe('odataText', () => {
  it('doubles apostrophes, the only character that ends it', () => {
    expect(odataText("o'brian' or true")).toBe("'o''brian'' or true'");
  });
});
