// Message trace: the way of each message to each recipient, whatever became of the copies in mailboxes. What is in
// somebody's Sent Items counts as traced, so only other messages need to be in the file.
import { type Row, TenantRefusal } from '../answers.ts';
import { primaryAddressOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { ownersOf } from '../mailbox.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { messageTraceProperties } from '../schema/mail-flow.ts';
import { messageIdOf } from './messages.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const traceType: EntityType = {
  name: 'microsoft.graph.exchangeMessageTrace',
  properties: messageTraceProperties,
};

const dayMs = 86_400_000;
const bad = (message: string) => new TenantRefusal(400, 'BadRequest', message);

/** Throws the service's refusal of a time span that it does not search; without one it searches the last two days. */
function spanOf({ query, store }: GraphCall): readonly [number, number] {
  const bound = (operator: string) => {
    const use = query.filter?.uses.find(
      (one) => one.path === 'receivedDateTime' && one.operator === operator,
    );
    return use?.value instanceof Date ? use.value.getTime() : undefined;
  };
  const now = store.now().getTime();
  const [from, to] = [bound('ge'), bound('le')];
  if (from === undefined && to === undefined) return [now - 2 * dayMs, now];
  if (from === undefined || to === undefined)
    throw bad('Both bounds of receivedDateTime must be given in the filter.');
  if (to - from > 10 * dayMs) throw bad('The time interval must not exceed 10 days.');
  if (from < now - 90 * dayMs) throw bad('The start date must not be more than 90 days before today.');
  // Clocks differ by a little.
  if (to > now + 60_000) throw bad('The end date must not be later than the current date.');
  return [from, to];
}

const recipientsOf = (given: unknown): string[] =>
  (Array.isArray(given) ? given : []).flatMap((entry: unknown) => {
    const address = Object(Object(entry)['emailAddress'])['address'];
    return typeof address === 'string' ? [address.toLowerCase()] : [];
  });

function fromSentItems(call: GraphCall): Row[] {
  return ownersOf(call.file).flatMap((owner) =>
    (owner.mailbox.sentItems ?? []).flatMap((message, index) => {
      const all = [message.toRecipients, message.ccRecipients, message.bccRecipients].flatMap(recipientsOf);
      return [...new Set(all)].map((recipientAddress) => ({
        senderAddress: primaryAddressOf(owner.user),
        recipientAddress,
        messageId: messageIdOf(owner, index),
        receivedDateTime: message.sentDateTime ?? call.store.loadedAt,
        subject: message.subject ?? '',
      }));
    }),
  );
}

function traces(call: GraphCall): Row[] {
  if (call.file.behaviour?.messageTraceReady === false) {
    throw new TenantRefusal(
      401,
      'UnknownError',
      'The service principal named 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.',
    );
  }
  const [from, to] = spanOf(call);
  const given: Row[] = (call.file.messageTraces ?? []).map((trace) => ({ ...trace }));
  const known = new Set(given.map((row) => `${row['messageId']} ${row['recipientAddress']}`));
  const derived = fromSentItems(call).filter(
    (row) => !known.has(`${row['messageId']} ${row['recipientAddress']}`),
  );
  return [...given, ...derived]
    .map((row) =>
      withDefaults(row, messageTraceProperties, {
        id: guidOf('network message', String(row['messageId'] ?? row['subject'])),
        messageId: `<${guidOf('message', String(row['subject']), String(row['receivedDateTime']))}@contoso.com>`,
        size: 45_678,
        subject: '',
        fromIP: '',
        toIP: '',
        status: 'delivered',
      }),
    )
    .filter((row) => {
      const at = Date.parse(String(row['receivedDateTime']));
      return at >= from && at <= to;
    })
    .sort((one, other) => String(other['receivedDateTime']).localeCompare(String(one['receivedDateTime'])));
}

export const messageTraceRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/admin/exchange/tracing/messageTraces',
    behind: 'exchange',
    entity: traceType,
    query: {
      page: { size: 1000, most: 5000 },
      filter: {
        id: 'eq',
        senderAddress: 'eq',
        recipientAddress: 'eq',
        messageId: 'eq',
        receivedDateTime: 'ge le',
        subject: 'contains startswith endswith',
        status: 'eq',
        fromIP: 'eq',
        toIP: 'eq',
      },
    },
    many: traces,
  },
];
