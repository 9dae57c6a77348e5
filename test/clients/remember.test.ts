import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { remembering } from '../../shared/clients/remember.ts';
import { RetryableError } from '../../shared/errors.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';

const wide = z.object({ id: z.string(), accountEnabled: z.boolean() });
const narrow = z.object({ accountEnabled: z.boolean() });

describe('remembered reads', () => {
  it('answer a question for less of the same object without a request', async () => {
    const graph = scriptedGraph(() => ({ id: 'a', accountEnabled: true }));
    const known = remembering(graph);
    await known.get('/users/a?$select=id,accountEnabled', wide);
    expect(await known.get('/users/a?$select=accountEnabled', narrow)).toEqual({ accountEnabled: true });
    expect(graph.requests).toHaveLength(1);
  });

  it('are repeated for more, for another object and for another version', async () => {
    const graph = scriptedGraph(() => ({ id: 'a', accountEnabled: true }));
    const known = remembering(graph);
    await known.get('/users/a?$select=accountEnabled', narrow);
    await known.get('/users/a?$select=id,accountEnabled', wide);
    await known.get('/users/b?$select=accountEnabled', narrow);
    await known.get('/users/a?$select=accountEnabled', narrow, { version: 'beta' });
    await known.get('/users/a?$select=accountEnabled&$expand=manager', narrow);
    expect(graph.requests).toHaveLength(5);
  });

  it('forget a failure — the next one may succeed', async () => {
    let fails = true;
    const graph = scriptedGraph(() => {
      if (fails) throw new RetryableError('busy');
      return { accountEnabled: true };
    });
    const known = remembering(graph);
    await expect(known.get('/users/a', narrow)).rejects.toThrow('busy');
    fails = false;
    expect(await known.get('/users/a', narrow)).toEqual({ accountEnabled: true });
  });

  it('never cover a list: its entries affect others too', async () => {
    const graph = scriptedGraph(() => [{ accountEnabled: true }]);
    const known = remembering(graph);
    await known.list('/users', narrow);
    await known.list('/users', narrow);
    expect(graph.requests).toHaveLength(2);
  });
});
