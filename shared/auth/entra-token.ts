// Checks an access token of Entra ID itself, without relying on a proxy in front: signed by the tenant's keys, made for
// this API, still valid, and its holder has a role. https://learn.microsoft.com/entra/identity-platform/access-tokens
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { RetryableError } from '../errors.ts';
import { type Caller, callerWith, TokenRefused } from './caller.ts';

export interface TokenRules {
  tenantId: string;
  /** Client id of the API, and any other name for it, such as api://…. */
  audiences: readonly string[];
  /** https://login.microsoftonline.com, or another cloud's. */
  loginUrl: string;
  keys: JWTVerifyGetKey;
  now: () => Date;
}

/** Clocks differ, and a token lives for 60 to 90 minutes. */
const skewSeconds = 60;

/** The tenant's signing keys, kept for an hour and fetched at most every 30 seconds, whatever key a token names. */
export const keysOf = (loginUrl: string, tenantId: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(`${loginUrl}/${tenantId}/discovery/v2.0/keys`), {
    cooldownDuration: 30_000,
    cacheMaxAge: 3_600_000,
    timeoutDuration: 5_000,
  });

/** Who may issue: version 2, and version 1 in every cloud (https://learn.microsoft.com/entra/identity-platform/claims-validation). */
const issuersOf = (loginUrl: string, tenantId: string) => [
  `${loginUrl}/${tenantId}/v2.0`,
  `https://sts.windows.net/${tenantId}/`,
];

const claimsSchema = z.object({
  tid: z.string(),
  oid: z.string().optional(),
  preferred_username: z.string().optional(),
  upn: z.string().optional(),
  /** Version 2 and version 1 name the asking application differently. */
  azp: z.string().optional(),
  appid: z.string().optional(),
  /** Delegated permissions: a token that an application got for itself has none. */
  scp: z.string().optional(),
  /** `app`, where the tenant has the optional claim. */
  idtyp: z.string().optional(),
  roles: z.array(z.string()).default([]),
});

/** Throws TokenRefused, or RetryableError if the keys can't be fetched. */
export async function callerOfToken(token: string, rules: TokenRules): Promise<Caller> {
  const claims = claimsSchema.safeParse(await verified(token, rules));
  if (!claims.success || claims.data.tid.toLowerCase() !== rules.tenantId.toLowerCase()) {
    throw new TokenRefused('The token is of another tenant.');
  }
  const { oid, preferred_username, upn, azp, appid, scp, idtyp, roles } = claims.data;
  const forPerson = scp !== undefined && scp.trim() !== '' && idtyp !== 'app' && oid !== undefined;
  const kind = forPerson ? 'person' : 'application';
  return callerWith(
    { name: preferred_username ?? upn, objectId: oid, application: azp ?? appid, kind, roles },
    'token',
  );
}

async function verified(token: string, { tenantId, audiences, loginUrl, keys, now }: TokenRules) {
  try {
    const { payload } = await jwtVerify<JWTPayload>(token, keys, {
      algorithms: ['RS256'],
      issuer: issuersOf(loginUrl, tenantId),
      audience: [...audiences],
      requiredClaims: ['exp', 'iat', 'tid'],
      clockTolerance: skewSeconds,
      currentDate: now(),
    });
    return payload;
  } catch (thrown) {
    throw refusal(thrown);
  }
}

function refusal(thrown: unknown): Error {
  if (thrown instanceof errors.JWTExpired) return new TokenRefused('The token has expired; get a new one.');
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    if (thrown.claim === 'aud') return new TokenRefused('The token was made for another API than this one.');
    if (thrown.claim === 'iss' || thrown.claim === 'tid')
      return new TokenRefused('The token is of another tenant, or not of Entra ID.');
    if (thrown.claim === 'nbf') return new TokenRefused('The token is not valid yet.');
    return new TokenRefused('The token lacks what an access token of Entra ID holds.');
  }
  if (thrown instanceof errors.JWKSTimeout || !(thrown instanceof errors.JOSEError) || isNoKeys(thrown)) {
    return new RetryableError('the signing keys of Entra ID could not be read, so no token can be checked', {
      cause: thrown,
    });
  }
  return new TokenRefused('The token is not signed by Entra ID for this tenant.');
}

/** The answer was not a key set: the library's own, unspecific error. */
const isNoKeys = (error: errors.JOSEError): boolean =>
  error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC';
