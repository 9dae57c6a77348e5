// Remembers the reads of one moment: asking again for the same, or for less of it, is answered without a request. Only
// for the moments before a lock; nothing here ever expires.
import { z } from 'zod';
import type { GraphOptions, GraphReader } from '../model/clients.ts';

interface Read {
  selected: ReadonlySet<string>;
  answer: Promise<unknown>;
}

/** A failed read is forgotten; one whose answer doesn't fit is repeated. Searches are never remembered. */
export function remembering(graph: GraphReader): GraphReader {
  const reads = new Map<string, Read[]>();

  function remembered(key: string, selected: ReadonlySet<string>): Promise<unknown> | undefined {
    return reads.get(key)?.find((read) => isWithin(selected, read.selected))?.answer;
  }

  function remember(key: string, selected: ReadonlySet<string>, answer: Promise<unknown>): void {
    const read = { selected, answer };
    reads.set(key, [...(reads.get(key) ?? []), read]);
    answer.catch(() => {
      reads.set(
        key,
        (reads.get(key) ?? []).filter((other) => other !== read),
      );
    });
  }

  return {
    async get(path, schema, options) {
      const { place, selected } = apart(path);
      const key = keyOf('get', place, options);
      const known = remembered(key, selected);
      if (known !== undefined) {
        const fits = schema.safeParse(await known.catch(() => undefined));
        if (fits.success) return fits.data;
      }
      const asked = graph.get(path, z.unknown(), options);
      remember(key, selected, asked);
      const fits = schema.safeParse(await asked);
      // The client itself gives the best error for an odd answer.
      return fits.success ? fits.data : await graph.get(path, schema, options);
    },
    list: (path, item, options) => graph.list(path, item, options),
    search: (path, body, schema) => graph.search(path, body, schema),
  };
}

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>) =>
  [...some].every((name) => all.has(name));

const keyOf = (kind: string, place: string, { version = 'v1.0' }: GraphOptions = {}) =>
  `${kind} ${version} ${place}`;

/** The path without `$select`, and the names in it; without `$select` everything is selected by default. */
function apart(path: string): { place: string; selected: ReadonlySet<string> } {
  const [place = '', query = ''] = path.split('?', 2);
  const parts = query.split('&').filter((part) => part !== '');
  const select = parts.find((part) => part.startsWith('$select='));
  const rest = parts.filter((part) => part !== select);
  return {
    place: [place, ...rest].join('&'),
    selected: new Set(select === undefined ? ['*'] : select.slice('$select='.length).split(',')),
  };
}
