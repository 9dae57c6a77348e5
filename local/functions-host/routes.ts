// Which function answers a path. The route templates of ASP.NET as far as functions use them: literals in any case,
// {id}, {id?}, {*rest}, {id:int}. The most specific route wins, whatever the order of registration.
import type { RegisteredFunction } from './core-api.ts';

interface Segment {
  kind: 'literal' | 'parameter' | 'optional' | 'rest';
  text: string;
  fits: RegExp;
}

export interface Route {
  function: RegisteredFunction;
  methods: ReadonlySet<string>;
  template: string;
  segments: readonly Segment[];
}

const constraints: Readonly<Record<string, RegExp>> = {
  '': /^.+$/s,
  int: /^-?\d+$/,
  long: /^-?\d+$/,
  bool: /^(true|false)$/i,
  alpha: /^[a-z]+$/i,
  guid: /^[{(]?[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}[)}]?$/i,
};

const anything = /^/;

function parseSegment(text: string, template: string): Segment {
  if (!/[{}]/.test(text)) return { kind: 'literal', text: text.toLowerCase(), fits: anything };
  const [, star, name, constraint = '', optional] = /^\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}$/.exec(text) ?? [];
  const fits = constraints[constraint];
  if (name === undefined || fits === undefined) {
    throw new Error(`route "${template}": the local host does not know the segment ${text}`);
  }
  if (star) return { kind: 'rest', text: name, fits: anything };
  return { kind: optional ? 'optional' : 'parameter', text: name, fits };
}

const stringList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Throws on a template that this host does not know. */
export function parseRoute(called: RegisteredFunction, prefix: string): Route {
  const { route, methods } = called.trigger.binding;
  const own = typeof route === 'string' && route !== '' ? route : called.name;
  const template = [prefix, own]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean)
    .join('/');
  return {
    function: called,
    methods: new Set(stringList(methods).map((method) => method.toUpperCase())),
    template,
    segments: template.split('/').map((segment) => parseSegment(segment, template)),
  };
}

const weights = { literal: 1, parameter: 3, optional: 3, rest: 5 } as const;
const precedence = ({ segments }: Route) =>
  segments
    .map(({ kind, fits }) => weights[kind] - (kind !== 'literal' && fits !== constraints[''] ? 1 : 0))
    .join('');

/** The most specific first. */
export const bySpecificity = (a: Route, b: Route) => (precedence(a) < precedence(b) ? -1 : 1);

/** A path segment as the service decodes it: %2F stays, and what cannot be decoded too. */
function decode(segment: string): string {
  try {
    return segment
      .split(/(%2f)/i)
      .map((part) => (/^%2f$/i.test(part) ? part : decodeURIComponent(part)))
      .join('');
  } catch {
    return segment;
  }
}

/** The parameters when the path fits, else null. */
function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [index, { kind, text, fits }] of segments.entries()) {
    const value = path[index];
    if (kind === 'rest') {
      parameters[text] = path.slice(index).join('/');
      return parameters;
    }
    if (value === undefined) {
      if (kind !== 'optional') return null;
    } else if (kind === 'literal') {
      if (value.toLowerCase() !== text) return null;
    } else if (fits.test(value)) parameters[text] = value;
    else return null;
  }
  return path.length > segments.length ? null : parameters;
}

/** A known path with another method is not found either (404, not 405): the service routes by both at once. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; parameters: Record<string, string> } | null {
  const given = path.split('/').filter(Boolean).map(decode);
  for (const route of routes) {
    if (!route.methods.has(method)) continue;
    const parameters = matchSegments(route.segments, given);
    if (parameters) return { route, parameters };
  }
  return null;
}
