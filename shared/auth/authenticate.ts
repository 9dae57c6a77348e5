// One answer to "who is asking?" for every HTTP function, by the ways that the settings name. By default that is
// function keys, which the Functions host checks before any code runs.
import { oneLine } from '../mail/plain.ts';
import type { Settings } from '../settings.ts';
import { type Caller, TokenRefused } from './caller.ts';
import { callerOfPrincipal, principalHeader } from './client-principal.ts';
import { callerOfToken, keysOf, type TokenRules } from './entra-token.ts';

export type AuthSettings = Pick<
  Settings,
  | 'AUTH'
  | 'GRAPH_URL'
  | 'TENANT_ID'
  | 'API_CLIENT_ID'
  | 'API_AUDIENCES'
  | 'LOGIN_URL'
  | 'WEBSITE_AUTH_ENABLED'
>;

export type Headers = Readonly<Record<string, string>>;
/** Throws TokenRefused, or RetryableError if the caller can't be identified right now. */
export type Authenticate = (headers: Headers) => Promise<Caller>;

/** Names in lower case. No credential gets further than the check itself. */
export const withoutCredentials = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        !/^(authorization|cookie|x-functions-(key|clientid)|x-zumo-auth)$/.test(name) &&
        !/^x-ms-(client-principal|token-)/.test(name),
    ),
  );

/** The local stack has no sign-in, so the caller states their name; that is enough to try what takes two operators. */
const localOperatorHeader = 'x-reclaim-operator';

/**
 * A key says nothing about its holder. Only if the tenant is a stand-in on this machine may a key holder do what takes
 * a person.
 */
function keyHolder(headers: Headers, isLocal: boolean): Caller {
  const who = 'an operator with the function key';
  const caller = { access: 'operator', by: 'key' } as const;
  if (!isLocal) return { ...caller, who, id: 'key', kind: 'key' };
  const name = oneLine((headers[localOperatorHeader] ?? '').slice(0, 60));
  return name === ''
    ? { ...caller, who, id: 'key', kind: 'person' }
    : { ...caller, who: `${name} with the function key`, id: `key ${name.toLowerCase()}`, kind: 'person' };
}

const isLoopback = (url: string): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** What the Functions host asks for: its key, or nothing if our code checks the caller. */
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
    if (AUTH.includes('key')) return keyHolder(headers, isLoopback(settings.GRAPH_URL));
    const { authorization, [principalHeader]: principal } = headers;
    // The token first: App Service passes both on, and only the token is signed.
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
