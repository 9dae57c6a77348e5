// A sign-in of somebody else from the address of an intruder, as find-other-victims tells it. Graph confirms the sign-in
// and whose it is; that the address is an intruder's is confirmed by the runs themselves (see conditions.ts).
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { guid, maybe, sourceId, text, time, word } from './payload-fields.ts';
import { type Reading, readAt, source } from './source.ts';

export const relatedSignInType = 'Reclaim.RelatedSignIn';

/**
 * https://learn.microsoft.com/graph/api/resources/signin
 * `{"id":"66ea54eb-…","createdDateTime":"2026-11-20T09:12:04Z","userId":"87d349ed-…","userPrincipalName":
 * "diego@contoso.com","ipAddress":"203.0.113.7","status":{"errorCode":0}}`
 */
const signInSchema = z.object({
  id: sourceId,
  createdDateTime: time,
  userId: guid,
  userPrincipalName: text,
  ipAddress: word,
  correlationId: word,
  userAgent: text,
  status: maybe(z.object({ errorCode: z.number() })),
});

function reading(signIn: z.infer<typeof signInSchema>): Reading {
  const succeeded = (signIn.status?.errorCode ?? 0) === 0;
  return {
    id: signIn.id,
    tenantId: null,
    left: [],
    subjects: [
      {
        sid: null,
        signal: {
          source: 'signIn',
          sourceId: signIn.id,
          version: signIn.createdDateTime ?? '',
          tenantId: null,
          userId: signIn.userId,
          userPrincipalName: signIn.userPrincipalName,
          detector: 'signInFromIntruder',
          title: 'Sign-in from the address of an intruder',
          product: 'Reclaim',
          level: 'unknown',
          standing: succeeded,
          state: succeeded ? 'succeeded' : 'failed',
          activityAt: signIn.createdDateTime,
          detectedAt: null,
          address: signIn.ipAddress,
          sessionId: null,
          requestId: signIn.id,
          correlationId: signIn.correlationId,
          deviceId: null,
          userAgent: signIn.userAgent,
          link: null,
        },
      },
    ],
  };
}

/** Only beta holds the sign-ins that are not interactive, which the use of a stolen token makes. */
export const relatedSignIn = source({
  name: 'signIn',
  noun: 'sign-in',
  eventTypes: [relatedSignInType],
  permissions: ['AuditLog.Read.All'],
  // A sign-in looks like many things; only the type says that this one is meant.
  recognises: () => false,
  payload: signInSchema,
  reading,
  ask: readAt((id) => path`/auditLogs/signIns/${id}`, signInSchema, reading, { version: 'beta' }),
});
