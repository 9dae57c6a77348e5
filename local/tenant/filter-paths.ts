// What a path in a $filter refers to, and how its value compares with a literal.
import { isRow, type Row } from './answers.ts';
import { badRequest } from './filter-tokens.ts';
import { type Kind, kindOf, membersOf } from './schema/fields.ts';

export type Properties = Readonly<Record<string, unknown>>;

/** What a path means where it stands: in the collection's entity, or in the variable of an any(). */
export interface Scope {
  variable: string | undefined;
  properties: Properties | undefined;
  typeName: string;
}
type Getter = (row: Row) => unknown;
export interface Path {
  get: Getter;
  kind: Kind | 'unknown';
  members: readonly string[] | undefined;
}

/** Below, at and above zero as in a sort; undefined where the two cannot be ordered. */
export function compare(value: unknown, wanted: unknown): number | undefined {
  if (value === null || value === undefined) return wanted === null ? 0 : undefined;
  if (wanted instanceof Date)
    return typeof value === 'string' ? Date.parse(value) - wanted.getTime() : undefined;
  if (typeof value === 'string' && typeof wanted === 'string') {
    return value.toLowerCase() === wanted.toLowerCase() ? 0 : value.localeCompare(wanted);
  }
  if (typeof value === 'number' && typeof wanted === 'number') return value - wanted;
  return value === wanted ? 0 : undefined;
}

export function resolve(path: string, scope: Scope): Path {
  const segments = path.split('/');
  if (scope.variable !== undefined) {
    if (segments[0] !== scope.variable)
      throw badRequest(`Invalid filter clause: '${path}' does not begin with '${scope.variable}'.`);
    const rest = segments.slice(1);
    return { get: getter(rest.length > 0 ? rest : ['$it']), kind: 'unknown', members: undefined };
  }
  const [first = ''] = segments;
  const type = scope.properties?.[first];
  if (type === undefined) {
    throw badRequest(
      `Invalid filter clause: Could not find a property named '${first}' on type '${scope.typeName}'.`,
    );
  }
  const simple = segments.length === 1;
  return {
    get: getter(segments),
    kind: simple ? kindOf(type) : 'unknown',
    members: simple ? membersOf(type) : undefined,
  };
}

/** Walks a path; a type name in it lets only objects of that type through. */
const getter =
  (segments: readonly string[]): Getter =>
  (row) =>
    segments.reduce<unknown>((value, segment) => {
      if (!isRow(value)) return undefined;
      if (segment.startsWith('microsoft.graph.'))
        return value['@odata.type'] === `#${segment}` ? value : undefined;
      return value[segment];
    }, row);
