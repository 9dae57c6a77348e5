// Cookies of a function's answer, from the shape in which the library hands them over to a Set-Cookie header.
import { z } from 'zod';

const optional = <T extends z.ZodType>(value: T) =>
  z
    .object({ value: value.nullish() })
    .nullish()
    .transform((held) => held?.value ?? undefined);

export const cookieSchema = z.object({
  name: z.string(),
  value: z.string(),
  domain: optional(z.string()),
  path: optional(z.string()),
  expires: optional(z.object({ seconds: z.number() })),
  secure: optional(z.boolean()),
  httpOnly: optional(z.boolean()),
  maxAge: optional(z.number()),
  sameSite: z.enum(['none', 'lax', 'strict', 'explicitNone']).nullish(),
});

const sameSites = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' } as const;

export function cookieHeader(cookie: z.infer<typeof cookieSchema>): string {
  const { name, value, domain, path, expires, secure, httpOnly, maxAge, sameSite } = cookie;
  const sameSiteText = sameSites[sameSite ?? 'none'];
  return [
    `${name}=${encodeURIComponent(value)}`,
    expires && `expires=${new Date(expires.seconds * 1000).toUTCString()}`,
    maxAge !== undefined && `max-age=${maxAge}`,
    domain && `domain=${domain}`,
    `path=${path ?? '/'}`,
    secure && 'secure',
    sameSiteText && `samesite=${sameSiteText}`,
    httpOnly && 'httponly',
  ]
    .filter(Boolean)
    .join('; ');
}
