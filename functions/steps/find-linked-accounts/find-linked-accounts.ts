// Which other accounts this mailbox gives access to: accounts in the tenant that name it as their alternate address,
// and outside accounts that sent their codes and resets here. They are named and left to a person.

import { PermanentError } from '../../../shared/errors.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { readMessages, trash } from '../../../shared/microsoft365/mailbox-messages.ts';
import { readTraces } from '../../../shared/microsoft365/message-trace.ts';
import { ownAddresses, ownDomains } from '../../../shared/microsoft365/own-addresses.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import { type Collected, investigation, settings } from '../../../shared/model/step.ts';
import { accountsWith, checkLinked, describeLinked } from './linked-accounts.ts';
import { accessMail, outsideAccounts } from './outside-accounts.ts';

/** Each costs one request. */
const mostAddresses = 4;

export const findLinkedAccounts = investigation({
  name: 'find-linked-accounts',
  title: 'Find accounts that this mailbox opens',
  collects:
    'accounts with this one as their alternate address, and services outside that sent codes or resets',
  guide: ['MS 7.2', 'SD'],
  stage: 'collect',
  toldIn: 'others',
  settings: settings('act'),
  permissions: {
    graph: ['User.Read.All', 'Domain.Read.All', 'Mail.ReadBasic.All', 'ExchangeMessageTrace.Read.All'],
  },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],

  async collect({ account, run, intruder, now, graph }) {
    const since = windowStart(run, intruder);
    const addresses = (await ownAddresses(graph, account)).slice(0, mostAddresses);
    const linked = await accountsWith(graph, account, addresses);
    const inside =
      linked.length === 0
        ? [
            {
              what: 'no account of the tenant names this one as its alternate address',
              why: 'so no password of another account can be reset through this mailbox',
            },
          ]
        : [];
    const outside = account.hasMailbox ? await lookOutside(graph, account, addresses, since, now) : undefined;
    return {
      ...outside,
      findings: [...linked.map((one) => describeLinked(one, since)), ...inside, ...(outside?.findings ?? [])],
      tasks: [...linked.map((one) => checkLinked(one, since)), ...(outside?.tasks ?? [])],
    };
  },
});

async function lookOutside(
  graph: GraphReader,
  account: Account,
  addresses: readonly string[],
  since: number,
  now: Date,
): Promise<Collected> {
  const read = (folder: Parameters<typeof readMessages>[2]) =>
    readMessages(graph, account.id, folder, 'receivedDateTime', since);
  try {
    const [mailbox, deleted, purged, domains] = await Promise.all([
      read(null),
      read(trash.deleted),
      read(trash.purged),
      ownDomains(graph),
    ]);
    const { traces, gaps } = await readTraces(graph, 'recipientAddress', addresses, since, now.getTime());
    const mails = accessMail({
      mailbox: mailbox.messages,
      deleted: [...deleted.messages, ...purged.messages],
      traces,
      domains,
    });
    const report = outsideAccounts(mails, account, since);
    const all = [...report.findings, ...mailbox.gaps, ...deleted.gaps, ...purged.gaps, ...gaps];
    return { ...report, findings: all };
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
    return {
      findings: [
        { what: 'no mailbox in Exchange Online', why: 'so mail of outside services was not looked at' },
      ],
    };
  }
}
