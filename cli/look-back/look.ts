// Looks at everything that the state file doesn't contain yet. A refusal is recorded as not seen, and the rest
// continues; an interrupted look is repeated next time.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../../shared/errors.ts';
import { acceptedDomains, unlessMissing } from '../../shared/microsoft365/mailbox.ts';
import type { ExchangePages, ExchangeReader } from '../../shared/model/clients.ts';
import {
  addressesAtRisk,
  type Directory,
  type KnownAddresses,
  lookAtAdministrators,
  lookAtApplications,
  lookAtMethods,
} from './directory.ts';
import type { Gap, Seen } from './find.ts';
import { listMailboxes, lookInto } from './mailboxes.ts';
import type { ListedMailbox, Part, State } from './state.ts';

export interface Looking {
  graph: Directory;
  exchange: ExchangeReader & ExchangePages;
  state: State;
  now: () => Date;
  /** Addresses of intruders known without asking Microsoft, by network, and what could not be asked about them. */
  known: { addresses: KnownAddresses; gaps: readonly Gap[] };
  progress: (seen: Progress) => void;
}

export interface Progress {
  /** What is being looked at. */
  what: string;
  /** Mailboxes seen. */
  seen: number;
  of: number | undefined;
  finds: number;
}

/** As many as the client lets through to Exchange Online at once. */
const mailboxesAtOnce = 3;
/** This many failures without a success in between are not the fault of single mailboxes. */
const mostInRow = 5;

/** Throws only if the look can't go on: an aborted request, or a full disk. */
export async function look(looking: Looking, ended: AbortSignal): Promise<void> {
  const { graph, state, now, known } = looking;
  const since = new Date(Date.parse(state.begun.at) - state.begun.days * 86_400_000);
  await state.append({ is: 'session', at: now().toISOString() });
  await partOf(looking, ended, 'applications', '', () => lookAtApplications(graph));
  await partOf(looking, ended, 'administrators', '', () => lookAtAdministrators(graph));
  const against = [...known.addresses.keys()].toSorted().join(' ');
  await partOf(looking, ended, 'methods', against, async () => methods(looking, since));
  if (state.listed === undefined) {
    looking.progress({ what: 'the list of mailboxes', seen: 0, of: undefined, finds: 0 });
    await unlessRefused(looking, ended, everyMailbox, () => listMailboxes(looking.exchange, state, now));
  }
  if (state.listed !== undefined && state.seen < state.listed)
    await unlessRefused(looking, ended, everyMailbox, () => mailboxes(looking, ended));
}

const everyMailbox = 'forwarding and inbox rules of the mailboxes that have not been looked into';
const titles: Readonly<Record<Part, string>> = {
  applications: 'consents to applications that intruders use',
  methods: "sign-in methods registered from an intruder's address",
  administrators: 'administrators without a second factor',
};

async function partOf(
  looking: Looking,
  ended: AbortSignal,
  part: Part,
  against: string,
  work: () => Promise<Seen>,
): Promise<void> {
  const { state, progress } = looking;
  if (state.done.get(part) === against) return;
  progress({ what: titles[part], seen: 0, of: undefined, finds: 0 });
  await unlessRefused(looking, ended, titles[part], async () => {
    await state.append({ is: 'part', part, against, ...(await work()) });
  });
}

/** Records what was refused, or didn't answer within the client's patience. */
async function unlessRefused(
  { state }: Looking,
  ended: AbortSignal,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (ended.aborted || !isService(error)) throw error;
    await state.append({ is: 'refused', gap: { what, why: toFailure(error).message, again: true } });
  }
}

const isService = (error: unknown) => error instanceof PermanentError || error instanceof RetryableError;

async function methods({ graph, now, known }: Looking, since: Date): Promise<Seen> {
  const gaps: Gap[] = [...known.gaps];
  const addresses = new Map(known.addresses);
  try {
    for (const [network, source] of await addressesAtRisk(graph, since))
      if (!addresses.has(network)) addresses.set(network, source);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    gaps.push({ what: 'addresses that risk detections name', why: error.message, again: true });
  }
  if (addresses.size === 0) {
    const why = 'no address of an intruder is known; name some with --addresses';
    return { looked: 0, finds: [], gaps: [...gaps, { what: titles.methods, why, again: false }] };
  }
  const seen = await lookAtMethods(graph, since, now(), addresses);
  return { ...seen, gaps: [...gaps, ...seen.gaps] };
}

async function mailboxes(looking: Looking, ended: AbortSignal): Promise<void> {
  const { exchange, state, progress } = looking;
  const domains = await acceptedDomains(exchange);
  await askAnything(looking, ended);
  let inRow = 0;
  const one = async (mailbox: ListedMailbox) => {
    try {
      const seen = await lookInto(exchange, mailbox, domains);
      await state.append({ is: 'looked', n: mailbox.n, ...seen });
      inRow = 0;
    } catch (error) {
      if (ended.aborted || !isService(error)) throw error;
      const gap = {
        what: `forwarding and inbox rules of ${mailbox.userPrincipalName}`,
        why: toFailure(error).message,
        again: true,
      };
      await state.append({ is: 'looked', n: mailbox.n, looked: 0, finds: [], gaps: [gap] });
      inRow += 1;
      if (inRow >= mostInRow) throw error;
    }
    progress({ what: 'mailboxes', seen: state.seen, of: state.listed, finds: state.found });
  };
  await several(state.unseen(), mailboxesAtOnce, one);
}

/** Few mailboxes send to a name in the directory, so find out before the first one whether names can be looked up. */
async function askAnything(looking: Looking, ended: AbortSignal): Promise<void> {
  const what = 'where mail goes that is sent on to a name of the directory';
  await unlessRefused(looking, ended, what, async () => {
    for await (const { id } of looking.state.unseen()) {
      await unlessMissing(
        looking.exchange.get('Get-Recipient', { Identity: id }, z.unknown(), { select: ['Name'] }),
      );
      return;
    }
  });
}

/**
 * Starts the next whenever one is finished; after a failure starts no more, and throws it once the others have ended.
 */
async function several<T>(
  items: AsyncGenerator<T>,
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const worker = async () => {
    while (failures.length === 0) {
      const next = await items.next();
      if (next.done) return;
      await work(next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  await items.return(undefined);
  if (failures.length > 0) throw failures[0];
}
