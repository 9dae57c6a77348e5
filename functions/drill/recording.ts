// What a drill asked and what it was answered, without anything of the tenant's: to be attached to an issue, and to be
// replayed by the simulated tenant. What is not known to be Microsoft's or ours is replaced, the same by the same, so
// that nothing slips through for being new.
import { z } from 'zod';
import expected from './expected.generated.json' with { type: 'json' };
import { ours } from './plantings.ts';

const jsonSchema = z.json();
type Json = z.infer<typeof jsonSchema>;

const exchangeSchema = z.object({
  method: z.string(),
  /** Behind the address of the service, with what is a name or an id replaced. */
  path: z.string(),
  request: jsonSchema.optional(),
  status: z.number(),
  answer: jsonSchema.optional(),
});
export type Exchange = z.infer<typeof exchangeSchema>;

export const recordingSchema = z.object({
  recordingOf: z.literal('a drill'),
  exchanges: z.array(exchangeSchema),
});
export type Recording = z.infer<typeof recordingSchema>;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Stands between a client and the network, and keeps what goes through; tokens and headers it never sees. */
export function recorder(baseUrl: string, fetch: Fetch) {
  const raw: Exchange[] = [];
  return {
    async fetch(url: string, init: RequestInit): Promise<Response> {
      const response = await fetch(url, init);
      const answer = jsonIn(await response.clone().text());
      const request = typeof init.body === 'string' ? jsonIn(init.body) : undefined;
      raw.push({
        method: init.method ?? 'GET',
        path: url.slice(baseUrl.length),
        status: response.status,
        ...(request === undefined ? {} : { request }),
        ...(answer === undefined ? {} : { answer }),
      });
      return response;
    },
    recording: (): Recording => strippedOf(raw),
  };
}

function jsonIn(text: string): Json | undefined {
  try {
    return jsonSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function strippedOf(raw: readonly Exchange[]): Recording {
  const alias = aliases();
  return {
    recordingOf: 'a drill',
    exchanges: raw.map(({ method, path, request, status, answer }) => ({
      method,
      path: stripPath(path, alias),
      status,
      ...(request === undefined ? {} : { request: strip(request, alias) }),
      ...(answer === undefined ? {} : { answer: strip(answer, alias) }),
    })),
  };
}

/** Segments of Microsoft Graph's paths that a drill asks for, and words of its enumerations; none is anybody's name. */
const words = new Set(
  [
    'v1.0 beta users mailFolders inbox messageRules calendar calendarPermissions authentication phoneMethods',
    'applications servicePrincipals oauth2PermissionGrants drive root root: children items createLink messages',
    'sendMail identityProtection riskyUsers confirmCompromised dismiss',
    'none freeBusyRead limitedRead read write custom delegateWithoutPrivateEventAccess delegateWithPrivateEventAccess',
    'mobile alternateMobile office notSupported notAllowedByPolicy notEnabled phoneNumberNotUnique ready notConfigured',
    'Principal AllPrincipals AzureADMyOrg AzureADMultipleOrgs AzureADandPersonalMicrosoftAccount Application',
    'view edit embed organization anonymous users owner low medium high hidden normal text html',
    'atRisk confirmedCompromised confirmedSafe dismissed remediated unknownFutureValue',
    'adminConfirmedUserCompromised adminDismissedAllRiskForUser',
  ].flatMap((line) => line.split(' ')),
);
const types = /^#microsoft\.graph\.[A-Za-z]+$/;
/** A property's name may hold the id of an application, as in extension_…_badge. */
const keys = /^(?!.*[0-9a-f]{8})[@A-Za-z][A-Za-z0-9@._]*$/i;
const code = /^[A-Za-z]+([_.][A-Za-z]+)*$/;

const isGuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

type Alias = (value: string) => string;

/** The same for the same, whatever its case. */
function aliases(): Alias {
  const known = new Map<string, string>();
  return (value) => {
    const key = value.toLowerCase();
    const number = known.size + 1;
    const made =
      known.get(key) ??
      (isGuid(value)
        ? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
        : /^\d{4}-\d\d-\d\dT/.test(value)
          ? aDate
          : /^[^@\s]+@[^@\s]+$/.test(value)
            ? `user${number}@contoso.example`
            : /^https?:/i.test(value)
              ? `https://contoso.example/${number}`
              : `text-${number}`);
    known.set(key, made);
    return made;
  };
}

const aDate = '2000-01-01T00:00:00Z';

/** Whether a text stands for something of a tenant, rather than for itself. */
export const isAlias = (text: string): boolean =>
  /^(00000000-0000-4000-8000-\d{12}|user\d+@contoso\.example|https:\/\/contoso\.example\/\d+|text-\d+)$/.test(
    text,
  ) || text === aDate;

const isKnown = (text: string) => words.has(text) || ours.has(text) || types.test(text);

function strip(value: Json, alias: Alias): Json {
  if (typeof value === 'string') return isKnown(value) || value === '' ? value : alias(value);
  // A large number may be a telephone's.
  if (typeof value === 'number') return Math.abs(value) < 1000 ? value : 1000;
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((one) => strip(one, alias));
  const refused = value['error'];
  if (typeof refused === 'object' && refused !== null && !Array.isArray(refused)) {
    const said = refused['code'];
    return { error: { code: typeof said === 'string' && code.test(said) ? said : 'unknown' } };
  }
  return Object.fromEntries(
    Object.entries(value)
      // Contexts and links are made of names and ids, and say nothing else.
      .filter(([name]) => keys.test(name) && !/^@odata\.(context|nextLink|id|editLink|etag)$/.test(name))
      .map(([name, entry]) => [name, strip(entry, alias)]),
  );
}

/** Of the query only which options it has: a filter is made of names. */
function stripPath(path: string, alias: Alias): string {
  const [place = '', query] = path.split('?', 2);
  const segments = place.split('/').map((segment) => {
    const plain = decodeURIComponent(segment);
    return plain === '' || isKnown(plain) ? segment : encodeURIComponent(alias(plain));
  });
  if (query === undefined) return segments.join('/');
  const options = [...new URLSearchParams(query).keys()].filter((name) => /^\$[a-z]+$/.test(name));
  return `${segments.join('/')}?${options.join('&')}`;
}

/** `GET /users/{id}/calendar/calendarPermissions` */
function templateOf({ method, path }: Pick<Exchange, 'method' | 'path'>): string {
  const [place = ''] = path.split('?', 1);
  const segments = place
    .split('/')
    .slice(2)
    .map((segment) => (isAlias(decodeURIComponent(segment)) ? '{id}' : decodeURIComponent(segment)));
  return `${method} /${segments.join('/')}`;
}

const shapeSchema: z.ZodType<Shape> = z.lazy(() =>
  z.union([z.string(), z.array(shapeSchema), z.record(z.string(), shapeSchema)]),
);
type Shape = string | Shape[] | { [name: string]: Shape };

/** What kind of thing stands where. */
function shapeOf(value: Json | undefined): Shape {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, entry]): [string, Shape] => [name, shapeOf(entry)])
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

