// Makes names, words and folders comparable, whatever their language, accents or invisible characters.
import { inQuotes } from '../model/text.ts';

/** No accents, no case, nothing invisible. */
export const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\u3164\u115F\u1160]/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .trim();

const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A list of words.ts as one expression over plain text. */
export function matcher(list: string): RegExp {
  const alternatives = list
    .split(/\s+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const body = escaped(plain(entry.replaceAll('*', ''))).replaceAll('_', '[\\s_.-]*');
      if (entry.startsWith('*') || eastAsian.test(entry)) return body;
      const begin = '(?<![\\p{L}\\p{N}])';
      return entry.endsWith('*') ? `${begin}${body}` : `${begin}${body}(?![\\p{L}\\p{N}])`;
    });
  return new RegExp(alternatives.join('|'), 'u');
}

export interface Oddity {
  points: number;
  says: string;
  /** Nothing to read: no name at all, or mere punctuation. */
  blank: boolean;
}

/** How odd a name is. East Asian punctuation, stars and emoji are names that people give. */
export function oddityOf(name: string): Oddity {
  const visible = plain(name);
  if (visible === '') return { points: 3.2, says: 'has no visible name', blank: true };
  if (/^[!-/:-@[-`{-~\u00A1-\u00BF\u2010-\u205E\s]+$/u.test(visible)) {
    return { points: 3.2, says: `is named ${inQuotes(name)}, mere punctuation`, blank: true };
  }
  if (/^([a-z0-9])\1*$/.test(visible) && !/^(?:ooo|www)$/.test(visible)) {
    return { points: 2, says: `is named ${inQuotes(name)}, a single character`, blank: false };
  }
  // Two capitals are an abbreviation (HR, PO); two small letters and what a hand types without a thought are not.
  const thoughtless = /^[a-z0-9]{2}$|^(?:asd|qwe|zxc|abc|xyz|tmp|tst)\w{0,3}$/.test(name.trim());
  return thoughtless
    ? { points: 1, says: `is named ${inQuotes(name)}`, blank: false }
    : { points: 0, says: '', blank: false };
}
