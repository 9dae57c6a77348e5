// What POST …/hand-back takes, and the one answer that has a pass in it.
import { z } from 'zod';
import { handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import { flagSchema, reasonSchema } from './api.ts';

const reason = { reason: reasonSchema };
/** `{"do":"begin","identified":"called back on the number in HR's file","reason":"the account is clean"}` */
export const handBackSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('begin'),
    /** How the owner was identified, out of band: never by mail or chat of the account itself. */
    identified: reasonSchema,
    /** Steps that did not end well and are accepted as they are. */
    despite: z.array(z.string()).default([]),
    ...reason,
  }),
  z.strictObject({
    do: z.literal('pass'),
    /** Another one in place of one that was shown, which then opens nothing any more. */
    again: flagSchema.default(false),
    /** Minutes (https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass). */
    lifetimeInMinutes: z.coerce.number().int().min(10).max(43_200).default(60),
    ...reason,
  }),
  z.strictObject({ do: z.literal('owner-back'), ...reason }),
  z.strictObject({ do: z.literal('roles'), ...reason }),
]);

export const passAnswerSchema = handBackViewSchema.extend({
  temporaryAccessPass: z.object({
    /** Tell it to the owner by telephone or in person; it is shown here and nowhere else. */
    value: z.string(),
    expiresAt: z.string(),
    usableOnce: z.boolean(),
    /** Why it opens nothing yet, in Microsoft's word, or null: `DisabledByPolicy`. */
    unusableBecause: z.string().nullable(),
  }),
});
