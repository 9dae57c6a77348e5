// The responder's side of a drill: its requests and answers in the run that the drill opened, and in no other. Names in
// them are replaced before they are kept, by names that mean nothing without the drill's own id. Their number and size
// are limited, and no work ever waits or fails because of them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type DrillRecordings, type Drills, isOn } from '../../shared/run/drills.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type Exchange, type Fetch, keyed, rawExchange } from './recording.ts';

/** In one turn of a step. */
const mostExchanges = 100;
const mostCharacters = 200_000;

const listening = new AsyncLocalStorage<Exchange[]>();

/** A fetch that is recorded while somebody listens. */
export const overheard =
  (fetch: Fetch): Fetch =>
  async (url, init) => {
    const heard = listening.getStore();
    const response = await fetch(url, init);
    if (heard !== undefined && heard.length < mostExchanges)
      heard.push(await rawExchange(url, init, response));
    return response;
  };

interface Around {
  drills: Pick<Drills, 'read'>;
  recordings: Pick<DrillRecordings, 'keep'>;
  now: () => Date;
  log: (line: string) => void;
}

/** For the engine: work on a drill's run, recorded while that drill is on. */
export function overhear({ drills, recordings, now, log }: Around): Required<Pick<Engine, 'overheard'>> {
  return {
    async overheard(drill, work) {
      const current = await drills.read().then(
        ({ row }) => row.current,
        () => null,
      );
      if (current?.id !== drill.id || !isOn(current, now())) return await work();
      const heard: Exchange[] = [];
      try {
        return await listening.run(heard, work);
      } finally {
        // Nobody waits for it: the next thing this function does is to settle its row.
        void recordings.keep(drill.id, within(keyed(heard, drill.id))).catch((error: unknown) => {
          log(`what the responder asked in the drill was not recorded: ${String(error)}`);
        });
      }
    },
  };
}

function within(exchanges: readonly Exchange[]): Exchange[] {
  let size = 0;
  return exchanges.filter((exchange) => {
    size += JSON.stringify(exchange).length;
    return size <= mostCharacters;
  });
}
