// Finds the node that an address means, for every link that a client opens. Anybody may connect: it listens on
// 127.0.0.1 only.
import rhea, { type EventContext, type Receiver, type Sender } from 'rhea';
import { openReceiveLink, openReplyLink, openRequestLink, openSendLink } from './links.ts';
import type { Namespace } from './namespace.ts';
import { BrokerRefusal, toAmqpError } from './refusal.ts';

const managementPath = /^(.+)\/\$management$/i;

/** The AMQP side of a namespace, ready to listen. */
export function openContainer(namespace: Namespace) {
  const container = rhea.create_container({
    id: 'local-service-bus',
    receiver_options: { autoaccept: false },
    sender_options: { autosettle: false, treat_modified_as_released: false },
  });
  container.sasl_server_mechanisms.enable_anonymous();
  for (const name of ['MSSBCBS', 'EXTERNAL']) container.sasl_server_mechanisms[name] = acceptAnyone;

  let replyLinks: Sender[] = [];
  const requestTarget = (address: string) => {
    const path = managementPath.exec(address)?.[1];
    return path === undefined ? undefined : namespace.entity(path);
  };

  container.on('receiver_open', ({ receiver: link, connection }: EventContext) => {
    const address = link?.target?.address;
    refuseIfThrown(link, () => {
      if (!link || address === undefined) {
        throw new BrokerRefusal('not-implemented', 'Transactions are not imitated.');
      }
      link.set_source(link.source);
      link.set_target({ address });
      const target = address === '$cbs' ? address : requestTarget(address);
      if (target === undefined) return openSendLink(namespace.entity(address), link);
      openRequestLink(target, link, (replyTo) =>
        replyLinks.find(
          (reply) =>
            reply.connection === connection &&
            reply.source.address === address &&
            [reply.name, reply.target?.address].includes(replyTo),
        ),
      );
    });
  });

  container.on('sender_open', ({ sender: link }: EventContext) => {
    const address = link?.source?.address;
    refuseIfThrown(link, () => {
      if (!link || address === undefined) {
        throw new BrokerRefusal('bad-argument', 'A link needs the address of a queue.');
      }
      if (link.source.filter) {
        throw new BrokerRefusal('not-allowed', `Sessions are not imitated, and '${address}' has none.`);
      }
      link.set_source({ address });
      if (link.target) link.set_target(link.target);
      if (address !== '$cbs' && requestTarget(address) === undefined) {
        return openReceiveLink(namespace.entity(address), link);
      }
      openReplyLink(link);
      replyLinks = [...replyLinks.filter((reply) => reply.is_open()), link];
    });
  });

  // A client that goes away is no event here: its links drop out, its locks expire. Unheard, rhea would print or throw these.
  for (const event of [
    'disconnected',
    'error',
    'protocol_error',
    'connection_error',
    'session_error',
    'sender_error',
    'receiver_error',
  ]) {
    container.on(event, () => undefined);
  }
  return container;
}

/** Attach and refusal leave together, so that the client takes the link as refused instead of as lost later. */
function refuseIfThrown(link: Sender | Receiver | undefined, open: () => void): void {
  try {
    open();
  } catch (thrown) {
    const { condition, description } = toAmqpError(thrown);
    link?.close({ condition, description });
  }
}

function acceptAnyone() {
  const mechanism = {
    outcome: false,
    start: () => {
      mechanism.outcome = true;
    },
  };
  return mechanism;
}
