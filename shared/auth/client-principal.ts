// What App Service Authentication says about a user signed in with a browser. It is a header, which anybody could send
// if that service isn't in front of the app. So it is read only if both the settings and the platform say that it is,
// and its tenant, audience and role are checked here once more.
// https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
import { z } from 'zod';
import { type Caller, callerWith, TokenRefused } from './caller.ts';

export const principalHeader = 'x-ms-client-principal';

export interface PrincipalRules {
  tenantId: string;
  audiences: readonly string[];
}

const principalSchema = z.object({
  auth_typ: z.literal('aad'),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
});

/** Some claims come under the name they have in the token, some under the URI of an older standard. */
const types = {
  tenant: ['tid', 'http://schemas.microsoft.com/identity/claims/tenantid'],
  audience: ['aud'],
  objectId: ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'],
  name: ['preferred_username', 'upn', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn'],
  scope: ['scp', 'http://schemas.microsoft.com/identity/claims/scope'],
  application: ['azp', 'appid'],
  kind: ['idtyp'],
  role: ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'],
} as const;

/** Throws TokenRefused. */
export function callerOfPrincipal(header: string, rules: PrincipalRules): Caller {
  const principal = principalSchema.safeParse(decoded(header));
  if (!principal.success) throw new TokenRefused('You have signed in by another way than Entra ID.');
  const valuesOf = (claim: keyof typeof types): string[] => {
    const names: readonly string[] = types[claim];
    return principal.data.claims.filter(({ typ }) => names.includes(typ)).map(({ val }) => val);
  };
  const [tenant, ...more] = valuesOf('tenant');
  if (tenant?.toLowerCase() !== rules.tenantId.toLowerCase() || more.length > 0) {
    throw new TokenRefused('You have signed in to another tenant.');
  }
  const audiences = valuesOf('audience');
  if (audiences.length === 0 || !audiences.every((audience) => rules.audiences.includes(audience))) {
    throw new TokenRefused('You have signed in to another application.');
  }
  const [name] = valuesOf('name');
  const [objectId] = valuesOf('objectId');
  const [application] = valuesOf('application');
  const isApplication =
    valuesOf('kind').includes('app') ||
    name === undefined ||
    objectId === undefined ||
    (application !== undefined && valuesOf('scope').length === 0);
  const kind = isApplication ? 'application' : 'person';
  return callerWith({ name, objectId, application, kind, roles: valuesOf('role') }, 'sign-in');
}

function decoded(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
