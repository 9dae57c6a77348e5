// A drill's requests and answers, without any of the tenant's data: to attach to an issue, and for the simulated tenant
// to replay. Everything not known to be Microsoft's or ours is replaced, equal values by equal ones, so that nothing
// new slips through.
import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import expected from './expected.generated.json' with { type: 'json' };
import { ours } from './plantings.ts';

const jsonSchema = z.json();
type Json = z.infer<typeof jsonSchema>;

export const exchangeSchema = z.object({
  /** Who asked: the identity that plants, or the responder. */
  by: z.enum(['drill', 'responder']).default('drill'),
  service: z.enum(['graph', 'exchange', 'defender']).default('graph'),
  method: z.string(),
  /** What follows the address of the service, with names and ids replaced. */
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

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Stands between a client and the network, and keeps what passes through; it never sees tokens and headers. */
export function recorder(fetch: Fetch) {
  const raw: Exchange[] = [];
  return {
    async fetch(url: string, init: RequestInit): Promise<Response> {
      const response = await fetch(url, init);
      raw.push({ ...(await rawExchange(url, init, response)), by: 'drill' });
      return response;
    },
    /** Includes what the responder asked meanwhile, with names already replaced, using the drill's id as the key. */
    recording: (responders: readonly Exchange[] = [], key: string = randomUUID()): Recording =>
      numbered([...keyed(raw, key), ...responders]),
  };
}

/** An answer larger than this says nothing more about how a service answers. */
const mostBytes = 1_000_000;
const mostOfAList = 5;
/** The first part of a path, which tells the services apart. */
const roots: ReadonlySet<string | undefined> = new Set(['v1.0', 'beta', 'adminapi', 'api']);

export async function rawExchange(url: string, init: RequestInit, response: Response): Promise<Exchange> {
  const { pathname, search } = new URL(url);
  const isLarge = Number(response.headers.get('content-length') ?? 0) > mostBytes;
  const answer = isLarge ? undefined : jsonIn(await response.clone().text());
  const request = typeof init.body === 'string' ? jsonIn(init.body) : undefined;
  // Comes after the address, whatever address the service has.
  const parts = pathname.split('/');
  const at = parts.findIndex((part) => roots.has(part));
  const root = parts[at];
  const place = at < 0 ? pathname : `/${parts.slice(at).join('/')}`;
  return {
    by: 'responder',
    service: root === 'adminapi' ? 'exchange' : root === 'api' ? 'defender' : 'graph',
    method: init.method ?? 'GET',
    path: `${place}${search}`,
    status: response.status,
    ...(request === undefined ? {} : { request }),
    ...(answer === undefined ? {} : { answer }),
  };
}

function jsonIn(text: string): Json | undefined {
  try {
    return jsonSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const strippedOf = (raw: readonly Exchange[]): Recording => numbered(keyed(raw, randomUUID()));

/**
 * Replaces the tenant's data by names that nobody can make again without the key, so that several processes can each do
 * it.
 */
export function keyed(raw: readonly Exchange[], key: string): Exchange[] {
  const alias: Alias = (value) => {
    const hash = createHmac('sha256', key).update(value.toLowerCase()).digest('hex').slice(0, 24);
    return `~${kindIn(value)}~${hash}`;
  };
  return raw.map(({ by, service, method, path, request, status, answer }) => ({
    ...{ by, service, method, status },
    path: stripPath(path, alias),
    ...(request === undefined ? {} : { request: strip(request, alias) }),
    ...(answer === undefined ? {} : { answer: strip(answer, alias) }),
  }));
}

const keyedName = /~(id|date|mail|url|text)~[0-9a-f]{24}/g;

/** Replaces the names by numbers, the same number for the same name: nothing is left of the original. */
function numbered(exchanges: readonly Exchange[]): Recording {
  const known = new Map<string, string>();
  const name = (given: string, kind: string): string => {
    const number = known.size + 1;
    const made =
      known.get(given) ??
      (kind === 'id'
        ? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
        : kind === 'date'
          ? aDate
          : kind === 'mail'
            ? `user${number}@contoso.example`
            : kind === 'url'
              ? `https://contoso.example/${number}`
              : `text-${number}`);
    known.set(given, made);
    return made;
  };
  const inText = (text: string) => text.replaceAll(keyedName, name);
  const inJson = (value: Json): Json => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map(inJson);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, inJson(entry)]));
  };
  return {
    recordingOf: 'a drill',
    exchanges: exchanges.map(({ request, answer, path, ...exchange }) => ({
      ...exchange,
      path: namedPath(path, inText),
      ...(request === undefined ? {} : { request: inJson(request) }),
      ...(answer === undefined ? {} : { answer: inJson(answer) }),
    })),
  };
}

/** What was not replaced stays as it was written; the query contains no names. */
function namedPath(path: string, inText: (text: string) => string): string {
  const [place = '', ...query] = path.split('?');
  const segments = place.split('/').map((segment) => {
    const plain = decoded(segment);
    const named = inText(plain);
    return named === plain ? segment : encodeURIComponent(named);
  });
  return [segments.join('/'), ...query].join('?');
}

