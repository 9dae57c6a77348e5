// A Service Bus message as the Functions host hands it to a worker: body and metadata with the names and types of
// the .NET extension, which is where the traps are (deliveryCount starts at 1, the ...Utc times carry no zone).
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { dotnetTime } from './dotnet-time.ts';
import type { RpcData } from './invoke.ts';

/** Text unless the binding asks for bytes. Throws on a body that the extension cannot bind to text. */
export function messageBody(message: ServiceBusReceivedMessage, dataType: unknown): RpcData {
  const body: unknown = message.body;
  if (Buffer.isBuffer(body)) {
    if (dataType === 'binary') return { bytes: body };
    if (dataType === 'stream') return { stream: body };
    return { string: body.toString('utf8') };
  }
  if (body === null || body === undefined) return { string: '' };
  // An AMQP value section; senders other than the Azure SDKs use it.
  if (typeof body === 'string') return { string: body };
  throw new Error(`message ${message.messageId} has an AMQP body that is neither data nor text; send data`);
}

const json = (value: unknown): RpcData => ({ json: JSON.stringify(value) });
const time = (at: Date | undefined) => at && json(dotnetTime(at));
/** .NET drops the zone here, so JavaScript reads it as local time: right only where the clock is UTC, as in Azure. */
const timeWithoutZone = (at: Date | undefined) => at && json(dotnetTime(at).replace('+00:00', ''));
const text = (value: unknown): RpcData | undefined =>
  value === undefined || value === null ? undefined : { string: String(value) };

export function triggerMetadata(message: ServiceBusReceivedMessage): Record<string, RpcData> {
  const properties = json(message.applicationProperties ?? {});
  const entries: Record<string, RpcData | undefined> = {
    MessageId: text(message.messageId),
    // The SDK here gives the count of earlier deliveries, the extension counts this one too.
    DeliveryCount: json((message.deliveryCount ?? 0) + 1),
    SequenceNumber: message.sequenceNumber && { json: message.sequenceNumber.toString() },
    LockToken: text(message.lockToken),
    EnqueuedTime: time(message.enqueuedTimeUtc),
    EnqueuedTimeUtc: timeWithoutZone(message.enqueuedTimeUtc),
    ExpiresAt: time(message.expiresAtUtc),
    ExpiresAtUtc: timeWithoutZone(message.expiresAtUtc),
    ContentType: text(message.contentType),
    CorrelationId: text(message.correlationId),
    DeadLetterSource: text(message.deadLetterSource),
    Subject: text(message.subject),
    Label: text(message.subject),
    To: text(message.to),
    ReplyTo: text(message.replyTo),
    SessionId: text(message.sessionId),
    ReplyToSessionId: text(message.replyToSessionId),
    PartitionKey: text(message.partitionKey),
    ApplicationProperties: properties,
    UserProperties: properties,
  };
  return Object.fromEntries(Object.entries(entries).flatMap(([name, data]) => (data ? [[name, data]] : [])));
}
