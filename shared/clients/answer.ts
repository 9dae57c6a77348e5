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

/** The body of a success: undefined where it is empty; one that is no JSON was cut or altered on its way. */
export function bodyOf(answer: Answer, service: string, request: string): unknown {
  if (answer.text.trim() === '') return undefined;
  const body = jsonOf(answer.text);
  if (body === undefined)
    throw new RetryableError(`${service} answered ${request} with something that is no JSON.`);
  return body;
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
