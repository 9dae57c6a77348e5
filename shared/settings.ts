// The app's settings, read once. Nothing throws at import: in Azure that would silently index no function, so
// problems are returned as a list and each function reports them in its own log.

import { z } from 'zod';
import { detectorsSchema } from './alerts/detector-settings.ts';
import { type Policy, readPolicy } from './alerts/policy.ts';
import { trimEnd } from './model/text.ts';
import { timing } from './run/timing.ts';
import { webhookCases } from './summary/webhook.ts';

/** The kinds of values: each comes as text. */
const url = z.url().transform((text) => trimEnd(text, '/'));
const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[,;\s]+/).filter((entry) => entry !== ''));
const json = (empty: string) =>
  z
    .string()
    .default(empty)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    });
/** One that is neither would protect nobody, and nobody would know. */
const accounts = list.pipe(
  z.array(
    z.string().refine((entry) => entry.includes('@') || z.guid().safeParse(entry).success, {
      message: 'is neither an object id nor a UPN',
    }),
  ),
);
const hostName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*$/i, 'is no host name, such as contoso.servicebus.windows.net');
const numberIn = (fallback: number, least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const settingsSchema = z.object({
  /** Directory (tenant) id; alerts of any other tenant are refused. */
  TENANT_ID: z.guid(),
  /** Mailbox that the summary is sent from. */
  MAIL_FROM: z.email(),
  /** On-call: one or more addresses, separated by commas. */
  MAIL_TO: list.pipe(z.array(z.email()).min(1, 'names no address')),
  /** Where this app is reached, for the link to a run; in Azure known from WEBSITE_HOSTNAME. */
  BASE_URL: url.optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
  /** Where on-call works, as `Europe/Berlin`: mail and pages tell the time there too, beside UTC. Left out: UTC alone. */
  TIME_ZONE: z.string().refine(isTimeZone, 'is no time zone, such as Europe/Berlin').optional(),
  /** Set by the platform where App Service Authentication stands in front: without it its header is not believed. */
  WEBSITE_AUTH_ENABLED: z.stringbool().catch(false).default(false),
  /** How callers of the HTTP API are known: `key` (function keys, by itself), or `entra`, `easy-auth` or both. */
  AUTH: list
    .pipe(z.array(z.enum(['key', 'entra', 'easy-auth'])))
    .transform((ways) => (ways.length === 0 ? ['key' as const] : ways)),
  /** Client id of the application that people sign in to and that tokens are made for; with `key` not needed. */
  API_CLIENT_ID: z.guid().optional(),
  /** What else an access token may name as its audience, such as the application's own URI; commas between. */
  API_AUDIENCES: list,
  /** Where tokens are issued and their keys are read. */
  LOGIN_URL: url.default('https://login.microsoftonline.com'),
  GRAPH_URL: url.default('https://graph.microsoft.com'),
  EXCHANGE_URL: url.default('https://outlook.office365.com'),
  DEFENDER_URL: url.default('https://api.security.microsoft.com'),
  /** Per step, as JSON: {"block-sign-in":{"mode":"off"}}. */
  STEPS: json('{}').pipe(z.record(z.string(), z.unknown())),
  /** Rows of the triage policy that differ from the default, as JSON; see shared/alerts/policy.ts. */
  POLICY: json('{}').transform((overrides, context): Policy => {
    const read = readPolicy(overrides);
    if ('policy' in read) return read.policy;
    for (const message of read.problems) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }),
  /** Detections that the catalogue does not know, or knows wrongly, as JSON; see shared/alerts/detector-settings.ts. */
  DETECTORS: json('[]').pipe(detectorsSchema),
  /**
   * Second channel: where an Adaptive Card is posted, such as a Teams workflow. Whoever knows the address may post, so it
   * is best kept in a key vault; a reference that the platform could not resolve counts as none, and the mail goes on.
   */
  WEBHOOK_URL: z
    .string()
    .transform((text) => (text.startsWith('@Microsoft.KeyVault(') ? undefined : text))
    .pipe(
      z
        .url()
        .refine((text) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(text), {
          message: 'is not https',
        })
        .optional(),
    )
    .optional(),
  /** For which runs: those of administrators, or all of them. */
  WEBHOOK_CASES: z.enum(webhookCases).default('administrators'),
  /** Never changed by this app: break-glass accounts and the like, by object id or UPN. */
  PROTECTED_ACCOUNTS: accounts,
  /** Never changed by this app either: whoever is in one of these groups, at any depth, by the groups' object ids. */
  PROTECTED_GROUPS: list.pipe(
    z.array(z.string().refine((entry) => z.guid().safeParse(entry).success, { message: 'is no object id' })),
  ),
  /** Held for a person's decision unless the signal is certain, by object id or UPN. */
  SERVICE_ACCOUNTS: accounts,
  /** Named people who are treated like administrators, by object id or UPN. */
  VIP_ACCOUNTS: accounts,
  /** Object id of the group whose members a drill may touch; left out: there are no drills. */
  DRILL_GROUP: z.guid().optional(),
  /** Where what a drill plants would send mail: a mailbox inside that nobody needs. */
  DRILL_SINK: z.email().optional(),
  /** The account of the weekly drill, by UPN or object id, and the client id of the identity that plants it; left out: none. */
  DRILL_ACCOUNT: z.string().min(3).optional(),
  DRILL_CLIENT_ID: z.guid().optional(),
  /** Circuit breaker, first stage: runs in one hour that may become full by themselves; those after them only contain. */
  BREAKER_FULL_PER_HOUR: z.coerce.number().int().min(0).max(10_000).default(20),
  /** Second stage: runs in one hour that change anything by themselves; those after them are held. */
  BREAKER_RUNS_PER_HOUR: z.coerce.number().int().min(0).max(10_000).default(100),
  /** The second stage again, as a share of the tenant's enabled members in percent (never fewer than five); whichever is fewer holds. */
  BREAKER_SHARE: z.coerce.number().int().min(0).max(100).default(20),
  /** Only look, change nothing, in every run. */
  DRY_RUN: z.stringbool().default(false),
  /** No source of alerts answered or delivered for so many hours: on-call is told. */
  NO_SIGNAL_HOURS: numberIn(2, 1, 720),
  /** Days for which a closed run and everything about it is kept. */
  KEEP_RUNS_DAYS: numberIn(400, 7, 3650),
  /** Days for which the record of decisions, unknown titles and dead letters are kept. */
  KEEP_DECISIONS_DAYS: numberIn(90, 7, 3650),
  /** A function's own deadline: it ends before the lease does, or a step that is slow would be done twice. */
  DEADLINE_SECONDS: numberIn(90, 5, timing.leaseSeconds - 10),
  /** Service Bus: a connection string, or the namespace for the managed identity. */
  ServiceBus: z
    .string()
    .regex(/(^|;)\s*Endpoint=sb:\/\//i, 'is no connection string of Service Bus (Endpoint=sb://…)')
    .optional(),
  ServiceBus__fullyQualifiedNamespace: hostName.optional(),
  /** Table Storage: a connection string, or the service's address for the managed identity. */
  Progress: z
    .string()
    .regex(
      /(^|;)\s*(UseDevelopmentStorage=true|AccountName=|TableEndpoint=)/i,
      'is no connection string of a storage account (AccountName=…)',
    )
    .optional(),
  Progress__tableServiceUri: url.optional(),
  /** Blob Storage, for what a row can't hold; left out: the same account, .blob. in place of .table. */
  Progress__blobServiceUri: url.optional(),
  /** The topic that is the front door for alerts; left out: alerts for other accounts become tasks. */
  EventGrid__topicEndpointUri: url.optional(),
  /** Its key, where the managed identity is not to be used. */
  EventGrid__topicKey: z.string().min(1).optional(),
  /** Ask Microsoft Graph for new alerts every minute; left out: where there is a topic to publish them to. */
  POLL_ALERTS: z.stringbool().optional(),
  /** An event hub namespace whose hub `logs` is read (the host connects with it); left out: none is. */
  Streams__fullyQualifiedNamespace: hostName.optional(),
  /** Its connection string, where the managed identity is not to be used. */
  Streams: z
    .string()
    .regex(/(^|;)\s*Endpoint=sb:\/\//i, 'is no connection string of Event Hubs (Endpoint=sb://…)')
    .optional(),
  /** Client id of the user-assigned managed identity; left out for a system-assigned one. */
  AZURE_CLIENT_ID: z.string().min(1).optional(),
});

/** One of two settings is enough; checked apart from the schema, so that it is told together with all the rest. */
const eitherOf = [
  ['ServiceBus__fullyQualifiedNamespace', 'ServiceBus'],
  ['Progress__tableServiceUri', 'Progress'],
] as const;

const topic = 'EventGrid__topicEndpointUri';
/** They publish to the topic, and would silently do nothing without it. */
const ofTheTopic = ['POLL_ALERTS', 'Streams', 'Streams__fullyQualifiedNamespace'] as const;

/** Every setting that is read; the deployment gives each that has no default of its own. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

export type ReadSettings = { settings: Settings } | { problems: readonly string[] };

/** Reads all settings; an empty one counts as missing. All problems come at once, each with the setting's name. */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  playbook: readonly Configurable[],
): ReadSettings {
  const given = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const parsed = settingsSchema.safeParse(given);
  const problems = parsed.success ? [] : problemsOf(parsed.error, given);
  for (const [byIdentity, byConnection] of eitherOf) {
    if (given[byIdentity] === undefined && given[byConnection] === undefined) {
      problems.push(`${byIdentity}: is missing (or a connection string in ${byConnection})`);
    }
  }
  for (const name of ofTheTopic) {
    if (given[name] !== undefined && !/^(false|0|no|off)$/i.test(given[name]) && !given[topic]) {
      problems.push(`${name}: has nowhere to publish to; ${topic} is missing`);
    }
  }
  problems.push(...authProblems(given));
  // By itself, or one wrong setting elsewhere would hide what is wrong in here until the next restart.
  const steps = settingsSchema.shape.STEPS.safeParse(given['STEPS']);
  if (steps.success) problems.push(...stepProblems(steps.data, playbook));
  return parsed.success && problems.length === 0 ? { settings: parsed.data } : { problems };
}

/** The same; what a way in needs must be there, and no way may stand beside the host's own. */
function authProblems(given: Readonly<Record<string, string | undefined>>): string[] {
  const ways = settingsSchema.shape.AUTH.safeParse(given['AUTH']);
  if (!ways.success) return [];
  const keys = ways.data.includes('key');
  if (keys && ways.data.length > 1)
    return ['AUTH: key stands alone, since the Functions host asks for it before the code can ask for less'];
  return keys || given['API_CLIENT_ID'] !== undefined
    ? []
    : ['API_CLIENT_ID: is missing (AUTH names a way that needs it)'];
}

const problemsOf = (error: z.ZodError, given: Readonly<Record<string, string | undefined>>): string[] =>
  error.issues.map((issue) => {
    const [name, ...rest] = issue.path.map(String);
    const at = rest.length === 0 ? '' : ` (at ${rest.join('.')})`;
    // A policy names its own place.
    if (name === 'POLICY' && /^POLICY[.:]/.test(issue.message)) return issue.message;
    return name !== undefined && name in given ? `${name}${at}: ${issue.message}` : `${name}: is missing`;
  });
/** A step as far as its settings go. */

export interface Configurable {
  name: string;
  settings: z.ZodType<unknown>;
}
/** One sentence for each thing that is wrong, with the step's name. */

function stepProblems(steps: Readonly<Record<string, unknown>>, playbook: readonly Configurable[]): string[] {
  return Object.entries(steps).flatMap(([name, raw]) => {
    const step = playbook.find((candidate) => candidate.name === name);
    if (step === undefined) return [`STEPS: no step is called ${name}`];
    const parsed = step.settings.safeParse(raw);
    if (parsed.success) return [];
    return parsed.error.issues.map(
      (issue) => `STEPS: ${[name, ...issue.path.map(String)].join('.')}: ${issue.message}`,
    );
  });
}
