// What Microsoft Graph says when it refuses. Defender for Endpoint uses the same shape.
import { z } from 'zod';
import type { Fault } from './refusal.ts';

const errorSchema = z.looseObject({
  error: z.looseObject({
    code: z.string().optional(),
    message: z.string().optional(),
    innerError: z.looseObject({ 'request-id': z.string().optional() }).optional(),
  }),
});

/** https://learn.microsoft.com/graph/errors. */
export function graphFault(body: unknown): Fault {
  const error = errorSchema.safeParse(body).data?.error;
  return { code: error?.code, message: error?.message, requestId: error?.innerError?.['request-id'] };
}
