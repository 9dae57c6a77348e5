// A scenario: a tenant, the alerts that come in, and how the run should end. It only reads files; start.ts runs them.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { sources } from '../shared/alerts/sources.ts';
import { type Expect, expectSchema } from './ending.ts';
import { problemsOf } from './problems.ts';
import { isRow } from './tenant/answers.ts';
import { createTenant } from './tenant/tenant.ts';
import { resolveTimes } from './tenant/times.ts';

const alertSchema = z.union([
  z.strictObject({ riskDetection: z.string().describe('Id of a risk detection in the tenant') }),
  z.strictObject({ alert: z.string().describe('Id of a Defender alert in the tenant') }),
  z.strictObject({ incident: z.string().describe('Id of a Defender incident in the tenant') }),
  z.strictObject({ riskyUser: z.string().describe('Id of a user whom Entra ID Protection calls risky') }),
  z.strictObject({ file: z.string().describe('A file as --alert takes it, relative to this one') }),
  z.strictObject({ event: z.looseObject({}).describe('A CloudEvent, or an object of Microsoft Graph') }),
]);

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    title: z.string(),
    description: z.string(),
    tenant: z.string().describe('The tenant file, relative to this one'),
    overlay: z
      .looseObject({})
      .optional()
      .describe(
        'Laid over the tenant file as a JSON merge patch (RFC 7396): objects merge, lists are replaced',
      ),
    alerts: z.array(alertSchema).min(1).describe('Published in this order'),
    settings: z
      .record(z.string(), z.json())
      .optional()
      .describe('Settings of the app that differ; what is no text is written as JSON'),
    later: z
      .boolean()
      .optional()
      .describe('true: the story runs on through the later looks, a day in seconds, and ends then'),
    expect: expectSchema.optional(),
  })
  .meta({ title: 'Reclaim: a scenario for the local stack' });

/** A CloudEvent as the Event Grid topic takes it. */
interface CloudEvent {
  [key: string]: unknown;
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  time: string;
  data: unknown;
}

export interface LoadedScenario {
  title: string;
  description: string;
  /** For createTenant; its times are absolute. */
  tenant: unknown;
  events: readonly unknown[];
  /** Settings that differ, as an environment holds them. */
  settings: Readonly<Record<string, string>>;
  /** It continues through the later looks, and ends after them. */
  later: boolean;
  /** undefined: any ending is a good one. */
  expect: Expect | undefined;
}

/** Reads a scenario and what it names. Throws an error that lists all that is wrong with it. */
export async function loadScenario(file: string, now: Date): Promise<LoadedScenario> {
  const content = readJson(file);
  const parsed = scenarioSchema.safeParse(content);
  if (!parsed.success) {
    const problems = problemsOf(scenarioSchema, content).map((line) => `  ${line}`);
    throw new Error(`${file} is no scenario:\n${problems.join('\n')}`);
  }
  const { title, description, overlay, alerts, settings = {}, later = false, expect } = parsed.data;
  const near = (name: string) => resolve(dirname(file), name);
  const tenant = resolveTimes(merge(readJson(near(parsed.data.tenant)), overlay ?? {}), now);
  const events: unknown[] = [];
  for (const alert of alerts) {
    if ('file' in alert) events.push(...loadAlert(near(alert.file), now));
    else if ('event' in alert) events.push(asEvent(resolveTimes(alert.event, now), now));
    else events.push(await eventFrom(tenant, alert, now));
  }
  return {
    title,
    description,
    tenant,
    events,
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    later,
    expect,
  };
}

/** Reads a file of one event or several: CloudEvents, or objects as Microsoft Graph returns them, which are wrapped. */
export function loadAlert(file: string, now: Date): unknown[] {
  const content = resolveTimes(readJson(file), now);
  return (Array.isArray(content) ? content : [content]).map((entry) => asEvent(entry, now));
}

/** A JSON document from a file. Throws an error that names the file. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Wraps an object that isn't a CloudEvent yet. Anything else is passed on unchanged: bad input is a test, too. */
function asEvent(entry: unknown, now: Date): unknown {
  if (!isRow(entry) || 'specversion' in entry) return entry;
  const [type] = sources.find((source) => source.recognises(entry))?.eventTypes ?? [];
  if (type !== undefined) return wrap(type, entry, now);
  return 'evidence' in entry ? wrap('Reclaim.Alert', entry, now) : entry;
}

const wrap = (type: string, data: unknown, now: Date): CloudEvent => ({
  specversion: '1.0',
  id: crypto.randomUUID(),
  source: 'reclaim/local',
  type,
  time: now.toISOString(),
  datacontenttype: 'application/json',
  data,
});

/** Where Microsoft Graph holds each kind of alert, and what an event of it is called. */
const kinds = {
  riskDetection: ['identityProtection/riskDetections', '', 'Reclaim.RiskDetection'],
  alert: ['security/alerts_v2', '', 'Reclaim.Alert'],
  incident: ['security/incidents', '?$expand=alerts', 'Reclaim.Incident'],
  riskyUser: ['identityProtection/riskyUsers', '', 'Reclaim.RiskyUser'],
} as const;
const kindNames = ['riskDetection', 'alert', 'incident', 'riskyUser'] as const;

/** The object as Microsoft Graph would return it, asked of a tenant of its own so that no request is recorded. */
async function eventFrom(
  file: unknown,
  alert: Partial<Record<keyof typeof kinds, string>>,
  now: Date,
): Promise<CloudEvent> {
  const { app: _app, behaviour: _behaviour, servicePlans: _plans, ...rest } = isRow(file) ? file : {};
  const tenant = createTenant(rest, { now: () => now });
  const kind = kindNames.find((name) => alert[name] !== undefined) ?? 'alert';
  const [folder, query, type] = kinds[kind];
  const path = `${folder}/${encodeURIComponent(alert[kind] ?? '')}`;
  const token = await tenant.credential.getToken('https://graph.microsoft.com/.default');
  const answer = await tenant.fetch(`https://graph.microsoft.com/v1.0/${path}${query}`, {
    headers: { authorization: `Bearer ${token?.token}` },
  });
  if (!answer.ok) throw new Error(`The scenario names ${path}, which its tenant does not hold.`);
  const { '@odata.context': _context, ...data } = z.looseObject({}).parse(await answer.json());
  return wrap(type, data, now);
}

/** JSON merge patch: null removes, objects merge, everything else replaces. */
export function merge(target: unknown, patch: unknown): unknown {
  if (!isRow(patch)) return patch;
  const merged: Record<string, unknown> = isRow(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}
