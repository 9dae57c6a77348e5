// Tables for people who open them in a spreadsheet: quoted, and with nothing in them that a spreadsheet would run. Which
// character ends a cell is the reader's choice, not ours: Excel takes the one of the machine's region (a semicolon in most
// of Europe), and asks for a tab or a bar. So a text is defused where any of them would begin a new cell.

type Cell = string | number | boolean | null | undefined;

/** A line per row under the names. */
export function toCsv(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' ? defused(text) : text;
  return /[",;|\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What ends a cell in some region or program. */
const separator = /[,;|\t\r\n]/;
/** What may stand before a formula and still be taken off: spaces, what can't be seen, quotes. */
const skipped = /[\s\p{Cf}"]/u;
/** In wide letters too. */
const formula = /[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** Puts an apostrophe before each formula, at the beginning of what would be its cell. One pass, for texts of any length. */
function defused(text: string): string {
  let safe = '';
  let begun = 0;
  let copied = 0;
  let inside = false;
  let index = 0;
  for (const character of text) {
    const next = index + character.length;
    if (separator.test(character)) {
      begun = next;
      inside = false;
    } else if (!inside && !skipped.test(character)) {
      inside = true;
      if (formula.test(character)) {
        safe += `${text.slice(copied, begun)}'`;
        copied = begun;
      }
    }
    index = next;
  }
  safe += text.slice(copied);
  return /^[\t\r\n]/.test(safe) ? `'${safe}` : safe;
}
