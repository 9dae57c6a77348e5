// Makes the clients, once: tokens are kept for the life of the process. Two invocations differ only in the signal that
// ends their requests.
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { createDefender } from '../shared/clients/defender.ts';
import { createExchange } from '../shared/clients/exchange.ts';
import { createGraph, type Paces } from '../shared/clients/graph.ts';
import type { ClientOptions } from '../shared/clients/send.ts';
import type { Clients } from '../shared/model/clients.ts';
import type { Settings } from '../shared/settings.ts';

type Connection = Pick<
  Settings,
  'TENANT_ID' | 'GRAPH_URL' | 'EXCHANGE_URL' | 'DEFENDER_URL' | 'AZURE_CLIENT_ID'
>;

/**
 * The managed identity if there is one (Azure Functions sets IDENTITY_ENDPOINT, and so does the local stack): then it
 * is the only one tried, so that no other identity takes its place unnoticed. Elsewhere, whatever the developer is
 * signed in with.
 */
export function createCredential(
  clientId: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TokenCredential {
  if (environment['IDENTITY_ENDPOINT'] !== undefined) {
    return new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
  }
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}

/**
 * Call it once per process; the result makes the clients for each invocation, with requests that end with its signal.
 */
export function connect(
  settings: Connection,
  options: Partial<Omit<ClientOptions, 'baseUrl'>> & { paces?: Paces } = {},
): (abort: AbortSignal) => Clients {
  const given = { ...options, credential: options.credential ?? createCredential(settings.AZURE_CLIENT_ID) };
  const graph = createGraph({ ...given, baseUrl: settings.GRAPH_URL });
  const exchange = createExchange({ ...given, baseUrl: settings.EXCHANGE_URL, tenantId: settings.TENANT_ID });
  const defender = createDefender({ ...given, baseUrl: settings.DEFENDER_URL });
  return (abort) => ({
    graph: graph.withAbort(abort),
    exchange: exchange.withAbort(abort),
    defender: defender.withAbort(abort),
  });
}
