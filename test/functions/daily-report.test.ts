// Runs that nobody approves, day after day.
import { beforeEach, describe, expect, it } from 'vitest';
import { reportDaily } from '../../functions/runs/daily-report.ts';
import type { UnknownTitles } from '../../shared/alerts/unknown-titles.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type Notice, noticeMail } from '../../shared/mail/notice.ts';
import { createNotices } from '../../shared/mail/notices.ts';
import type { KeptLetter } from '../../shared/run/dead-letter.ts';
import { runRef } from '../../shared/run/progress.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryNotices, memoryUnknownTitles } from '../fakes/memory-stores.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';

const adele = '9f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b';
const megan = '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24';

let clock = 0;
let sent: Notice[] = [];
let progress: MemoryProgress;
let unknownTitles: UnknownTitles;
let letters: KeptLetter[] = [];
let report: () => Promise<number>;

const now = () => new Date(clock);

beforeEach(() => {
  clock = Date.parse('2026-11-24T19:05:00Z');
  sent = [];
  letters = [];
  progress = new MemoryProgress();
  unknownTitles = memoryUnknownTitles();
  const notices = createNotices({
    store: memoryNotices(),
    mailer: {
      send: async (notice) => {
        sent.push(notice);
      },
      wasSent: async () => false,
    },
    now,
    log: () => {},
  });
  report = () =>
    reportDaily(
      { playbook: [], progress, now, log: () => {} },
      { notices, unknownTitles, deadLetters: { since: async () => letters } },
      'https://reclaim.contoso.com',
    );
});

const hold = (userId: string, because = 'adele.vance@contoso.com is a protected account') =>
  progress.open(sampleRun(userId, { state: 'held', heldBecause: because, wakeAt: null }), [], undefined, []);

/** The timer as it fires: at 7, 8 and 9 o'clock. */
async function mornings(days: number) {
  for (let day = 0; day < days; day += 1) {
    clock = new Date(clock + 86_400_000).setUTCHours(7, 0, 0, 0);
    for (const hour of [7, 8, 9]) {
      clock = new Date(clock).setUTCHours(hour);
      await report();
    }
  }
}

describe('a held run that nobody approves', () => {
  it('is reported once a day, for as long as it is held — it never ends by itself', async () => {
    await hold(adele);
    await mornings(120);
    expect(sent).toHaveLength(120);
    expect(new Set(sent.map(({ version }) => version)).size).toBe(120);
    expect(progress.peek(`${adele}.20261124T190500-8M2P`)?.run.row.state).toBe('held');
    expect(noticeMail(sent[119] ?? (await Promise.reject(new Error('none')))).text).toContain('for 119 days');
  });

  it('is not reported again once somebody has decided', async () => {
    await hold(adele);
    await mornings(1);
    const rows = await progress.read(runRef(`${adele}.20261124T190500-8M2P`));
    if (!rows) throw new Error('the run is gone');
    const open = { ...rows.run.row, state: 'closed' as const, heldBecause: null };
    await progress.write(runRef(open.id), { run: { ...rows.run, row: open } });
    await mornings(3);
    expect(sent).toHaveLength(1);
  });

  it('is reported with who, why, since when, and how to approve or end it', async () => {
    await hold(adele, 'Anomalous token (high) is not confirmed: <no permission>');
    clock += 13 * 3_600_000;
    await report();
    const { subject, text, html } = noticeMail(sent[0] ?? (await Promise.reject(new Error('none'))));
    expect(subject).toContain('[Reclaim] 1 RUN WAITS FOR APPROVAL: adele.vance@contoso.com (');
    expect(text).toContain('Held since 2026-11-24 19:05:00 UTC, for 13 hours: Anomalous token (high)');
    expect(text).toContain(adele);
    const url = `https://reclaim.contoso.com/api/runs/${adele}.20261124T190500-8M2P`;
    expect(text).toContain(`${url}?do=approve&level=contain`);
    expect(text).toContain(`${url}?do=approve&level=full`);
    expect(text).toContain(`${url}?do=undo`);
    expect(html).not.toContain('<no permission>');
  });

  it('is reported in one mail with all the others, oldest first', async () => {
    await hold(adele);
    const later = sampleRun(megan, {
      state: 'held',
      heldBecause: 'a guest',
      openedAt: '2026-11-24T18:00:00.000Z',
    });
    await progress.open(later, [], undefined, []);
    await progress.open(sampleRun('3d9a2f10-6c1b-4e0b-8f5a-7a2c4e6d8b1f'), [], undefined, []);
    await mornings(1);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headline).toBe('2 RUNS WAIT FOR APPROVAL');
    expect(sent[0]?.sections[0]?.lines.map(({ details }) => details?.[1])).toEqual([
      `Object id ${megan}`,
      `Object id ${adele}`,
    ]);
  });

  it('is reported even if its rows cannot be read', async () => {
    await hold(adele);
    progress.read = () => Promise.reject(new PermanentError('unreadable'));
    expect(await report()).toBe(1);
    expect(sent[0]?.sections[0]?.lines[0]?.text).toContain('its rows could not be read');
  });

  it('is the only reason for a mail — a quiet day has none', async () => {
    await progress.open(sampleRun(adele, { state: 'closed', wakeAt: null }), [], undefined, []);
    await mornings(3);
    expect(sent).toEqual([]);
  });
});

