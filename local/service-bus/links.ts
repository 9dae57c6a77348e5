// What happens on the links of one client: sending to a queue, receiving from it and settling, and asking `$cbs` or
// `$management`. Which queue an address means is decided by the caller.
import rhea, { type EventContext, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import { decodeBatch, fromAmqp } from './amqp-message.ts';
import type { Entity } from './entity.ts';
import { tagToLockToken } from './lock-token.ts';
import { type ManagementAnswer, manage } from './management.ts';
import { BrokerRefusal, toAmqpError } from './refusal.ts';
import { answerAttach, confirmSettlement } from './rhea-gaps.ts';

const batchFormat = 0x80013700;
const propertiesSchema = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((properties) => properties ?? {});

/** A client sends to the queue. */
export function openSendLink(entity: Entity, link: Receiver): void {
  answerAttach(link, { max_message_size: entity.maxMessageBytes });
  link.on('message', ({ message, delivery }: EventContext) => {
    try {
      const incoming =
        delivery?.format === batchFormat ? decodeBatch(bytesSchema.parse(message)) : [single(message)];
      for (const each of incoming) entity.queue.check(each);
      for (const each of incoming) entity.queue.enqueue(each);
      delivery?.accept();
    } catch (thrown) {
      const { condition, description } = toAmqpError(thrown);
      delivery?.reject({ condition, description });
    }
  });
}

const bytesSchema = z.instanceof(Buffer);

function single(message: EventContext['message']) {
  if (!message) throw new BrokerRefusal('bad-argument', 'A transfer without a message.');
  return fromAmqp(message);
}

const burialSchema = z.looseObject({
  DeadLetterReason: z.string().nullish(),
  DeadLetterErrorDescription: z.string().nullish(),
});

/** A client receives from the queue, and settles what it received by the state of the delivery. */
export function openReceiveLink(entity: Entity, link: Sender): void {
  const { queue } = entity;
  const settle = (event: string, act: (token: string, state: Record<string, unknown>) => void) =>
    link.on(event, ({ delivery }: EventContext) => {
      if (!delivery) return;
      try {
        act(tagToLockToken(Buffer.from(delivery.tag)), delivery.remote_state ?? {});
        confirmSettlement(delivery);
      } catch (thrown) {
        confirmSettlement(delivery, toAmqpError(thrown));
      }
    });
  settle('accepted', (token) => queue.complete(token));
  settle('released', (token) => queue.abandon(token));
  settle('modified', (token, state) => {
    const properties = propertiesSchema.parse(state['message_annotations']);
    if (state['undeliverable_here'] === true) queue.defer(token, properties);
    else queue.abandon(token, properties);
  });
  settle('rejected', (token, state) => {
    const info = burialSchema.parse(Object(Reflect.get(Object(state['error']), 'info')));
    const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = info;
    queue.deadLetter(token, {
      reason: DeadLetterReason ?? undefined,
      description: DeadLetterErrorDescription ?? undefined,
      properties,
    });
  });
  answerAttach(link, { snd_settle_mode: link.snd_settle_mode, rcv_settle_mode: link.rcv_settle_mode });
  entity.attach(link);
}

const requestSchema = z.looseObject({
  message_id: z.unknown(),
  reply_to: z.string(),
  application_properties: z.looseObject({ operation: z.string() }),
});

/** Answers to requests are sent settled: nobody would act on one that was not accepted. */
export function openReplyLink(link: Sender): void {
  answerAttach(link, { snd_settle_mode: 1 });
}

/** A client asks `$cbs` or a queue's `$management`; the answer goes to the link it names. */
export function openRequestLink(
  entity: Entity | '$cbs',
  link: Receiver,
  replyLink: (replyTo: string) => Sender | undefined,
): void {
  link.on('message', ({ message, delivery }: EventContext) => {
    const request = requestSchema.safeParse(message);
    if (!request.success) {
      const { condition, description } = toAmqpError(request.error);
      delivery?.reject({ condition, description });
      return;
    }
    delivery?.accept();
    const { message_id, reply_to, application_properties } = request.data;
    replyLink(reply_to)?.send({
      correlation_id:
        Buffer.isBuffer(message_id) || typeof message_id === 'number' ? message_id : String(message_id),
      ...(entity === '$cbs'
        ? tokenAccepted
        : answer(entity, application_properties.operation, message?.body)),
    });
  });
}

// Any token will do: nothing here is worth guarding on 127.0.0.1.
const tokenAccepted = {
  application_properties: { 'status-code': rhea.types.wrap_int(202), 'status-description': 'Accepted' },
  body: undefined,
};

function answer(entity: Entity, operation: string, request: unknown) {
  try {
    const { status, body }: ManagementAnswer = manage(entity.queue, operation, request);
    return {
      application_properties: { statusCode: rhea.types.wrap_int(status), statusDescription: 'OK' },
      body,
    };
  } catch (thrown) {
    const { condition, status, description } = toAmqpError(thrown);
    return {
      application_properties: {
        statusCode: rhea.types.wrap_int(status),
        errorCondition: rhea.types.wrap_symbol(condition),
        statusDescription: description,
      },
      body: undefined,
    };
  }
}
