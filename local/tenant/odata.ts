// The query options of a Graph request, parsed and applied. A service takes the options it documents and refuses
// all others; each route lists its own.
import { isRow, type Row, TenantRefusal } from './answers.ts';
import { type Filter, parseFilter } from './filter.ts';
import type { Properties } from './filter-paths.ts';
import { badRequest } from './filter-tokens.ts';
import { inPages } from './logs.ts';
import { kindOf } from './schema/fields.ts';
import type { TenantFile } from './schema.ts';

export interface EntityType {
  /** With its namespace: microsoft.graph.user. */
  name: string;
  properties: Properties;
  /** What $expand may name. */
  navigation?: Readonly<Record<string, EntityType>>;
}

export interface QueryOptions {
  select?: true;
  expand?: true;
  /** How many may be expanded in one request; left out: any number. */
  expandMost?: number;
  count?: true;
  orderBy?: readonly string[];
  /** Operators by property path: { createdDateTime: 'eq le ge' }. */
  filter?: Readonly<Record<string, string>>;
  /** Paths and operators that need ConsistencyLevel: eventual with $count=true; `true` stands for all. */
  advanced?: readonly string[] | true;
  /** Parameters of the path's own, without a $. */
  own?: readonly string[];
  /** Page size when none is asked for, and the largest. */
  page?: {
    size: number;
    most: number;
    /** Of a log: its pages come as the file's `behaviour.logPages` says. */
    log?: true;
  };
}

export interface Query {
  select: readonly string[] | undefined;
  expand: ReadonlyMap<string, readonly string[] | undefined>;
  filter: Filter | undefined;
  orderBy: { property: string; descending: boolean } | undefined;
  count: boolean;
  own: ReadonlyMap<string, string>;
  top: number | undefined;
  skip: number;
}

const known = ['$select', '$expand', '$filter', '$orderby', '$count', '$top', '$skiptoken'];

function listed(text: string, type: EntityType, option: string): string[] {
  return text.split(',').map((part) => {
    const name = part.trim();
    if (name in type.properties) return name;
    throw badRequest(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${type.name}' (${option}).`,
    );
  });
}

function expanded(text: string, type: EntityType, options: QueryOptions): Query['expand'] {
  const found = new Map<string, readonly string[] | undefined>();
  for (const [part, name = '', inner] of text.matchAll(/([^,()]+)(?:\(([^()]*)\))?,?/g)) {
    const target = type.navigation?.[name.trim()];
    if (!target)
      throw badRequest(
        `Parsing OData Select and Expand failed: Could not find a property named '${part}' on type '${type.name}'.`,
      );
    const select = inner === undefined ? undefined : /^\$select=(.+)$/.exec(inner)?.[1];
    if (inner !== undefined && select === undefined)
      throw badRequest(`The query option '${inner}' is not supported inside $expand.`);
    found.set(name.trim(), select === undefined ? undefined : listed(select, target, '$expand'));
  }
  if (found.size > (options.expandMost ?? Number.POSITIVE_INFINITY))
    throw badRequest('Only one property can be expanded in a single request.');
  return found;
}

function checkFilter(filter: Filter, type: EntityType, options: QueryOptions, eventual: boolean): void {
  for (const { path, operator } of filter.uses) {
    const supported = options.filter?.[path]?.split(' ') ?? [];
    const advanced =
      options.advanced === true || options.advanced?.some((entry) => entry === path || entry === operator);
    if (!supported.includes(operator) || (advanced && !eventual)) {
      throw new TenantRefusal(
        400,
        'Request_UnsupportedQuery',
        `Unsupported or invalid query filter clause specified for property '${path}' of resource '${type.name.split('.').at(-1)}' (operator ${operator}${supported.includes(operator) ? ' needs ConsistencyLevel: eventual and $count=true' : ''}).`,
      );
    }
  }
}

const wholeNumber = (text: string | null, option: string, least: number): number | undefined => {
  if (text === null) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw badRequest(`Invalid value '${text}' for the query option '${option}'.`);
};

