// Tables for people who open them in a spreadsheet: quoted, and with nothing in them that a spreadsheet would run.

type Cell = string | number | boolean | null | undefined;

/** A line per row under the names. What begins like a formula, behind spaces or in wide letters too, is defused by an apostrophe. */
export function toCsv(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  const text = String(value ?? '');
  const safe =
    typeof value === 'string' && /^[\s\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u.test(text)
      ? `'${text}`
      : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
