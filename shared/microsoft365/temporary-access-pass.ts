// Passes that let an owner back in. The pass itself goes straight from Microsoft Graph's answer to the person who
// asked, and is never stored, logged or mailed.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphClient, GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { collections, type Method, methodSchema } from './auth-methods.ts';
import { unlessGone } from './gone.ts';

/** Listing, deleting and making them (https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods). */
export const passPermissions = ['UserAuthenticationMethod.ReadWrite.All'] as const;

const passSchema = z.object({
  id: z.string(),
  temporaryAccessPass: z.string().min(1),
  startDateTime: nullableText,
  lifetimeInMinutes: z.number().nullish(),
  isUsableOnce: z.boolean().nullish(),
  isUsable: z.boolean().nullish(),
  methodUsabilityReason: nullableText,
});

export interface Pass {
  /** The secret itself. */
  value: string;
  expiresAt: string;
  usableOnce: boolean;
  /** Why it opens nothing yet, in Microsoft's word, or null: `DisabledByPolicy`. */
  unusableBecause: string | null;
}

export async function passesOf(graph: GraphReader, userId: string): Promise<Method[]> {
  const all = await graph.list(path`/users/${userId}/authentication/methods`, methodSchema);
  return all.filter(({ kind }) => kind === 'temporaryAccessPass');
}

export async function deletePass(graph: GraphClient, userId: string, id: string): Promise<void> {
  const user = `/users/${encodeURIComponent(userId)}` as const;
  const collection = collections.temporaryAccessPass;
  await unlessGone(graph.delete(`${user}/authentication/${collection}/${encodeURIComponent(id)}`));
}

/** Eight hours: a working day, and no longer than a person keeps an eye on it. */
export const longestPassMinutes = 480;

/**
 * Makes a user's only pass; any other is deleted first, so that none stays usable unnoticed. It works once. If Microsoft
 * Graph makes one that would open more than was asked for, that one is deleted as well.
 */
export async function makePass(
  graph: GraphClient,
  userId: string,
  lifetimeInMinutes: number,
  now: Date,
): Promise<Pass> {
  for (const { id } of await passesOf(graph, userId)) await deletePass(graph, userId, id);
  const made = await graph.post(
    path`/users/${userId}/authentication/temporaryAccessPassMethods`,
    { lifetimeInMinutes: Math.min(lifetimeInMinutes, longestPassMinutes), isUsableOnce: true },
    passSchema,
  );
  const start = Date.parse(made.startDateTime ?? '');
  const minutes = made.lifetimeInMinutes ?? lifetimeInMinutes;
  if (made.isUsableOnce === false || minutes > longestPassMinutes) {
    await deletePass(graph, userId, made.id);
    throw new PermanentError(
      'the tenant made a pass that can be used more than once or for more than eight hours; it was deleted again.',
    );
  }
  const from = Number.isNaN(start) ? now.getTime() : start;
  return {
    value: made.temporaryAccessPass,
    expiresAt: new Date(from + minutes * 60_000).toISOString(),
    usableOnce: made.isUsableOnce ?? true,
    unusableBecause: made.isUsable === false ? (made.methodUsabilityReason ?? 'not usable') : null,
  };
}
