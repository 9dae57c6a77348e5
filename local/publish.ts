// Publishes events to the local Event Grid topic as a publisher would: over HTTP, with the topic's key.
import type { Stack } from './stack.ts';

/** Answers when the topic had accepted all of them; throws with the topic's own words when it refuses one. */
export async function publish(stack: Stack, events: readonly unknown[]): Promise<Date> {
  const response = await fetch(`${stack.topic.endpoint}?api-version=2018-01-01`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json', 'aeg-sas-key': stack.topic.key },
    body: JSON.stringify(events),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the Event Grid topic refused the alert: ${response.status} ${text}`);
  return new Date();
}
