// A step against the simulated tenant through the real clients for Microsoft Graph and Exchange Online, with no more
// permissions than the step declares.
import { merge } from '../../local/scenario.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import type { Clients } from '../../shared/model/clients.ts';
import type { Step } from '../../shared/model/step.ts';
import { noClients } from '../run/no-clients.ts';

/** A step is looked at in a single moment, so the file's logs show everything they hold, unless the file sets a lag. */
const logsAtOnce = {
  behaviour: { auditLagMinutes: 0, directoryAuditLagMinutes: 0, signInLagMinutes: 0 },
};

/** Client and tenant share a clock that stands still until it is moved. */
export function simulated(step: Step, file: unknown, start = '2026-11-20T09:15:01.300Z') {
  let at = Date.parse(start);
  const now = () => new Date(at);
  const permissions = [
    ...(step.permissions.graph ?? []),
    ...(step.permissions.exchange ? ['Exchange.ManageAsApp'] : []),
  ];
  const tenant = createTenant(merge(logsAtOnce, file), { now, permissions });
  const options = { credential: tenant.credential, fetch: tenant.fetch, now, wait: async () => undefined };
  const graph = createGraph({ baseUrl: 'https://graph.microsoft.com', ...options });
  const exchange = createExchange({
    baseUrl: 'https://outlook.office365.com',
    tenantId: tenant.tenantId,
    ...options,
  });
  const clients: Clients = { ...noClients, graph, ...(step.permissions.exchange ? { exchange } : {}) };
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
