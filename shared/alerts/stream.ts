// Turns messages of an Event Hub into events for the topic. Most records of a stream are about other things; those are only
// counted. Records for us that can't be read are returned with the reason, so that nothing goes missing.
import { createHash } from 'node:crypto';
import type { OutgoingAlert } from '../model/step.ts';
import { recordOf, recordsIn } from './diagnostic-records.ts';
import { jsonIn, textOf } from './json-text.ts';
import { outgoing } from './outgoing.ts';
import { clean } from './payload-fields.ts';

export interface BadRecord {
  why: string;
  /** As it came, cut to what a person needs to find it. */
  record: string;
}

export interface Streamed {
  /** Each once, however many rows of the stream mention it. */
  events: readonly OutgoingAlert[];
  bad: readonly BadRecord[];
  /** Records about other things, by category. */
  others: Readonly<Record<string, number>>;
}

const mostShown = 2000;

export function readStream(messages: readonly unknown[]): Streamed {
  const events = new Map<string, OutgoingAlert>();
  const bad: BadRecord[] = [];
  const others: Record<string, number> = {};
  const refuse = (record: unknown, why: string) => bad.push({ why, record: shown(record) });
  for (const message of messages) {
    const json = parsed(message);
    if (json === undefined) {
      refuse(message, 'the message is no JSON');
      continue;
    }
    // Hubs also send empty batches; that is not an error.
    const records = recordsIn(json) ?? (Array.isArray(json) ? json : [json]);
    for (const record of records) {
      const about = recordOf(record);
      if (about.is === 'other') others[about.category] = (others[about.category] ?? 0) + 1;
      else if (about.is === 'bad') refuse(record, about.why);
      else {
        // Without a time, the content is the version: the same record again is the same event.
        const event = outgoing(about.inner, about.seenAt ?? digest(record));
        if (typeof event === 'string') refuse(record, event);
        else events.set(event.id, event);
      }
    }
  }
  return { events: [...events.values()], bad, others };
}

function parsed(message: unknown): unknown {
  const text = textOf(message);
  return typeof text === 'string' ? jsonIn(text) : text;
}

function asText(record: unknown): string {
  const text = textOf(record);
  try {
    return typeof text === 'string' ? text : (JSON.stringify(text) ?? String(text));
  } catch {
    return 'something nested too deeply to be written down';
  }
}

const shown = (record: unknown) => clean(asText(record), mostShown) ?? '';
const digest = (record: unknown) => createHash('sha256').update(asText(record)).digest('hex').slice(0, 16);
