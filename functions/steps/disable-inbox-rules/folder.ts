// Where an inbox rule puts mail, and how well it is hidden there.

import { oddityOf, plain } from '../../../shared/microsoft365/rule-name.ts';
import { isSensitive } from './aim.ts';
import { folders } from './places.ts';
import type { InboxRule } from './rule.ts';

export type Place = 'none' | 'ordinary' | 'dull' | 'archive' | 'junk' | 'aside' | 'odd' | 'deleted';
/** How well mail is hidden there. */
export const placePoints = {
  none: 0,
  ordinary: 0.5,
  dull: 0.9,
  archive: 0.9,
  junk: 2,
  deleted: 2,
  aside: 3,
  odd: 5,
};
export const hides = (place: Place) => place !== 'none' && place !== 'ordinary';

const folderPlaces = new Map<string, Place>();
for (const place of ['dull', 'archive', 'junk', 'aside', 'odd', 'deleted'] as const) {
  for (const name of folders[place]) folderPlaces.set(plain(name), place);
}

/** Where a folder lies, whatever its language: "adelev:\\Inbox\\RSS Feeds", "RSS-каналы", "junkemail". */
export function placeOf(folder: string): Place {
  const path = folder
    .replace(/^[^\\/]*:(?=[\\/])/, '')
    .split(/[\\/]/)
    .map(plain);
  const parts = path.filter((part, index) => part !== '' || index === path.length - 1);
  if (parts.some((part) => /(?<!\p{L})rss(?!\p{L})/u.test(part))) return 'odd';
  const above = parts.slice(0, -1).map((part) => folderPlaces.get(part));
  for (const place of ['odd', 'deleted', 'junk'] as const) if (above.includes(place)) return place;
  const last = parts.at(-1) ?? '';
  const { points, blank } = oddityOf(last);
  return folderPlaces.get(last) ?? (blank ? 'odd' : points === 2 ? 'dull' : 'ordinary');
}

/** Whether the folder is named after the rule or what it looks for: then it is a place for it. */
export function isRelated(rule: InboxRule, folder: string): boolean {
  if (isSensitive(folder)) return true;
  const { words, senders, senderWords } = rule.conditions;
  const looksFor = plain(
    [
      rule.name,
      ...words.flat(),
      ...senderWords,
      ...senders.map(({ name, address }) => `${name} ${address ?? ''}`),
    ].join(' '),
  );
  return plain(folder)
    .split(/[^\p{L}\p{N}]+/u)
    .some((part) => part.length > 2 && looksFor.includes(part.slice(0, 5)));
}
