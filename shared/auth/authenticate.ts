// One answer to "who asks?" for every HTTP function, by the ways that the settings name. Nothing configured means
// function keys, which the Functions host checks before any code runs.
import type { Settings } from '../settings.ts';
import { type Caller, TokenRefused } from './caller.ts';
import { callerOfPrincipal, principalHeader } from './client-principal.ts';
import { callerOfToken, keysOf, type TokenRules } from './entra-token.ts';

export type AuthSettings = Pick<
  Settings,
  'AUTH' | 'TENANT_ID' | 'API_CLIENT_ID' | 'API_AUDIENCES' | 'LOGIN_URL' | 'WEBSITE_AUTH_ENABLED'
>;

export type Headers = Readonly<Record<string, string>>;
/** Throws TokenRefused, or RetryableError when that can't be told now. */
export type Authenticate = (headers: Headers) => Promise<Caller>;

/** Names in small letters. Of what opens a door nothing goes on to those behind it. */
export const withoutCredentials = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        !/^(authorization|cookie|x-functions-(key|clientid)|x-zumo-auth)$/.test(name) &&
        !/^x-ms-(client-principal|token-)/.test(name),
    ),
  );

/** A key says nothing of who holds it, so it is not worth more than the lock it was made for: the local stack. */
const keyHolder: Caller = { who: 'an operator with the function key', access: 'operator', by: 'key' };

/** What the Functions host asks for: its key, or nothing, where the code asks for more. */
export const authLevelOf = (settings: Pick<Settings, 'AUTH'> | undefined): 'function' | 'anonymous' =>
  settings === undefined || settings.AUTH.includes('key') ? 'function' : 'anonymous';

export function createAuthenticate(
  settings: AuthSettings,
  now: () => Date,
  keys = keysOf(settings.LOGIN_URL, settings.TENANT_ID),
): Authenticate {
  const { AUTH, TENANT_ID: tenantId, API_CLIENT_ID: clientId, LOGIN_URL: loginUrl } = settings;
  const audiences = clientId === undefined ? [] : [clientId, `api://${clientId}`, ...settings.API_AUDIENCES];
  const rules: TokenRules = { tenantId, audiences, loginUrl, keys, now };
  return async (headers) => {
    if (AUTH.includes('key')) return keyHolder;
    const { authorization, [principalHeader]: principal } = headers;
    // A token counts before a header: the service in front passes both on, and only the token is signed.
    if (authorization !== undefined && AUTH.includes('entra')) {
      const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization.trim()) ?? [];
      if (token === undefined) throw new TokenRefused('Authorization holds no bearer token of Entra ID.');
      return callerOfToken(token, rules);
    }
    if (principal !== undefined && AUTH.includes('easy-auth') && settings.WEBSITE_AUTH_ENABLED) {
      return callerOfPrincipal(principal, { tenantId, audiences });
    }
    throw new TokenRefused(
      AUTH.includes('entra')
        ? `Send an access token of Entra ID for this API: Authorization: Bearer … (az account get-access-token --scope ${clientId}/.default).`
        : 'Sign in with a browser first.',
    );
  };
}
