// A message on its way into a queue and in it. Knows nothing of AMQP: the content is opaque.

export type Properties = Readonly<Record<string, unknown>>;

export interface Incoming<Content> {
  messageId: string;
  /** The application properties: dead-lettering and abandoning add to them. */
  properties: Properties;
  /** Carried along and never looked at. */
  content: Content;
  sizeBytes: number;
  scheduledFor?: Date | undefined;
  timeToLiveMs?: number | undefined;
}

export interface Message<Content> {
  readonly messageId: string;
  readonly content: Content;
  readonly sizeBytes: number;
  readonly scheduledFor: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** The number it had in the queue that it was forwarded from, else 0. */
  readonly enqueuedSequenceNumber: number;
  readonly deadLetterSource: string | undefined;
  sequenceNumber: number;
  enqueuedAt: Date;
  properties: Properties;
  /** How often it was handed out and came back: 0 on the first delivery, as on the wire. */
  deliveryCount: number;
  state: 'active' | 'scheduled' | 'deferred';
  lock: { readonly token: string; readonly until: Date } | undefined;
}

export interface Burial {
  reason?: string | undefined;
  description?: string | undefined;
  properties?: Properties | undefined;
}

/** Where a message came from that another queue forwarded. */
export interface Origin {
  sequenceNumber: number;
  deadLetterSource: string;
}

export function newMessage<Content>(
  { messageId, content, properties, sizeBytes, scheduledFor, timeToLiveMs }: Incoming<Content>,
  sequenceNumber: number,
  now: Date,
  origin?: Origin,
): Message<Content> {
  const isScheduled = scheduledFor !== undefined && scheduledFor > now;
  const availableAt = isScheduled ? scheduledFor : now;
  return {
    messageId,
    content,
    properties,
    sizeBytes,
    scheduledFor,
    expiresAt: timeToLiveMs === undefined ? undefined : new Date(availableAt.getTime() + timeToLiveMs),
    enqueuedSequenceNumber: origin?.sequenceNumber ?? 0,
    deadLetterSource: origin?.deadLetterSource,
    sequenceNumber,
    enqueuedAt: now,
    deliveryCount: 0,
    state: isScheduled ? 'scheduled' : 'active',
    lock: undefined,
  };
}
