// Mail that Defender for Office 365 analysed, and taking it out of mailboxes: accepted with 202, done a while later
// (https://learn.microsoft.com/graph/api/security-analyzedemail-remediate). Plan 2 alone has both.
import { z } from 'zod';
import { type Row, TenantRefusal } from '../answers.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { analyzedEmailProperties } from '../schema/mail-flow.ts';
import type { TenantFile } from '../schema.ts';
import { licensed } from './risk-access.ts';
import type { GraphCall, GraphRoute } from './route.ts';

type Email = NonNullable<TenantFile['analyzedEmails']>[number];

const emailType: EntityType = {
  name: 'microsoft.graph.security.analyzedEmail',
  properties: analyzedEmailProperties,
};
const inbox = { action: 'delivered', location: 'inbox_folder' } as const;
const latestOf = (email: Email) => email.latestDelivery ?? email.originalDelivery ?? inbox;

function emails(call: GraphCall): Row[] {
  licensed(call, ['THREAT_INTELLIGENCE']);
  const bound = (name: string, otherwise: number) => {
    const given = call.query.own.get(name);
    const time = given === undefined ? otherwise : Date.parse(given);
    if (Number.isNaN(time)) throw new TenantRefusal(400, 'BadRequest', `The value of ${name} is no time.`);
    return time;
  };
  const from = bound('startTime', Number.NEGATIVE_INFINITY);
  const to = bound('endTime', Number.POSITIVE_INFINITY);
  return (call.file.analyzedEmails ?? [])
    .filter(({ loggedDateTime: at }) => Date.parse(at) >= from && Date.parse(at) <= to)
    .map((email) =>
      withDefaults(email, analyzedEmailProperties, {
        id: `${email.networkMessageId}-${guidOf('analyzed', email.networkMessageId, email.recipientEmailAddress)}`,
        directionality: 'intraOrg',
        originalDelivery: inbox,
        latestDelivery: latestOf(email),
      }),
    );
}

const places = {
  moveToJunk: { action: 'deliveredToJunk', location: 'junkFolder' },
  moveToInbox: inbox,
  softDelete: { action: 'delivered', location: 'deletedFolder' },
  hardDelete: { action: 'delivered', location: 'others' },
  moveToDeletedItems: { action: 'delivered', location: 'deletedFolder' },
} as const;

const bodySchema = z.strictObject({
  displayName: z.string().min(1),
  description: z.string(),
  severity: z.enum(['low', 'medium', 'high']),
  action: z.enum(['moveToJunk', 'moveToInbox', 'hardDelete', 'softDelete', 'moveToDeletedItems']),
  remediateSendersCopy: z.boolean(),
  analyzedEmails: z
    .array(z.strictObject({ networkMessageId: z.string(), recipientEmailAddress: z.string() }))
    .min(1),
});

function remediate(call: GraphCall) {
  licensed(call, ['THREAT_INTELLIGENCE']);
  const parsed = bodySchema.safeParse(call.body);
  if (!parsed.success) throw new TenantRefusal(400, 'BadRequest', z.prettifyError(parsed.error));
  const { action, analyzedEmails } = parsed.data;
  const { store } = call;
  const named = (store.file.analyzedEmails ?? []).filter((email) =>
    analyzedEmails.some(
      (one) =>
        one.networkMessageId === email.networkMessageId &&
        one.recipientEmailAddress.toLowerCase() === email.recipientEmailAddress.toLowerCase(),
    ),
  );
  const move = () => {
    for (const email of named) {
      const was = email.originalDelivery ?? inbox;
      store.write(email, 'latestDelivery', { ...places[action] }, { fallback: was });
    }
  };
  const { remediationSeconds = 0 } = store.file.behaviour ?? {};
  if (remediationSeconds === 0) move();
  else store.later(remediationSeconds * 1000, move);
  const headers = { location: 'https://security.microsoft.com/action-center/history' };
  return { status: 202, headers };
}

const base = '/security/collaboration/analyzedEmails';

export const analyzedEmailRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: base,
    behind: 'security',
    entity: emailType,
    query: {
      count: true,
      own: ['startTime', 'endTime'],
      page: { size: 100, most: 1000 },
      filter: { networkMessageId: 'eq', recipientEmailAddress: 'eq' },
    },
    many: emails,
  },
  { method: 'POST', path: `${base}/remediate`, behind: 'security', entity: emailType, act: remediate },
];
