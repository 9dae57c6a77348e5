// A whole run with every step in it, one that is throttled and one that is refused: no secret is left anywhere.
import { describe, expect, it } from 'vitest';
import { leaksIn } from './fakes/traces.ts';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();

describe.concurrent('a secret', () => {
  it.each(['everything', 'throttled', 'administrator-out-of-reach'])(
    'is in no table, blob, log line, mail, request or answer after %s',
    (name) =>
      within(name, async (whole) => {
        const { runs } = await whole.live();
        const ids = runs.map(({ run }) => run.row.id);
        expect(ids.length).toBeGreaterThan(0);
        const answers = [
          await whole.ask('GET', '/api/runs'),
          await whole.ask('GET', '/api/decisions'),
          await whole.ask('POST', '/api/preflight', '{}'),
          await whole.ask('POST', '/api/runs', 'no JSON'),
          ...(await Promise.all(ids.map((id) => whole.ask('GET', `/api/runs/${id}`)))),
        ];
        expect(await leaksIn(whole, answers)).toEqual([]);
        // A secret that is there would be found.
        const [secret] = [...whole.stack.tenant.secrets].toReversed();
        expect(await leaksIn(whole, [...answers, { stack: `Error: ${secret}` }])).toHaveLength(1);
      }),
    180_000,
  );
});
