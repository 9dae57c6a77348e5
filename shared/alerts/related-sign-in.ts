// Another account's sign-in from an intruder's address, as reported by find-other-victims. Graph confirms the sign-in and
// its user; the runs themselves confirm that the address is an intruder's (see conditions.ts).
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { guid, maybe, sourceId, text, time, word } from './payload-fields.ts';
import { type Reading, source } from './source.ts';

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

const kinds = "signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')";

/**
 * Using a stolen token leaves sign-ins that are not interactive. A read by id returns only interactive ones, and so
 * does a list with a filter that names no type.
 */
async function ask(graph: GraphReader, id: string): Promise<Reading> {
  const [signIn] = await graph.list(
    `${path`/auditLogs/signIns?$filter=id eq '${id}' and `}${encodeURIComponent(kinds)}&$top=1`,
    signInSchema,
    { version: 'beta', most: 1 },
  );
  if (signIn !== undefined) return reading(signIn);
  throw new PermanentError(`the sign-in log holds no sign-in ${id}`, { status: 404 });
}

export const relatedSignIn = source({
  name: 'signIn',
  noun: 'sign-in',
  eventTypes: [relatedSignInType],
  permissions: ['AuditLog.Read.All'],
  // Many payloads look like a sign-in, so only the event type counts.
  recognises: () => false,
  payload: signInSchema,
  reading,
  ask,
});
