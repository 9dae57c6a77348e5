// The tenant's state. Writes keep the shape of the file: its order of keys, its way to write a value, and no default
// that was not there before, so that a change and its undo leave the same bytes.
import { isDeepStrictEqual } from 'node:util';
import type { TenantFile } from './schema.ts';

interface WriteOptions<T> {
  /** What a missing property means; writing it removes the property unless the file had it. */
  fallback?: T;
  /** Two ways to write the same value: the one that stood in the file is kept. */
  same?: (one: T, other: T) => boolean;
}

export class Store {
  readonly file: TenantFile;
  readonly now: () => Date;
  readonly loadedAt: string;
  readonly #lagMs: number;
  readonly #originals = new WeakMap<object, object>();
  #past: { until: number; file: TenantFile }[] = [];
  #due: { at: number; effect: () => void }[] = [];

  constructor(file: TenantFile, now: () => Date) {
    this.file = file;
    this.now = now;
    this.loadedAt = now().toISOString();
    this.#lagMs = file.behaviour?.readLagMs ?? 0;
  }

  /** The state as a reader sees it; with a read lag, without the most recent writes. Never write to it. */
  read(): TenantFile {
    const now = this.now().getTime();
    this.#past = this.#past.filter((past) => past.until > now);
    return this.#past[0]?.file ?? this.file;
  }

  /** Schedules something that happens by itself after a while, such as a directory sync. */
  later(milliseconds: number, effect: () => void): void {
    this.#due.push({ at: this.now().getTime() + milliseconds, effect });
  }

  /** Applies what is due; called at the start of each request. */
  settle(): void {
    const now = this.now().getTime();
    const due = this.#due.filter(({ at }) => at <= now);
    this.#due = this.#due.filter(({ at }) => at > now);
    for (const { effect } of due) effect();
  }

  /** Call this before changing a list of the live file; `write` does so itself. */
  changing(): void {
    if (this.#lagMs === 0) return;
    this.#past.push({ until: this.now().getTime() + this.#lagMs, file: structuredClone(this.file) });
  }

  /** Sets one property of an object of the live file. */
  write<T extends object, K extends keyof T & string>(
    object: T,
    key: K,
    value: T[K],
    options: WriteOptions<T[K]> = {},
  ): void {
    this.changing();
    if (!this.#originals.has(object)) this.#originals.set(object, { ...object });
    const original: Partial<T> = this.#originals.get(object) ?? {};
    const first = original[key];
    if (first !== undefined && (isDeepStrictEqual(first, value) || options.same?.(first, value))) {
      object[key] = first;
      return;
    }
    if (!(key in original) && 'fallback' in options && isDeepStrictEqual(value, options.fallback)) {
      Reflect.deleteProperty(object, key);
      return;
    }
    object[key] = value;
  }
}
