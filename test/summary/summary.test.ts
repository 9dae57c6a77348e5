// The summary as a whole: subject, text and HTML.
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../shared/summary/summary.ts';
import { names, of, reported, section } from './read.ts';
import { done, given, playbook, rule, run, step } from './rows.ts';
import { situations } from './situations.ts';

describe('the subject', () => {
  it.each([
    ['contained with tasks', '[Reclaim] CONTAINED, 2 TASKS: adele.vance@contoso.com (8M2P)'],
    ['not contained, refused', '[Reclaim] NOT CONTAINED, 1 TASK: adele.vance@contoso.com (8M2P)'],
    ['held', '[Reclaim] HELD: breakglass@contoso.com (8M2P)'],
    ['guest', '[Reclaim] CONTAINED, 1 TASK: megan_fabrikam.com#EXT#@contoso.onmicrosoft.com (8M2P)'],
  ] as const)('of a run that is %s', (name, subject) => {
    expect(of(name).subject).toBe(subject);
  });
});

describe('text and HTML', () => {
  it('say the same: every line of one is in the other', () => {
    for (const name of names) {
      const { html, text } = of(name);
      const shown = html
        .replace(/<(style|title)>.*?<\/\1>/gs, '')
        .replace(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g, '$2: $1')
        .replace(/<[^>]+>/g, '\n')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&middot;', '·')
        .replaceAll('&amp;', '&')
        .replaceAll(/\n+/g, '\n');
      for (const line of text.split('\n').map((each) => each.trim().replace(/^(-|\d+\.) /, ''))) {
        expect(shown.toLowerCase()).toContain(line.toLowerCase());
      }
    }
  });

  it('load nothing from anywhere: no image, script, form, frame or style sheet', () => {
    for (const name of names) {
      expect(of(name).html).not.toMatch(
        /<(img|script|form|iframe|object|link|svg|video|input|button)\b|url\(|@import|src=/i,
      );
    }
  });

  it('are made of tables and inline styles, since mail programs know little else', () => {
    for (const name of names) {
      const body = of(name).html.replace(/<head>.*<\/head>/s, '');
      expect(body).not.toMatch(
        /display:\s*(flex|grid)|position:|float:|<(section|article|header|ul|ol|li)\b/,
      );
    }
  });

  it('keep red for what is not secured', () => {
    for (const name of names) {
      const { word } = reported(name).verdict;
      expect(of(name).html.includes('#b3261e')).toBe(word === 'NOT CONTAINED' || word === 'REVERTED');
    }
  });

  it('contain every step of a long run, and say where there is more', () => {
    const many = Array.from({ length: 80 }, (_, index) =>
      rule({ id: `rule-${index}`, what: `rule '${index}' forwards outside` }),
    );
    const from = given(run(), [step('disable-inbox-rules', done, { changes: many })]);
    expect(summaryOf(from).text).toContain('and 77 more');
    expect(section(from, 'Removed or changed').at(-1)).toBe('And 50 more, see the run');
  });

  it('depend only on the run and the playbook: the same rows give the same mail', () => {
    for (const name of names) expect(of(name)).toEqual(of(name));
  });

  it('call a step that the playbook no longer has by its name', () => {
    const from = {
      ...situations.contained(),
      playbook: playbook.filter(({ name }) => name !== 'disable-inbox-rules'),
    };
    expect(section(from, 'Removed or changed')[0]).toMatch(/^disable-inbox-rules: rule/);
  });
});

it('says what was put back by what it is: a step is called by what it takes away', () => {
  const [, back = ''] = of('undone').text.split('PUT BACK\n');
  const [lines = ''] = back.split('\n\n');
  expect(lines).toMatch(/^- Sign-in of adele\.vance@contoso\.com\n- Rule /);
  expect(lines).not.toMatch(/Block|Disable/);
});
