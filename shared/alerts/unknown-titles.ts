// Detections that the catalogue does not know, each in the log once a day: Microsoft renames alerts, and a renamed one
// would go on being weighed by its level alone without anybody noticing. Here: Table Storage, and a memory for tests.
import { createHash } from 'node:crypto';
import { plain } from '../mail/plain.ts';
import type { Signal } from '../model/signal.ts';
import { Table, type TableOptions, type TableService } from '../store/table-client.ts';

export type Detection = Pick<Signal, 'source' | 'detector' | 'title' | 'product'>;

export interface UnknownTitles {
  /** true for the first of the day, in whichever instance. */
  isNew(detection: Detection, now: Date): Promise<boolean>;
}

/** Titles are written by strangers: no more of them a day than somebody would read. */
const mostADay = 200;
const keyOf = ({ source, detector, title, product = '' }: Detection) =>
  createHash('sha256')
    .update(JSON.stringify([source, product, detector, title].map((text) => text.toLowerCase())))
    .digest('hex')
    .slice(0, 32);

/** What this process has seen today, so that a storm of one title costs one request. */
class Today {
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

export class TableUnknownTitles implements UnknownTitles {
  readonly #table: Table;
  readonly #today = new Today();

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  async isNew(detection: Detection, now: Date): Promise<boolean> {
    const day = now.toISOString().slice(0, 10);
    const rowKey = keyOf(detection);
    if (!this.#today.add(day, rowKey)) return false;
    const title = plain(detection.title, 200);
    const made = await this.#table.transact([['create', { partitionKey: `title|${day}`, rowKey, title }]]);
    return made !== 'conflict';
  }
}

export function memoryUnknownTitles(): UnknownTitles {
  const today = new Today();
  return { isNew: async (detection, now) => today.add(now.toISOString().slice(0, 10), keyOf(detection)) };
}

/** `unknown-title: alert "Contoso: token replay" (detector …, product …) …` */
export const unknownLine = ({ source, detector, title, product }: Detection): string =>
  `unknown-title: ${source} "${plain(title, 200)}" (detector ${plain(detector, 100)}, product ${plain(product ?? 'not said', 100)}) is in no catalogue: its level alone decides. Say in DETECTORS what it means`;
