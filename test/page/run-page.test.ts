// The page of a run as HTML: what it says, what it lets in, and how large it may get.
import { describe, expect, it } from 'vitest';
import { askPage } from '../../shared/page/ask-page.ts';
import { refreshSeconds, runPage } from '../../shared/page/run-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import { versionOf } from '../../shared/run/version.ts';
import type { Given } from '../../shared/summary/given.ts';
import { reportOf } from '../../shared/summary/report.ts';
import { names, sectionsOf } from '../summary/read.ts';
import { at, change, done, given, run, step, task } from '../summary/rows.ts';
import { situations } from '../summary/situations.ts';

const log = [
  { at: at('09:12:00'), who: 'policy', what: 'run opened at level contain', why: 'high' },
  { at: at('09:30:00'), who: 'megan@contoso.com', what: 'retry: block-sign-in', why: 'role granted' },
];
const who = 'megan@contoso.com';
const page = (from: Given, still = false) => runPage({ given: from, log, who, still });
const shown = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, '\n')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

describe('the page of a run', () => {
  it.each(names)('says what the email says (%s)', (name) => {
    const from = situations[name]();
    const { story: lead } = reportOf(from, 30);
    const sections = sectionsOf(from);
    const text = shown(page(from));
    expect(text).toContain(lead);
    for (const { title, lines } of sections) {
      expect(text).toContain(title);
      for (const line of lines) {
        for (const said of [line.text, ...(line.details ?? [])]) expect(text).toContain(said);
      }
    }
  });

  it.each(names)('loads nothing and runs nothing (%s)', (name) => {
    const html = page(situations[name]());
    expect(html).not.toMatch(
      /<(img|script|iframe|object|embed|link|base|video|meta http-equiv)\b|\son\w+=|\sstyle=|url\(|@import|src=/i,
    );
    expect(Buffer.byteLength(html)).toBeLessThan(60_000);
  });

  it('allows only its own style, whatever else is in it', () => {
    const policy = pageHeaders['content-security-policy'];
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
  });

  it('says that its mail has not left, and lets the reader take it over', () => {
    const from = situations.contained();
    const unsent = { ...from.run.summary, state: 'waiting' as const, attempt: 9 };
    const html = page({ ...from, run: { ...from.run, summary: unsent } });
    expect(shown(html)).toContain('its mail could not be sent (9 tries)');
    expect(html).toContain('do=tick&amp;step=summary&amp;task=unsent-mail');
    expect(page(from)).not.toContain('The mail has not left');
  });

  it('shows who did what, the newest first', () => {
    const text = shown(page(situations.contained()));
    expect(text.indexOf('retry: block-sign-in: role granted')).toBeLessThan(
      text.indexOf('run opened at level contain'),
    );
  });

  it('shows what each change was before, and how it stands', () => {
    const from = given(run(), [
      step('remove-mail-forwarding', done, {
        changes: [
          change('fwd', 'forwarding to x@evil.example', {
            before: { ForwardingSmtpAddress: 'smtp:x@evil.example', DeliverToMailboxAndForward: false },
          }),
        ],
      }),
    ]);
    const text = shown(page(from)).replaceAll(/\n+/g, '\n');
    expect(text).toContain('Before: ForwardingSmtpAddress\nsmtp:x@evil.example');
    expect(text).toContain('Before: DeliverToMailboxAndForward\nfalse');
    expect(text).toContain('changed 2026-11-20 09:12:01 UTC, no longer found 2026-11-20 09:12:02 UTC');
  });

  it('shows each time in on-call’s zone too', () => {
    for (const name of ['contained', 'undone', 'held', 'reverted'] as const) {
      const html = page({ ...situations[name](), timeZone: 'Europe/Berlin' });
      const lines = shown(html).split('\n');
      expect(lines.filter((line) => / UTC/.test(line) && !/ UTC \(\d\d:\d\d CET\)/.test(line))).toEqual([]);
    }
  });

  it('stays below 60 KB however much there is to show', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      change(`c${index}`, `rule ${index} ${'x'.repeat(250)}`, {
        before: { name: 'y'.repeat(400), more: 'z'.repeat(400) },
      }),
    );
    const tasks = Array.from({ length: 80 }, (_, index) =>
      task(`t${index}`, `task ${index} ${'x'.repeat(280)}`),
    );
    const large = given(run(), [step('disable-inbox-rules', done, { changes: many, tasks })]);
    const html = runPage({
      given: large,
      log: Array.from({ length: 500 }, () => ({
        ...log[0],
        at: at('09:12:00'),
        who: 'policy',
        what: 'w'.repeat(300),
        why: 'y'.repeat(500),
      })),
      who,
      still: false,
    });
    expect(Buffer.byteLength(html)).toBeLessThan(60_000);
    expect(html).toContain('CONTAINED, 80 TASKS');
    expect(html).toMatch(/And \d+ more, see the run/);
  });
});

