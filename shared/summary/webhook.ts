// The second channel: a Teams workflow, or anything that takes an Adaptive Card by POST; for administrators' cases
// only, or for all. It has a queue message of its own, so that neither it nor the mail waits for the other.
import { connectionFault, failureOf, passes } from '../clients/failure.ts';
import { RetryableError } from '../errors.ts';
import type { RunRow } from '../model/rows.ts';
import type { RunRows } from '../run/progress.ts';
import { cardOf } from './card.ts';
import { type Described, givenFrom } from './given.ts';

export const webhookCases = ['administrators', 'always'] as const;

export interface WebhookSettings {
  /** Anybody who knows the URL can post to it, so it appears in no log and no error. */
  url: string;
  cases: (typeof webhookCases)[number];
  /** Where the app is reached, for the links. */
  baseUrl: string;
  /** Where on-call works. */
  timeZone?: string | undefined;
}

interface Dependencies {
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  playbook: readonly Described[];
  now: () => Date;
  timeoutSeconds: number;
}

export interface Webhook {
  wants(run: RunRow): boolean;
  /** Posts the card of the run in its present state. Throws RetryableError or PermanentError. */
  send(rows: RunRows): Promise<void>;
}

export function createWebhook(settings: WebhookSettings, dependencies: Dependencies): Webhook {
  const { fetch = globalThis.fetch, playbook, now, timeoutSeconds } = dependencies;
  const where = `the webhook at ${new URL(settings.url).host}`;
  return {
    wants: ({ account }) => settings.cases === 'always' || account.privileged || account.roles.length > 0,

    async send(rows) {
      const card = cardOf(
        givenFrom(rows, { playbook, baseUrl: settings.baseUrl, timeZone: settings.timeZone, now: now() }),
      );
      const { status, retryAfter } = await post(card);
      if (status >= 200 && status < 300) return;
      const advice = passes(status)
        ? '; it is tried again'
        : '. Look at the workflow behind it, and at WEBHOOK_URL';
      throw failureOf(`${where} answered ${status} to the card of run ${rows.run.row.id}${advice}`, {
        status,
        retryAfter,
        now: now(),
      });
    },
  };

  async function post(card: object): Promise<{ status: number; retryAfter: string | null }> {
    try {
      const response = await fetch(settings.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(card),
        // A redirect would hand the card's content to its target.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      await response.body?.cancel();
      return { status: response.status, retryAfter: response.headers.get('retry-after') };
    } catch (cause) {
      // Without the cause: its text may contain the address.
      const { code, reached } = connectionFault(cause);
      throw new RetryableError(`${where} could not be reached; it is tried again`, {
        ...(code === undefined ? {} : { code }),
        tookEffect: reached,
      });
    }
  }
}
