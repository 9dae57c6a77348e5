// The responder's side of a drill: its requests and answers about the alert and in the run that the drill opened, and
// about no other. Names in them are replaced before they are kept, by names that mean nothing without the drill's own id.
// Their number and size are limited, and no work ever fails because of them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import { type Drill, type DrillRecordings, type Drills, isOn } from '../../shared/run/drills.ts';
import type { Engine } from '../../shared/run/engine.ts';
import type { TriageAlert } from '../alerts/triage-alert.ts';
import { type Exchange, type Fetch, keyed, rawExchange } from './recording.ts';

/** In one turn of a step. */
const mostExchanges = 100;
const mostCharacters = 200_000;
/** A part is kept before the row is settled, so that a process that dies is followed by one that records it again. */
const keepSeconds = 2;

interface Listening {
  heard: Exchange[];
  isOn: Promise<boolean>;
}

const listening = new AsyncLocalStorage<Listening>();

/** A fetch that is recorded while somebody listens. */
export const overheard =
  (fetch: Fetch): Fetch =>
  async (url, init) => {
    const listener = listening.getStore();
    const response = await fetch(url, init);
    if (listener === undefined || !(await listener.isOn)) return response;
    const { heard } = listener;
    if (heard.length < mostExchanges) {
      const exchange = await rawExchange(url, init, response).catch(() => undefined);
      if (exchange !== undefined) heard.push(exchange);
    }
    return response;
  };

interface Around {
  drills: Pick<Drills, 'read'>;
  recordings: Pick<DrillRecordings, 'keep'>;
  now: () => Date;
  log: (line: string) => void;
}

/** For the engine: work on a drill's run, recorded while that drill is on. */
export function overhear(around: Around): Required<Pick<Engine, 'overheard'>> {
  return {
    async overheard(drill, work) {
      const current = await drillNow(around);
      if (current?.id !== drill.id) return await work();
      const heard: Exchange[] = [];
      try {
        return await listening.run({ heard, isOn: Promise.resolve(true) }, work);
      } finally {
        await kept(around, drill.id, heard);
      }
    },
  };
}

/** Triage, recorded where all of a message is about the account of the drill that is on. Nothing waits for the note. */
export function overhearTriage(around: Around, triage: TriageAlert): TriageAlert {
  return async (body, message) => {
    const drill = drillNow(around);
    const heard: Exchange[] = [];
    const isOn = drill.then((current) => current !== undefined);
    const made = await listening.run({ heard, isOn }, () => triage(body, message));
    if (heard.length === 0) return made;
    const current = await drill;
    if (current !== undefined && made.length > 0 && made.every(({ userId }) => userId === current.userId))
      await kept(around, current.id, heard);
    return made;
  };
}

async function drillNow({ drills, now }: Around): Promise<Drill | undefined> {
  const current = await drills.read().then(
    ({ row }) => row.current,
    () => null,
  );
  return current !== null && isOn(current, now()) ? current : undefined;
}

async function kept(around: Around, drill: string, heard: readonly Exchange[]): Promise<void> {
  const keeping = keep(around, drill, heard);
  await Promise.race([keeping, setTimeout(keepSeconds * 1000, undefined, { ref: false })]);
}

async function keep({ recordings, log }: Around, drill: string, heard: readonly Exchange[]): Promise<void> {
  try {
    await recordings.keep(drill, within(keyed(heard, drill)));
  } catch (error) {
    log(`what the responder asked in the drill was not recorded: ${String(error)}`);
  }
}

function within(exchanges: readonly Exchange[]): Exchange[] {
  let size = 0;
  return exchanges.filter((exchange) => {
    size += JSON.stringify(exchange).length;
    return size <= mostCharacters;
  });
}
