// Temporary Access Passes: the answer shows a new pass once, and the tenant keeps it without its value. A new one
// replaces the old (https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods).
import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { TenantRefusal } from '../answers.ts';
import { isGuest } from '../directory.ts';
import type { EntityType } from '../odata.ts';
import { instant, text } from '../schema/fields.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { requireUser } from './user-row.ts';

const type = '#microsoft.graph.temporaryAccessPassAuthenticationMethod';
const passType: EntityType = {
  name: 'microsoft.graph.temporaryAccessPassAuthenticationMethod',
  properties: { id: text, createdDateTime: instant },
};
const bodySchema = z.strictObject({
  '@odata.type': z.literal(type).optional(),
  lifetimeInMinutes: z.int().optional(),
  isUsableOnce: z.boolean().optional(),
  startDateTime: z.iso.datetime({ offset: true }).optional(),
});

interface Pass {
  startDateTime?: string | null | undefined;
  lifetimeInMinutes?: number | null | undefined;
}

/** Whether a pass can be used now: before it begins and after it ends it exists but lets nobody in. */
export function usability({ startDateTime, lifetimeInMinutes }: Pass, now: Date) {
  const begins = startDateTime ? Date.parse(startDateTime) : Number.NEGATIVE_INFINITY;
  const ends = begins + (lifetimeInMinutes ?? 60) * 60_000;
  if (now.getTime() < begins) return { isUsable: false, methodUsabilityReason: 'NotYetValid' };
  if (startDateTime && now.getTime() >= ends) return { isUsable: false, methodUsabilityReason: 'Expired' };
  return { isUsable: true, methodUsabilityReason: 'EnabledByPolicy' };
}

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789+=@#%';
const refused = (message: string) => new TenantRefusal(400, 'badRequest', message);

function make(call: GraphCall) {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  const {
    enabled = true,
    usableOnce = false,
    maximumLifetimeInMinutes = 480,
  } = call.store.file.temporaryAccessPass ?? {};
  const body = bodySchema.safeParse(call.body ?? {});
  if (!body.success)
    throw refused(`The request body is not valid: ${body.error.issues[0]?.message ?? 'unknown'}`);
  if (!enabled || isGuest(user))
    throw refused('Temporary Access Pass cannot be added to the user as per the policy.');
  const { lifetimeInMinutes = 60, isUsableOnce = usableOnce, startDateTime } = body.data;
  if (usableOnce && !isUsableOnce) throw refused('The policy requires a one-time Temporary Access Pass.');
  if (lifetimeInMinutes < 10 || lifetimeInMinutes > maximumLifetimeInMinutes)
    throw refused(`The lifetime must be between 10 and ${maximumLifetimeInMinutes} minutes.`);
  const now = call.store.now().toISOString();
  const delay = (call.store.file.behaviour?.passDelayMinutes ?? 0) * 60_000;
  const begins = Math.max(Date.parse(startDateTime ?? now), call.store.now().getTime() + delay);
  const pass = {
    '@odata.type': type,
    id: randomUUID(),
    createdDateTime: now,
    startDateTime: new Date(begins).toISOString(),
    lifetimeInMinutes,
    isUsableOnce,
  } as const;
  call.store.changing();
  const others = (user.authenticationMethods ?? []).filter((method) => method['@odata.type'] !== type);
  user.authenticationMethods = [...others, pass];
  const temporaryAccessPass = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return { status: 201, body: { ...pass, ...usability(pass, call.store.now()), temporaryAccessPass } };
}

export const passRoutes: readonly GraphRoute[] = [
  {
    method: 'POST',
    path: '/users/{id}/authentication/temporaryAccessPassMethods',
    behind: 'authentication',
    entity: passType,
    act: make,
  },
];
