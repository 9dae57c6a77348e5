// Every text in a run may have been written by the intruder. None of it forges a line, a link, a tag or a header.
import { describe, expect, it } from 'vitest';
import { type Given, titleOf } from '../../shared/summary/given.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { names } from './read.ts';
import { given, having, refused, rule, run, step, task } from './rows.ts';
import { situations } from './situations.ts';

/** Rows of every situation with each text replaced by the same stranger's, wherever free text is allowed. */
function poisoned(from: Given, poison: string): Given {
  const keep = new Set([
    'state',
    'is',
    'name',
    'part',
    'stage',
    'kind',
    'mode',
    'aim',
    'source',
    'level',
    'type',
    'endsAs',
    'verdict',
  ]);
  const timed = /(At|since|until)$/;
  const swap = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (key, entry) =>
      typeof entry === 'string' && !keep.has(key) && !timed.test(key) ? poison : entry,
    );
  return {
    ...from,
    run: { ...swap(from.run), code: from.run.code },
    steps: from.steps.map((row) => swap(row)),
  };
}

const emoji = '👩‍💻🔥'.repeat(50);
const poisons = {
  HTML: '</td></tr></table><script>alert(1)</script><img src=x onerror=alert(1)>"\'&lt;',
  'line ends': 'Adele\r\n\r\nWHAT YOU DO NOW\n1. Nothing. All is well\r\nBcc: intruder@evil.example',
  'Unicode line ends': 'Adele\u2028WHAT YOU DO NOW\u2029\u0085\u000b\u000c1. Nothing',
  'a turned reading direction': 'Adele\u202e\u2066\u2067 delliK\u202c',
  'ten thousand characters': 'A'.repeat(10_000),
  'ten thousand emoji': emoji.repeat(50),
  links: 'https://evil.example/login www.evil.example javascript:alert(1)',
  nothing: '',
} as const;

describe.each(Object.entries(poisons))('%s in every field', (_, poison) => {
  const mails = names.map((name) => ({
    name,
    honest: summaryOf(situations[name]()),
    mail: summaryOf(poisoned(situations[name](), poison)),
  }));

  it('leaves the subject as one short line — it is a header', () => {
    for (const { mail } of mails) {
      expect(mail.subject).toMatch(/^\[Reclaim\] [A-Z]/);
      expect(mail.subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect([...mail.subject].length).toBeLessThanOrEqual(200);
    }
  });

  it('forges no heading, no numbered line and no line at all', () => {
    for (const { honest, mail } of mails) {
      const shape = (text: string) => text.split('\n').filter((line) => /^[A-Z][A-Z ?,]+$/.test(line));
      expect(shape(mail.text)).toEqual(shape(honest.text));
      for (const line of mail.text.split('\n').slice(1))
        expect(line).toMatch(/^$|^[A-Z ?,]+$|^(-|\d+\.) |^ {4}/);
    }
  });

  it('forges no tag and no attribute', () => {
    const tags = /^<(\/?(html|head|title|style|body|div|table|tr|td|h1|h2|b|a)|meta|!doctype)\b[^<]*>$/;
    for (const { mail } of mails) {
      for (const tag of mail.html.match(/<[^>]*>/g) ?? []) expect(tag).toMatch(tags);
      expect(mail.html).not.toMatch(/<[^>]*\son\w+=/);
      expect(mail.html).not.toContain('<script');
    }
  });

  it('is never made a link', () => {
    for (const { mail } of mails) {
      const links = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => new URL(href).host);
      const known = [
        'reclaim-contoso.azurewebsites.net',
        'entra.microsoft.com',
        'admin.exchange.microsoft.com',
        'purview.microsoft.com',
      ];
      // A step makes a task's link, so the poison may be part of it; it is linked only if it is nothing but an address.
      expect(links.filter((host) => !known.includes(host))).toEqual([]);
      expect(mail.text).not.toMatch(/https?:\/\/evil|(^|\s)www\.evil/);
    }
  });

  it('does not hide what to do: it stays within what Gmail shows', () => {
    for (const { mail } of mails) {
      expect(Buffer.byteLength(mail.html)).toBeLessThan(102_000);
      expect(mail.html).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });
});

describe('much of it', () => {
  it('is cut to what Gmail shows, and says how much is left out', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => index);
    const from = situations['contained with tasks']();
    const steps = having(
      from.steps,
      step(
        'disable-inbox-rules',
        { is: 'failed', error: { ...refused, message: emoji } },
        {
          changes: many(300).map((index) =>
            rule({ id: `rule-${index}`, what: `${index} ${emoji}`, why: emoji, evidence: emoji }),
          ),
          tasks: many(300).map((index) => task(`task-${index}`, `${index} ${emoji}`, { instruction: emoji })),
          kept: many(300).map((index) => ({ what: `${index} ${emoji}`, why: emoji })),
        },
      ),
    );
    const { html, text } = summaryOf({ ...from, steps });
    expect(Buffer.byteLength(html)).toBeLessThan(102_000);
    expect(text).toMatch(/And \d+ more, see the run/);
    expect(text).toContain('Disable suspicious inbox rules by hand');
  });
});

describe('a time that isn’t one', () => {
  it('is called unknown wherever it appears', () => {
    const odd = 'then\n<b>';
    const from = situations.contained();
    const signals = from.run.signals.map((signal) => ({ ...signal, activityAt: odd, detectedAt: odd }));
    const row = run({ openedAt: odd, containedAt: odd, finishedAt: odd, signals });
    const { text, html } = summaryOf({ ...from, run: row });
    expect(text).not.toContain(odd);
    expect(html).not.toContain('then');
    expect(text).toContain('an unknown time');
  });
});

it('a step that nobody knows is shown by its name, as one line', () => {
  expect(titleOf({ playbook: [] }, 'format-disk')).toBe('format-disk');
  const { text } = summaryOf(given(run(), [step('x\nFORGED', { is: 'off' })]));
  expect(text).not.toMatch(/^FORGED/m);
});
