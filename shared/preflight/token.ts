// What the app's own token says about its rights. A token is meant for the service, not for its bearer. But without another
// permission no request tells what an app may do, so it is read here, and for nothing else.
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
import { z } from 'zod';

const claimsSchema = z.object({
  /** Object id of the service principal. */
  oid: z.string(),
  appid: z.string().optional(),
  /** When it was issued, in seconds. */
  iat: z.number().optional(),
  /** Application permissions; left out if there are none. */
  roles: z.array(z.string()).default([]),
  /** Directory roles by template id; not every service gets them. */
  wids: z.array(z.string()).default([]),
});
export type Claims = z.infer<typeof claimsSchema>;

/** undefined if it isn't a JSON Web Token or has no claims of an app. */
export function claimsOf(token: string): Claims | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const parsed = claimsSchema.safeParse(JSON.parse(payload));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
