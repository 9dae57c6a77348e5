// Limits concurrent requests to a service that publishes no limit but slows everybody down beyond one. Per process; it
// doesn't know what other instances send.
import { RetryableError } from '../errors.ts';

interface Waiting {
  urgent: boolean;
  begin(): void;
}

interface TurnOptions {
  /** Goes first: taking something from the intruder must not wait for reads. */
  urgent: boolean;
  abort: AbortSignal | undefined;
  /** For messages. */
  name: string;
}

export type Concurrency = <T>(work: () => Promise<T>, options: TurnOptions) => Promise<T>;

/** Runs at most so many tasks at once, the others in order. Throws RetryableError if a task was aborted while it waited. */
export function createConcurrency(most: number): Concurrency {
  let running = 0;
  const waiting: Waiting[] = [];

  const next = () => {
    if (running >= most) return;
    const urgent = waiting.findIndex((one) => one.urgent);
    const [chosen] = waiting.splice(Math.max(0, urgent), 1);
    if (chosen === undefined) return;
    running += 1;
    chosen.begin();
  };

  const turn = ({ urgent, abort, name }: TurnOptions) =>
    new Promise<void>((resolve, reject) => {
      const aborted = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(
          new RetryableError(`The function's time was over before ${name} was sent.`, { tookEffect: 'no' }),
        );
      };
      const entry: Waiting = {
        urgent,
        begin() {
          abort?.removeEventListener('abort', aborted);
          resolve();
        },
      };
      waiting.push(entry);
      abort?.addEventListener('abort', aborted, { once: true });
      next();
    });

  return async (work, options) => {
    await turn(options);
    try {
      return await work();
    } finally {
      running -= 1;
      next();
    }
  };
}
