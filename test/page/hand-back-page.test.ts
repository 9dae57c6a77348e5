// The hand-back as a page: one form for each thing that can be done now, and the pass only on a page of its own.
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { handBackPage, passPage, refreshHandBack } from '../../shared/page/hand-back-page.ts';
import { type HandBackView, handBackView } from '../../shared/run/hand-back-view.ts';
import { at } from '../summary/rows.ts';
import { situations } from '../summary/situations.ts';

const now = new Date(at('10:00:00'));
const who = 'megan@contoso.com';
const viewOf = (name: keyof typeof situations, more: Partial<HandBackView> = {}): HandBackView => ({
  ...handBackView(playbook, situations[name](), now),
  ...more,
});
const page = (view: HandBackView) => handBackPage({ view, version: '"1.full.live"', who, now });
const begun = { at: at('09:50:00'), by: who, identified: 'called back on the number of HR' };

describe('the hand-back page', () => {
  it('asks first how the owner was identified, and posts it where a program would', () => {
    const html = page(viewOf('contained'));
    expect(html).toContain(
      `action="/api/runs/${situations.contained().run.id}/hand-back?seen=%221.full.live%22"`,
    );
    expect(html).toContain('name="do" value="begin"');
    expect(html).toMatch(/name="identified" required/);
    expect(html).toContain('never by mail or chat');
  });

  it('asks once: what identified the owner is the reason', () => {
    expect(page(viewOf('contained'))).not.toContain('name="reason"');
  });

  it('lists each open task with its tick, and lets it be accepted by name before it begins', () => {
    const tasks = viewOf('contained with tasks').tasks.filter(({ withOwner }) => !withOwner);
    expect(tasks.length).toBeGreaterThan(0);
    const html = page(viewOf('contained with tasks'));
    for (const { name, step, key } of tasks) {
      expect(html).toContain(`name="accepts[]" value="${name}"`);
      expect(html).toContain(`do=tick&amp;step=${step}&amp;task=${key}`);
    }
    const after = page(
      viewOf('contained with tasks', {
        begun,
        state: 'under way',
        next: [],
        tasks: tasks.map((one) => ({ ...one, accepted: true })),
      }),
    );
    expect(after.match(/Accepted as it is/g)).toHaveLength(tasks.length);
    expect(after).toContain('do=tick&amp;');
  });

  it('lists open tasks as the mail does, the most dangerous first', () => {
    const from = situations['contained with tasks']();
    const steps = from.steps.map((row) =>
      row.name === 'collect-sign-ins'
        ? { ...row, tasks: row.tasks.map((one) => ({ ...one, danger: 'account' as const })) }
        : row,
    );
    const { tasks } = handBackView(playbook, { ...from, steps }, now);
    expect(tasks.map(({ step }) => step)).toEqual(['collect-sign-ins', 'reset-password']);
  });

  it('shows each time in on-call’s zone too', () => {
    const task = { name: 'a/b', step: 'a', key: 'b', what: 'ask about 2026-11-20 09:01 UTC', link: '' };
    const view = viewOf('contained', {
      begun,
      state: 'under way',
      tasks: [{ ...task, instruction: 'seen 2026-11-20 09:02:03 UTC', withOwner: false, accepted: false }],
      left: [{ step: 'a', title: 'A', why: 'tried at 2026-11-20 09:03 UTC', blocks: true, accepted: false }],
    });
    const html = handBackPage({ view, version: '"1"', who, now, timeZone: 'Europe/Berlin' });
    expect(html.match(/:\d\d UTC/g)?.length).toBeGreaterThan(4);
    expect(html).not.toMatch(/ UTC(?! \(\d\d:\d\d CET\))/);
  });

  it('mentions roles only if there are any', () => {
    expect(page(viewOf('contained'))).not.toContain('administrator roles');
  });

  it('says what is in the way, and lets each be accepted by itself', () => {
    const html = page(viewOf('not contained, refused'));
    expect(html).toContain('It stops the hand-back.');
    expect(html).toMatch(/<input type="checkbox" name="despite\[\]" value="block-sign-in">/);
  });

  it('has no form if a hand-back is not possible, and says why', () => {
    const html = page(viewOf('held'));
    expect(html).toContain('Not possible now: run 8M2P is held');
    expect(html).not.toContain('<form');
  });

  it('has a form for roles of their own, and none for what is not next', () => {
    const html = page(
      viewOf('contained', {
        state: 'handed back',
        begun,
        phase: 'roles',
        next: [{ do: 'roles', title: 'Approve the roles' }],
      }),
    );
    expect([...html.matchAll(/name="do" value="([^"]+)"/g)].map(([, action]) => action)).toEqual(['roles']);
  });

  it('refreshes itself only while there is nothing to type', () => {
    expect(refreshHandBack(viewOf('contained', { state: 'under way', next: [] }))).toBe(5);
    expect(
      refreshHandBack(viewOf('contained', { state: 'under way', next: [{ do: 'pass', title: 'x' }] })),
    ).toBeNull();
    expect(refreshHandBack(viewOf('contained'))).toBeNull();
  });
});

describe('the pass', () => {
  const pass = { value: 'Zx9!<k', expiresAt: at('11:00:00'), usableOnce: true, unusableBecause: null };

  it('is on its own page with its expiry, and leads on to a page without it', () => {
    const html = passPage(viewOf('contained'), pass, who);
    expect(html).toContain('<p class="pass">Zx9!&lt;k</p>');
    expect(html).toContain('Valid until 2026-11-20 11:00:00 UTC, for one sign-in');
    expect(html.match(/Zx9/g)).toHaveLength(1);
    expect(html).toContain('capital Zulu, x-ray, nine, exclamation mark, less than, kilo');
    const after = {
      state: 'shown',
      by: who,
      at: at('10:00:00'),
      expiresAt: pass.expiresAt,
      secondOperator: null,
    } as const;
    expect(
      page(viewOf('contained', { pass: after, next: [{ do: 'pass', title: 'Make a pass' }] })),
    ).not.toContain('Zx9');
  });

  it('says that it opens nothing yet if the policy forbids it', () => {
    expect(passPage(viewOf('contained'), { ...pass, unusableBecause: 'DisabledByPolicy' }, who)).toContain(
      'It opens nothing yet: DisabledByPolicy',
    );
  });
});
