// Which route a request means. What is wrong with a path is said as Microsoft Graph says it.
import { TenantRefusal } from '../answers.ts';
import type { GraphRoute } from './route.ts';

const noSegment = (segment: string) =>
  new TenantRefusal(400, 'BadRequest', `Resource not found for the segment '${segment}'.`);

interface Segment {
  /** The name of its parameter; undefined: the segment itself is meant. */
  key: string | undefined;
  before: string;
  after: string;
}

/** Each request is held against all templates. */
const segmentsOf = new Map<string, readonly Segment[]>();

function segmentsIn(template: string): readonly Segment[] {
  const known = segmentsOf.get(template);
  if (known !== undefined) return known;
  const segments = template.split('/').map((segment): Segment => {
    const [, before = segment, key, after = ''] = /^(.*)\{(\w+)\}(.*)$/.exec(segment) ?? [];
    return { key, before, after };
  });
  segmentsOf.set(template, segments);
  return segments;
}

/** Parameters of a path that fits the template, else undefined. Names are matched exactly, as the metadata has them. */
function parametersIn(template: string, given: readonly string[]): Record<string, string> | undefined {
  const wanted = segmentsIn(template);
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, { key, before, after }] of wanted.entries()) {
    const value = given[index] ?? '';
    if (key === undefined) {
      if (before !== value) return undefined;
      continue;
    }
    if (value.length <= before.length + after.length || !value.startsWith(before) || !value.endsWith(after))
      return undefined;
    parameters[key] = decodeURIComponent(value.slice(before.length, value.length - after.length)).replace(
      /^'(.*)'$/,
      '$1',
    );
  }
  return parameters;
}

/** Segments that mean something by themselves; OData takes every other one that begins with $ for an unknown option. */
const options = new Set(['$ref', '$value', '$count']);

/** `users('x')` means `users/x`, and is the only way to name what begins with $. */
function withoutKeys(segments: readonly string[]): string[] {
  return segments.flatMap((segment, index) => {
    const [, set, key] = /^(\w+)\('(.*)'\)$/.exec(decodeURIComponent(segment)) ?? [];
    if (set !== undefined && key !== undefined) return [set, encodeURIComponent(key.replaceAll("''", "'"))];
    if (decodeURIComponent(segment).startsWith('$') && !options.has(segment)) {
      throw new TenantRefusal(
        400,
        'BadRequest',
        `The request URI is not valid. Since the segment '${segments[index - 1] ?? ''}' refers to a collection, this must be the last segment in the request URI or it must be followed by an function or action that can be bound to it otherwise all intermediate segments must refer to a single resource.`,
      );
    }
    return [segment];
  });
}

/** The route of a request with the parameters in its path. Throws the refusal of a wrong version, segment or method. */
export function findRoute(routes: readonly GraphRoute[], request: { method: string; path: string }) {
  const [, version = '', ...given] = request.path.split('/');
  if (version !== 'v1.0' && version !== 'beta')
    throw new TenantRefusal(400, 'BadRequest', `Invalid version: ${version}.`);
  const rest = withoutKeys(given);
  const path = ['', ...rest];
  const sameVersion = routes.filter((route) => route.versions?.includes(version) ?? true);
  let known = false;
  for (const route of sameVersion) {
    const parameters = parametersIn(route.path, path);
    if (!parameters) continue;
    if (route.method === request.method) return { route, parameters, version } as const;
    known = true;
  }
  if (known)
    throw new TenantRefusal(
      405,
      'Request_BadRequest',
      `Specified HTTP method is not allowed for the request target.`,
    );
  const wrong = rest.findIndex(
    (_, index) => !sameVersion.some((route) => leads(route.path, rest.slice(0, index + 1))),
  );
  throw noSegment(rest.at(wrong) ?? '');
}

const leads = (template: string, segments: readonly string[]) =>
  parametersIn(
    template
      .split('/')
      .slice(0, segments.length + 1)
      .join('/'),
    ['', ...segments],
  ) !== undefined;
