// What a look back found in one account, sent in by an operator. Microsoft Graph holds no original: the finding was
// made in the tenant, by an identity that is not this app's. So it opens at most a held run, unless Graph itself calls
// the account high risk; the run's steps look for themselves.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import { noTraces } from '../model/signal.ts';
import { guid, sourceId, text, time, words } from './payload-fields.ts';
import { type Reading, source } from './source.ts';

export const lookBackType = 'Reclaim.LookBack';

/**
 * `{"id":"3f1c…","tenantId":"6f2a…","userId":"87d349ed-…","userPrincipalName":"adele@contoso.com",
 * "foundAt":"2026-11-20T09:12:04Z","finds":["rule \"..\""]}`
 */
const payload = z.object({
  id: sourceId,
  tenantId: guid,
  userId: guid,
  userPrincipalName: text,
  foundAt: time,
  finds: words,
});

const mostNamed = 3;

function reading({
  id,
  tenantId,
  userId,
  userPrincipalName,
  foundAt,
  finds,
}: z.infer<typeof payload>): Reading {
  const more = finds.length - mostNamed;
  const named = [...finds.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])];
  const title = `Found by a look back: ${named.join('; ') || 'no find is named'}`;
  return {
    id,
    tenantId,
    left: [],
    subjects: [
      {
        sid: null,
        signal: {
          source: 'lookBack',
          sourceId: id,
          version: foundAt ?? '',
          tenantId,
          userId,
          userPrincipalName,
          detector: 'lookBack',
          title,
          product: 'Reclaim',
          level: 'medium',
          standing: true,
          state: 'found',
          // Nobody knows when it was made, and when it was found is not when somebody was in.
          activityAt: null,
          detectedAt: foundAt,
          ...noTraces,
          link: null,
        },
      },
    ],
  };
}

export const lookBack = source({
  name: 'lookBack',
  noun: 'look back',
  eventTypes: [lookBackType],
  permissions: [],
  // Only the event type counts: a payload of this shape could be anything.
  recognises: () => false,
  payload,
  reading,
  async ask() {
    throw new PermanentError('Microsoft Graph holds no finds of a look back');
  },
});
