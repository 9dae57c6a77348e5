// Replays the recording of a drill: where the recorded tenant answered differently from this one, this one answers as
// recorded. Ids and names in the recording are matched with this tenant's on the way.
import { randomUUID } from 'node:crypto';
import {
  cmdletIn,
  type Exchange,
  isAlias,
  isLeftOut,
  type Recording,
} from '../../functions/drill/recording.ts';
import { isRow, type TenantAnswer, TenantRefusal } from './answers.ts';

interface Asked extends Pick<Exchange, 'by' | 'method' | 'path'> {
  service: string;
  body: unknown;
}

export class Replay {
  readonly #left: Exchange[];
  readonly #stands = new Map<string, string>();
  readonly #now: () => Date;
  #isRunning = false;

  constructor({ exchanges }: Recording, now: () => Date) {
    this.#left = [...exchanges];
    this.#now = now;
  }

  /** The answer to a request that `own` would answer. */
  answer(asked: Asked, own: () => TenantAnswer): TenantAnswer {
    // Only its run was recorded: it begins with the alarm, and what it looks at before or afterwards is another matter.
    if (asked.by === 'drill') {
      if (asked.path.endsWith('/confirmCompromised')) this.#isRunning = true;
      if (asked.path.endsWith('/dismiss')) this.#isRunning = false;
    } else if (!this.#isRunning) return own();
    const recorded = this.#next(asked);
    if (recorded === undefined) return own();
    const { status, answer } = recorded;
    // What the responder doesn't find is this tenant's own affair; what it was refused there, it is refused here.
    if (asked.by === 'responder' && status === 404) return own();
    if (asked.by === 'responder' && status < 400) {
      const answered = own();
      const { body } = answered;
      return body === undefined || answer === undefined
        ? answered
        : { ...answered, body: this.#told(answer, body) };
    }
    // A refusal has no effect.
    if (status >= 400) throw refusalIn(recorded);
    let made: TenantAnswer | undefined;
    try {
      made = own();
    } catch (error) {
      if (!(error instanceof TenantRefusal)) throw error;
    }
    const body = answer === undefined ? undefined : this.#told(answer, made?.body);
    return { ...made, status, ...(body === undefined ? {} : { body }) };
  }

  #next({ by, service, method, path, body }: Asked): Exchange | undefined {
    const given = path.split('/').map(decodeURIComponent);
    const index = this.#left.findIndex(
      (one) =>
        one.by === by &&
        one.service === service &&
        one.method === method &&
        cmdletIn(one.request) === cmdletIn(body) &&
        this.#fits(one.path, given),
    );
    const [found] = index < 0 ? [] : this.#left.splice(index, 1);
    if (found !== undefined)
      for (const [name, value] of pairs(found.path, given)) this.#stands.set(name, value);
    return found;
  }

  #fits(recorded: string, given: readonly string[]): boolean {
    const wanted = segmentsOf(recorded);
    return (
      wanted.length === given.length &&
      wanted.every((segment, index) =>
        isAlias(segment)
          ? [undefined, given[index]].includes(this.#stands.get(segment))
          : segment === given[index],
      )
    );
  }

  /** In the recorded shape, with this tenant's own values where it has them. */
  #told(recorded: unknown, own: unknown): unknown {
    if (Array.isArray(recorded)) {
      if (!Array.isArray(own)) return recorded.map((one) => this.#told(one, undefined));
      return own.map((one) => this.#told(likest(recorded, one) ?? one, one));
    }
    if (isRow(recorded)) {
      const mine = isRow(own) ? own : {};
      return Object.fromEntries([
        // No recording says where a list goes on, or what somebody made up.
        ...Object.entries(mine).filter(([name]) => isLeftOut(name)),
        ...Object.entries(recorded).map(([name, entry]) => [name, this.#told(entry, mine[name])]),
      ]);
    }
    if (typeof recorded !== 'string' || !isAlias(recorded)) {
      const same = typeof own === typeof recorded && own !== undefined && own !== null;
      return same ? own : recorded;
    }
    const value = typeof own === 'string' ? own : (this.#stands.get(recorded) ?? this.#invented(recorded));
    this.#stands.set(recorded, value);
    return value;
  }

  #invented(alias: string): string {
    if (/^\d{4}-/.test(alias)) return this.#now().toISOString();
    return alias.includes('@') || alias.includes(':') ? alias : randomUUID();
  }
}

/** Of a list whose entries differ in kind, the one that has the most in common with this tenant's. */
function likest(recorded: readonly unknown[], own: unknown): unknown {
  const [first] = recorded;
  if (!isRow(own)) return first;
  const kind = '@odata.type';
  const ofKind = recorded.filter((one) => isRow(one) && one[kind] === own[kind]);
  const common = (one: unknown) =>
    isRow(one) ? Object.keys(own).filter((name) => Object.hasOwn(one, name)).length : 0;
  return (own[kind] === undefined ? recorded : ofKind).toSorted(
    (one, other) => common(other) - common(one),
  )[0];
}

const segmentsOf = (path: string): string[] =>
  (path.split('?', 1)[0] ?? '').split('/').map(decodeURIComponent);

const pairs = (recorded: string, given: readonly string[]) =>
  segmentsOf(recorded).flatMap((segment, index): [string, string][] =>
    isAlias(segment) ? [[segment, given[index] ?? '']] : [],
  );

function refusalIn({ status, answer }: Exchange): TenantRefusal {
  const error = isRow(answer) && isRow(answer['error']) ? answer['error'] : {};
  return new TenantRefusal(status, String(error['code'] ?? 'unknown'), 'As it was recorded.');
}
