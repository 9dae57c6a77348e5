// The kinds of values that settings have: all of them come as text. What each setting means is in settings.ts.
import { z } from 'zod';

export const url = z.url().transform((text) => text.replace(/\/+$/, ''));
export const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[,;\s]+/).filter((entry) => entry !== ''));
export const json = (empty: string) =>
  z
    .string()
    .default(empty)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    });
/** One that is neither would protect nobody, and nobody would know. */
export const accounts = list.pipe(
  z.array(
    z.string().refine((entry) => entry.includes('@') || z.guid().safeParse(entry).success, {
      message: 'is neither an object id nor a UPN',
    }),
  ),
);
export const hostName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*$/i, 'is no host name, such as contoso.servicebus.windows.net');
export const numberIn = (fallback: number, least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).default(fallback);
