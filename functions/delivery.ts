// What happens to a Service Bus message around its handler. Service Bus redelivers at once, without growing waits. So a
// failure that may pass is sent again later under an id of its own, and one that will not pass goes to the dead letters
// with its reason; in both cases the message in hand is completed. Nothing is lost on the way: if even that send fails,
// the handler throws and the service keeps the message.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../shared/errors.ts';
import { type Letter, type Post, queues } from '../shared/run/bus.ts';
import { waitSeconds } from '../shared/run/timing.ts';

/** Text that looks like JSON was parsed on its way here. */
const text = z
  .unknown()
  .transform((value) =>
    value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
  );

/**
 * As the Functions worker hands it over: names begin with a small letter, and digits have become numbers. Anything odd
 * counts as missing, since the message itself must be handled whatever its envelope looks like.
 */
const metadataSchema = z
  .object({
    messageId: text,
    deliveryCount: z.coerce.number().int().min(1).catch(1),
    deadLetterSource: text,
    deadLetterReason: text,
    deadLetterErrorDescription: text,
    applicationProperties: z.record(z.string(), z.unknown()).catch({}),
  })
  .partial()
  .catch({});

const attemptSchema = z.coerce.number().int().min(0).catch(0);

export interface Delivery {
  queue: string;
  /** Empty if the message has none. */
  id: string;
  deliveryCount: number;
  /** How often it was sent again after a failure. */
  attempt: number;
  /** For a dead letter: where it came from and why. */
  source: string | null;
  reason: string | null;
  description: string | null;
}

export function deliveryOf(queue: string, metadata: unknown): Delivery {
  const read = metadataSchema.parse(metadata);
  const properties = Object.entries(read.applicationProperties ?? {});
  const property = (name: string): string | null =>
    text.parse(properties.find(([key]) => key.toLowerCase() === name)?.[1]);
  return {
    queue,
    id: read.messageId ?? '',
    deliveryCount: read.deliveryCount ?? 1,
    attempt: attemptSchema.parse(property('attempt')),
    source: property('source') ?? read.deadLetterSource ?? null,
    reason: property('reason') ?? read.deadLetterReason ?? property('deadletterreason'),
    description:
      property('description') ?? read.deadLetterErrorDescription ?? property('deadlettererrordescription'),
  };
}

/** More than any queue delivers one message. */
const mostDeliveries = 100;

/**
 * Counts further deliveries of a message that was sent again under another id, because the service starts at one again:
 * a later try takes over the lease of an earlier one, whichever way it came.
 */
export const deliveryNumber = ({ attempt, deliveryCount }: Delivery): number =>
  attempt * mostDeliveries + Math.min(deliveryCount, mostDeliveries - 1);

/** About two hours, with waits growing to five minutes. */
const mostAttempts = 30;

/** How long a message is held back while not even a later try can be sent; less than its lock is renewed for. */
const postAgainSeconds = [2, 5, 10, 20, 40, 60];

export interface Surroundings {
  post: Post;
  wait: (seconds: number) => Promise<void>;
  now: () => Date;
  random: () => number;
  error: (line: string) => void;
}

/**
 * Throws only for messages that the service must keep: one that could not be sent again, or a dead letter for a person.
 */
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
    // Sent to the dead letters once more, it would go round for ever; thrown, it stays in that queue's own dead
    // letters.
    if (!again && delivery.queue === queues.deadLetters) throw thrown;
    await posted(
      again
        ? nextTry(delivery, body, attempt, thrown, around)
        : deadLetter(
            delivery,
            body,
            thrown instanceof PermanentError ? 'Refused' : 'AttemptsExhausted',
            message,
          ),
      around,
    );
  }
}

/**
 * Thrown back at once, the message would be delivered again at once and be dead after ten deliveries in seconds; an
 * outage of storage and bus together lasts longer.
 */
async function posted(letter: Letter, { post, wait, error }: Surroundings): Promise<void> {
  for (const seconds of postAgainSeconds) {
    try {
      return await post.post(letter);
    } catch (thrown) {
      if (thrown instanceof PermanentError) throw thrown;
      error(`${letter.queue}: ${toFailure(thrown).message}; it is posted again in ${seconds} seconds`);
      await wait(seconds);
    }
  }
  await post.post(letter);
}

