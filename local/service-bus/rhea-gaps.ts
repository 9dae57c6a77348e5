// The few things that a broker needs of rhea and that its typings, written for clients, leave out. Nothing else in this folder
// touches rhea's insides.
import rhea, { type Delivery, type Sender } from 'rhea';

const inner = (of: object, key: string): object => Object(Reflect.get(of, key));
const number = (of: object, key: string): number => Number(Reflect.get(of, key));

/** Fields of the attach frame that answers the client's; only before the handler of the open event returns. */
export function answerAttach(
  link: object,
  fields: { max_message_size?: number; snd_settle_mode?: 0 | 1 | 2; rcv_settle_mode?: 0 | 1 },
): void {
  Object.assign(inner(inner(link, 'local'), 'attach'), fields);
}

/** How many messages the client asked for and has not been sent. */
export const creditOf = (sender: Sender): number => number(sender, 'credit');

/**
 * Gives back the credit that remains, which a client that stops receiving waits for. rhea answers only while credit is left: when
 * the last message used it up, on its way or just now, one credit is put back so that the answer is written.
 */
export function answerDrain(sender: Sender, remaining: number): void {
  if (remaining === 0) {
    Object.assign(sender, {
      credit: creditOf(sender) + 1,
      delivery_count: number(sender, 'delivery_count') - 1,
    });
  }
  sender.set_drained(true);
  sender.connection['_register']();
}

/**
 * Tells the client that its settlement holds, or why not. rhea frees a delivery once both sides have settled it, and a client in
 * second settle mode never says so: without the last line every session would end after 2048 messages.
 */
export function confirmSettlement(
  delivery: Delivery,
  error?: { condition: string; description: string },
): void {
  const { described, wrap_ulong, wrap_list, wrap_error } = rhea.types;
  const outcome: unknown = error
    ? described(wrap_ulong(0x25), wrap_list([wrap_error(error)]))
    : described(wrap_ulong(0x24), wrap_list([]));
  delivery.update(true, outcome);
  Object.assign(delivery, { remote_settled: true });
}
