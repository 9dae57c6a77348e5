// What the topic accepts as an event, and how it refuses. One bad event fails the whole request, as in the service.
import { z } from 'zod';

/** A CloudEvent 1.0 as published; extension attributes are among the keys. */
const cloudEventSchema = z
  .looseObject({
    id: z.string().min(1),
    source: z.string().min(1),
    type: z.string().min(1),
    specversion: z.literal('1.0'),
    time: z.iso.datetime({ offset: true }).optional(),
    subject: z.string().optional(),
    datacontenttype: z.string().optional(),
  })
  .refine((event) => !('data' in event && 'data_base64' in event), 'has both data and data_base64');
export type CloudEvent = z.infer<typeof cloudEventSchema>;

/** An answer other than 200, in the service's shape. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;

  constructor(status: number, code: string, detail: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

const badInput = (message: string) => new Refused(400, 'BadRequest', 'InputJsonInvalid', message);

const contentTypes: Readonly<Record<string, 'one' | 'many' | 'either'>> = {
  'application/cloudevents+json': 'one',
  'application/cloudevents-batch+json': 'many',
  'application/json': 'either',
};

/** All events of a request, or none. */
export function parseEvents(contentType: string | undefined, body: string): CloudEvent[] {
  const [media = ''] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const expected = contentTypes[media];
  if (expected === undefined) {
    throw badInput(`Content type '${media}' is none of ${Object.keys(contentTypes).join(', ')}.`);
  }
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    throw badInput('The body is not JSON.');
  }
  if (expected !== 'either' && Array.isArray(given) !== (expected === 'many')) {
    throw badInput(`${media} is for ${expected === 'many' ? 'an array of events' : 'a single event'}.`);
  }
  const events: unknown[] = Array.isArray(given) ? given : [given];
  return events.map((event, index) => {
    const parsed = cloudEventSchema.safeParse(event);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = [`event ${index}`, ...(issue?.path ?? [])].join('.');
    throw badInput(`This topic takes CloudEvents 1.0, and ${where} is none: ${issue?.message}`);
  });
}
