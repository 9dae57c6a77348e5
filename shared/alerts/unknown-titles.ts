// Detections that the catalogue doesn't know, logged once a day each: Microsoft renames alerts, and a renamed one would be
// judged by its level alone without anybody noticing. One that calls an account compromised is also in the daily mail, once.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { plain } from '../mail/plain.ts';
import { type Signal, signalSchema } from '../model/signal.ts';
import { inQuotes } from '../model/text.ts';

export type Detection = Pick<Signal, 'source' | 'detector' | 'title' | 'product'>;

export interface UnknownTitles {
  /** true for the first of the day, across all instances. */
  isNew(detection: Detection, now: Date): Promise<boolean>;
  /** It called an account compromised, so on-call must hear of it once. */
  keep(detection: Detection, now: Date): Promise<void>;
  /** Those kept that nobody was told about, oldest first. */
  untold(): Promise<readonly Detection[]>;
  told(detections: readonly Detection[]): Promise<void>;
}

export const detectionSchema = z.object({
  source: signalSchema.shape.source,
  detector: z.string(),
  title: z.string(),
  product: z.string().optional(),
});

/** The form that is kept: strangers write titles, of any length. */
export const kept = ({ source, detector, title, product }: Detection): Detection => ({
  source,
  detector: plain(detector, 200),
  title: plain(title, 200),
  ...(product === undefined ? {} : { product: plain(product, 100) }),
});

/** Strangers write titles, so at most as many a day as somebody would read. */
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

/** For the mail of the day. */
export const unknownSection = (unknown: readonly Detection[]) => ({
  title: 'Alerts that this app does not know',
  lines: [
    {
      text: 'Say in DETECTORS what they mean. Each names a compromised account, and only its level decided what was done',
    },
    ...unknown.map(({ source, detector, title, product }) => ({
      text: inQuotes(plain(title, 200)),
      details: [`${source}, detector ${plain(detector, 100)}, product ${plain(product ?? 'not said', 100)}`],
    })),
  ],
});
