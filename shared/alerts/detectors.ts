// What kind of detection a signal is. Names must match as a whole, titles by a phrase in them; case doesn't matter. What
// the DETECTORS setting says is already in the signal and takes precedence (see detector-settings.ts).

import type { Signal } from '../model/signal.ts';
import { type CatalogueKind, catalogue, type Entry } from './detector-catalogue.ts';

/** `ignored` is only ever set by hand. */
export type Kind = CatalogueKind | 'ignored';

/** What DETECTORS may call a detection: a kind, or `level` if only its level counts. */
export const settableKinds: readonly [string, ...string[]] = [
  'level',
  'ignored',
  ...new Set(catalogue.flatMap((entry) => ('kind' in entry ? [entry.kind] : []))),
];

type KindEntry = Entry & { kind?: CatalogueKind };
const entries: readonly KindEntry[] = catalogue;

type Named = Pick<Signal, 'detector' | 'title'> & Partial<Pick<Signal, 'confirmedByPerson' | 'kind'>>;

const isKind = (text: string): text is Kind => text !== 'level' && settableKinds.includes(text);

/** The kind of detection, or undefined if only its level counts. */
export function kindOf(signal: Named): Kind | undefined {
  if (signal.confirmedByPerson) return 'confirmed-compromise';
  if (signal.kind !== undefined) return isKind(signal.kind) ? signal.kind : undefined;
  return entryOf(signal)?.kind;
}

/** Whether the catalogue or the settings know it. If not, only its level can decide. */
export const isKnownDetection = (signal: Named): boolean =>
  signal.confirmedByPerson === true || signal.kind !== undefined || entryOf(signal) !== undefined;

/** Alerts of Entra ID Protection in Defender repeat its risk detections under other names. */
export const isShownTwice = (signal: Pick<Signal, 'source' | 'product'>): boolean =>
  signal.source === 'alert' && signal.product?.toLowerCase() === 'azureadidentityprotection';

/** It only reports that a person confirmed a compromise, not anything an intruder did. */
export const isConfirmation = (signal: Named & Pick<Signal, 'source'>): boolean =>
  (signal.source === 'riskyUser' && signal.confirmedByPerson === true) ||
  entryOf(signal)?.kind === 'confirmed-compromise';

/** Whether such an alert is about the account it lists, even if nothing calls that account compromised. */
export const impliesItsUser = (signal: Named): boolean => entryOf(signal)?.implies === true;

/** Microsoft writes both "sign-in" and "sign in", with several kinds of hyphen. */
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
