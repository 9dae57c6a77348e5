// Microsoft Graph as a table of answers, for tests of triage. Records what was asked; knows no filters.
import type { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import type { GraphOptions, GraphReader } from '../../shared/model/clients.ts';

/** By path without query, that of beta beginning with /beta; an Error is thrown, an array is a collection, all else is one object. */
export type Answers = Readonly<Record<string, unknown>>;

export interface FakeGraph extends GraphReader {
  /** Paths in the order they were asked, decoded. */
  readonly asked: readonly string[];
}

export function fakeGraph(answers: Answers): FakeGraph {
  const asked: string[] = [];
  const answer = (relative: string, version = 'v1.0'): unknown => {
    const path = version === 'beta' ? `/beta${relative}` : relative;
    asked.push(decodeURIComponent(path));
    const place = decodeURIComponent(path.split('?')[0] ?? '');
    const found = answers[place];
    if (found instanceof Error) throw found;
    if (found === undefined) throw missing(place);
    return found;
  };
  return {
    asked,
    async get<T>(path: string, schema: z.ZodType<T>, options?: GraphOptions) {
      return schema.parse(answer(path, options?.version));
    },
    async list<T>(path: string, item: z.ZodType<T>, options?: GraphOptions) {
      const found = answer(path, options?.version);
      if (!Array.isArray(found)) throw new Error(`${path} is no collection here`);
      return found.map((entry) => item.parse(entry));
    },
    async search(path: string): Promise<never> {
      throw new Error(`triage starts no search, least of all ${path}`);
    },
  };
}

export const missing = (what: string) =>
  new PermanentError(`Microsoft Graph does not have what GET ${what} names (404 Request_ResourceNotFound).`, {
    status: 404,
  });

export const forbidden = (what: string) =>
  new PermanentError(`Microsoft Graph refused GET ${what} (403 Authorization_RequestDenied).`, {
    status: 403,
  });
