// The time by the storage's clock. Leases are written by one instance and read by another, so all must mean the same
// time; a machine whose clock is off by minutes would take over work that is going on.
import type { TableOptions } from './table-client.ts';

/** Below this, clocks agree: answers take time on the way, and the header counts whole seconds. */
const tolerableMs = 5000;

export class StorageClock {
  #offMs = 0;
  readonly #own: () => number;

  constructor(own: () => number = () => Date.now()) {
    this.#own = own;
  }

  readonly now = (): Date => new Date(this.#own() + this.#offMs);

  /** Notes what the service says the time is, between sending and receiving. */
  heard(date: string | undefined, sent: number, received: number): void {
    const said = Date.parse(date ?? '');
    if (Number.isNaN(said) || received - sent > tolerableMs) return;
    const off = said + 500 - (sent + received) / 2;
    this.#offMs = Math.abs(off) > tolerableMs ? Math.round(off) : 0;
  }

  /** For the table whose answers it goes by. */
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
