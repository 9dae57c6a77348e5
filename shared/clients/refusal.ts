// What a person reads when Microsoft 365 refuses a request: what was asked, what it said, and what to do now.
import type { PermanentError, RetryableError } from '../errors.ts';
import { failureOf, passes, retryAfterSeconds } from './failure.ts';

/** What the service itself said. */
export interface Fault {
  code?: string | undefined;
  message?: string | undefined;
  requestId?: string | undefined;
  /** What the answer means, if its HTTP status says something else. */
  status?: number | undefined;
}

export interface Refusal {
  /** 'Microsoft Graph' */
  service: string;
  /** 'PATCH /users/4f1c…', without query and body, so nothing secret. */
  request: string;
  status: number;
  headers: Headers;
  fault: Fault;
  /** What gives this app the right, for a 403. */
  rights: string;
  /** The service hides what the app's role doesn't include, and answers 400. */
  hides?: boolean | undefined;
  now: Date;
}

/**
 * Said together with what is missing: somebody who grants it and tries again at once would think that it was the wrong
 * permission.
 */
const staleToken =
  "What was granted less than a day ago counts once the managed identity's token is new: up to 24 hours, and restarting the app does not help.";

function sentence({ service, request, rights, hides }: Refusal, status: number, said: string): string {
  if (status === 401) {
    return `${service} did not accept this app's token for ${request}, nor a second one (${said}). Check that the app's managed identity exists in this tenant, and that the service's address in the settings is right.`;
  }
  if (status === 403) {
    return `${service} refused ${request} (${said}). Give this app ${rights}. ${staleToken}`;
  }
  if (status === 404) return `${service} does not have what ${request} names (${said}).`;
  if (status >= 300 && status < 400) {
    return `${service} answered ${request} with a redirect (${said}), which is not followed. Check the service's address in the settings.`;
  }
  const hint = hides
    ? ` If a cmdlet or a parameter could not be found, the app's role is missing or too small: it needs ${rights}.`
    : '';
  return `${service} did not accept ${request} (${said}).${hint}`;
}

/** Pure: the same answer is always the same failure. */
export function refusalOf(refusal: Refusal): RetryableError | PermanentError {
  const { service, request, headers, fault, now } = refusal;
  const retryAfter = headers.get('retry-after');
  const wait = retryAfterSeconds(retryAfter, now);
  // An answer that asks to be tried again is no refusal, whatever its status.
  const isBusy = wait !== undefined && refusal.status >= 400 && !passes(refusal.status);
  const status = fault.status ?? (isBusy ? 503 : refusal.status);
  const code = fault.code === '' ? undefined : fault.code;
  const said = `${refusal.status}${code === undefined ? '' : ` ${code}`}`;
  // Last, since it explains the least and is as long as the service likes.
  const inItsWords = fault.message ? ` ${service} said: ${fault.message.slice(0, 300)}` : '';
  const asked = wait === undefined ? '' : `; it asks to wait ${wait} s`;
  const verb = status === 429 ? 'throttles' : 'could not answer';
  const message = passes(status)
    ? `${service} ${verb} ${request} (${said})${asked}.`
    : sentence(refusal, status, said);
  return failureOf(message + inItsWords, {
    status,
    retryAfter,
    code,
    requestId: headers.get('request-id') ?? fault.requestId,
    now,
  });
}
