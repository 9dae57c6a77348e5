// Makes names, words and folders comparable, whatever their language, accents, invisible or look-alike characters.
import { inQuotes } from '../model/text.ts';
import lookAlikes from './confusables.json' with { type: 'json' };

/** Latin letters that Unicode does not take apart into a letter and an accent. */
const letters: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ı: 'i',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ħ: 'h',
};

/** Exchange takes names of 512 characters and words of 255; each is compared with thousands of words. */
const mostRead = 2000;

/** No accents, no case, nothing invisible. */
export const foldText = (text: string) =>
  text
    .slice(0, mostRead)
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}\u3164\u115F\u1160]/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[łøđðıßæœþħ]/g, (letter) => letters[letter] ?? letter)
    .replace(/[’‘ʼ`´]/g, "'")
    .trim();

const alike: ReadonlyMap<string, string> = new Map(Object.entries(lookAlikes));
const digits: Readonly<Record<string, string>> = { 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', $: 's', '@': 'a' };

/**
 * As it looks to the eye: letters of other alphabets, and digits inside a word, become the Latin letters that they
 * resemble.
 */
export const skeleton = (text: string): string =>
  [...foldText(text)]
    .map((letter) => alike.get(letter) ?? letter)
    .join('')
    .replace(/(?<=\p{L})[01345$@](?=\p{L})/gu, (digit) => digits[digit] ?? digit);

/** Scripts that put spaces between words; in all others, words run together or take prefixes, and match anywhere. */
const spaced = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{P}\p{S}\s]+$/u;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether a text names one of the words. */
export type Matcher = Pick<RegExp, 'test'>;

/**
 * A list of rule-words.json as one expression over plain text. Built on first use: thousands of words in thirty
 * languages cost a cold process a quarter of a second, and a lock would wait for it.
 */
export function matcher(list: string): Matcher {
  let made: RegExp | undefined;
  return {
    test(text) {
      made ??= expressionOf(list);
      return made.test(text);
    },
  };
}

/** Words of one kind share their boundary: repeating it for each of thousands took a second to compile. */
function expressionOf(list: string): RegExp {
  const kinds = { anywhere: new Set<string>(), prefix: new Set<string>(), word: new Set<string>() };
  for (const entry of list.split(/\s+/)) {
    if (entry === '') continue;
    const body = escaped(foldText(entry.replaceAll('*', ''))).replaceAll('_', '[\\s_.-]*');
    const kind =
      entry.startsWith('*') || !spaced.test(entry) ? 'anywhere' : entry.endsWith('*') ? 'prefix' : 'word';
    kinds[kind].add(body);
  }
  const begin = '(?<![\\p{L}\\p{N}])';
  // Sorted, so that words with the same beginning stand together and the engine reads it once.
  const anyOf = (bodies: Set<string>) => `(?:${[...bodies].toSorted().join('|')})`;
  const alternatives = [
    ...(kinds.word.size > 0 ? [`${begin}${anyOf(kinds.word)}(?![\\p{L}\\p{N}])`] : []),
    ...(kinds.prefix.size > 0 ? [begin + anyOf(kinds.prefix)] : []),
    ...(kinds.anywhere.size > 0 ? [anyOf(kinds.anywhere)] : []),
  ];
  return new RegExp(alternatives.join('|') || '(?!)', 'u');
}

export interface Oddity {
  points: number;
  says: string;
  /** Nothing to read: no name at all, or mere punctuation. */
  blank: boolean;
}

/** How odd a name is. East Asian punctuation, stars and emoji are names that people do give. */
export function oddityOf(name: string): Oddity {
  const visible = foldText(name);
  if (visible === '') return { points: 3.2, says: 'has no visible name', blank: true };
  if (/^[!-/:-@[-`{-~\u00A1-\u00BF\u2010-\u205E\s]+$/u.test(visible)) {
    return { points: 3.2, says: `is named ${inQuotes(name)}, mere punctuation`, blank: true };
  }
  // Two capitals are an abbreviation: HH, PP.
  const initials = /^[A-Z]{2}$|^(?:ooo|www|cc)$/.test(name.trim()) || /^(?:ooo|www|cc)$/.test(visible);
  if (/^([a-z0-9])\1*$/.test(visible) && !initials) {
    return { points: 2, says: `is named ${inQuotes(name)}, a single character`, blank: false };
  }
  // Two capitals are an abbreviation (HR, PO); two small letters, or what a hand types without thinking, are not.
  const thoughtless = /^[a-z0-9]{2}$|^(?:asd|qwe|zxc|abc|xyz|tmp|tst)\w{0,3}$/.test(name.trim());
  return thoughtless
    ? { points: 1, says: `is named ${inQuotes(name)}`, blank: false }
    : { points: 0, says: '', blank: false };
}
