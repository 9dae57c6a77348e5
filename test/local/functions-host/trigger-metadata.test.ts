import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { describe, expect, it } from 'vitest';
import { messageBody, triggerMetadata } from '../../../local/functions-host/trigger-metadata.ts';

function message(change: Partial<ServiceBusReceivedMessage> = {}): ServiceBusReceivedMessage {
  return {
    body: Buffer.from('{"run":"f5e829f5.8M2P","step":"block-sign-in","turn":1}'),
    messageId: 'f5e829f5.8M2P:block-sign-in:1',
    deliveryCount: 0,
    state: 'active',
    enqueuedTimeUtc: new Date('2026-11-20T10:02:03.120Z'),
    expiresAtUtc: new Date('+031197-09-14T02:48:05.477Z'),
    _rawAmqpMessage: { bodyType: 'data', body: undefined },
    ...change,
  };
}

describe('the metadata of a message', () => {
  it('counts this delivery too — the first is 1, where the SDK says 0', () => {
    expect(triggerMetadata(message())['DeliveryCount']).toEqual({ json: '1' });
    expect(triggerMetadata(message({ deliveryCount: 2 }))['DeliveryCount']).toEqual({ json: '3' });
  });

  it('has times as .NET writes them: without a zone if the name ends in Utc, and none after the year 9999', () => {
    expect(triggerMetadata(message())).toMatchObject({
      EnqueuedTime: { json: '"2026-11-20T10:02:03.12+00:00"' },
      EnqueuedTimeUtc: { json: '"2026-11-20T10:02:03.12"' },
      ExpiresAt: { json: '"9999-12-31T23:59:59.9999999+00:00"' },
    });
    const wholeSecond = message({ enqueuedTimeUtc: new Date('2026-11-20T10:00:00.000Z') });
    expect(triggerMetadata(wholeSecond)['EnqueuedTimeUtc']).toEqual({ json: '"2026-11-20T10:00:00"' });
  });

  it('leaves out what the message does not have', () => {
    const metadata = triggerMetadata(message());
    expect(metadata).not.toHaveProperty('CorrelationId');
    expect(metadata).not.toHaveProperty('LockToken');
  });

  it('has the application properties under both of their names', () => {
    const applicationProperties = { 'aeg-event-type': 'Notification', Turn: 2 };
    const metadata = triggerMetadata(message({ applicationProperties }));
    expect(metadata['ApplicationProperties']).toEqual({ json: JSON.stringify(applicationProperties) });
    expect(metadata['UserProperties']).toEqual(metadata['ApplicationProperties']);
  });
});

describe('the body of a message', () => {
  it('is text, or bytes when the binding says so', () => {
    expect(messageBody(message(), undefined)).toEqual({ string: message().body.toString() });
    expect(messageBody(message(), 'binary')).toEqual({ bytes: message().body });
  });

  it('is taken from an AMQP value section when that holds text, and refused otherwise', () => {
    expect(messageBody(message({ body: 'hello' }), undefined)).toEqual({ string: 'hello' });
    expect(() => messageBody(message({ body: { a: 1 } }), undefined)).toThrow('neither data nor text');
  });
});
