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

/**
 * Codes that ask for another try, whatever the status beside them: services behind Graph were seen to throttle with 400 and 403.
 * In lower case.
 */
const throttled = new Set([
  'activitylimitreached',
  'applicationthrottled',
  'errorexceededconnectioncount',
  'request_throttledtemporarily',
  'throttledrequest',
  'toomanyrequests',
]);
const unavailable = new Set([
  'directory_concurrencyviolation',
  'directory_replicaunavailable',
  'errorinternalservertransienterror',
  'errormailboxstoreunavailable',
  'errorserverbusy',
  'errortimeoutexpired',
  'serviceunavailable',
  'servicenotavailable',
]);

function meantBy(code: string | undefined): number | undefined {
  const known = code?.toLowerCase() ?? '';
  if (throttled.has(known)) return 429;
  return unavailable.has(known) ? 503 : undefined;
}

/** https://learn.microsoft.com/graph/errors. */
export function graphFault(body: unknown): Fault {
  const error = errorSchema.safeParse(body).data?.error;
  const requestId = error?.innerError?.['request-id'];
  return { code: error?.code, message: error?.message, requestId, status: meantBy(error?.code) };
}
