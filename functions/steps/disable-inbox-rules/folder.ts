// Where an inbox rule puts mail, and how well it is hidden there. Folders are recognised by Exchange's names for them
// in each language (folders.json; Graph's well-known names are included), as the eye reads them: a Cyrillic letter in
// "RSS Feeds" does not make it another folder.

import { foldText, oddityOf, skeleton } from '../../../shared/microsoft365/rule-name.ts';
import { trimEnd } from '../../../shared/model/text.ts';
import { isOffice, isSensitive } from './aim.ts';
import folders from './folders.json' with { type: 'json' };
import type { InboxRule } from './rule.ts';

/**
 * `odd`: places where nobody keeps mail. `aside`: for things other than mail. `dull`: names that don't say what is
 * inside. `unknown`: the service gives only an id.
 */
export type Place =
  | 'none'
  | 'ordinary'
  | 'unknown'
  | 'dull'
  | 'archive'
  | 'junk'
  | 'aside'
  | 'odd'
  | 'deleted';

/** How well mail is hidden there. */
export const placePoints = {
  none: 0,
  ordinary: 0.5,
  unknown: 0.5,
  dull: 0.9,
  archive: 0.9,
  junk: 2,
  deleted: 2,
  aside: 3,
  odd: 5,
};
export const hides = (place: Place) => place !== 'none' && place !== 'ordinary' && place !== 'unknown';

const byName = new Map<string, Place>();
for (const place of ['dull', 'archive', 'junk', 'aside', 'odd', 'deleted'] as const) {
  for (const name of folders[place]) {
    byName.set(foldText(name), place);
    byName.set(skeleton(name), place);
  }
}

/** Well-known names that another name may imitate with one letter more, less or different. */
const imitated: readonly (readonly [string, Place])[] = [
  ['rss feeds', 'odd'],
  ['rss subscriptions', 'odd'],
  ['conversation history', 'odd'],
  ['sync issues', 'odd'],
  ['deleted items', 'deleted'],
  ['junk email', 'junk'],
];
const id = /^(?:AAMk|AQMk|LgAAAA|AAAA)[\w+/=-]{20,}$|^[\w+/=-]{60,}$/;

const bare = (part: string) => trimEnd(skeleton(part).replace(/[\s\p{P}\p{S}]+/gu, ' '), '0123456789').trim();
const known = (part: string): Place | undefined =>
  byName.get(foldText(part)) ?? byName.get(skeleton(part)) ?? byName.get(bare(part)) ?? imitatedBy(part);

/** l, I and 1 look alike in most fonts. */
function imitatedBy(part: string): Place | undefined {
  const seen = bare(part);
  if (byName.has(seen)) return undefined;
  const joined = seen.replaceAll('l', 'i');
  return imitated.find(([name]) => isNear(joined, name.replaceAll('l', 'i')))?.[1];
}

/** Whether a name only looks like a folder that Exchange made: "Deleted ltems", "RЅS Feeds". */
export const isForged = (folder: string) =>
  folder.split(/[\\/]/).some((part) => {
    const plain = foldText(part);
    if (byName.has(plain) || plain.length < 4) return false;
    return byName.has(skeleton(part)) ? skeleton(part) !== plain : imitatedBy(part) !== undefined;
  });

/** At most one letter more, less or different, or two letters swapped. */
export function isNear(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const ends = [
    [one.slice(start + 1), other.slice(start + 1)],
    [one.slice(start + 1), other.slice(start)],
    [one.slice(start), other.slice(start + 1)],
    [
      one[start + 1] === other[start] && one[start] === other[start + 1] ? one.slice(start + 2) : ' ',
      other.slice(start + 2),
    ],
  ];
  return ends.some(([a, b]) => a === b);
}

/** What kind of place a folder is, in any language: "adelev:\\Inbox\\RSS Feeds", "RSS-каналы", "junkemail". */
export function placeOf(folder: string): Place {
  if (id.test(folder)) return 'unknown';
  const parts = folder
    .replace(/^[^\\/]*:(?=[\\/])/, '')
    .split(/[\\/\uF8FE]/)
    .filter((part, index, all) => part.trim() !== '' || index === all.length - 1);
  if (parts.some((part) => /(?<!\p{L})rss(?!\p{L})/u.test(skeleton(part)))) return 'odd';
  const above = parts.slice(0, -1).map(known);
  for (const place of ['odd', 'deleted', 'junk', 'aside'] as const) if (above.includes(place)) return place;
  const last = parts.at(-1) ?? '';
  const { points, blank } = oddityOf(last);
  return known(last) ?? (blank ? 'odd' : points === 2 ? 'dull' : 'ordinary');
}

/**
 * Whether the folder is named after what the rule looks for, so that such mail belongs there. The rule's own name
 * doesn't count.
 */
export function isRelated(rule: InboxRule, folder: string): boolean {
  if (isSensitive(folder)) return true;
  // A desk's folder holds all kinds of its mail. Mail marked as read there is a different matter.
  if (!rule.actions.marksRead && isOffice(folder)) return true;
  const { words, senders, senderWords, recipientWords, recipients } = rule.conditions;
  const looksFor = [
    ...words.flat(),
    ...recipientWords,
    ...recipients.map(({ name, address }) => `${name} ${address ?? ''}`),
    ...senderWords,
    ...senders.map(({ name, address }) => `${name} ${address ?? ''}`),
  ]
    .map(foldText)
    .join(' ');
  return foldText(folder)
    .split(/[^\p{L}\p{N}]+/u)
    .some((part) => part.length > 2 && looksFor.includes(part.slice(0, 4)));
}
