// An event is only a hint. The original is read from Microsoft Graph by its id, and only that answer is used from here on.
// What Graph denies opens no run, and what Graph can't be asked about isn't believed either.

import { PermanentError, toFailure } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Signal } from '../model/signal.ts';
import type { Kept } from '../model/step.ts';
import { resolve } from './people.ts';
import type { Reading, Source } from './source.ts';

export type Confirmation =
  | { is: 'confirmed'; signals: readonly Signal[]; left: readonly Kept[]; about: Reading['about'] }
  /** Graph can't be asked: the signals are what the event claims. */
  | { is: 'unconfirmed'; signals: readonly Signal[]; left: readonly Kept[]; why: string }
  | { is: 'refused'; why: string };

/** It does not exist, or Graph rejects the id. */
const denied = new Set([400, 404, 410]);

/** Throws RetryableError when Graph is only busy. */
export async function confirm(
  graph: GraphReader,
  source: Source,
  claim: Reading,
  tenantId: string,
): Promise<Confirmation> {
  const what = `${source.noun} ${claim.id}`;
  const foreign = (id: string | null) => id !== null && id !== tenantId.toLowerCase();
  if (foreign(claim.tenantId))
    return { is: 'refused', why: `${what} is of another tenant, ${claim.tenantId}` };

  const original = await ask(graph, source, claim.id);
  if ('refused' in original) return { is: 'refused', why: original.refused };
  if ('silent' in original) {
    const people = await resolveAll(graph, claim, foreign);
    return { is: 'unconfirmed', ...people, why: original.silent };
  }
  const { reading } = original;
  if (foreign(reading.tenantId))
    return { is: 'refused', why: `${what} is of another tenant, ${reading.tenantId}` };
  if (reading.id.toLowerCase() !== claim.id.toLowerCase()) {
    return { is: 'refused', why: `Microsoft Graph answers ${what} with ${reading.id}` };
  }
  const { signals, left } = await resolveAll(graph, reading, foreign);
  const named = [...signals, ...reading.subjects.map(({ signal }) => signal)];
  return { is: 'confirmed', signals, left: [...left, ...notNamed(claim, named)], about: reading.about };
}

type Asked = { reading: Reading } | { refused: string } | { silent: string };

async function ask(graph: GraphReader, source: Source, id: string): Promise<Asked> {
  try {
    return { reading: await source.ask(graph, id) };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    if (denied.has(error.status ?? 0)) return { refused: `Microsoft Graph knows no ${source.noun} ${id}` };
    const why = `Microsoft Graph can't be asked about ${source.noun} ${id}: ${toFailure(error).message}`;
    return { silent: why };
  }
}

async function resolveAll(
  graph: GraphReader,
  reading: Reading,
  foreign: (tenantId: string | null) => boolean,
): Promise<{ signals: Signal[]; left: Kept[] }> {
  const left = [...reading.left];
  const signals = new Map<string, Signal>();
  for (const subject of reading.subjects) {
    if (foreign(subject.signal.tenantId)) {
      const { userPrincipalName, userId } = subject.signal;
      left.push({ what: userPrincipalName ?? userId ?? 'an account', why: 'belongs to another tenant' });
      continue;
    }
    const resolved = await resolve(graph, subject);
    if ('left' in resolved) left.push(resolved.left);
    else signals.set(keyOf(resolved.signal), resolved.signal);
  }
  return { signals: [...signals.values()], left };
}

/** An account may appear in several alerts of one incident, each with something to add. */
const keyOf = ({ userId, source, sourceId }: Signal) => `${userId} ${source} ${sourceId}`;

/** Accounts named by the event but not by Graph. */
function notNamed(claim: Reading, named: readonly Signal[]): Kept[] {
  return claim.subjects.flatMap(({ signal: { userId, userPrincipalName } }) => {
    const name = userPrincipalName?.toLowerCase() ?? null;
    const known = named.some(
      (one) =>
        (one.userId === userId && one.userPrincipalName === userPrincipalName) ||
        (userId !== null && one.userId === userId) ||
        (name !== null && one.userPrincipalName?.toLowerCase() === name),
    );
    const what = userPrincipalName ?? userId ?? 'an account without an id';
    return known ? [] : [{ what, why: 'is named by the event, but not by Microsoft Graph' }];
  });
}