const expectationSchema = z.record(
  z.string(),
  z.object({ statuses: z.array(z.number()), answers: z.array(shapeSchema) }),
);
type Expectation = z.infer<typeof expectationSchema>;

/** What a recording says that such requests are answered with. */
export function expectationOf({ exchanges }: Recording): Expectation {
  const all: Expectation = {};
  for (const exchange of exchanges) {
    const name = templateOf(exchange);
    const known = all[name] ?? { statuses: [], answers: [] };
    const shape = shapeOf(exchange.answer);
    const isNew = !known.answers.some((one) => JSON.stringify(one) === JSON.stringify(shape));
    all[name] = {
      statuses: [...new Set([...known.statuses, exchange.status])].toSorted((a, b) => a - b),
      answers: isNew ? [...known.answers, shape] : known.answers,
    };
  }
  return Object.fromEntries(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What this tenant answers otherwise than the stand-in does, in a sentence each. */
export function differencesIn(
  recording: Recording,
  expects: Expectation = expectationSchema.parse(expected),
): string[] {
  const said = recording.exchanges.flatMap((exchange) => {
    const name = templateOf(exchange);
    const expectation = expects[name];
    const { status, answer } = exchange;
    if (expectation === undefined) return [`${name}: the stand-in knows no such request; answered ${status}`];
    if (!expectation.statuses.includes(status)) {
      const why = z.object({ error: z.object({ code: z.string() }) }).safeParse(answer).data?.error.code;
      return [
        `${name}: answered ${status}${why === undefined ? '' : ` (${why})`}, expected ${expectation.statuses.join(' or ')}`,
      ];
    }
    const shape = shapeOf(answer);
    const all = expectation.answers.map((one) => differs(shape, one, ''));
    const [least = []] = all.toSorted((one, other) => one.length - other.length);
    return least.map((difference) => `${name}: ${difference}`);
  });
  return [...new Set(said)];
}

/** null stands for whatever is not there; an empty list for any. */
function differs(is: Shape, expects: Shape, at: string): string[] {
  if (is === 'null' || expects === 'null') return [];
  const where = at === '' ? 'the answer' : at;
  if (Array.isArray(is) && Array.isArray(expects)) {
    const [one] = is;
    const [other] = expects;
    return one === undefined || other === undefined ? [] : differs(one, other, `${at}[]`);
  }
  if (typeof is === 'string' || typeof expects === 'string' || Array.isArray(is) || Array.isArray(expects)) {
    return is === expects ? [] : [`${where} is ${kindOf(is)}, expected ${kindOf(expects)}`];
  }
  const names = [...new Set([...Object.keys(is), ...Object.keys(expects)])];
  return names.flatMap((name) => {
    const [there, wanted] = [is[name], expects[name]];
    const place = at === '' ? name : `${at}.${name}`;
    if (there === undefined) return [`${place} is missing`];
    return wanted === undefined ? [`${place} is new`] : differs(there, wanted, place);
  });
}

const kindOf = (shape: Shape) =>
  typeof shape === 'string' ? shape : Array.isArray(shape) ? 'a list' : 'an object';
