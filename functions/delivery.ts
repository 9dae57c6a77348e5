// What happens to a Service Bus message around its handler. Service Bus redelivers at once and without end of waits,
// so a failure that may pass is sent again under its own id at a later time, and one that will not pass is laid among
// the dead letters with its reason; in both cases the message in hand is completed. Nothing is lost on the way: if
// even that send fails, the handler throws and the service keeps the message.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../shared/errors.ts';
import { type Post, queues } from '../shared/run/bus.ts';
import { waitSeconds } from '../shared/run/mode.ts';

/** As the Functions worker hands it over: the first letters of names are small, and digits may have become numbers. */
const metadataSchema = z.object({
  messageId: z.coerce.string().catch(''),
  deliveryCount: z.coerce.number().int().min(1).catch(1),
  deadLetterSource: z.string().nullish().catch(null),
  deadLetterReason: z.string().nullish().catch(null),
  deadLetterErrorDescription: z.string().nullish().catch(null),
  applicationProperties: z.record(z.string(), z.unknown()).catch({}),
});

export interface Delivery {
  queue: string;
  id: string;
  deliveryCount: number;
  /** Times that it was sent again after a failure. */
  attempt: number;
  /** Of a dead letter: where it came from and why. */
  source: string | null;
  reason: string | null;
  description: string | null;
}

export function deliveryOf(queue: string, metadata: unknown): Delivery {
  const read = metadataSchema.parse(metadata ?? {});
  const property = (name: string): string | null => {
    const entry = Object.entries(read.applicationProperties).find(([key]) => key.toLowerCase() === name);
    return entry === undefined || entry[1] === null ? null : String(entry[1]);
  };
  return {
    queue,
    id: read.messageId,
    deliveryCount: read.deliveryCount,
    attempt: Number(property('attempt') ?? 0) || 0,
    source: property('source') ?? read.deadLetterSource ?? null,
    reason: property('reason') ?? read.deadLetterReason ?? property('deadletterreason'),
    description:
      property('description') ?? read.deadLetterErrorDescription ?? property('deadlettererrordescription'),
  };
}

/** About two hours, the waits growing to five minutes. */
const mostAttempts = 30;

export interface Surroundings {
  post: Post;
  now: () => Date;
  random: () => number;
  error: (line: string) => void;
}

export async function handled(
  delivery: Delivery,
  body: unknown,
  around: Surroundings,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { message } = toFailure(thrown);
    const attempt = delivery.attempt + 1;
    const again = !(thrown instanceof PermanentError) && attempt < mostAttempts;
    around.error(`${delivery.queue}: ${message}`);
    if (!again) return around.post.post(deadLetter(delivery, body, thrown, message));
    const asked = thrown instanceof RetryableError ? thrown.retryAfterSeconds : undefined;
    const at = new Date(around.now().getTime() + waitSeconds(attempt, asked, around.random()) * 1000);
    const id = `${withoutAttempt(delivery.id)}~${attempt}`;
    await around.post.post({ queue: delivery.queue, id, body, properties: { attempt }, at });
  }
}

const withoutAttempt = (id: string) => id.replace(/~\d+$/, '').slice(-120);

function deadLetter(delivery: Delivery, body: unknown, thrown: unknown, message: string) {
  const kind = thrown instanceof PermanentError ? 'Refused' : 'AttemptsExhausted';
  return {
    queue: queues.deadLetters,
    id: delivery.id,
    body,
    properties: { source: delivery.queue, reason: kind, description: message },
  };
}
