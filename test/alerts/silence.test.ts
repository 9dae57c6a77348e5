// Days of silence and of alerts, with the clock in the test's hand: what on-call gets, and how often.
import { beforeEach, describe, expect, it } from 'vitest';
import { watchSources } from '../../shared/alerts/silence.ts';
import type { SourceHealth } from '../../shared/alerts/source-health.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type Notice, noticeMail } from '../../shared/mail/notice.ts';
import { createNotices, type Notices } from '../../shared/mail/notices.ts';
import { memoryNotices, memorySourceHealth } from '../fakes/memory-stores.ts';

let clock = 0;
let sent: Notice[] = [];
let lines: string[] = [];
let refusing = false;
let health: SourceHealth;
let notices: Notices;

const now = () => new Date(clock);
const minute = 60_000;
const hour = 60 * minute;

beforeEach(() => {
  clock = Date.parse('2026-11-20T06:00:00Z');
  sent = [];
  lines = [];
  refusing = false;
  health = memorySourceHealth();
  notices = createNotices({
    store: memoryNotices(),
    mailer: {
      async send(notice) {
        if (refusing) throw new PermanentError('no mail today');
        sent.push(notice);
      },
      wasSent: async () => false,
    },
    now,
    log: () => {},
  });
});

const look = () =>
  watchSources({ health, notices, silentAfterHours: 2, now, log: (line) => lines.push(line) });

/** The timer as it fires, every five minutes. */
async function pass(hours: number, answering = false) {
  for (const end = clock + hours * hour; clock < end; ) {
    clock += 5 * minute;
    if (answering) await health.answered('alert', now());
    await look();
    await notices.tellWaiting();
  }
}

const headlines = () => sent.map(({ headline }) => headline);

describe('silence', () => {
  it('fails with its notice, so that the timer does — one that nobody waits for is lost with its process', async () => {
    await health.watchedSince(now());
    clock += 3 * hour;
    const down = { ...notices, tell: () => Promise.reject(new Error('the table is down')) };
    const looked = watchSources({ health, notices: down, silentAfterHours: 2, now, log: () => {} });
    await expect(looked).rejects.toThrow('the table is down');
  });

  it.each([
    ['alert', 'incident'],
    ['incident', 'alert'],
  ] as const)('counts from what was heard last, %s or %s', async (early, late) => {
    await health.answered(late, new Date(clock + 90 * minute));
    await health.answered(early, now());
    clock += 3 * hour;
    expect(await look()).toBe('heard');
  });

  it('of all sources for longer than allowed is told once, and once more when one is heard again', async () => {
    await pass(5, true);
    expect(headlines()).toEqual([]);
    await pass(2);
    expect(headlines()).toEqual([]);
    await pass(30);
    expect(headlines()).toEqual(['NO SIGNAL']);
    await pass(5, true);
    expect(headlines()).toEqual(['NO SIGNAL', 'SIGNAL IS BACK']);
  });

  it('is told again when it happens again', async () => {
    await pass(3);
    await pass(1, true);
    await pass(3);
    await pass(1, true);
    expect(headlines()).toEqual(['NO SIGNAL', 'SIGNAL IS BACK', 'NO SIGNAL', 'SIGNAL IS BACK']);
    expect(new Set(sent.map(({ version }) => version)).size).toBe(4);
  });

  it('counts from the first day — a poller that never worked has no last answer', async () => {
    await pass(3);
    expect(headlines()).toEqual(['NO SIGNAL']);
    expect(noticeMail(sent[0] ?? (await Promise.reject(new Error('none')))).text).toContain(
      'none was ever heard',
    );
  });

  it('does not count while any source is heard, by an answer or by an alert', async () => {
    await health.answered('alert', now());
    for (let hours = 0; hours < 12; hours += 1) {
      await health.delivered('sentinel', now());
      await pass(1);
    }
    expect(headlines()).toEqual([]);
  });

  it('is logged each time — an external alert rule finds it even if mail is down as well', async () => {
    refusing = true;
    await pass(3);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/^no-signal: .* since 2026-11-20T06:05:00/);
    refusing = false;
    await pass(1);
    expect(headlines()).toEqual(['NO SIGNAL']);
  });

  it('says when each source was heard last, and what to do', async () => {
    await health.answered('riskDetection', now());
    await health.delivered('sentinel', new Date(clock - hour));
    await pass(3);
    const { subject, text } = noticeMail(sent[0] ?? (await Promise.reject(new Error('none'))));
    expect(subject).toContain('no source of alerts has answered for 2 hours');
    expect(text).toContain('answered last: 2026-11-20 06:00:00 UTC');
    expect(text).toContain('delivered last: 2026-11-20 05:00:00 UTC');
    expect(text).toContain('POST /api/preflight');
  });
});
