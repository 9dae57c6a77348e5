// A bound on what is asked at once must lose nothing, keep the order, and let what takes effect go first.
import { describe, expect, it } from 'vitest';
import { createConcurrency } from '../../shared/clients/concurrency.ts';

function world(most: number) {
  const slots = createConcurrency(most);
  const began: string[] = [];
  const ends = new Map<string, (failed?: Error) => void>();
  let together = 0;
  let mostTogether = 0;
  const ask = (name: string, urgent = false, abort?: AbortSignal) =>
    slots(
      async () => {
        began.push(name);
        together += 1;
        mostTogether = Math.max(mostTogether, together);
        await new Promise<void>((resolve, reject) =>
          ends.set(name, (failed) => (failed === undefined ? resolve() : reject(failed))),
        ).finally(() => {
          together -= 1;
        });
        return name;
      },
      { urgent, abort, name },
    );
  const end = async (name: string, failed?: Error) => {
    ends.get(name)?.(failed);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, began, end, mostTogether: () => mostTogether };
}

describe('slots', () => {
  it('let three begin, and each of the others as one ends', async () => {
    const { ask, began, end, mostTogether } = world(3);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const all = Promise.all(names.map((name) => ask(name)));
    await end('');
    expect(began).toEqual(['a', 'b', 'c']);
    for (const name of names) await end(name);
    expect(await all).toEqual(names);
    expect([began, mostTogether()]).toEqual([names, 3]);
  });

  it('let what changes something go before what only looks, though it came later', async () => {
    const { ask, began, end } = world(1);
    const all = Promise.all([ask('look 1'), ask('look 2'), ask('write 1', true), ask('write 2', true)]);
    await end('');
    for (const name of ['look 1', 'write 1', 'write 2', 'look 2']) await end(name);
    await all;
    expect(began).toEqual(['look 1', 'write 1', 'write 2', 'look 2']);
  });

  it('go on to the next where one fails', async () => {
    const { ask, began, end } = world(1);
    const failing = expect(ask('a')).rejects.toThrow('broken');
    const after = ask('b');
    await end('');
    await end('a', new Error('broken'));
    await failing;
    await end('b');
    expect(await after).toBe('b');
    expect(began).toEqual(['a', 'b']);
  });

  it('send nothing for whoever has no time left, and leave the place to the next', async () => {
    const { ask, began, end } = world(1);
    const first = ask('a');
    const aborting = new AbortController();
    const refused = { name: 'RetryableError', tookEffect: 'no' };
    const waiting = expect(ask('b', false, aborting.signal)).rejects.toMatchObject(refused);
    const last = ask('c');
    await end('');
    aborting.abort();
    await waiting;
    await end('a');
    await end('c');
    await Promise.all([first, last]);
    expect(began).toEqual(['a', 'c']);
  });
});
