// What a spreadsheet makes of a file, in any region.

/** As a spreadsheet splits a file at the separator of its region or its reader's choice. */
export function opened(csv: string, separator: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  let begins = true;
  for (let at = 0; at < csv.length; at += 1) {
    const character = csv.charAt(at);
    if (quoted) {
      if (character !== '"') field += character;
      else if (csv.charAt(at + 1) === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && begins) {
      quoted = true;
    } else if (character === separator || character === '\r' || character === '\n') {
      fields.push(field);
      field = '';
      begins = true;
      continue;
    } else field += character;
    begins = false;
  }
  return [...fields, field];
}

/** What a spreadsheet would run. */
export const isFormula = (field: string) => /^[\s\p{Cf}"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(field);
