// Publishes our own events to the Event Grid topic. They come back through the queue like everybody else's, so that nothing
// opens a run without triage.
import type { TokenCredential } from '@azure/identity';
import { failureOf, noAnswer } from '../clients/failure.ts';
import { PermanentError } from '../errors.ts';
import type { OutgoingAlert } from '../model/step.ts';

/** The topic, and what allows publishing to it: its key, or an identity with the role EventGrid Data Sender. */
export interface TopicOptions {
  endpoint: string;
  access: { key: string } | { credential: TokenCredential };
  /** The events' source attribute: reclaim/find-other-victims. */
  source: string;
  now: () => Date;
  fetch?: typeof globalThis.fetch;
}

const scope = 'https://eventgrid.azure.net/.default';
const answerWithinMs = 15_000;
/** Below the megabyte that a request may have (https://learn.microsoft.com/azure/event-grid/quotas-limits). */
const mostInBatch = 100;

/** Resolves when the topic has accepted all of them. An event with the same id is the same alert to the receiver. */
export function createPublisher(options: TopicOptions): (alerts: readonly OutgoingAlert[]) => Promise<void> {
  return async (alerts) => {
    for (let from = 0; from < alerts.length; from += mostInBatch) {
      await publish(options, alerts.slice(from, from + mostInBatch));
    }
  };
}

/** Publishes nothing; throws whatever a real attempt would have met. */
export async function tryTopic(options: TopicOptions): Promise<void> {
  try {
    await publish(options, []);
  } catch (error) {
    // A 400 means that access was granted, and that the batch was empty.
    if (!(error instanceof PermanentError) || error.status !== 400) throw error;
  }
}

async function publish(options: TopicOptions, alerts: readonly OutgoingAlert[]): Promise<void> {
  const { endpoint, source, now, fetch = globalThis.fetch } = options;
  const events = alerts.map(({ id, type, data }) => ({
    specversion: '1.0',
    id,
    type,
    source,
    time: now().toISOString(),
    datacontenttype: 'application/json',
    data,
  }));
  const where = `Event Grid topic ${new URL(endpoint).host}`;
  let response: Response;
  try {
    response = await fetch(`${endpoint}?api-version=2018-01-01`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents-batch+json; charset=utf-8',
        ...(await authorization(options)),
      },
      body: JSON.stringify(events),
      // A redirect would hand over the key and the alerts.
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
  } catch (cause) {
    throw noAnswer(`${where}: no answer (${String(cause)})`, cause);
  }
  if (response.ok) return;
  const { status } = response;
  const said = `${where} refused ${events.length} events: ${status} ${(await response.text()).slice(0, 300)}`;
  const advice =
    status === 401 || status === 403
      ? ". Give the app's identity the role EventGrid Data Sender on this topic"
      : '';
  const retryAfter = response.headers.get('retry-after');
  throw failureOf(`${said}${advice}`, { status, retryAfter, now: now() });
}

async function authorization({ access }: TopicOptions): Promise<Record<string, string>> {
  if ('key' in access) return { 'aeg-sas-key': access.key };
  const token = await access.credential.getToken(scope);
  if (token === null) throw new PermanentError(`the app's identity gets no token for ${scope}`);
  return { authorization: `Bearer ${token.token}` };
}
