// The two ways in which work can fail. Whoever throws decides by the kind whether it is tried again;
// nothing is ever read back from the text of a message.

interface Details {
  /** HTTP status of the answer, where there was one. */
  status?: number;
  /** The service's own error code, such as `Authorization_RequestDenied`. */
  code?: string;
  /** The service's request id, for a support case. */
  requestId?: string;
  cause?: unknown;
}

abstract class ServiceError extends Error {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, details: Details) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
  }
}

/** Tried again later: after `retryAfterSeconds` when the service named a time, else with growing waits. */
export class RetryableError extends ServiceError {
  override readonly name = 'RetryableError';
  readonly retryAfterSeconds: number | undefined;
  /** `no` only when the service refused before doing anything (throttled); a lost answer is `unknown`. */
  readonly tookEffect: 'no' | 'unknown';

  constructor(
    message: string,
    details: Details & { retryAfterSeconds?: number; tookEffect?: 'no' | 'unknown' } = {},
  ) {
    super(message, details);
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.tookEffect = details.tookEffect ?? 'unknown';
  }
}

/** Never tried again by itself: the answer will be the same until a person changes something. */
export class PermanentError extends ServiceError {
  override readonly name = 'PermanentError';

  constructor(message: string, details: Details = {}) {
    super(message, details);
  }
}

/** What is kept of an error: no stack, no body, nothing that could hold a secret. */
export interface Failure {
  message: string;
  status: number | null;
  code: string | null;
  requestId: string | null;
}

/** Turns anything thrown into what may be stored. */
export function toFailure(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const service = error instanceof ServiceError ? error : undefined;
  return {
    message: error.message.slice(0, 1000),
    status: service?.status ?? null,
    code: service?.code ?? null,
    requestId: service?.requestId ?? null,
  };
}
