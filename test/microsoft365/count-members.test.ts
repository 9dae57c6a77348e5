// The number of people is asked for while a lock waits, so it is asked for once, and not knowing it stops nothing.
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import { memberCount } from '../../shared/microsoft365/count-members.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';

function counting(answer: () => unknown, locked = async () => 0) {
  let at = Date.parse('2026-11-20T09:15:00Z');
  const graph = scriptedGraph(answer);
  const lines: string[] = [];
  const count = memberCount(
    () => graph,
    () => new Date(at),
    (line) => lines.push(line),
    locked,
  );
  return {
    count,
    graph,
    lines,
    later: (minutes: number) => {
      at += minutes * 60_000;
    },
  };
}

describe('the number of members', () => {
  it('is read once for all who ask at the same time, and again after an hour', async () => {
    let members = 120;
    const { count, graph, later } = counting(() => ({ '@odata.count': members }));
    expect(await Promise.all([count(), count(), count()])).toEqual([120, 120, 120]);
    members = 130;
    later(59);
    expect(await count()).toBe(120);
    later(2);
    expect(await count()).toBe(130);
    expect(graph.requests).toHaveLength(2);
  });

  it('is the same however many of them were locked — else the limit would shrink with each lock', async () => {
    let locked = 0;
    const { count, later } = counting(
      () => ({ '@odata.count': 120 - locked }),
      async () => locked,
    );
    for (const already of [0, 7, 90]) {
      locked = already;
      later(61);
      expect(await count()).toBe(120);
    }
  });

  it('is null while it is unknown, with the reason, and is read again soon', async () => {
    let broken = true;
    const { count, lines, later } = counting(() => {
      if (broken) throw new RetryableError('Microsoft Graph could not be reached');
      return { '@odata.count': 7 };
    });
    expect(await Promise.all([count(), count()])).toEqual([null, null]);
    expect(lines).toEqual([expect.stringContaining('could not be reached')]);
    broken = false;
    later(6);
    expect(await count()).toBe(7);
  });
});
