// Adele Vance's mailbox in the simulated tenant, through the real client for Exchange Online. Records which cmdlets
// were called, with what, and where they were routed.
import { z } from 'zod';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createExchange } from '../../shared/clients/exchange.ts';
import type { Clients, ExchangeClient } from '../../shared/model/clients.ts';
import { noClients } from '../run/no-clients.ts';
import { adele } from './sign-ins.ts';

const sent = z.object({
  CmdletInput: z.object({ CmdletName: z.string(), Parameters: z.record(z.string(), z.unknown()) }),
});

/** Without a mailbox, the user has none in Exchange Online. `more` is merged into the tenant file. */
export function oneMailbox(mailbox?: object, more: object = {}) {
  const now = () => new Date('2026-11-20T09:15:02Z');
  const user = { id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance' };
  const megan = { userPrincipalName: 'megan@contoso.com', displayName: 'Megan Bowen', mailbox: {} };
  const file = {
    domains: [{ id: 'contoso.com', isDefault: true }],
    users: [mailbox === undefined ? user : { ...user, mailbox }, megan],
    ...more,
  };
  const tenant = createTenant(file, { now, permissions: ['Exchange.ManageAsApp'] });
  const exchange = createExchange({
    baseUrl: 'https://outlook.office365.com',
    tenantId: tenant.tenantId,
    credential: tenant.credential,
    fetch: tenant.fetch,
    now,
    wait: async () => undefined,
  });
  const asked = () =>
    tenant.requests.map(({ body }) => {
      const { CmdletName, Parameters } = sent.parse(body).CmdletInput;
      return { cmdlet: CmdletName, ...Parameters };
    });
  const clients: Clients = { ...noClients, exchange };
  return {
    tenant,
    clients,
    asked,
    writes: () => asked().filter(({ cmdlet }) => !cmdlet.startsWith('Get-')),
    mailbox: () => tenant.state().users.find(({ id }) => id === adele)?.mailbox,
  };
}

/** The same clients, with writing cmdlets that end as given. */
export const writing = (clients: Clients, run: ExchangeClient['run']): Clients => ({
  ...clients,
  exchange: { ...clients.exchange, run },
});
