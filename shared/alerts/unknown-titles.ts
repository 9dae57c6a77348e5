// Detections that the catalogue does not know, each in the log once a day: Microsoft renames alerts, and a renamed one
// would go on being weighed by its level alone without anybody noticing. Here: Table Storage, and a memory for tests.
import { createHash } from 'node:crypto';
import { plain } from '../mail/plain.ts';
import type { Signal } from '../model/signal.ts';
import { inQuotes } from '../model/text.ts';

export type Detection = Pick<Signal, 'source' | 'detector' | 'title' | 'product'>;

export interface UnknownTitles {
  /** true for the first of the day, in whichever instance. */
  isNew(detection: Detection, now: Date): Promise<boolean>;
}

/** Titles are written by strangers: no more of them a day than somebody would read. */
const mostADay = 200;
export const keyOf = ({ source, detector, title, product = '' }: Detection) =>
  createHash('sha256')
    .update(JSON.stringify([source, product, detector, title].map((text) => text.toLowerCase())))
    .digest('hex')
    .slice(0, 32);

/** What this process has seen today, so that a storm of one title costs one request. */
export class Today {
  #day = '';
  readonly #keys = new Set<string>();

  /** false: seen, or too many. */
  add(day: string, key: string): boolean {
    if (day !== this.#day) this.#keys.clear();
    this.#day = day;
    if (this.#keys.has(key) || this.#keys.size >= mostADay) return false;
    this.#keys.add(key);
    return true;
  }
}

/** `unknown-title: alert "Contoso: token replay" (detector …, product …) …` */
export const unknownLine = ({ source, detector, title, product }: Detection): string =>
  `unknown-title: ${source} ${inQuotes(plain(title, 200))} (detector ${plain(detector, 100)}, product ${plain(product ?? 'not said', 100)}) is in no catalogue: its level alone decides. Say in DETECTORS what it means`;
