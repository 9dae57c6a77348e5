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

/** Entra ID Protection's alerts in Defender are its risk detections once more, under other names. */
export const isShownTwice = (signal: Pick<Signal, 'source' | 'product'>): boolean =>
  signal.source === 'alert' && signal.product?.toLowerCase() === 'azureadidentityprotection';

/** The detection itself is the word of a person, and tells nothing that anybody else has done. */
export const isConfirmation = (signal: Named & Pick<Signal, 'source'>): boolean =>
  (signal.source === 'riskyUser' && signal.confirmedByPerson === true) ||
  entryOf(signal)?.kind === 'confirmed-compromise';

/** Whether an alert of this kind is about the account it lists, without a word about compromise. */
export const impliesItsUser = (signal: Named): boolean => entryOf(signal)?.implies === true;

/** Microsoft writes "sign-in" and "sign in", with hyphens of more than one kind. */
const comparable = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[\s\u2010-\u2015-]+/g, ' ')
    .trim();

const comparableEntries = entries.map((entry) => ({
  entry,
  names: (entry.names ?? []).map(comparable),
  phrases: (entry.phrases ?? []).map(comparable),
}));

function entryOf({ detector, title }: Named): KindEntry | undefined {
  const name = comparable(detector);
  const line = comparable(title);
  const found =
    comparableEntries.find(({ names }) => names.some((known) => known === name || known === line)) ??
    comparableEntries.find(({ phrases }) => phrases.some((phrase) => line.includes(phrase)));
  return found?.entry;
}
