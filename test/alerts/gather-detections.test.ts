import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gatherDetections } from '../../shared/alerts/gather-detections.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';
import { now } from './samples.ts';

const detection = z.object({ id: z.string(), riskLevel: z.string() });
const place = (id: string) => `/identityProtection/riskDetections/${id}`;
const isList = (path: string) => path.startsWith('/identityProtection/riskDetections?');
const row = (id: string) => ({ id, riskLevel: 'high' });

function gathering(held: readonly string[], fails: (path: string) => void = () => {}) {
  const graph = scriptedGraph(({ path }) => {
    fails(path);
    if (isList(path)) return held.map(row);
    const id = path.slice(path.lastIndexOf('/') + 1);
    if (!held.includes(id)) throw new PermanentError(`no ${id}`, { status: 404 });
    return row(id);
  });
  return {
    graph,
    reader: gatherDetections(
      () => graph,
      () => now,
    ),
  };
}

describe('risk detections of a storm', () => {
  const many = Array.from({ length: 50 }, (_, index) => `d${index}`);

  it('are confirmed by two requests, not by fifty — the service answers one a second', async () => {
    const { graph, reader } = gathering(many);
    const found = await Promise.all(many.map((id) => reader.get(place(id), detection)));
    expect(found.map(({ id }) => id)).toEqual(many);
    expect(graph.requests.map(({ path }) => isList(path))).toEqual([false, true]);
  });

  it('don’t delay a single one: it is read at once, by its id', async () => {
    const { graph, reader } = gathering(['d1']);
    await reader.get(place('d1'), detection);
    expect(graph.requests.map(({ path }) => path)).toEqual([place('d1')]);
  });

  it('are denied only by the service itself: one missing from the list is read by its id', async () => {
    const { graph, reader } = gathering(many);
    const asked = [...many.slice(0, 2), 'forged'].map((id) => reader.get(place(id), detection));
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(graph.requests.at(-1)?.path).toBe(place('forged'));
  });

  it('are read one by one if the list can’t be read', async () => {
    const { reader } = gathering(many, (path) => {
      if (isList(path)) throw new RetryableError('throttled');
    });
    const found = await Promise.all(many.slice(0, 4).map((id) => reader.get(place(id), detection)));
    expect(found).toHaveLength(4);
  });

  it('fail one by one, and the next storm is answered anyway', async () => {
    let fails = true;
    const { reader } = gathering(many, () => {
      if (fails) throw new RetryableError('busy');
    });
    const ends = await Promise.allSettled(many.slice(0, 3).map((id) => reader.get(place(id), detection)));
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
    fails = false;
    expect(await reader.get(place('d7'), detection)).toEqual(row('d7'));
  });
});
