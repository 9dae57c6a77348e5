// A run drawn to scale on one time axis: what the intruder did, lane by lane, the alert, the lock and each removal;
// and, folded away, the steps of the run, which take seconds. Inline SVG without a script; the text beside it lists
// every mark.
import { type Html, html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { deedsOf, lanes } from '../summary/deeds.ts';
import { type Given, timeOf, titleOf } from '../summary/given.ts';
import { type Bar, barsOf } from './step-bars.ts';

interface Mark {
  at: number;
  what: string;
}

interface Drawn {
  name: string;
  /** Sets the colour: the intruder's, the alert's, ours. */
  kind: 'f' | 'al' | 'ok';
  marks: readonly Mark[];
}

/** Width in drawing units, whatever the width on the screen. */
const across = 1000;

export function timelineHtml(given: Given): Html {
  const parts = [story(given), during(given, barsOf(given))].filter((part) => part !== nothing);
  if (parts.length === 0) return nothing;
  return html`<section id="timeline" aria-labelledby="timeline-h"><h2 id="timeline-h">What happened, to scale</h2>${parts}</section>`;
}

function lanesOf(given: Given): Drawn[] {
  const { run, steps } = given;
  const deeds = deedsOf(given);
  const alerts = run.signals.slice(0, 8).flatMap(({ activityAt, detectedAt, title }) => {
    const name = plain(title, 60);
    return [
      ...(activityAt === null ? [] : [{ at: Date.parse(activityAt), what: `${name}: the activity` }]),
      ...(detectedAt === null ? [] : [{ at: Date.parse(detectedAt), what: `${name}: detected` }]),
    ];
  });
  const done = steps.flatMap((row) =>
    row.changes.flatMap(({ fixedAt, what }) =>
      fixedAt === null
        ? []
        : [{ at: Date.parse(fixedAt), what: `${titleOf(given, row.name)}: ${plain(what, 100)}` }],
    ),
  );
  const ours = [
    { at: Date.parse(run.openedAt), what: 'the run opened' },
    ...(run.containedAt === null
      ? []
      : [{ at: Date.parse(run.containedAt), what: 'the account was contained' }]),
    ...done,
  ];
  const drawn: Drawn[] = [
    ...lanes.map((name) => ({
      name,
      kind: 'f' as const,
      marks: deeds.filter(({ lane }) => lane === name),
    })),
    { name: 'Alert', kind: 'al', marks: alerts },
    { name: 'Lock and removals', kind: 'ok', marks: ours },
  ];
  return drawn
    .map((lane) => ({
      ...lane,
      marks: lane.marks.filter(({ at }) => !Number.isNaN(at)).toSorted((a, b) => a.at - b.at),
    }))
    .filter(({ marks }) => marks.length > 0);
}

const mostListed = 40;

/**
 * From the first sign of the intruder to the last removal. Coinciding marks are drawn once: the list tells them apart.
 */
function story(given: Given): Html {
  const drawn = lanesOf(given);
  const times = drawn.flatMap(({ marks }) => marks.map(({ at }) => at));
  const from = Math.min(...times);
  const to = Math.max(...times);
  if (drawn.length < 2 || to <= from) return nothing;
  const rows = drawn.map(({ name, kind, marks }) => {
    const places = [
      ...new Set(marks.map(({ at }) => Math.round(((at - from) / (to - from)) * (across - 8)))),
    ];
    const dots = places.map((x) => html`<rect class="${kind}" x="${x}" y="1" width="8" height="14"/>`);
    return html`<li><span>${name} <span class="d">${marks.length}</span></span><svg viewBox="0 0 ${across} 16" preserveAspectRatio="none" aria-hidden="true"><rect class="w" x="0" y="7" width="${across}" height="2"/>${dots}</svg></li>`;
  });
  const all = drawn.flatMap(({ name, marks }) => marks.map((mark) => ({ ...mark, name })));
  const list = all
    .toSorted((a, b) => a.at - b.at)
    .slice(0, mostListed)
    .map(({ at, name, what }) => html`<li>${timeAt(given, at)} · ${name}: ${what}</li>`);
  const more = all.length - list.length;
  return html`<ul class="lanes">${rows}</ul><div class="ends"><span>${timeAt(given, from)}</span><span>${span(to - from)}</span><span>${timeAt(given, to)}</span></div><details><summary>${all.length} marks as a list</summary><ul>${list}${more > 0 ? html`<li>And ${more} more.</li>` : nothing}</ul></details>`;
}

/** Each step from queued to verified: waiting, working, and a mark when a later look confirmed it. */
function during(given: Given, bars: readonly Bar[]): Html {
  const from = Date.parse(given.run.openedAt);
  const to = Math.max(...bars.map(({ end }) => end));
  if (bars.length === 0 || to <= from) return nothing;
  const x = (at: number) => Math.round(((at - from) / (to - from)) * across);
  const rows = bars.map(({ title, queued, started, end, earlier, verified, failed, said }) => {
    const waits = html`<rect class="w" x="${x(queued)}" y="6" width="${x(started) - x(queued)}" height="4"/>`;
    const before = distinct(earlier.map(([begun, over]) => work(x(begun), x(over), 'r')));
    const works = work(x(started), x(end), failed ? 'f' : 'r');
    const seen = [...new Set(verified.map((at) => Math.min(x(at), across - 4)))];
    const dots = seen.map((at) => html`<rect class="ok" x="${at}" y="0" width="4" height="16"/>`);
    return html`<li><span>${plain(title, 60)}</span><svg viewBox="0 0 ${across} 16" preserveAspectRatio="none" aria-hidden="true">${waits}${before}${works}${dots}</svg><span class="d">${said}</span></li>`;
  });
  return html`<details><summary>The steps of the run, ${span(to - from)}</summary><ul class="bars">${rows}</ul><p class="d">thin: queued · thick: at work · <span class="good">mark</span>: done and checked</p></details>`;
}

const work = (from: number, to: number, kind: string) =>
  html`<rect class="${kind}" x="${from}" y="2" width="${Math.max(3, to - from)}" height="12"/>`;

const distinct = (drawings: readonly Html[]) => [
  ...new Map(drawings.map((drawing) => [drawing.text, drawing])).values(),
];

const timeAt = (given: Given, at: number) => timeOf(given, new Date(at).toISOString());

/** `4.1 s`, `41 s`, `14 min`, `3.2 h`, `2.5 days` */
function span(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}