/** Reads the query of a request against what the route supports. Throws the refusal of the service. */
export function parseQuery(url: URL, headers: Headers, type: EntityType, options: QueryOptions): Query {
  for (const name of url.searchParams.keys()) {
    if (!known.includes(name) && !options.own?.includes(name))
      throw badRequest(`The query option '${name}' is not supported.`);
    if (url.searchParams.getAll(name).length > 1)
      throw badRequest(
        `Query option '${name}' was specified more than once, but it must be specified at most once.`,
      );
  }
  const ask = (name: string, supported: unknown): string | null => {
    const value = url.searchParams.get(name);
    if (value !== null && !supported)
      throw badRequest(`The query option '${name}' is not supported for this resource.`);
    return value;
  };
  const select = ask('$select', options.select);
  const expand = ask('$expand', options.expand);
  const filterText = ask('$filter', options.filter);
  const orderText = ask('$orderby', options.orderBy);
  const count = ask('$count', options.count ?? options.advanced);
  if (count !== null && !['true', 'false'].includes(count))
    throw badRequest(
      `Invalid value '${count}' for $count query option found. Valid values are 'true' and 'false'.`,
    );
  const top = wholeNumber(ask('$top', options.page), '$top', 1);
  if (top !== undefined && options.page && top > options.page.most) {
    throw badRequest(
      `The limit of '${options.page.most}' for Top query has been exceeded. The value from the incoming request is '${top}'.`,
    );
  }
  const [property = '', direction = 'asc'] = orderText?.split(' ') ?? [];
  if (orderText !== null && (!options.orderBy?.includes(property) || !['asc', 'desc'].includes(direction))) {
    throw badRequest(`The query option '$orderby=${orderText}' is not supported for this resource.`);
  }
  const filter = filterText === null ? undefined : parseFilter(filterText, type.properties, type.name);
  const eventual = count === 'true' && headers.get('consistencylevel')?.toLowerCase() === 'eventual';
  if (filter) checkFilter(filter, type, options, eventual);
  return {
    select: select === null ? undefined : listed(select, type, '$select'),
    expand: expand === null ? new Map() : expanded(expand, type, options),
    filter,
    orderBy: orderText === null ? undefined : { property, descending: direction === 'desc' },
    count: count === 'true',
    own: new Map([...url.searchParams].filter(([name]) => options.own?.includes(name))),
    top,
    skip: readSkip(ask('$skiptoken', options.page)),
  };
}

function readSkip(token: string | null): number {
  if (token === null) return 0;
  const found = /^skip:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!found) throw badRequest('The $skiptoken is not valid.');
  return Number(found[1]);
}

export interface ODataPage {
  rows: Row[];
  total: number;
  /** $skiptoken of the next page. */
  next: string | undefined;
}

export function page(
  rows: readonly Row[],
  query: Query,
  options: QueryOptions,
  behaviour?: TenantFile['behaviour'],
): ODataPage {
  const { filter, orderBy } = query;
  const matching = filter ? rows.filter(filter.matches) : [...rows];
  if (orderBy) {
    const sign = orderBy.descending ? -1 : 1;
    matching.sort(
      (one, other) => sign * String(one[orderBy.property]).localeCompare(String(other[orderBy.property])),
    );
  }
  const logPages = options.page?.log ? (behaviour?.logPages ?? {}) : {};
  const paged = inPages(matching, orderBy !== undefined, logPages);
  const size = Math.min(
    query.top ?? options.page?.size ?? paged.length,
    logPages.size ?? Number.POSITIVE_INFINITY,
  );
  const end = query.skip + size;
  return {
    rows: paged.slice(query.skip, end),
    total: matching.length,
    next: end < paged.length ? Buffer.from(`skip:${end}`).toString('base64url') : undefined,
  };
}

/** The chosen properties of a row; what was expanded and every annotation stay. */
export function project(row: Row, chosen: readonly string[] | undefined, type: EntityType): Row {
  if (!chosen) return row;
  const kept = Object.entries(row).filter(
    ([name]) =>
      chosen.includes(name) || name.startsWith('@odata.') || (type.navigation && name in type.navigation),
  );
  return Object.fromEntries(kept);
}

/** An object as its service shows it: all properties, with their defaults or null where the file has none. */
export function withDefaults(given: object, properties: Properties, defaults: Row = {}): Row {
  const values: Row = isRow(given) ? given : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, type]) => [
      name,
      values[name] ??
        (values[name] === null ? null : (defaults[name] ?? (kindOf(type) === 'collection' ? [] : null))),
    ]),
  );
}
