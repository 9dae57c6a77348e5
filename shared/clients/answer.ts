// What came back, made into something typed: the door at which every answer of Microsoft 365 is parsed.
import type { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** undefined where the text is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The security API answers for the products behind it, and says so where one of them did not: status 206, or a warning
 * like `199 - "Vendor/Provider/504/10000"` (https://learn.microsoft.com/graph/api/resources/security-error-codes).
 */
const isPartial = ({ status, headers }: Answer) =>
  status === 206 || /(^|,)\s*199\b/.test(headers.get('warning') ?? '');

/**
 * The body of a success: undefined where it is empty. A part of an answer is none, and one that is no JSON was cut or
 * altered on its way; the service may do better later.
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
  return body;
}

/** The same for what was asked for: nothing is not an answer to that. */
export function readOf(answer: Answer, service: string, request: string): unknown {
  const body = bodyOf(answer, service, request);
  if (body !== undefined && body !== null) return body;
  throw new RetryableError(`${service} answered ${request} with nothing, which is not "none".`, {
    tookEffect: 'no',
  });
}

/** Throws a PermanentError that names where the answer differs from what this project expects. */
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
