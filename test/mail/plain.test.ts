// Whatever strangers wrote, a person sees one harmless line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clause,
  clock,
  clockAfter,
  count,
  isMicrosoftPage,
  isWebPage,
  later,
  plain,
} from '../../shared/mail/plain.ts';
import { capital } from '../../shared/model/text.ts';

describe('plain', () => {
  it.each([
    ['a line end', 'Adele\r\nVERIFIED: all is well', 'Adele VERIFIED: all is well'],
    ['Unicode line ends', 'Adele\u2028\u2029\u0085Vance', 'Adele Vance'],
    ['a turned reading direction', 'invoice\u202Efdp.exe\u2066x\u2069', 'invoice fdp.exe x'],
    ['a zero width', 'ad\u200Bele\uFEFF', 'ad ele'],
    ['control characters', 'a\u0000b\u001b[31mc', 'a b [31mc'],
    ['spaces of every width', 'a\u00a0\u2003\u3000b', 'a b'],
    ['letters that look like nothing', '\u3164\u2800', ''],
    ['marks piled over the lines above', `Z${'\u0351'.repeat(40)}algo`, `Z${'\u0351'.repeat(4)}algo`],
    ['half of a character', 'a\ud83d', 'a\ufffd'],
    [
      'an address that a mail program would link',
      'see HTTPS://evil.example and www.evil.example',
      'see HTTPS[:]//evil.example and www[.]evil.example',
    ],
  ])('removes %s', (_, text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it('leaves names of all languages as they are', () => {
    for (const name of [
      'Zoë Müller-Łuczak',
      'Nguyễn Thị Hạnh',
      'محمد',
      '田中 太郎',
      'हिन्दी',
      "O'Brien",
      '🦊 Fox',
    ]) {
      expect(plain(name)).toBe(name);
    }
  });

  it('cuts what is long, and says so, without halving a character', () => {
    expect(plain('A'.repeat(10_000), 20)).toBe(`${'A'.repeat(19)}…`);
    expect(plain('🦊'.repeat(30), 20)).toBe(`${'🦊'.repeat(19)}…`);
    expect(plain('A'.repeat(20), 20)).toHaveLength(20);
  });

  it('is one short line for any input, and unchanged when applied twice', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (text, most) => {
          const line = plain(text, most);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|:\/\//u);
          expect([...line].length).toBeLessThanOrEqual(most);
          expect(line.isWellFormed()).toBe(true);
          expect(plain(line, most)).toBe(line);
        },
      ),
    );
  });

  it('is quick with a million characters', () => {
    const started = performance.now();
    plain(`${' '.repeat(500_000)}${'\u0351'.repeat(500_000)}`);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('times', () => {
  it('are written in UTC to the second', () => {
    expect(clock('2026-11-20T09:12:05.700Z')).toBe('2026-11-20 09:12:05 UTC');
    expect(clock('2026-11-20T10:12:05+01:00')).toBe('2026-11-20 09:12:05 UTC');
  });

  it('that aren’t times are reported as such, and nothing of them is shown', () => {
    expect(clock('<b>now\n</b>')).toBe('an unknown time');
    expect(clock('')).toBe('an unknown time');
  });

  it('can be added to, and what is no time stays that way', () => {
    expect(later('2026-11-20T23:30:00Z', 90)).toBe('2026-11-21T01:00:00.000Z');
    expect(later('then', 90)).toBeNull();
  });

  it('of the same day leave the day out', () => {
    expect(clockAfter('2026-11-20T09:12:05Z', '2026-11-20T09:12:06Z')).toBe('09:12:06 UTC');
    expect(clockAfter('2026-11-20T23:59:59Z', '2026-11-21T00:00:01Z')).toBe('2026-11-21 00:00:01 UTC');
  });
});

describe('sentences', () => {
  it('begin with a capital, but names and addresses stay as they are', () => {
    expect(capital('the password is old')).toBe('The password is old');
    expect(capital('adele@contoso.com is locked')).toBe('adele@contoso.com is locked');
    expect(capital('3 sign-ins')).toBe('3 sign-ins');
  });

  it('include a text without its own full stop', () => {
    expect(clause('It is blocked.')).toBe('It is blocked');
    expect(clause('Why?')).toBe('Why?');
  });

  it('count in singular and plural', () => {
    expect([count(0, 'step'), count(1, 'step'), count(2, 'step')]).toEqual(['0 steps', '1 step', '2 steps']);
  });
});

describe('isWebPage', () => {
  it.each([
    'https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/f5e829f5',
    'http://127.0.0.1:7071/api/runs/f5e829f5.20261120T091200-8M2P',
    'https://security.microsoft.com/alerts/da1?tid=5e0a1b6c',
  ])('links %s', (link) => {
    expect(isWebPage(link)).toBe(true);
  });

  it.each([
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['a host behind a user name', 'https://login.microsoftonline.com@evil.example/'],
    ['quotes', 'https://evil.example/"onmouseover="alert(1)'],
    ['a tag', 'https://evil.example/<img>'],
    ['a line end', 'https://evil.example/\nhttps://other.example'],
    ['a turned reading direction', 'https://evil.example/\u202egnp.exe'],
    ['letters that look like others', 'https://micrоsoft.com/'],
    ['a backslash', 'https://evil.example\\@microsoft.com'],
    ['no host', 'https://'],
    ['ten thousand characters', `https://evil.example/${'a'.repeat(10_000)}`],
    ['nothing', ''],
  ])('does not link %s', (_, link) => {
    expect(isWebPage(link)).toBe(false);
  });
});

describe('isMicrosoftPage', () => {
  it.each([
    'https://security.microsoft.com/alerts/da1',
    'https://portal.azure.com/#x',
    'https://security.microsoft.us/a',
  ])('links %s', (link) => {
    expect(isMicrosoftPage(link)).toBe(true);
  });

  it.each([
    'https://evil.example/alerts',
    'https://security.microsoft.com.evil.example/',
    'https://evilmicrosoft.com/',
    'http://security.microsoft.com/',
    'https://security.microsoft.com@evil.example/',
  ])('does not link %s', (link) => {
    expect(isMicrosoftPage(link)).toBe(false);
  });
});
