// Before and after of one recorded change. Before is what undo would restore; after is what a later look saw, since no
// step records the result of its change.

import { type Html, html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { clockIn } from '../mail/zone.ts';
import type { ChangeRecord } from '../model/rows.ts';
import type { Json } from '../model/words.ts';

const mostKeys = 12;
const mostLetters = 240;

export function beforeAndAfter(change: ChangeRecord, timeZone: string | undefined): Html {
  const rows = entriesOf(change.before)
    .slice(0, mostKeys)
    .map(([name, value]) => row(name, value));
  return html`<details><summary>Before and after</summary><table><tbody>${rows}<tr><th scope="row">Now</th><td>${nowOf(change, (iso) => clockIn(timeZone, iso))}</td></tr></tbody></table></details>`;
}

const row = (name: string, value: Json) =>
  html`<tr><th scope="row">Before${name === '' ? nothing : `: ${plain(name, 60)}`}</th><td class="v">${shown(value)}</td></tr>`;

const entriesOf = (before: Json): [string, Json][] =>
  before !== null && typeof before === 'object' && !Array.isArray(before)
    ? Object.entries(before)
    : [['', before]];

function shown(value: Json): string {
  if (value === null) return 'not set';
  if (typeof value === 'string') return value === '' ? 'empty' : plain(value, mostLetters);
  return plain(JSON.stringify(value), mostLetters);
}

function nowOf(
  { undoneAt, goneAt, fixedAt, attemptedAt, failure, returned }: ChangeRecord,
  told: (iso: string) => string,
): string {
  if (undoneAt !== null) return `as before: put back ${told(undoneAt)}`;
  if (attemptedAt === null) return 'as before: only found, nothing was changed';
  if (failure !== null && fixedAt === null) return 'as before: the change was refused';
  const did = fixedAt === null ? 'whether it was changed is not known' : `changed ${told(fixedAt)}`;
  if (goneAt !== null) return `${did}, no longer found ${told(goneAt)}`;
  return returned > 0 ? `${did}, and it is back` : `${did}, NOT checked yet`;
}
