// Turns an HTTP status or a failed connection into one of the two kinds of error, for every service: Microsoft 365, storage,
// the topic and the webhook. What a step does about a 404 is up to the step.
import { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';

export interface Answered {
  status: number;
  /** The header as it came. */
  retryAfter?: string | null | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  cause?: unknown;
  /** Storage answers 409 while a table or container is being deleted or a transaction is busy. */
  conflictPasses?: true;
  /** An SDK sent it and retries by itself, so an earlier try may have had an effect. */
  bySdk?: true;
  now: Date;
}

const longestWaitSeconds = 3600;

/** Retry-After in seconds or as an HTTP date; capped, because a run must not stall for a day. */
export function retryAfterSeconds(header: string | null | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, Math.ceil(seconds)), longestWaitSeconds);
}

/** 408 Request Timeout, 425 Too Early, 429 Too Many Requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the same request may succeed later by itself. */
export const passes = (status: number): boolean => passing.has(status) || status >= 500;

/** Pure: the same answer is always the same failure. */
export function failureOf(message: string, answered: Answered): RetryableError | PermanentError {
  const { status, retryAfter, code, requestId, cause, conflictPasses, bySdk, now } = answered;
  const details = {
    status,
    ...(code ? { code } : {}),
    ...(requestId ? { requestId } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
  if (!passes(status) && !(conflictPasses && status === 409)) return new PermanentError(message, details);
  const wait = retryAfterSeconds(retryAfter, now);
  return new RetryableError(message, {
    ...details,
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    // A throttled request had no effect. Any other failure may have happened halfway.
    tookEffect: !bySdk && (status === 429 || (status === 503 && wait !== undefined)) ? 'no' : 'unknown',
  });
}

/** Name lookup and connecting come before the first byte of a request. */
const beforeSending: ReadonlySet<string> = new Set(['getaddrinfo', 'connect', 'queryA', 'queryAaaa']);
/** The same by code: no name, no route, no connection, or no trust in the certificate. */
const unreached =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN|EADDRNOTAVAIL|ESERVFAIL|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT\w+|ERR_SSL_\w+|EPROTO|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

const faultSchema = z.looseObject({
  code: z.string().optional().catch(undefined),
  syscall: z.string().optional().catch(undefined),
  cause: z.unknown().optional(),
  errors: z.array(z.unknown()).optional().catch(undefined),
});

/** `fetch` and the SDKs hide the socket's error one or two layers down; with several addresses, each has its own. */
const mostLayers = 4;

interface ConnectionFault {
  code: string | undefined;
  reached: 'no' | 'unknown';
}

/** What is known about a request without an answer. */
export function connectionFault(thrown: unknown, layer = 0): ConnectionFault {
  const parsed = faultSchema.safeParse(thrown);
  if (!parsed.success || layer > mostLayers) return { code: undefined, reached: 'unknown' };
  const { code, syscall, cause, errors = [] } = parsed.data;
  if (errors.length > 0) {
    const each = errors.map((error) => connectionFault(error, layer + 1));
    const reached = each.every((one) => one.reached === 'no') ? 'no' : 'unknown';
    return { code: code ?? each.find((one) => one.code !== undefined)?.code, reached };
  }
  if (code !== undefined && (beforeSending.has(syscall ?? '') || unreached.test(code))) {
    return { code, reached: 'no' };
  }
  const below = cause === undefined || cause === null ? undefined : connectionFault(cause, layer + 1);
  return { code: below?.code ?? code, reached: below?.reached ?? 'unknown' };
}

/** No answer at all. Only a request that surely never arrived is repeated at once. */
export function noAnswer(message: string, cause: unknown, bySdk = false): RetryableError {
  const { code, reached } = connectionFault(cause);
  return new RetryableError(message, {
    cause,
    ...(code === undefined ? {} : { code }),
    tookEffect: bySdk ? 'unknown' : reached,
  });
}
