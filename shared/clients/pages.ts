// Reads a list to its end, or fails: a partial list proves nothing, and "the rest could not be read" must never
// look like "there is nothing".
import { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';
import { shaped } from './answer.ts';

const pageSchema = z.looseObject({ value: z.array(z.unknown()), '@odata.nextLink': z.string().optional() });

interface List<T> {
  service: string;
  /** How failures name it. */
  request: string;
  first: string;
  item: z.ZodType<T>;
  /** Stops reading pages at so many items. */
  most?: number | undefined;
  /** The body of one page. */
  read: (place: string) => Promise<unknown>;
  /** Where a link leads; throws if that isn't the service. */
  follow: (link: string) => string;
}

/** A link to the next page lives for minutes. A refusal there only fails this reading of the list. */
function laterPage(error: unknown, request: string, page: number): unknown {
  if (!(error instanceof PermanentError)) return error;
  if (error.status === undefined || ![400, 404, 410].includes(error.status)) return error;
  return new RetryableError(`Page ${page} of ${request} is gone; the list is read again from its start.`, {
    cause: error,
    tookEffect: 'no',
  });
}

export async function allPages<T>(list: List<T>): Promise<T[]> {
  const { service, request, item, most = Number.POSITIVE_INFINITY } = list;
  const items: T[] = [];
  const seen = new Set<string>();
  let place: string | undefined = list.first;
  while (place !== undefined && items.length < most) {
    if (seen.has(place)) {
      throw new PermanentError(`The pages of ${request} lead back to themselves; the list has no end.`);
    }
    seen.add(place);
    const body: unknown = await list.read(place).catch((error: unknown) => {
      throw seen.size === 1 ? error : laterPage(error, request, seen.size);
    });
    const page = shaped(pageSchema, body, service, request);
    for (const value of page.value) {
      items.push(shaped(item, value, service, `${request} (item ${items.length})`));
    }
    const link = page['@odata.nextLink'];
    place = link === undefined ? undefined : list.follow(link);
  }
  return items.slice(0, most);
}
