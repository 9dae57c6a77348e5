// The poller dies wherever it can, the clock goes on, alerts appear late and change: in the end each is with triage once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedPositions } from '../../shared/alerts/feed-position.ts';
import type { Feed, Item } from '../../shared/alerts/feeds.ts';
import { outgoing } from '../../shared/alerts/outgoing.ts';
import { pollAll } from '../../shared/alerts/poll.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { OutgoingAlert } from '../../shared/model/step.ts';
import { memoryMarks } from '../fakes/memory-stores.ts';
import { fakeGraph } from './fake-graph.ts';

const minute = 60_000;
const start = Date.parse('2026-11-20T10:00:00.000Z');

interface Row {
  id: string;
  /** The time in it, and when it can be seen. */
  at: number;
  seen: number;
}

const eventOf = ({ id, at }: Row): OutgoingAlert => {
  const lastUpdateDateTime = new Date(at).toISOString();
  const event = outgoing({ type: 'Reclaim.Alert', data: { id, lastUpdateDateTime } }, '');
  if (typeof event === 'string') throw new Error(event);
  return event;
};

/** A service, a poller that may die at its n-th operation, and what came out. */
function world(
  rows: readonly Row[],
  { page = 3, marks = memoryMarks() }: { page?: number; marks?: FeedPositions } = {},
) {
  let time = start;
  let dies = Number.POSITIVE_INFINITY;
  let operations = 0;
  const published: OutgoingAlert[] = [];
  const lines: string[] = [];
  const fault: { error?: Error } = {};
  const died = new Error('the process died');
  const operation = async <T>(work: () => Promise<T> | T): Promise<T> => {
    operations += 1;
    if (operations === dies) throw died;
    const done = await work();
    // Dying after it took effect is another story than dying before.
    operations += 1;
    if (operations === dies) throw died;
    return done;
  };
  const visible = () => {
    const latest = new Map<string, Row>();
    for (const row of rows) {
      const other = latest.get(row.id);
      if (row.seen <= time && (other === undefined || other.at < row.at)) latest.set(row.id, row);
    }
    return [...latest.values()];
  };
  let answers = 0;
  const asked: string[] = [];
  const feed: Feed = {
    name: 'alerts',
    source: 'alert',
    noun: 'alerts',
    permission: 'SecurityAlert.Read.All',
    licence: 'any',
    cuts: [
      { property: 'best', overlapMinutes: 30 },
      { property: 'second', overlapMinutes: 360 },
    ],
    page,
    list: (_graph, { property }, from, to, whole) =>
      operation((): readonly Item[] => {
        asked.push(`${property} ${from.toISOString().slice(11, 19)}–${to.toISOString().slice(11, 19)}`);
        if (fault.error && (fault.error.message !== 'cut' || property === 'best')) throw fault.error;
        const found = visible()
          .filter(({ at }) => at >= from.getTime() && at < to.getTime())
          // In no order at all: the service promises none.
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .map((row) => ({ at: new Date(row.at).toISOString(), event: eventOf(row) }));
        return whole ? found : found.slice(0, page + 1);
      }),
  };
  const deps = {
    graph: fakeGraph({}),
    marks: {
      read: (name: string) => operation(() => marks.read(name)),
      write: (...given: Parameters<FeedPositions['write']>) => operation(() => marks.write(...given)),
    },
    publish: (alerts: readonly OutgoingAlert[]) => operation(() => void published.push(...alerts)),
    now: () => new Date(time),
    get deadline() {
      return new Date(time + minute);
    },
    answered: () => {
      answers += 1;
    },
    log: (line: string) => void lines.push(line),
    error: (line: string) => void lines.push(`ERROR ${line}`),
  };
  return {
    feed,
    published,
    lines,
    asked,
    fault,
    deps,
    answers: () => answers,
    ids: () => published.map(({ id }) => id),
    pass: (minutes: number) => {
      time += minutes * minute;
    },
    async poll(diesAt = Number.POSITIVE_INFINITY) {
      operations = 0;
      dies = diesAt;
      return pollAll(deps, [feed]).catch((error: unknown) => {
        if (error !== died) throw error;
        return 'died' as const;
      });
    },
  };
}

const rowArbitrary = fc.record({
  id: fc.constantFrom('a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9'),
  at: fc.integer({ min: 1, max: 90 * 60 }).map((seconds) => start + seconds * 1000),
  late: fc.integer({ min: 0, max: 25 * 60 }),
});

