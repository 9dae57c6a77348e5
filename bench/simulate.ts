// How long it takes to contain the last of many accounts, given the services' published limits and the measured cost of
// one containment. No single machine can show this. `npx node bench/simulate.ts` prints the table of docs/scale.md.
// Everything is deterministic: each request takes the first free place of what it needs.

/** Serves this many requests at once and regains this many a second. */
class Rate {
  readonly #gapMs: number;
  readonly #slackMs: number;
  #fullAt = 0;
  constructor(perSecond: number, atOnce = 1) {
    this.#gapMs = 1000 / perSecond;
    this.#slackMs = (atOnce - 1) * this.#gapMs;
  }
  /** When a request that arrives at `at` is served. */
  serve(at: number, units = 1): number {
    this.#fullAt = Math.max(at, this.#fullAt) + units * this.#gapMs;
    return Math.max(at, this.#fullAt - units * this.#gapMs - this.#slackMs);
  }
}

/** Processors, each working on one thing at a time. */
class Processors {
  readonly #freeAt: number[];
  constructor(count: number) {
    this.#freeAt = Array.from({ length: count }, () => 0);
  }
  serve(at: number, ms: number): number {
    let first = 0;
    for (const [index, free] of this.#freeAt.entries()) if (free < (this.#freeAt[first] ?? 0)) first = index;
    const ends = Math.max(at, this.#freeAt[first] ?? 0) + ms;
    this.#freeAt[first] = ends;
    return ends;
  }
}

/**
 * What containing one account needs (bench/results.json), and what the services allow (docs/scale.md links the pages).
 */
export const assumed = {
  /** Round trip to Microsoft Graph, and to a table. */
  graphMs: 100,
  tableMs: 5,
  /** Before the writes: the claim, the breaker's slot, the index, the run. */
  tableOperations: 4,
  /** Processor time until contained. */
  cpuMs: 40,
  /** Resource units of the reads before the lock; a tenant of more than 500 users has 8,000 in ten seconds. */
  readUnits: 9,
  unitsIn10Seconds: 8000,
  /** Block and revoke; 3,000 writes in 150 seconds. */
  writes: 2,
  writesIn150Seconds: 3000,
  /** One request a second in the whole tenant, for all apps together. */
  identityProtectionPerSecond: 1,
  /** For the Standard tier: a send, a receive and a completion count as one operation each. */
  busOperations: 3,
  busPerSecond: 1000,
} as const;

export interface Given {
  accounts: number;
  instances: number;
  /** Whether each alert is confirmed by Identity Protection, or by the alerts of Defender. */
  identityProtection: boolean;
}

/** Seconds until the last account is contained. */
export function simulate({ accounts, instances, identityProtection }: Given): number {
  const cpu = new Processors(instances);
  const units = new Rate(assumed.unitsIn10Seconds / 10, assumed.unitsIn10Seconds);
  const writes = new Rate(assumed.writesIn150Seconds / 150, assumed.writesIn150Seconds);
  const bus = new Rate(assumed.busPerSecond, assumed.busPerSecond);
  const protection = new Rate(assumed.identityProtectionPerSecond);
  let last = 0;
  for (let account = 0; account < accounts; account += 1) {
    const received = bus.serve(0, assumed.busOperations);
    const read = units.serve(received, assumed.readUnits) + assumed.graphMs;
    const confirmed = identityProtection ? protection.serve(received) + assumed.graphMs : read;
    const opened = Math.max(read, confirmed) + assumed.tableOperations * assumed.tableMs;
    const computed = cpu.serve(opened, assumed.cpuMs);
    const written = writes.serve(computed, assumed.writes) + assumed.graphMs;
    const checked = units.serve(written, 2) + assumed.graphMs;
    last = Math.max(last, checked);
  }
  return last / 1000;
}

if (import.meta.main) {
  const row = (cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  row(['accounts at once', 'instances', 'Defender alerts', 'Identity Protection']);
  row(['---', '---', '---', '---']);
  for (const [accounts, instances] of [
    [1, 1],
    [50, 1],
    [300, 1],
    [300, 4],
    [1000, 4],
    [1000, 40],
    [10_000, 40],
  ] as const) {
    const time = (identityProtection: boolean) =>
      `${simulate({ accounts, instances, identityProtection }).toFixed(1)} s`;
    row([accounts, instances, time(false), time(true)]);
  }
}
