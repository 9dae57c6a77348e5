// Markdown tables for generated docs, without padding: a changed row changes one line.

/** The first row is the head. */
export function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const [head = '', ...body] = rows.map((cells) => `| ${cells.map(escaped).join(' | ')} |`);
  const columns = rows[0]?.length ?? 0;
  return [head, `|${' --- |'.repeat(columns)}`, ...body];
}

/** A bar would end the cell, even inside a code span. */
const escaped = (cell: string) => cell.replaceAll('|', '\\|');