describe('a page that is live', () => {
  const open = () => situations.locked();

  it('refreshes itself while the run is open, more slowly if that takes long, and never afterwards', () => {
    expect(refreshSeconds(open())).toBe(5);
    expect(refreshSeconds({ ...open(), now: new Date(at('10:12:00')) })).toBe(30);
    expect(refreshSeconds(situations.contained())).toBeNull();
    expect(refreshSeconds(situations.held())).toBeNull();
  });

  it('can be stopped and started by its reader — slow readers must not lose their place', () => {
    const path = `/api/runs/${open().run.id}`;
    expect(page(open())).toContain(`<a href="${path}?still=1">Stop that</a>`);
    expect(page(open(), true)).toContain(`<a href="${path}">Refresh every 5 seconds</a>`);
  });
});

describe('the buttons', () => {
  const buttons = (name: keyof typeof situations) =>
    [...page(situations[name]()).matchAll(/<a class="b" href="[^"]*\?do=([^"]+)"[^>]*>([^<]+)</g)].map(
      ([, query, label]) => `${label}: ${query?.replaceAll('&amp;', '&')}`,
    );

  it('are those that fit the run’s present state', () => {
    expect(buttons('held')).toEqual([
      'Lock the account only: approve&level=contain',
      'Lock it and remove what the intruder left: approve&level=full',
      'No attack: end the run: undo&falseAlarm=true',
      'Approve: approve',
      'End the run: undo',
    ]);
    expect(buttons('contained')).toEqual([
      'Retry: retry',
      'Undo: undo',
      'Undo the run: undo&falseAlarm=true',
    ]);
  });

  it('tick off each task separately, with words of its own for people who hear the page', () => {
    expect(buttons('contained with tasks').slice(0, 2)).toEqual([
      'Done: tick it off: tick&step=reset-password&task=password-at-the-source',
      'Done: tick it off: tick&step=collect-sign-ins&task=ask-owner',
    ]);
    expect(page(situations['contained with tasks']())).toContain(
      'aria-label="Done: tick it off: 2 sign-ins may be the owner&#39;s or the intruder&#39;s"',
    );
  });
});

it('a task that was ticked off is shown as such, with the way to take the tick back', () => {
  const from = situations['contained with tasks']();
  const steps = from.steps.map((row) => ({
    ...row,
    tasks: row.tasks.map((entry) => ({ ...entry, doneAt: at('10:00:00') })),
  }));
  const html = page({ ...from, steps });
  expect(html).toContain('Ticked off 2026-11-20 10:00:00 UTC');
  expect(html).toContain('?do=untick&amp;step=collect-sign-ins&amp;task=ask-owner');
});

describe('the page behind a button', () => {
  const ask = (
    name: keyof typeof situations,
    what: 'approve' | 'retry' | 'undo' | 'tick' | 'untick',
    more: object = {},
  ) =>
    askPage({
      given: situations[name](),
      ask: what,
      level: undefined,
      steps: [],
      falseAlarm: false,
      step: '',
      task: '',
      who,
      ...more,
    });

  it('posts to the route that a program would use, with the version that was seen and a required reason', () => {
    const html = ask('held', 'approve', { level: 'full' }) ?? '';
    const { run } = situations.held();
    const seen = encodeURIComponent(versionOf(run));
    expect(html).toContain(`<form method="post" action="/api/runs/${run.id}/approve?seen=${seen}">`);
    expect(html).toMatch(/name="reason" required minlength="3" maxlength="500"/);
    expect(html).toMatch(/value="full" required checked/);
  });

  it('names the account by UPN and object id, so that nobody acts on the wrong person', () => {
    const { account } = situations.contained().run;
    expect(ask('contained', 'undo')).toContain(account.userPrincipalName);
    expect(ask('contained', 'undo')).toContain(account.id);
  });

  it('says what an undo leaves as it is', () => {
    const text = shown(ask('contained', 'undo') ?? '');
    expect(text).toContain('Stays as it is: Revoke sessions. Revoked sessions cannot be given back');
    expect(text).not.toContain('Stays as it is: Block sign-in');
  });

  it('says what a tick does to the step, and exists only for the run’s own tasks', () => {
    const tick = { step: 'reset-password', task: 'password-at-the-source' };
    expect(shown(ask('federated', 'tick', tick) ?? '')).toContain(
      'The step counts as done, and what waits for it goes on.',
    );
    expect(ask('federated', 'tick', { ...tick, task: 'another' })).toBeUndefined();
  });

  it('never refreshes itself — what somebody types would be lost', () => {
    expect(ask('locked', 'undo')).not.toContain('refresh');
  });
});