/** Segments of Microsoft Graph paths that a drill asks for, and words of its enumerations; none is anybody's name. */
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
    // What the responder asks for besides.
    'api adminapi InvokeCommand $ref admin alerts_v2 analyzedEmails appRoleAssignedTo appRoleAssignments auditLog',
    'auditLogs authenticationMethods collaboration comments devices directory directoryAudits domains',
    'eligibilityScheduleInstances assignmentScheduleInstances exchange group groups identities identityAccounts',
    'identityGovernance incidents invokeAction machineactions machines manager members memberOf messageTraces methods',
    'microsoft.graph.group microsoft.graph.user ownedDevices ownedObjects privilegedAccess queries records',
    'registeredDevices registeredOwners remediate reports requirements revokeSignInSessions riskDetections',
    'roleAssignments roleAssignmentScheduleInstances roleEligibilityScheduleInstances roleManagement runAntiVirusScan',
    'security sentitems signIns temporaryAccessPassMethods tracing transitiveMemberOf transitiveMembers',
    'userRegistrationDetails owners administrativeUnits roleDefinitions subscribedSkus organization',
  ].flatMap((line) => line.split(' ')),
);
const types = /^#microsoft\.graph\.[A-Za-z]+$/;
/** What Microsoft calls a property; a tenant's own is called after its domain or an application, as in contoso_badge. */
const keys =
  /^(?!.*[0-9a-f]{8})(?:[A-Za-z][A-Za-z0-9]*)?(?:@(?:odata|data|adminapi|microsoft\.graph)\.[A-Za-z]+)?$/i;
const code = /^(?:Microsoft\.|System\.)?[A-Za-z]+(?:_[A-Za-z]+)*$/;

const isGuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

type Alias = (value: string) => string;

const kindIn = (value: string): string =>
  isGuid(value)
    ? 'id'
    : /^\d{4}-\d\d-\d\dT/.test(value)
      ? 'date'
      : /^[^@\s]+@[^@\s]+$/.test(value)
        ? 'mail'
        : /^https?:/i.test(value)
          ? 'url'
          : 'text';

const aDate = '2000-01-01T00:00:00Z';

/** Whether a text stands for something in a tenant rather than for itself. */
export const isAlias = (text: string): boolean =>
  /^(00000000-0000-4000-8000-\d{12}|user\d+@contoso\.example|https:\/\/contoso\.example\/\d+|text-\d+)$/.test(
    text,
  ) || text === aDate;

const isKnown = (text: string) => words.has(text) || ours.has(text) || types.test(text);

/** Microsoft's own words, in the one property where nobody else writes. */
const cmdlet = /^[A-Z][a-z]+-[A-Z][A-Za-z]+$/;

/** Contexts and links consist of names and ids, and say nothing else. */
export const isLeftOut = (name: string): boolean =>
  name === '' || !keys.test(name) || /^@odata\.(context|nextLink|id|editLink|etag)$/.test(name);

/** A large number may be a phone number, and a fraction a place. */
const plainNumber = (value: number, at: string | undefined): number =>
  !Number.isInteger(value) || /^(latitude|longitude|altitude)$/i.test(at ?? '')
    ? 0.5
    : Math.abs(value) < 1000
      ? value
      : 1000;

function strip(value: Json, alias: Alias, at?: string): Json {
  if (typeof value === 'string' && at === 'CmdletName' && cmdlet.test(value)) return value;
  if (typeof value === 'string') return isKnown(value) || value === '' ? value : alias(value);
  if (typeof value === 'number') return plainNumber(value, at);
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.slice(0, mostOfAList).map((one) => strip(one, alias));
  const refused = value['error'];
  if (typeof refused === 'object' && refused !== null && !Array.isArray(refused)) {
    const said = refused['code'];
    return { error: { code: typeof said === 'string' && code.test(said) ? said : 'unknown' } };
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isLeftOut(name))
      .map(([name, entry]) => [name, strip(entry, alias, name)]),
  );
}

/** A link that a service made up may not be decodable. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Keeps only which options the query has: a filter is made of names. */
function stripPath(path: string, alias: Alias): string {
  const [place = '', query] = path.split('?', 2);
  const segments = place.split('/').map((segment) => {
    const plain = decoded(segment);
    return plain === '' || isKnown(plain) ? segment : encodeURIComponent(alias(plain));
  });
  if (query === undefined) return segments.join('/');
  const options = [...new URLSearchParams(query).keys()].filter((name) => /^\$[a-z]+$/.test(name));
  return `${segments.join('/')}?${options.join('&')}`;
}

/** `GET /users/{id}/calendar/calendarPermissions` */
function templateOf({ method, path, request }: Exchange): string {
  const asked = cmdletIn(request);
  if (asked !== undefined) return asked;
  const [place = ''] = path.split('?', 1);
  const segments = place
    .split('/')
    .slice(2)
    .map((segment) => (isAlias(decodeURIComponent(segment)) ? '{id}' : decodeURIComponent(segment)));
  return `${method} /${segments.join('/')}`;
}

const commandSchema = z.object({ CmdletInput: z.object({ CmdletName: z.string() }) });

/** The cmdlet of a request to Exchange Online, since all of these go to one address. */
export const cmdletIn = (request: unknown): string | undefined =>
  commandSchema.safeParse(request).data?.CmdletInput.CmdletName;

const shapeSchema: z.ZodType<Shape> = z.lazy(() =>
  z.union([z.string(), z.array(shapeSchema), z.record(z.string(), shapeSchema)]),
);
type Shape = string | Shape[] | { [name: string]: Shape };

/** What kind of value stands at each place. */
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

/** How such requests are answered according to a recording. */
export function expectationOf({ exchanges }: Recording): Expectation {
  const all: Expectation = {};
  for (const exchange of exchanges.filter(({ by }) => by === 'drill')) {
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

/** What this tenant answers differently from the stand-in, in a sentence each. */
export function differencesIn(
  recording: Recording,
  expects: Expectation = expectationSchema.parse(expected),
): string[] {
  const said = recording.exchanges.flatMap((exchange) => {
    // The responder has reports of its own: steps that fail, and preflight.
    if (exchange.by !== 'drill') return [];
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

/** null stands for a missing value; an empty list for any list. */
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
