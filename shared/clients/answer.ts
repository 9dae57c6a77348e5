// Parses every answer of Microsoft 365 into something typed.
import { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** undefined if the text isn't JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The security API collects answers from several products. If one of them did not answer, it says so: status 206, or a
 * warning like `199 - "Vendor/Provider/504/10000"`
 * (https://learn.microsoft.com/graph/api/resources/security-error-codes).
 */
const isPartial = ({ status, headers }: Answer) =>
  status === 206 || /(^|,)\s*199\b/.test(headers.get('warning') ?? '');

/** The error behind a status 200: the headers were sent before it happened. */
const faultSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/**
 * The body of a success; undefined if it is empty. Three kinds of body are worth another try: a partial answer, one
 * that holds an error, and one that isn't JSON because it was cut off or altered on the way.
 */
export function bodyOf(answer: Answer, service: string, request: string): unknown {
  if (isPartial(answer)) {
    const warning = answer.headers.get('warning')?.slice(0, 200);
    throw new RetryableError(
      `${service} answered ${request} only in part (${[answer.status, warning].filter(Boolean).join(', ')}).`,
      { status: answer.status },
    );
  }
  if (answer.text.trim() === '') return undefined;
  const body = jsonOf(answer.text);
  if (body === undefined)
    throw new RetryableError(`${service} answered ${request} with something that is no JSON.`);
  const fault = faultSchema.safeParse(body).data?.error;
  if (fault !== undefined) {
    throw new RetryableError(
      `${service} answered ${request} with success and an error in one (${fault.code}). ${service} said: ${fault.message.slice(0, 300)}`,
      { status: answer.status, code: fault.code },
    );
  }
  return body;
}

/** The same for a read, which must not have an empty body. */
export function readOf(answer: Answer, service: string, request: string): unknown {
  const body = bodyOf(answer, service, request);
  if (body !== undefined && body !== null) return body;
  throw new RetryableError(`${service} answered ${request} with nothing, which is not "none".`, {
    tookEffect: 'no',
  });
}

/** Throws a PermanentError that says where the answer differs from what we expect. */
export function shaped<T>(schema: z.ZodType<T>, body: unknown, service: string, request: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 3)
    .map(
      ({ path, message }) => `${path.length === 0 ? 'the answer' : path.map(String).join('.')}: ${message}`,
    );
  throw new PermanentError(
    `${service} answered ${request} in another shape than expected: ${issues.join('; ')}.`,
  );
}
