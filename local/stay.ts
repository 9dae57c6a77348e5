// Keeps a stack up for outside clients, or for a real `func start`, until Ctrl+C.
import type { Stack } from './stack.ts';

/** All settings as a local.settings.json; the port is the one in the app's own links. */
export const localSettings = ({ settings }: Stack) => ({
  IsEncrypted: false,
  Values: settings,
  Host: { LocalHttpPort: Number(new URL(settings['BASE_URL'] ?? 'http://127.0.0.1:7071').port) },
});

/** Every endpoint and key, by what it is. */
export const endpoints = ({
  topic,
  serviceBus,
  azurite,
  served,
  tenant,
  host,
  door,
}: Stack): [string, string][] => [
  ...(door === null ? [] : ([['Runs, in a browser', `${door.url}/api/runs`]] satisfies [string, string][])),
  ['Event Grid topic', topic.endpoint],
  ['  key (aeg-sas-key)', topic.key],
  ['Service Bus', serviceBus.connectionString],
  ['Storage', azurite.connectionString],
  ['Microsoft Graph', served.graphUrl],
  ['Exchange Online', served.exchangeUrl],
  ['Defender', served.defenderUrl],
  ['Identity endpoint', `${served.identityEndpoint} (header ${served.identityHeader})`],
  ...(host === null
    ? []
    : ([
        ['HTTP API', `${host.url}/api/runs`],
        ['  key (x-functions-key)', host.keys.default],
        ['For node cli/reclaim.mjs', `export RECLAIM_URL=${host.url} RECLAIM_KEY=${host.keys.default}`],
        [
          'For its drill, too',
          `export AZURE_CLIENT_ID=${tenant.drill.appId} GRAPH_URL=${served.graphUrl} IDENTITY_ENDPOINT=${served.identityEndpoint} IDENTITY_HEADER=${served.identityHeader}`,
        ],
      ] satisfies [string, string][])),
];

export const interrupted = () =>
  new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
