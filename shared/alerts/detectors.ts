// What kind of detection a signal is: names are compared whole and titles by a phrase in them, both without case. What
// DETECTORS in the settings says of a signal stands in the signal itself and goes first; see detector-settings.ts.

import type { Signal } from '../model/signal.ts';
import { type CatalogueKind, catalogue, type Entry } from './detector-catalogue.ts';

/** `ignored` is only ever set by hand. */
export type Kind = CatalogueKind | 'ignored';

/** What DETECTORS may call a detection: a kind, or that nothing but its level counts. */
export const settableKinds: readonly [string, ...string[]] = [
  'level',
  'ignored',
  ...new Set(catalogue.flatMap((entry) => ('kind' in entry ? [entry.kind] : []))),
];

type KindEntry = Entry & { kind?: CatalogueKind };
const entries: readonly KindEntry[] = catalogue;

type Named = Pick<Signal, 'detector' | 'title'> & Partial<Pick<Signal, 'confirmedByPerson' | 'kind'>>;

const isKind = (text: string): text is Kind => text !== 'level' && settableKinds.includes(text);

/** What kind of detection it is, or undefined for one that only its level speaks for. */
export function kindOf(signal: Named): Kind | undefined {
  if (signal.confirmedByPerson) return 'confirmed-compromise';
  if (signal.kind !== undefined) return isKind(signal.kind) ? signal.kind : undefined;
  return entryOf(signal)?.kind;
}

/** Whether anybody has thought about what it means; if not, its level decides for want of better. */
export const isKnownDetection = (signal: Named): boolean =>
  signal.confirmedByPerson === true || signal.kind !== undefined || entryOf(signal) !== undefined;

/** Whether an alert of this kind is about the account it lists, without a word about compromise. */
export const impliesItsUser = (signal: Named): boolean => entryOf(signal)?.implies === true;

function entryOf({ detector, title }: Named): KindEntry | undefined {
  const name = detector.toLowerCase();
  const line = title.toLowerCase().replaceAll(/\s+/g, ' ');
  return (
    entries.find(({ names = [] }) => names.some((known) => [name, line].includes(known.toLowerCase()))) ??
    entries.find(({ phrases = [] }) => phrases.some((phrase) => line.includes(phrase)))
  );
}
