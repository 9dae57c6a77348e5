// The steps of one run reach the tables in bursts, and each would read all rows and write its own. Here, what they ask
// at the same moment is asked once. This works within one process only, and nothing is cached: a read begins after it
// was asked for, and a write is still refused if one of its rows has changed.
import { PermanentError } from '../errors.ts';
import { type Progress, type RunChanges, type RunRef, type RunRows, withChanges } from './progress.ts';

interface Write extends PromiseWithResolvers<RunRows | 'conflict'> {
  changes: RunChanges;
  on: RunRows;
}

interface Desk {
  read(): Promise<RunRows | undefined>;
  write(changes: RunChanges, on: RunRows): Promise<RunRows | 'conflict'>;
}

export function sharingProgress(progress: Progress): Progress {
  const desks = new Map<string, Desk & { visitors: number }>();

  async function at<T>(ref: RunRef, work: (desk: Desk) => Promise<T>): Promise<T> {
    const desk = desks.get(ref.runId) ?? { ...deskOf(progress, ref), visitors: 0 };
    desks.set(ref.runId, desk);
    desk.visitors += 1;
    try {
      return await work(desk);
    } finally {
      desk.visitors -= 1;
      if (desk.visitors === 0) desks.delete(ref.runId);
    }
  }

  return {
    claimOf: (userId) => progress.claimOf(userId),
    open: (...run) => progress.open(...run),
    read: (ref) => at(ref, (desk) => desk.read()),
    write: (ref, changes, on) =>
      on === undefined ? progress.write(ref, changes) : at(ref, (desk) => desk.write(changes, on)),
    log: (ref) => progress.log(ref),
    due: (now) => progress.due(now),
    held: () => progress.held(),
    list: (since, most) => progress.list(since, most),
  };
}

function deskOf(progress: Progress, ref: RunRef): Desk {
  let waiting: readonly Write[] = [];
  const begin = joined(async () => {
    while (waiting.length > 0) {
      const group = apart(waiting);
      waiting = waiting.filter((write) => !group.includes(write));
      await writeTogether(progress, ref, group);
    }
  });
  return {
    read: joined(() => progress.read(ref)),
    write(changes, on) {
      const write = { changes, on, ...Promise.withResolvers<RunRows | 'conflict'>() };
      waiting = [...waiting, write];
      void begin();
      return write.promise;
    },
  };
}

/** Requests that arrive while a read is running share the next one. */
function joined<T>(work: () => Promise<T>): () => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next !== undefined) return next;
    const turn = before.then(() => {
      next = undefined;
      return work();
    });
    next = turn;
    before = turn.catch(() => undefined);
    return turn;
  };
}

/** Writes that have no row in common: if two do, the later one must learn of the earlier. */
function apart(writes: readonly Write[]): Write[] {
  const taken = new Set<string>();
  return writes.filter(({ changes: { run, steps = [] } }) => {
    const keys = [...(run === undefined ? [] : ['run']), ...steps.map(({ row }) => `step ${row.name}`)];
    const free = keys.every((key) => !taken.has(key));
    if (free) for (const key of keys) taken.add(key);
    return free;
  });
}

async function writeTogether(progress: Progress, ref: RunRef, writes: readonly Write[]): Promise<void> {
  const [first] = writes;
  if (first === undefined) return;
  const all = writes.map(({ changes }) => changes);
  const run = all.find((changes) => changes.run !== undefined)?.run;
  const together: RunChanges = {
    ...(run === undefined ? {} : { run }),
    steps: all.flatMap(({ steps = [] }) => steps),
    log: all.flatMap(({ log = [] }) => log),
  };
  const failed = (reason: unknown) => {
    for (const write of writes) write.reject(reason);
  };
  try {
    const written = await progress.write(ref, together, first.on);
    if (written === 'conflict' && writes.length > 1) return await oneByOne(progress, ref, writes);
    if (written === 'conflict') return first.resolve('conflict');
    for (const { changes, on, resolve } of writes) {
      const own = new Set(changes.steps?.map(({ row }) => row.name));
      const steps = written.steps.filter(({ row }) => own.has(row.name));
      resolve(withChanges(on, changes.run === undefined ? { steps } : { run: written.run, steps }));
    }
  } catch (thrown) {
    // Refused because of what it holds: writing each alone shows which row that is.
    if (thrown instanceof PermanentError && writes.length > 1) await oneByOne(progress, ref, writes);
    else failed(thrown);
  }
}

async function oneByOne(progress: Progress, ref: RunRef, writes: readonly Write[]): Promise<void> {
  for (const { changes, on, resolve, reject } of writes) {
    await progress.write(ref, changes, on).then(resolve, reject);
  }
}