describe('a poller that dies anywhere', () => {
  it('misses nothing and repeats nothing that counts — whatever it does before, between and after its writes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowArbitrary, { maxLength: 40 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 40 })), {
          maxLength: 30,
        }),
        async (given, lives) => {
          const rows = given.map(({ id, at, late }) => ({ id, at, seen: at + late * 1000 }));
          const { poll, pass, ids } = world(rows);
          await poll(4);
          for (const [minutes, diesAt] of lives) {
            pass(minutes);
            await poll(diesAt);
          }
          // It lives on, each minute, until all that there is has been there to be seen for a while.
          for (let rest = 0; rest < 130; rest += 5) {
            pass(5);
            expect(await poll()).not.toBe('died');
          }
          const last = new Map<string, Row>();
          for (const row of rows) {
            const other = last.get(row.id);
            if (other === undefined || other.at < row.at) last.set(row.id, row);
          }
          for (const row of last.values()) expect(ids()).toContain(eventOf(row).id);
          // A death between publishing and its row publishes again, under the same id.
          const counted = Map.groupBy(ids(), (id) => id);
          const deaths = lives.length + 1;
          for (const [, all] of counted) expect(all.length).toBeLessThanOrEqual(1 + deaths);
        },
      ),
      { numRuns: Number(process.env['HISTORIES'] ?? 80) },
    );
  });

  it('publishes nothing twice while it lives — duplicate detection is the second net, not the first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { maxLength: 40 }), async (given) => {
        const { poll, pass, ids } = world(
          given.map(({ id, at, late }) => ({ id, at, seen: at + late * 1000 })),
        );
        for (let rest = 0; rest < 130; rest += 1) {
          await poll();
          pass(1);
        }
        expect(new Set(ids()).size).toBe(ids().length);
      }),
      { numRuns: Number(process.env['HISTORIES'] ?? 20) },
    );
  });

  it('may meet a second one — the loser stops when its row is replaced, and duplicates are dropped', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      id: `a${index}`,
      at: start + index * 1000,
      seen: start,
    }));
    const shared = memoryMarks();
    const [one, two] = [world(rows, { marks: shared }), world(rows, { marks: shared })];
    await one.poll();
    for (const each of [one, two]) each.pass(5);
    const ends = (await Promise.all([one.poll(), two.poll()])).flat();
    expect(ends).toContainEqual(expect.objectContaining({ ended: 'elsewhere' }));
    expect(new Set([...one.ids(), ...two.ids()]).size).toBe(20);
  });
});

describe('the first day', () => {
  const old = { id: 'old', at: start - 31 * minute, seen: 0 };
  const fresh = { id: 'fresh', at: start - 5 * minute, seen: 0 };

  it('does not replay a month — anything older than the overlap is no emergency', async () => {
    const { poll, pass, ids } = world([old, fresh]);
    await poll();
    pass(60);
    await poll();
    expect(ids()).toEqual([eventOf(fresh).id]);
  });

  it('counts from the first attempt, however often that failed — the mark is written before anything is listed', async () => {
    const { poll, pass, ids } = world([{ id: 'between', at: start + 10 * minute, seen: 0 }]);
    // Dies behind the first write.
    expect(await poll(4)).toBe('died');
    pass(300);
    await poll();
    expect(ids()).toHaveLength(1);
  });

  it('counts from the day the licence arrives, for a feed that has never answered', async () => {
    const { poll, pass, ids, fault, lines } = world([{ id: 'between', at: start + 10 * minute, seen: 0 }]);
    fault.error = new PermanentError('403', { status: 403 });
    for (let day = 0; day < 3; day += 1) {
      await poll();
      pass(24 * 60);
    }
    delete fault.error;
    await poll();
    expect(ids()).toEqual([]);
    expect(lines.at(-1)).toContain('can be read again');
  });
});

