// A report contains what strangers wrote: names of rules, applications, mailboxes. None of it may be more than text.
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Find } from '../../cli/look-back/find.ts';
import { alertsOf } from '../../cli/look-back/raise.ts';
import { type Report, reportHtml, reportText } from '../../cli/look-back/report.ts';

const find = (changes: Partial<Find> = {}): Find => ({
  id: 'rule:1',
  kind: 'rule',
  verdict: 'remove',
  person: { id: '1', userPrincipalName: 'adele@contoso.com' },
  what: 'rule ".."',
  why: 'hides mail',
  now: 'Ask the owner.',
  link: 'https://admin.exchange.microsoft.com/#/mailboxes',
  ...changes,
});
const report = (changes: Partial<Report> = {}): Report => ({
  tenantId: 'c598b4ac-dcdb-4a49-8f63-25db95e06a6f',
  days: 180,
  begunAt: '2026-11-20T09:00:00.000Z',
  at: '2026-11-20T10:00:00.000Z',
  mailboxes: { listed: 2000, seen: 2000 },
  rules: 12,
  complete: true,
  gaps: [],
  finds: [],
  raised: [],
  ...changes,
});
const text = (given: Report) => stripVTControlCharacters(reportText(given));

describe('the report of a look back', () => {
  it('has the same length for any name, and lets none move the cursor or open a tag', () => {
    const lines = text(report({ finds: [find()], gaps: [{ what: 'a', why: 'b', again: false }] })).split(
      '\n',
    ).length;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (written) => {
        const hostile = `${written}\u001b[2J\r\n\u202e<script>alert(1)</script>"'`;
        const person = { id: '1', userPrincipalName: hostile };
        const given = report({
          finds: [find({ what: hostile, why: hostile, person, link: `javascript:${hostile}` })],
          gaps: [{ what: hostile, why: hostile, again: false }],
        });
        const said = text(given);
        expect(said.split('\n')).toHaveLength(lines);
        expect(/[\p{Cc}\p{Cf}]/u.test(said.replaceAll('\n', ''))).toBe(false);
        const page = reportHtml(given);
        expect(page).not.toContain('<script');
        expect(page).not.toContain('href="javascript');
      }),
    );
  });

  it('never calls a tenant clean — nothing found means nothing in what was seen', () => {
    expect(text(report())).toContain('nothing was found in what was seen');
    expect(text(report({ mailboxes: null }))).toContain('No mailbox was looked into');
    expect(text(report({ gaps: [{ what: 'a', why: 'b', again: true }] }))).toContain(
      '1 thing could not be seen',
    );
  });

  it('says what was not seen before what was found', () => {
    const said = text(report({ finds: [find()], gaps: [{ what: 'the log', why: 'refused', again: true }] }));
    expect(said.indexOf('the log')).toBeGreaterThan(0);
    expect(said.indexOf('the log')).toBeLessThan(said.indexOf('adele@contoso.com'));
  });
});

describe('what may be raised', () => {
  it('is one alert for each account with something that a run would remove — not for questions, or for what belongs to nobody', () => {
    const finds = [
      find(),
      find({ id: 'forwarding:1', kind: 'forwarding' }),
      find({ id: 'rule:2', verdict: 'ask', person: { id: '2', userPrincipalName: 'bob@contoso.com' } }),
      find({ id: 'application:3', kind: 'application', person: null }),
    ];
    const alerts = alertsOf(report({ finds }));
    expect(alerts.map(({ person, finds: own }) => [person.id, own.length])).toEqual([['1', 2]]);
    // Whatever the order of finding, it is the same alert.
    expect(alertsOf(report({ finds: finds.toReversed() })).map(({ id }) => id)).toEqual(
      alerts.map(({ id }) => id),
    );
    expect(alertsOf(report({ finds: [find()] }))[0]?.id).not.toBe(alerts[0]?.id);
  });
});
