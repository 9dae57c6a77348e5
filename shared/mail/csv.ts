// Tables for people who open them in a spreadsheet: quoted, and without anything that a spreadsheet would run. Which
// character ends a cell depends on the reader: Excel uses the separator of the machine's region (a semicolon in most of
// Europe), and asks for a tab or a bar. So formulas are defused wherever any of these would begin a new cell.

type Cell = string | number | boolean | null | undefined;

/** The names, then one line per row. */
export function toCsv(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' ? defused(text) : text;
  return /[",;|\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Ends a cell in some region or program. */
const separator = /[,;|\t\r\n]/;
/** What a program may skip before a formula: spaces, invisible characters, quotes. */
const skipped = /[\s\p{Cf}"]/u;
/** Full-width letters too. */
const formula = /[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** Puts an apostrophe before each formula, at the beginning of its cell. One pass, for texts of any length. */
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
