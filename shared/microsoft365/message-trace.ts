// Message traces of Exchange Online, kept for 90 days whatever is deleted in mailboxes. If they can't be read, that is
// reported and fails nothing: most tenants lack Microsoft's application for it.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Kept } from '../model/step.ts';
import { wholeSeconds } from '../model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');
const traceSchema = z.object({
  /** The network message id, the same for all recipients. */
  id: z.string(),
  messageId: text,
  senderAddress: text,
  recipientAddress: text,
  receivedDateTime: z.string(),
  subject: text,
  /** delivered, failed, quarantined, expanded (a group, whose members follow), …; an open string. */
  status: text,
  /** Of the server or client that handed the message in; often empty. */
  fromIP: text,
});
export type MessageTrace = z.infer<typeof traceSchema>;

const dayMs = 86_400_000;
/** The longest span of one request, and how long traces are kept. */
const spanMs = 10 * dayMs;
const keptMs = 90 * dayMs;
const mostTraces = 5000;

/**
 * Newest first: ExchangeMessageTrace.Read.All, and a service principal of Microsoft's application 8bd644d1-… in the
 * tenant, else 401 (https://learn.microsoft.com/graph/api/messagetracingroot-list-messagetraces); 100 requests in
 * five minutes for a tenant. Times in ms.
 */
export async function readTraces(
  graph: GraphReader,
  field: 'senderAddress' | 'recipientAddress',
  addresses: readonly string[],
  since: number,
  now: number,
): Promise<{ traces: MessageTrace[]; gaps: Kept[] }> {
  const spans: (readonly [from: number, to: number])[] = [];
  // A minute inside the limits, since clocks differ.
  for (let to = now; to > Math.max(since, now - keptMs + 60_000); to -= spanMs) {
    spans.push([Math.max(since, to - spanMs, now - keptMs + 60_000), to]);
  }
  const asked = addresses.flatMap((address) =>
    spans.map(([from, to]) =>
      graph.list(
        path`/admin/exchange/tracing/messageTraces?$filter=${field} eq '${address}' and receivedDateTime ge ${wholeSeconds(from)} and receivedDateTime le ${wholeSeconds(to)}&$top=5000`,
        traceSchema,
        { most: mostTraces },
      ),
    ),
  );
  try {
    const read = await Promise.all(asked);
    const gaps = read.some(({ length }) => length >= mostTraces) ? [cut] : [];
    const traces = new Map(read.flat().map((trace) => [`${trace.id} ${trace.recipientAddress}`, trace]));
    return { traces: [...traces.values()], gaps };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { traces: [], gaps: [unasked(error)] };
  }
}

const cut = {
  what: `only the latest ${mostTraces} entries of the message trace were read`,
  why: 'there are more: look there by hand',
};
const unasked = ({ status, message }: PermanentError): Kept => ({
  what: 'message trace could not be asked, so mail that was deleted from the mailbox does not show',
  why:
    status === 401
      ? "Microsoft's application for it is not in the tenant: New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373, some hours before it is needed"
      : message,
});
