// The real clients, connected to a simulated tenant in the same process: no sockets, and no waiting between tries.

import { connect } from '../../functions/connect.ts';
import type { Tenant } from '../../local/tenant/tenant.ts';

export const connected = (
  { tenantId, credential, fetch }: Pick<Tenant, 'tenantId' | 'credential' | 'fetch'>,
  now: () => Date,
  more: Parameters<typeof connect>[1] = {},
) =>
  connect(
    {
      TENANT_ID: tenantId,
      GRAPH_URL: 'https://graph.microsoft.com',
      EXCHANGE_URL: 'https://outlook.office365.com',
      DEFENDER_URL: 'https://api.security.microsoft.com',
    },
    { credential, fetch, now, wait: async () => undefined, ...more },
  );
