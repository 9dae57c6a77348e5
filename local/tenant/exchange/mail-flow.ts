// Transport rules, connectors, journal rules and remote domains, read only
// (https://learn.microsoft.com/powershell/module/exchangepowershell/get-transportrule and its kin).
import { guidOf } from '../ids.ts';
import type { TenantFile } from '../schema.ts';
import { type Cmdlet, objectNotFound } from './cmdlet.ts';

type MailFlow = NonNullable<TenantFile['mailFlow']>;

const yearMs = 365 * 86_400_000;

const list = (name: string, section: keyof MailFlow): Cmdlet => ({
  name,
  parameters: ['Identity'],
  run: ({ file, store, parameters: { Identity: identity } }) => {
    const rows = (file.mailFlow?.[section] ?? []).map((object) => {
      const changed = object.WhenChanged ?? new Date(Date.parse(store.loadedAt) - yearMs).toISOString();
      return {
        Identity: object.Name,
        Guid: guidOf(section, object.Name),
        ...object,
        WhenChanged: changed,
        WhenChangedUTC: changed,
      };
    });
    if (identity === undefined || identity === null) return rows;
    const found = rows.filter(({ Identity, Guid }) => [Identity, Guid].includes(String(identity)));
    if (found.length === 0) throw objectNotFound(String(identity));
    return found;
  },
});

export const mailFlowCmdlets: readonly Cmdlet[] = [
  list('Get-TransportRule', 'transportRules'),
  list('Get-InboundConnector', 'inboundConnectors'),
  list('Get-OutboundConnector', 'outboundConnectors'),
  list('Get-JournalRule', 'journalRules'),
  list('Get-RemoteDomain', 'remoteDomains'),
];
