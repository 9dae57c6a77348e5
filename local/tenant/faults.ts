// What goes wrong on purpose, as the tenant file says, and the limits that Microsoft publishes
// (https://learn.microsoft.com/graph/throttling-limits).
import type { z } from 'zod';
import type { faultSchema } from './schema/app.ts';
import type { TenantFile } from './schema.ts';

export type Fault = z.infer<typeof faultSchema>;

interface Counted {
  fault: Fault;
  matches: (method: string, path: string, cmdlet: string | undefined) => boolean;
  met: number;
  done: number;
}

const pattern = (text: string) =>
  new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');

/** "PATCH /v1.0/users/*" is about a path, "Set-*" about a cmdlet, "*" about everything. */
function matcher(on: string): Counted['matches'] {
  const [, method, path] = /^([a-z]+|\*) (\S+)$/i.exec(on) ?? [];
  if (method !== undefined && path !== undefined) {
    const wanted = pattern(path);
    return (given, at) => (method === '*' || method.toUpperCase() === given) && wanted.test(at);
  }
  const wanted = pattern(on);
  return (_method, at, cmdlet) => on === '*' || wanted.test(cmdlet ?? at);
}

export class Faults {
  readonly #faults: Counted[];

  constructor(file: TenantFile) {
    this.#faults = (file.behaviour?.faults ?? []).map((fault) => ({
      fault,
      matches: matcher(fault.on),
      met: 0,
      done: 0,
    }));
  }

  /** The fault that this request meets, counted as met; undefined when it passes. */
  meet(method: string, path: string, cmdlet: string | undefined): Fault | undefined {
    for (const counted of this.#faults) {
      const { fault } = counted;
      if (!counted.matches(method, path, cmdlet)) continue;
      counted.met += 1;
      const turn = counted.met - (fault.skip ?? 0);
      if (turn <= 0 || turn % (fault.every ?? 1) !== 0) continue;
      if (fault.times !== undefined && counted.done >= fault.times) continue;
      counted.done += 1;
      return fault;
    }
    return undefined;
  }
}

const limits = [
  { path: /\/identityProtection\//, requests: 1, seconds: 1, retryAfter: false },
  { path: /\/(auditLogs|reports)\//, requests: 5, seconds: 10, retryAfter: true },
];

/** Counts requests per service and tells when one is too many. */
export class Limits {
  readonly #times = new Map<RegExp, number[]>();

  /** The refusal of a service that is asked too often, or undefined. */
  exceeded(path: string, now: number): Fault | undefined {
    const limit = limits.find((entry) => entry.path.test(path));
    if (!limit) return undefined;
    const span = limit.seconds * 1000;
    const recent = (this.#times.get(limit.path) ?? []).filter((time) => time > now - span);
    this.#times.set(limit.path, recent);
    const [first] = recent;
    if (recent.length < limit.requests || first === undefined) {
      recent.push(now);
      return undefined;
    }
    const wait = Math.ceil((first + span - now) / 1000);
    return { on: path, status: 429, ...(limit.retryAfter ? { retryAfter: wait } : {}) };
  }
}
