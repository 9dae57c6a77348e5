// Reads a list to its end, or fails: a partial list proves nothing, and "the rest could not be read" must never
// look like "there is nothing".
import { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';
import { shaped } from './answer.ts';

const pageSchema = z.looseObject({ value: z.array(z.unknown()), '@odata.nextLink': z.string().nullish() });

interface List<T> {
  service: string;
  /** Its name in failures. */
  request: string;
  first: string;
  item: z.ZodType<T>;
  /** Stops reading pages at this many items. */
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
  const { most = Number.POSITIVE_INFINITY } = list;
  const items: T[] = [];
  for await (const page of eachPage(list)) {
    items.push(...page);
    if (items.length >= most) break;
  }
  return items.slice(0, most);
}

/** The same, one page at a time: for lists too long to hold in memory. */
export async function* eachPage<T>(list: Omit<List<T>, 'most'>): AsyncGenerator<T[]> {
  const { service, request, item } = list;
  const seen = new Set<string>();
  let count = 0;
  let place: string | undefined = list.first;
  while (place !== undefined) {
    if (seen.has(place)) {
      throw new PermanentError(`The pages of ${request} lead back to themselves; the list has no end.`);
    }
    seen.add(place);
    const body: unknown = await list.read(place).catch((error: unknown) => {
      throw seen.size === 1 ? error : laterPage(error, request, seen.size);
    });
    const page = shaped(pageSchema, body, service, request);
    const before = count;
    count += page.value.length;
    yield page.value.map((value, index) =>
      shaped(item, value, service, `${request} (item ${before + index})`),
    );
    const link = page['@odata.nextLink'];
    if (link?.trim() === '') {
      throw new RetryableError(`${service} has more of ${request}, and does not say where.`, {
        tookEffect: 'no',
      });
    }
    place = link == null ? undefined : list.follow(link);
  }
}
