// Duplicate detection: remembers message ids for a while. Only ids are compared, never what a message says.

export class DuplicateWindow {
  readonly #windowMs: number;
  /** By arrival, with the time (ms) at which the id is forgotten. */
  readonly #forgottenAt = new Map<string, number>();

  constructor(windowSeconds: number) {
    this.#windowMs = windowSeconds * 1000;
  }

  /** The ids, and the time (ms) at which each is forgotten. */
  get remembered(): [string, number][] {
    return [...this.#forgottenAt];
  }

  remember(ids: readonly (readonly [string, number])[]): void {
    for (const [id, forgottenAt] of ids) this.#forgottenAt.set(id, forgottenAt);
  }

  /** Remembers the id, and says whether it was there already; a duplicate does not lengthen its stay. */
  holds(messageId: string, now: Date): boolean {
    if (this.#windowMs === 0) return false;
    for (const [id, forgottenAt] of this.#forgottenAt) {
      if (forgottenAt > now.getTime()) break;
      this.#forgottenAt.delete(id);
    }
    if (this.#forgottenAt.has(messageId)) return true;
    this.#forgottenAt.set(messageId, now.getTime() + this.#windowMs);
    return false;
  }
}