const settingsMinutes = 1;

/**
 * For messages that arrive while the settings are wrong: each comes back later, as often as it takes, and is handled
 * once the settings are right. No try is counted, since nothing was tried.
 */
export async function putOff(delivery: Delivery, body: unknown, around: Surroundings): Promise<void> {
  const at = new Date(around.now().getTime() + settingsMinutes * 60_000);
  const id = `${firstId(delivery) || nameless(around.now(), around.random())}~s${at.getTime()}`;
  const attempt = delivery.attempt > 0 ? { attempt: delivery.attempt } : {};
  const letter = { queue: delivery.queue, id, body, properties: { ...keptOf(delivery), ...attempt }, at };
  await posted(letter, around);
}

const mostRevivals = 40;

/**
 * An alert that died of too many deliveries was never judged: the app or its storage was down. It keeps coming back for
 * some hundred minutes. Undefined for every other dead letter.
 */
export function revived(delivery: Delivery, body: unknown, now: Date): Letter | undefined {
  const { source, reason, attempt } = delivery;
  if (source?.toLowerCase() !== queues.alerts || reason !== 'MaxDeliveryCountExceeded') return undefined;
  const times = Number(/~d(\d+)$/.exec(delivery.id)?.[1] ?? 0) + 1;
  if (times > mostRevivals) return undefined;
  const at = new Date(now.getTime() + Math.min(times, 5) * 60_000);
  const id = `${firstId(delivery) || nameless(now, 0)}~d${times}`;
  return { queue: queues.alerts, id, body, properties: attempt > 0 ? { attempt } : {}, at };
}

/** Its original id, cut to leave room for a number. */
const firstId = ({ id }: Delivery) => shortened(id.replace(/~[sd]?\d+$/, ''));

const keptOf = ({ source, reason, description }: Delivery): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ source, reason, description }).flatMap(([key, value]) =>
      value === null ? [] : [[key, value]],
    ),
  );

function nextTry(
  delivery: Delivery,
  body: unknown,
  attempt: number,
  thrown: unknown,
  { now, random }: Surroundings,
): Letter {
  const asked = thrown instanceof RetryableError ? thrown.retryAfterSeconds : undefined;
  const at = new Date(now().getTime() + waitSeconds(attempt, asked, random()) * 1000);
  const first = delivery.attempt > 0 ? firstId(delivery) : shortened(delivery.id);
  const id = `${first || nameless(now(), random())}~${attempt}`;
  return { queue: delivery.queue, id, body, properties: { ...keptOf(delivery), attempt }, at };
}

/** Two messages without an id must not be mistaken for the same one. */
const nameless = (now: Date, random: number) =>
  `${now.getTime().toString(36)}-${Math.floor(random * 2 ** 48).toString(36)}`;

/** Service Bus takes 128 characters; long ids may differ anywhere. */
const shortened = (id: string) =>
  id.length <= 120 ? id : `${id.slice(0, 79)}-${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;

const deadLetter = (delivery: Delivery, body: unknown, reason: string, description: string): Letter => ({
  queue: queues.deadLetters,
  id: shortened(delivery.id),
  body: fitting(body),
  properties: { source: delivery.queue, reason, description },
});

/** A message that came at the largest size would exceed 256 KB once its properties are added. */
const mostKeptBytes = 192 * 1024;
const keptOfLargeBytes = 32 * 1024;

/** The body; if it is too large to send, its beginning and what identifies the whole. */
function fitting(body: unknown): unknown {
  const bytes =
    body instanceof Uint8Array
      ? body
      : Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
  // Text is sent as JSON, which may be longer.
  const sent = Buffer.byteLength(JSON.stringify(body instanceof Uint8Array ? bytes.toString() : body) ?? '');
  if (sent <= mostKeptBytes) return body;
  const begins = Buffer.from(bytes.subarray(0, keptOfLargeBytes)).toString('utf8');
  return { cut: true, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), begins };
}
