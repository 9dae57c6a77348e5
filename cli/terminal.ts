// The command's terminal, and making text safe for it. Text from strangers must not move the cursor, turn the reading
// direction, or forge a line or a link, so everything that is shown goes through here.
import { styleText } from 'node:util';
import { oneLine } from '../shared/mail/plain.ts';

export interface Terminal {
  env: Readonly<Record<string, string | undefined>>;
  out: (text: string) => void;
  error: (text: string) => void;
  /** Undefined if the output isn't a terminal; then nothing is cut. */
  columns: number | undefined;
  /** Left out if there is nobody to answer. */
  ask?: (question: string) => Promise<string>;
  sleep: (seconds: number) => Promise<void>;
  ended: AbortSignal;
}

/** How people start it: from their clone, never by a name that anyone could publish in a registry. */
export const command = 'node cli/reclaim.mjs';

/** One line without invisible characters. */
export const shown = (value: string | null | undefined): string => oneLine(value ?? '');

/** JSON for people and programs: invisible characters become escapes, which is the same JSON. */
export const shownJson = (value: unknown, indent: 0 | 2 = 2): string =>
  JSON.stringify(value, null, indent).replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The number of columns it takes in a terminal. */
const widthOf = (text: string): number =>
  [...graphemes.segment(text)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);

function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (widthOf(kept + segment) > most - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Columns as narrow as possible, two spaces apart; the last is cut at the edge of the terminal. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): string {
  const all = [head, ...rows.map((row) => row.map(shown))];
  const widths = head.map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ''))));
  const lines = all.map((row) => {
    const line = row
      .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd();
    return columns === undefined ? line : cut(line, columns);
  });
  const [first = '', ...rest] = lines;
  return [styleText('dim', first), ...rest, ''].join('\n');
}

const bad = /^(NOT CONTAINED|REVERTED|DECIDE|HELD|failed|needs-human|reverted)/;
const good = /^(CONTAINED|NOTHING TO DO|done|verified)/;

/** Red for what somebody must look at; only if the terminal has colours. */
export const coloured = (text: string): string =>
  bad.test(text) ? styleText('red', text) : good.test(text) ? styleText('green', text) : text;
