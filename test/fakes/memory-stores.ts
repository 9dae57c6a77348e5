// The stores in memory, for tests: they keep the same promises within one process.
import { type Book, type BreakerPlaces, freePlace } from '../../shared/alerts/breaker-places.ts';
import { type BreakerStages, stages } from '../../shared/alerts/breaker-stages.ts';
import type { Decision, DecisionRecord, Decisions } from '../../shared/alerts/decisions.ts';
import type { FeedPositions, KeptPosition } from '../../shared/alerts/feed-position.ts';
import type { SourceHealth, SourceState } from '../../shared/alerts/source-health.ts';
import {
  type Detection,
  kept,
  keyOf,
  Today,
  type UnknownTitles,
} from '../../shared/alerts/unknown-titles.ts';
import type { NoticeRow, NoticeStore } from '../../shared/mail/notice.ts';
import {
  type AuditSearches,
  noSearches,
  withoutSearch,
  withSearch,
} from '../../shared/run/audit-searches.ts';
import { type Departures, type Noted, withDeparture } from '../../shared/run/departures.ts';
import { begun, hasLapsed, type RequestKeys, type RequestRow } from '../../shared/run/request-keys.ts';
import { type Rate, secondsFrom, type TenantRate } from '../../shared/run/tenant-rate.ts';

export function memoryDepartures(): Departures {
  let noted: Noted = [];
  return {
    async mayGo(who, others, now) {
      const next = withDeparture(noted, who, others, now);
      if (next !== undefined) noted = next;
      return next !== undefined;
    },
  };
}

export function memoryAuditSearches(): AuditSearches {
  let row = noSearches;
  return {
    async start(who, look, now) {
      const next = withSearch(row, who, look, now);
      if (typeof next === 'string') return next;
      row = next;
      return 'started';
    },
    async end(who, how, now) {
      row = withoutSearch(row, who, how, now);
    },
  };
}

/** For tests: the same promise within one process. */
export class MemoryTenantRate implements TenantRate {
  readonly #taken = new Set<string>();

  async reserve(rate: Rate, now: Date): Promise<number | undefined> {
    const free = secondsFrom(now).find((second) => !this.#taken.has(`${rate} ${second}`));
    if (free !== undefined) this.#taken.add(`${rate} ${free}`);
    return free;
  }
}

export function memoryRequestKeys(): RequestKeys {
  const rows = new Map<string, RequestRow>();
  return {
    async begin(key, fingerprint, now) {
      const standing = rows.get(key);
      if (standing !== undefined && !hasLapsed(standing, now)) return standing;
      rows.set(key, begun(fingerprint, now));
      return 'begun';
    },
    async settle(key, row) {
      rows.set(key, row);
    },
    async forget(key) {
      rows.delete(key);
    },
  };
}
export interface MemoryNotices extends NoticeStore {
  readonly rows: ReadonlyMap<string, { row: NoticeRow; etag: string }>;
}

export function memoryNotices(): MemoryNotices {
  const rows = new Map<string, { row: NoticeRow; etag: string }>();
  let version = 0;
  return {
    rows,
    async read(key) {
      return rows.get(key);
    },
    async write(row, given) {
      if (rows.get(row.notice.key)?.etag !== given) return 'conflict';
      version += 1;
      const etag = `"${version}"`;
      rows.set(row.notice.key, { row, etag });
      return etag;
    },
    async waiting() {
      return [...rows.values()].filter(({ row }) => row.state !== 'told');
    },
  };
}
export interface MemoryDecisions extends Decisions, DecisionRecord {
  readonly all: readonly Decision[];
}

export function memoryDecisions(): MemoryDecisions {
  const all: Decision[] = [];
  return {
    all,
    async record(decision) {
      all.push(decision);
    },
    async of(userId, since) {
      return all.filter((one) => one.userId === userId && Date.parse(one.at) >= since.getTime());
    },
    async list({ since, account, action, most, after }) {
      const wanted = all
        .map((decision, index) => ({ decision, index }))
        .filter(({ decision }) => Date.parse(decision.at) >= since.getTime())
        .filter(({ decision }) => account === undefined || (decision.userId ?? 'nobody') === account)
        .filter(({ decision }) => action === undefined || decision.action === action)
        .toSorted((a, b) => Date.parse(b.decision.at) - Date.parse(a.decision.at) || b.index - a.index);
      const begin = after === undefined ? 0 : wanted.findIndex(({ index }) => String(index) === after) + 1;
      const shown = wanted.slice(begin, begin + most);
      const last = shown.at(-1);
      const next = wanted.length > begin + most && last ? String(last.index) : null;
      return { decisions: shown.map(({ decision }) => decision), next };
    },
  };
}
export function memorySourceHealth(): SourceHealth {
  const states = new Map<string, SourceState>();
  let since: Date | undefined;
  const note = async (name: string, change: Partial<SourceState>) => {
    const known = states.get(name) ?? { name, answeredAt: null, deliveredAt: null };
    states.set(name, { ...known, ...change });
  };
  return {
    answered: (name, at) => note(name, { answeredAt: at.toISOString() }),
    delivered: (name, at) => note(name, { deliveredAt: at.toISOString() }),
    all: async () => [...states.values()],
    watchedSince: async (now) => {
      since ??= now;
      return since;
    },
  };
}
export function memoryTrips(): BreakerStages {
  const all = new Set<string>();
  return {
    async trip(hour, stage) {
      all.add(`${hour} ${stage}`);
    },
    of: async (hour) => stages.filter((stage) => all.has(`${hour} ${stage}`)),
  };
}
export function memoryUnknownTitles(): UnknownTitles {
  const today = new Today();
  const all = new Map<string, { detection: Detection; told: boolean }>();
  return {
    isNew: async (detection, now) => today.add(now.toISOString().slice(0, 10), keyOf(detection)),
    async keep(detection) {
      const shown = kept(detection);
      const key = keyOf(shown);
      if (!all.has(key)) all.set(key, { detection: shown, told: false });
    },
    untold: async () => [...all.values()].flatMap(({ detection, told }) => (told ? [] : [detection])),
    async told(detections) {
      for (const detection of detections) all.set(keyOf(detection), { detection, told: true });
    },
  };
}
export function memoryMarks(): FeedPositions {
  const kept = new Map<string, KeptPosition>();
  let version = 0;
  return {
    async read(feed) {
      return kept.get(feed);
    },
    async write(feed, mark, etag) {
      if (kept.get(feed)?.etag !== etag) return undefined;
      version += 1;
      const written = { mark: structuredClone(mark), etag: String(version) };
      kept.set(feed, written);
      return written;
    },
  };
}
export interface MemoryBreakerPlaces extends BreakerPlaces {
  /** Places by key. */
  of(book: Book): ReadonlyMap<string, number>;
}

export function memoryBreakerPlaces(): MemoryBreakerPlaces {
  const books = new Map<Book, Map<string, number>>();
  return {
    async take(book, key, ends) {
      const own = books.get(book) ?? new Map<string, number>();
      books.set(book, own);
      const known = own.get(key);
      if (known !== undefined) return known;
      const slot = freePlace(new Set(own.values()), ends, () => 0);
      if (slot !== undefined) own.set(key, slot);
      return slot ?? null;
    },
    of: (book) => books.get(book) ?? new Map(),
  };
}