describe('a feed that can’t be read', () => {
  it('is told once, and once a day, with what it needs — and the others continue', async () => {
    const { feed, deps, pass, fault, lines } = world([]);
    fault.error = new PermanentError('Microsoft Graph refused GET /security/alerts_v2 (403).', {
      status: 403,
    });
    const other: Feed = { ...feed, name: 'risk-detections', list: async () => [] };
    for (let hour = 0; hour < 25; hour += 1) {
      const ends = await pollAll(deps, [feed, other]);
      expect(ends.map(({ ended }) => ended)).toEqual(['silent', 'current']);
      pass(60);
    }
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^ERROR .*403.*SecurityAlert\.Read\.All/);
  });

  it('keeps its place while it is busy, and does not count as heard', async () => {
    const { poll, pass, ids, fault, answers } = world([{ id: 'between', at: start + minute, seen: 0 }]);
    await poll();
    fault.error = new RetryableError('429');
    for (let count = 0; count < 50; count += 1) {
      pass(2);
      await poll();
    }
    expect(answers()).toBe(1);
    delete fault.error;
    await poll();
    expect(ids()).toHaveLength(1);
    expect(answers()).toBe(2);
  });

  it('goes back a week at most, and says what it leaves out', async () => {
    const { poll, pass, ids, fault, lines } = world([
      { id: 'lost', at: start + minute, seen: 0 },
      { id: 'found', at: start + 4 * 24 * 60 * minute, seen: 0 },
    ]);
    await poll();
    fault.error = new PermanentError('403', { status: 403 });
    for (let day = 0; day < 10; day += 1) {
      pass(24 * 60);
      await poll();
    }
    delete fault.error;
    await poll();
    expect(ids()).toEqual([expect.stringContaining('found')]);
    expect(lines.join()).toContain('what came before 2026-11-23T10:00:00.000Z is left out');
  });

  it.each([400, 501])(
    'is cut by another time where the service refuses the first with %d, for good',
    async (status) => {
      const { poll, pass, fault, asked } = world([]);
      fault.error = new (status === 400 ? PermanentError : RetryableError)('cut', { status });
      await poll();
      pass(1);
      await poll();
      expect(asked.map((line) => line.split(' ')[0])).toEqual(['best', 'second', 'second']);
    },
  );
});

describe('a flood', () => {
  const rows = Array.from({ length: 200 }, (_, index) => ({
    id: `flood${index}`,
    // Half of them in one and the same second.
    at: start + (index < 100 ? 7000 : index * 1000),
    seen: start,
  }));

  it('is read in pieces that fit a page, a single second whole, the earliest first', async () => {
    const { poll, pass, published } = world(rows, { page: 10 });
    await poll();
    pass(10);
    await poll();
    expect(published).toHaveLength(200);
    const versions = published.map(({ id }) => id.slice(id.indexOf(':', 6)));
    expect(versions).toEqual(versions.toSorted());
  });

  it('continues where its time ran out — a backlog larger than one call must still end', async () => {
    const { deps, feed, pass, published } = world(rows, { page: 10 });
    await pollAll(deps, [feed]);
    pass(10);
    let calls = 0;
    for (let ended = 'unfinished'; ended === 'unfinished' && calls < 100; calls += 1) {
      let slices = 0;
      const short = {
        ...deps,
        deadline: new Date(deps.now().getTime() + 1),
        now: () => new Date(deps.now().getTime() + (slices++ > 2 ? 10 : 0)),
      };
      ended = (await pollAll(short, [feed]))[0]?.ended ?? '';
    }
    expect(calls).toBeGreaterThan(2);
    expect(published).toHaveLength(200);
  });
});

describe('what can’t be published', () => {
  it('is reported and does not stop the rest', async () => {
    const { deps, feed, lines, published } = world([{ id: 'good', at: start - minute, seen: 0 }]);
    const bad: Feed = {
      ...feed,
      async list(...given) {
        const nameless = { at: new Date(start - minute).toISOString(), event: 'the alert has no id' };
        return [nameless, ...(await feed.list(...given))];
      },
    };
    await pollAll(deps, [bad]);
    await pollAll(deps, [bad]);
    expect(lines).toEqual(['ERROR alerts: the alert has no id']);
    expect(published).toHaveLength(1);
  });

  it('stays behind the mark while the topic refuses it', async () => {
    const { deps, feed, poll, published } = world([{ id: 'good', at: start - minute, seen: 0 }]);
    const closed = { ...deps, publish: () => Promise.reject(new PermanentError('the topic refused')) };
    await expect(pollAll(closed, [feed])).rejects.toThrow('the topic refused');
    await poll();
    expect(published).toHaveLength(1);
  });
});
