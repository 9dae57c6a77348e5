// The time by the storage's clock. One instance writes a lease and another reads it, so all must use the same time; a
// machine whose clock is off by minutes would take over work in progress.
import type { TableOptions } from './table-client.ts';

/** Below this, clocks agree: answers take time to arrive, and the header has whole seconds. */
const tolerableMs = 5000;

export class StorageClock {
  #offMs = 0;
  readonly #own: () => number;

  constructor(own: () => number = () => Date.now()) {
    this.#own = own;
  }

  readonly now = (): Date => new Date(this.#own() + this.#offMs);

  /** Records the service's time, as of the middle between sending and receiving. */
  heard(date: string | undefined, sent: number, received: number): void {
    const said = Date.parse(date ?? '');
    if (Number.isNaN(said) || received - sent > tolerableMs) return;
    const off = said + 500 - (sent + received) / 2;
    this.#offMs = Math.abs(off) > tolerableMs ? Math.round(off) : 0;
  }

  /** For the table whose answers it uses. */
  readonly options: TableOptions = {
    additionalPolicies: [
      {
        position: 'perRetry',
        policy: {
          name: 'storage-clock',
          sendRequest: async (request, next) => {
            const sent = this.#own();
            const answer = await next(request);
            this.heard(answer.headers.get('date'), sent, this.#own());
            return answer;
          },
        },
      },
    ],
  };
}
