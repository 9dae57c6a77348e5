// Every queue that there must be, for whoever creates them: the local stack, and the deployment.
import { queues, stepQueue } from './bus.ts';

export interface QueueShape {
  name: string;
  /** Seconds in which a message id counts as known; 0 for none. It cannot be switched on later. */
  duplicateSeconds: number;
  /** Deliveries before a message counts as dead. */
  maxDeliveryCount: number;
  /** Where dead messages go; null leaves them in the queue's own dead letters. */
  forwardsDeadLettersTo: string | null;
}

const day = 86_400;

/** Names in the order of the playbook. Dead letters are never dropped as duplicates, and the last resort is their own. */
export function queueShapes(steps: readonly string[]): QueueShape[] {
  const working = [queues.alerts, ...steps.map(stepQueue), queues.summaries];
  const shape = (name: string): QueueShape => ({
    name,
    duplicateSeconds: day,
    maxDeliveryCount: 10,
    forwardsDeadLettersTo: queues.deadLetters,
  });
  return [
    ...working.map(shape),
    { name: queues.deadLetters, duplicateSeconds: 0, maxDeliveryCount: 1, forwardsDeadLettersTo: null },
  ];
}