describe('an alert that no catalogue knows and that calls an account compromised', () => {
  const replay = (title: string) => ({
    source: 'alert' as const,
    detector: title,
    title,
    product: 'microsoftDefenderForCloudApps',
  });
  const texts = () => sent.map((notice) => noticeMail(notice).text);

  it('appears in the day’s mail once, however often it comes', async () => {
    await unknownTitles.keep(replay('Contoso: token replay'), now());
    await unknownTitles.keep(replay('Contoso: TOKEN replay'), now());
    await mornings(3);
    expect(texts()).toEqual([expect.stringContaining('"Contoso: token replay"')]);
    expect(texts()[0]).toContain('DETECTORS');
  });

  it('is in the same mail as the waiting runs', async () => {
    await hold(adele);
    await unknownTitles.keep(replay('Contoso: token replay'), now());
    await mornings(2);
    expect(texts()).toHaveLength(2);
    expect(texts()[0]).toContain('"Contoso: token replay"');
    expect(texts()[1]).not.toContain('token replay');
  });

  it('waits for the next morning if this morning’s mail has left', async () => {
    await hold(adele);
    await mornings(1);
    await unknownTitles.keep(replay('Contoso: token replay'), now());
    await report();
    expect(sent).toHaveLength(1);
    await mornings(1);
    expect(texts()[1]).toContain('token replay');
  });
});

describe('the morning report', () => {
  const lines = () =>
    sent.at(-1)?.sections.flatMap(({ title, lines }) => lines.map(({ text }) => `${title}: ${text}`));

  it('names a run that is stuck', async () => {
    await progress.open(sampleRun(adele, { wakeAt: null }), [], undefined, []);
    await mornings(1);
    expect(lines()?.join()).toMatch(/^Open the runs that stand still, and retry them: adele.*open since/);
  });

  it('names an unreadable run, and the others anyway', async () => {
    await progress.open(sampleRun(adele, { wakeAt: null }), [], undefined, []);
    await progress.open(sampleRun(megan, { wakeAt: null }), [], undefined, []);
    const read = progress.read.bind(progress);
    progress.read = (ref) =>
      ref.userId === megan ? Promise.reject(new PermanentError('another version')) : read(ref);
    await mornings(1);
    expect(lines()).toHaveLength(2);
    expect(lines()?.join()).toContain(`Restore or delete the runs that cannot be read: Run ${megan}`);
  });

  it('names an unsent summary, a change without effect, and a task older than a day', async () => {
    const base = sampleRun(adele);
    const run = sampleRun(adele, {
      state: 'finished',
      summary: { ...base.summary, state: 'queued', attempt: 9, until: '2026-11-25T08:00:00.000Z' },
    });
    const record = {
      id: 'lock',
      what: 'sign-in of adele',
      why: 'attacked',
      evidence: null,
      before: null,
      once: false,
      recordedAt: run.openedAt,
      attemptedAt: run.openedAt,
      fixedAt: run.openedAt,
      goneAt: null,
      stillThereAt: run.openedAt,
      returned: 0,
      undoneAt: null,
      failure: null,
    };
    const task = { id: 't', what: 'ask', instruction: 'ask', link: '', essential: false, doneAt: null };
    const step = sampleStep('block-sign-in', {
      state: 'settled',
      outcome: { is: 'needs-human', waitsFor: ['no-effect:lock'] },
      changes: [record],
      tasks: [task],
      settledAt: run.openedAt,
    });
    await progress.open(run, [step], undefined, []);
    await mornings(2);
    expect(lines()?.map((line) => line.split(':')[0])).toEqual([
      'Find out why these mails have not left',
      'Do by hand what was done, and is still there',
      'Do the tasks that are older than a day',
    ]);
  });

  it('names messages that nobody could handle', async () => {
    letters = [
      {
        at: '2026-11-24T19:00:00.000Z',
        id: 'm1',
        source: 'alerts',
        reason: 'Refused',
        description: 'this is no event',
        body: '{"a":1}',
      },
    ];
    await mornings(1);
    expect(lines()?.join()).toMatch(
      /Look into the messages that nobody could handle: .*queue alerts: this is no event/,
    );
  });
});
