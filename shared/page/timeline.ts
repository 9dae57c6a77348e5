// A run drawn to scale, as two lines of time: from the intruder's first sign-in to the lock, which takes minutes or
// days, and the run itself, which takes seconds. Inline SVG without a script; every mark is said in words beside it.

import { intruderSignInsIn } from '../intruder/intruder-sign-ins.ts';
import { type Html, html, nothing } from '../mail/html.ts';
import { clock, plain } from '../mail/plain.ts';
import type { Given } from '../summary/given.ts';
import { type Bar, barsOf } from './step-bars.ts';

interface Mark {
  at: number;
  text: string;
  kind: 'signIn' | 'alert' | 'opened' | 'contained';
}

/** Units of every drawing, whatever its width on the screen. */
const across = 1000;

export function timelineHtml(given: Given): Html {
  const parts = [until(marksOf(given)), during(given, barsOf(given))].filter((part) => part !== nothing);
  if (parts.length === 0) return nothing;
  return html`<section id="timeline" aria-labelledby="timeline-h"><h2 id="timeline-h">Timeline, to scale</h2>${parts}</section>`;
}

function marksOf({ run, steps, playbook }: Given): Mark[] {
  const collects = playbook.find((step) => step.kind === 'investigation' && step.handsOn === 'sign-ins');
  const facts = steps.find((row) => row.name === collects?.name)?.facts;
  const marks: Mark[] = intruderSignInsIn(facts).map(({ at, from }) => ({
    at: Date.parse(at),
    text: `sign-in of the intruder${from === null ? '' : ` from ${plain(from, 60)}`}`,
    kind: 'signIn',
  }));
  for (const { activityAt, detectedAt, title } of run.signals.slice(0, 8)) {
    const name = plain(title, 60);
    if (activityAt !== null)
      marks.push({ at: Date.parse(activityAt), text: `activity: ${name}`, kind: 'alert' });
    if (detectedAt !== null)
      marks.push({ at: Date.parse(detectedAt), text: `alert: ${name}`, kind: 'alert' });
  }
  marks.push({ at: Date.parse(run.openedAt), text: 'the run opened', kind: 'opened' });
  if (run.containedAt !== null)
    marks.push({ at: Date.parse(run.containedAt), text: 'the account was contained', kind: 'contained' });
  return marks.filter(({ at }) => !Number.isNaN(at)).toSorted((a, b) => a.at - b.at);
}

/** Kinds differ in place as well as in colour: above the line, below it, and across it. */
const places = {
  signIn: { class: 'f', y: 4, height: 20, width: 5 },
  alert: { class: 'al', y: 24, height: 20, width: 5 },
  opened: { class: 'r', y: 14, height: 20, width: 7 },
  contained: { class: 'ok', y: 0, height: 48, width: 4 },
} as const;

/** The intruder's time in the account. Marks that fall together are drawn once: the list tells them apart. */
function until(marks: readonly Mark[]): Html {
  const from = marks[0]?.at;
  const to = marks.at(-1)?.at;
  if (from === undefined || to === undefined || to <= from) return nothing;
  const drawn = distinct(
    marks.map(({ at, kind }) => {
      const { class: name, y, height, width } = places[kind];
      const x = Math.round(((at - from) / (to - from)) * (across - width));
      return html`<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
    }),
  );
  const list = marks.map(({ at, text }) => html`<li>${`${time(at)}: ${text}`}</li>`);
  const end = marks.at(-1)?.kind === 'contained' ? 'the lock' : 'the run opened';
  return html`<h3>From the first sign of the intruder until ${end}, ${span(to - from)}</h3><svg class="line" viewBox="0 0 ${across} 48" preserveAspectRatio="none" aria-hidden="true"><rect class="w" x="0" y="23" width="${across}" height="2"/>${drawn}</svg><div class="ends"><span>${time(from)}</span><span>${time(to)}</span></div><p class="d"><span class="bad">above</span>: sign-in of the intruder · <span class="wait">below</span>: alert · short across: run opened · <span class="good">long across</span>: contained</p><details><summary>${marks.length} marks as a list</summary><ul>${list}</ul></details>`;
}

/** Each step from queued to verified: waiting, at work, and a mark where a later look confirmed it. */
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
  return html`<h3>The run, ${span(to - from)}</h3><ul class="bars">${rows}</ul><p class="d">thin: queued · thick: at work · <span class="good">mark</span>: done and checked</p>`;
}

const work = (from: number, to: number, kind: string) =>
  html`<rect class="${kind}" x="${from}" y="2" width="${Math.max(3, to - from)}" height="12"/>`;

const distinct = (drawings: readonly Html[]) => [
  ...new Map(drawings.map((drawing) => [drawing.text, drawing])).values(),
];

const time = (at: number) => clock(new Date(at).toISOString());

/** `4.1 s`, `41 s`, `14 min`, `3.2 h`, `2.5 days` */
function span(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}
