// The words of a $filter: texts in quotes, times, numbers, property paths and signs.
import { TenantRefusal } from './answers.ts';

export interface Token {
  kind: 'word' | 'string' | 'date' | 'number' | 'sign';
  text: string;
}
const tokenPattern =
  /\s*(?:'((?:[^']|'')*)'|(\d{4}-\d\d-\d\dT[\d:.]+Z)|(-?\d+(?:\.\d+)?)(?![\w-])|([A-Za-z_@][\w.@]*(?:\/[A-Za-z_][\w.]*)*)|([(),:]))/y;

export const badRequest = (message: string) => new TenantRefusal(400, 'BadRequest', message);

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const at = tokenPattern.lastIndex;
    const found = tokenPattern.exec(text);
    if (!found) throw badRequest(`Invalid filter clause: syntax error at position ${at} in '${text}'.`);
    const [, string, date, number, word, sign] = found;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'") });
    else if (date !== undefined) tokens.push({ kind: 'date', text: date });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return tokens;
}
