// A step against the simulated tenant through the real client for Microsoft Graph, with no more permissions than
// the step declares.
import { createTenant } from '../../local/tenant/tenant.ts';
import type { Clients } from '../../shared/microsoft365/clients.ts';
import { createGraph } from '../../shared/microsoft365/graph.ts';
import type { Step } from '../../shared/run/step.ts';
import { noClients } from '../run/no-clients.ts';

/** Client and tenant share a clock that stands still until it is moved. */
export function simulated(step: Step, file: unknown, start = '2026-11-20T09:15:01.300Z') {
  let at = Date.parse(start);
  const now = () => new Date(at);
  const tenant = createTenant(file, { now, permissions: step.permissions.graph ?? [] });
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential: tenant.credential,
    fetch: tenant.fetch,
    now,
    wait: async () => undefined,
  });
  const clients: Clients = { ...noClients, graph };
  return {
    clients,
    tenant,
    now,
    advance: (seconds: number) => {
      at += seconds * 1000;
    },
    /** Method, path and query as sent, decoded, and the permission that allowed it. */
    asked: () =>
      tenant.requests.map(
        ({ method, url, permission }) =>
          `${method} ${decodeURIComponent(url.replaceAll('+', ' ')).slice('https://graph.microsoft.com'.length)} (${permission})`,
      ),
    used: () => new Set(tenant.requests.flatMap(({ permission }) => permission?.split(' + ') ?? [])),
  };
}
