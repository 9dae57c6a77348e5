// How the command authenticates: a function key from the environment for the local stack, otherwise an Entra ID token
// for the user of the Azure CLI. Neither is ever an argument, which everybody on the machine could read.
import { trimEnd } from '../shared/model/text.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface Target {
  /** Without a trailing slash. */
  url: string;
  headers: () => Promise<Record<string, string>>;
}

const help =
  'Set RECLAIM_URL to where Reclaim is reached (the output APP_URL of the deployment, or what `npm start -- --stay` prints), and RECLAIM_CLIENT_ID to the client id that people sign in to (SIGN_IN_CLIENT_ID) or, for the local stack, RECLAIM_KEY.';

/** Throws Stop with what is missing. */
export function targetOf(env: Terminal['env'], tokenFor = azureToken): Target {
  const { RECLAIM_URL: given, RECLAIM_KEY: key, RECLAIM_CLIENT_ID: clientId, RECLAIM_OPERATOR: name } = env;
  if (!given) throw new Stop(`RECLAIM_URL is not set. ${help}`, exitCodes.usage);
  if (!URL.canParse(given))
    throw new Stop(
      'RECLAIM_URL is no address, such as https://func-reclaim.azurewebsites.net',
      exitCodes.usage,
    );
  const parsed = new URL(given);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
  if (parsed.protocol !== 'https:' && !(local && parsed.protocol === 'http:')) {
    throw new Stop(
      'RECLAIM_URL must begin with https://: whoever listens in could act as you.',
      exitCodes.usage,
    );
  }
  // People may copy the address of a page; they mean the app.
  const segments = parsed.pathname.split('/');
  const page = segments.indexOf('api');
  const base = (page < 0 ? segments : segments.slice(0, page)).join('/');
  const url = trimEnd(`${parsed.origin}${base}`, '/');
  if (key) {
    // Only the local stack reads the name, so that two operators can be tried out.
    const named = name ? { 'x-reclaim-operator': name } : {};
    return { url, headers: async () => ({ 'x-functions-key': key, ...named }) };
  }
  if (!clientId) throw new Stop(`Neither RECLAIM_CLIENT_ID nor RECLAIM_KEY is set. ${help}`, exitCodes.usage);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId)) {
    throw new Stop('RECLAIM_CLIENT_ID is no client id (a GUID).', exitCodes.usage);
  }
  return {
    url,
    headers: async () => ({ authorization: `Bearer ${await tokenFor(`${clientId}/.default`)}` }),
  };
}

/** The library caches it until shortly before it expires. */
async function azureToken(scope: string): Promise<string> {
  const { AzureCliCredential, ChainedTokenCredential, DefaultAzureCredential } = await import(
    '@azure/identity'
  );
  try {
    const chain = new ChainedTokenCredential(new AzureCliCredential(), new DefaultAzureCredential());
    const { token } = await chain.getToken(scope);
    return token;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Stop(
      `No token for ${scope}: sign in with az login. (${why.slice(0, 300)})`,
      exitCodes.notAllowed,
    );
  }
}
