// npm run soak -- [--minutes N] [--seed S [--faults a,b,c]] [--from S] [--seeds N]
// Lives through one storm after another until the time is up. A life that breaks a promise is reduced as far as
// possible and printed, and the exit code is 1.
import { parseArgs } from 'node:util';
import { kinds, lifeOf, smallest, told } from './storm.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    from: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    seeds: { type: 'string' },
  },
});

if (values.seed !== undefined) {
  const only = values.faults === undefined ? undefined : new Set(values.faults.split(',').map(Number));
  const life = await lifeOf(Number(values.seed), only);
  console.log(told(life));
  process.exit(life.broken.length > 0 ? 1 : 0);
}

// The stack traces of all the deaths took a tenth of the time.
Error.stackTraceLimit = 2;
const end = Date.now() + Number(values.minutes) * 60_000;
const most = Number(values.seeds ?? Number.POSITIVE_INFINITY);
const faults = new Map<string, number>(Object.keys(kinds).map((kind) => [kind, 0]));
let events = 0;
let failed = 0;
let lived = 0;
for (
  let seed = Number(values.from);
  lived < most && (values.seeds !== undefined || Date.now() < end);
  seed += 1
) {
  const life = await lifeOf(seed);
  lived += 1;
  events += life.events;
  for (const { kind } of life.faults) faults.set(kind, (faults.get(kind) ?? 0) + 1);
  if (life.broken.length === 0) continue;
  failed += 1;
  console.log(told(await smallest(life)));
  if (failed >= 10) break;
}
console.log(`${lived} lives, ${events} events, ${failed} with a broken promise; injected:`);
for (const [kind, count] of faults) console.log(`  ${kind.padEnd(20)} ${count}`);
process.exit(failed > 0 ? 1 : 0);
