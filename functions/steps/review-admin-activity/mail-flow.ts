// What directs the whole organisation's mail, by when it last changed: rules and connectors outlast the administrator
// who made them.
import { z } from 'zod';
import { PermanentError } from '../../../shared/errors.ts';
import type { ExchangeReader } from '../../../shared/model/clients.ts';
import { nullableText } from '../../../shared/model/text.ts';

const objectSchema = z.object({ Name: z.string(), WhenChangedUTC: nullableText, WhenChanged: nullableText });

export interface FlowObject {
  what: string;
  name: string;
  /** ms; undefined if Exchange does not say. */
  changed: number | undefined;
}

const lists = {
  'Get-TransportRule': 'transport rule',
  'Get-InboundConnector': 'inbound connector',
  'Get-OutboundConnector': 'outbound connector',
  'Get-JournalRule': 'journal rule',
  'Get-RemoteDomain': 'remote domain',
} as const;
export const mailFlowCmdlets = [
  'Get-TransportRule',
  'Get-InboundConnector',
  'Get-OutboundConnector',
  'Get-JournalRule',
  'Get-RemoteDomain',
] as const;

/** A list that is refused becomes a gap, and the others still count. */
export async function readMailFlow(
  exchange: ExchangeReader,
): Promise<{ objects: FlowObject[]; gaps: string[] }> {
  const objects: FlowObject[] = [];
  const gaps: string[] = [];
  for (const cmdlet of mailFlowCmdlets) {
    try {
      for (const found of await exchange.get(cmdlet, {}, objectSchema)) {
        const changed = Date.parse(found.WhenChangedUTC ?? found.WhenChanged ?? '');
        objects.push({
          what: lists[cmdlet],
          name: found.Name,
          changed: Number.isNaN(changed) ? undefined : changed,
        });
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      gaps.push(`each ${lists[cmdlet]}: ${error.message}`);
    }
  }
  return { objects, gaps };
}
