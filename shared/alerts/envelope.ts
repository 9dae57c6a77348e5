// Opens what the queue delivers: one or several CloudEvents 1.0, events in the Event Grid schema, or bare payloads. Whether
// an event is true is not decided here.
import { z } from 'zod';
import { nullableText } from '../model/text.ts';
import { decoded, jsonIn, textOf } from './json-text.ts';
import { clean } from './payload-fields.ts';

/** What Service Bus Standard takes in one message (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas). */
export const largestMessageBytes = 256 * 1024;

/**
 * More than any service sends at once. Each event costs a fraction of a millisecond to look at, so their number must be
 * limited.
 */
export const mostEvents = 200;
/** Objects and lists in one message, nested ones too: a large alert has some hundreds. */
const mostObjects = 4000;

export interface ParsedEvent {
  id: string;
  /** What the publisher calls it; only a hint at the source. */
  type: string;
  /** Where it claims to come from. */
  source: string;
  data: unknown;
}

export interface ReadEvents {
  events: readonly ParsedEvent[];
  /** Why the rest, or all of it, could not be read. */
  refused: readonly string[];
  /** What was read but holds nothing; that is not an error. */
  empty: readonly string[];
}

/**
 * `{"specversion":"1.0","id":"…","type":"Reclaim.RiskDetection","source":"reclaim/poll-alerts",
 * "time":"2026-11-20T09:14:31Z","datacontenttype":"application/json","data":{…}}`
 * (https://learn.microsoft.com/azure/event-grid/cloud-event-schema)
 */
const cloudEventSchema = z.object({
  specversion: z.literal('1.0', 'specversion is not 1.0'),
  id: z.string('id is missing').min(1, 'id is empty'),
  type: z.string('type is missing').min(1, 'type is empty'),
  source: z.string('source is missing').min(1, 'source is empty'),
  data: z.unknown().optional(),
  data_base64: z.string().optional(),
});

/**
 * `[{"id":"…","topic":"/subscriptions/…","subject":"alerts/ad702c56…","eventType":"Reclaim.Alert",
 * "eventTime":"2026-11-20T09:14:31Z","dataVersion":"1.0","metadataVersion":"1","data":{…}}]`
 * (https://learn.microsoft.com/azure/event-grid/event-schema)
 */
const gridEventSchema = z.object({
  id: z.string().min(1),
  eventType: z.string().min(1),
  eventTime: z.string(),
  topic: nullableText,
  subject: nullableText,
  data: z.unknown().optional(),
});

/** A page of a list from Microsoft Graph. */
const pageSchema = z.object({ value: z.array(z.unknown()), specversion: z.undefined().optional() });

/**
 * Reads every event that can be read, and gives a reason for each that can't. `isKnown` says whether a source understands
 * a payload without an envelope.
 */
export function readEvents(body: unknown, isKnown: (data: unknown) => boolean = () => false): ReadEvents {
  const json = read(body);
  if ('refused' in json) return { events: [], refused: [json.refused], empty: [] };
  const page = pageSchema.safeParse(json.value);
  const whole = page.success ? page.data.value : json.value;
  const entries: readonly unknown[] = Array.isArray(whole) ? whole : [whole];
  if (entries.length === 0) return { events: [], refused: [], empty: ['the message is an empty list'] };
  let taken = 0;
  const opened = entries.map((entry, index): ParsedEvent | string => {
    const which = entries.length > 1 ? `event ${index + 1}: ` : '';
    if (entries.length > 1 && isNothing(entry)) return `${which}it holds nothing`;
    taken += 1;
    if (taken > mostEvents) return `${which}no more than ${mostEvents} events of a message are read`;
    if (isGridEvent(entry)) return openGrid(entry, which);
    if (isKnown(entry))
      return { id: `of this message (${index + 1})`, type: '', source: 'unwrapped', data: entry };
    return open(entry, which);
  });
  return {
    events: opened.filter((one) => typeof one !== 'string'),
    refused: opened.filter((one) => typeof one === 'string'),
    empty: [],
  };
}

type Read = { value: unknown } | { refused: string };

/** The Functions host hands over parsed JSON, or text or bytes if it could not parse them. */
function read(body: unknown): Read {
  if (body === undefined || body === null || body === '') return { refused: 'the message is empty' };
  const text = textOf(body);
  const bytes = sizeOf(text);
  if (bytes > largestMessageBytes) {
    return { refused: `the message has ${bytes} bytes, more than the ${largestMessageBytes} that are read` };
  }
  return typeof text === 'string' ? parse(text, 'the message') : counted(text, 'the message');
}

/** Costs nothing to refuse, so thousands of these can't push out the event that counts. */
const isNothing = (entry: unknown): boolean =>
  typeof entry !== 'object' || entry === null || Object.keys(entry).length === 0;

/** Refuses a message with so many objects that reading it would keep everything else waiting. */
function counted(value: unknown, what: string): Read {
  const waiting: unknown[] = Array.isArray(value) ? value.filter((entry) => !isNothing(entry)) : [value];
  let objects = 0;
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null) continue;
    objects += 1;
    if (objects > mostObjects) return { refused: `${what} is made of more than ${mostObjects} objects` };
    for (const inner of Object.values(one)) if (typeof inner === 'object') waiting.push(inner);
  }
  return { value };
}

/** Anything nested too deeply to be serialised is too large for any other use as well. */
function sizeOf(body: unknown): number {
  try {
    return Buffer.byteLength(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function parse(text: string, what: string): Read {
  const value = jsonIn(text);
  if (value !== undefined) return counted(value, what);
  return { refused: `${what} is no JSON: it begins with ${JSON.stringify(clean(text, 60) ?? '')}` };
}

const isGridEvent = (entry: unknown) => gridEventSchema.safeParse(entry).success;

function openGrid(entry: unknown, which: string): ParsedEvent | string {
  const { id, eventType: type, topic, subject, data } = gridEventSchema.parse(entry);
  return content({ id, type, source: topic ?? subject ?? '', data }, which);
}

function open(entry: unknown, which: string): ParsedEvent | string {
  const parsed = cloudEventSchema.safeParse(entry);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => issue.message).join(', ');
    return `${which}not a CloudEvent 1.0 (${problems})`;
  }
  const { id, type, source, data, data_base64 } = parsed.data;
  const given = data_base64 === undefined ? data : decoded(Buffer.from(data_base64, 'base64'));
  return content({ id, type, source, data: given }, which);
}

function content({ id, type, source, data }: ParsedEvent, which: string): ParsedEvent | string {
  if (data === undefined || data === null) return `${which}the event ${clean(id, 100)} carries no data`;
  const event = { id: clean(id) ?? '', type: clean(type) ?? '', source: clean(source) ?? '' };
  if (typeof data !== 'string') return { ...event, data };
  const json = parse(data, `${which}the data of event ${clean(id, 100)}`);
  return 'refused' in json ? json.refused : { ...event, data: json.value };
}
