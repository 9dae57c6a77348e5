// Turns an answer that is no success into one of the two kinds of failure. Here alone a status or a service's
// error code decides that; what a step does about a 404 stays with the step.
import { PermanentError, RetryableError } from '../errors.ts';

/** What the service itself said. */
export interface Fault {
  code?: string | undefined;
  message?: string | undefined;
  requestId?: string | undefined;
  /** What the answer means, where its HTTP status says something else. */
  status?: number | undefined;
}

export interface Refusal {
  /** 'Microsoft Graph' */
  service: string;
  /** 'PATCH /users/4f1c…': no query, no body, so nothing secret. */
  request: string;
  status: number;
  headers: Headers;
  fault: Fault;
  /** What gives this app the right, for a 403. */
  rights: string;
  now: Date;
}

const longestWaitSeconds = 3600;

/** Retry-After as seconds or as an HTTP date; an absurd one is cut, because a run must not stall for a day. */
export function retryAfterSeconds(headers: Headers, now: Date): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, Math.ceil(seconds)), longestWaitSeconds);
}

const staleToken =
  'was granted less than a day ago (a managed identity keeps its token for up to 24 hours; restarting the app does not help)';

function sentence({ service, request, rights }: Refusal, status: number, said: string): string {
  if (status === 401) {
    return `${service} did not accept this app's token for ${request}, nor a second one (${said}). Check that the app's managed identity exists in this tenant, and that the service's address in the settings is right.`;
  }
  if (status === 403) {
    return `${service} refused ${request} (${said}). Either the app lacks ${rights}, or what it needs ${staleToken}.`;
  }
  if (status === 404) return `${service} does not have what ${request} names (${said}).`;
  if (status >= 300 && status < 400) {
    return `${service} answered ${request} with a redirect (${said}), which is not followed. Check the service's address in the settings.`;
  }
  return `${service} did not accept ${request} (${said}).`;
}

/** Pure: the same answer is always the same failure. */
export function refusalOf(refusal: Refusal): RetryableError | PermanentError {
  const { service, request, headers, fault, now } = refusal;
  const status = fault.status ?? refusal.status;
  const code = fault.code === '' ? undefined : fault.code;
  const requestId = headers.get('request-id') ?? fault.requestId;
  const said = [`${refusal.status}${code === undefined ? '' : ` ${code}`}`, fault.message?.slice(0, 300)]
    .filter(Boolean)
    .join(': ');
  const details = {
    status,
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  if (status !== 408 && status !== 425 && status !== 429 && status < 500) {
    return new PermanentError(sentence(refusal, status, said), details);
  }
  const wait = retryAfterSeconds(headers, now);
  const asked = wait === undefined ? '' : `; it asks to wait ${wait} s`;
  return new RetryableError(
    status === 429
      ? `${service} throttles ${request} (${said})${asked}.`
      : `${service} could not answer ${request} (${said})${asked}.`,
    {
      ...details,
      ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
      // Throttled is refused before anything was done. Any other failure may have happened half-way.
      tookEffect: status === 429 || (status === 503 && wait !== undefined) ? 'no' : 'unknown',
    },
  );
}
