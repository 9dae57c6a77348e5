// Who else signs in from an address, each judged by all of their sign-ins: one request for the address, and one for each
// account that was there.

import { type AddressFit, judgeOther, type OtherVerdict } from '../../../shared/intruder/others.ts';
import type { SignIn } from '../../../shared/intruder/sign-ins.ts';
import { signInsAt, signInsOf, unlessUnlicensed } from '../../../shared/microsoft365/sign-in-log.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import type { Kept, Skip } from '../../../shared/model/step.ts';

const dayMs = 86_400_000;
/** Enough history to know a person by, and no more than the log keeps. */
const historyMs = 14 * dayMs;
/** An earlier victim of the same intruder may have been in for days. */
const earlierMs = 7 * dayMs;
/** With this many daily users, an address counts as used by others too. */
const crowd = 2;
const mostSignIns = 3000;
const mostOfOne = 1000;

export interface Other {
  userId: string;
  name: string;
  address: string;
  verdict: OtherVerdict;
  /** How often the account was signed in to from there. */
  count: number;
  /** Since the intruder came, not before. */
  inWindow: boolean;
}

export interface There {
  others: readonly Other[];
  /** Others use the address every day. */
  shared: boolean;
  findings: readonly Kept[];
  /** Accounts whose own sign-ins were read. */
  asked: number;
}

interface Question {
  accountId: string;
  address: string;
  fit: AddressFit;
  /** When the intruder came (ms). */
  since: number;
  intruder: Intruder;
  /** The most accounts to ask about. */
  most: number;
}

export async function othersAt(graph: GraphReader, question: Question): Promise<There | Skip> {
  const { accountId, address, fit, since, intruder, most } = question;
  let there: SignIn[];
  try {
    there = await signInsAt(graph, address, since - earlierMs, { most: mostSignIns });
  } catch (error) {
    return unlessUnlicensed(error);
  }
  const others = there.filter(({ userId }) => userId !== null && userId !== accountId);
  const accounts = byAccount(others);
  const came = [...accounts].filter(([, signIns]) => signIns.some(({ errorCode }) => errorCode === 0));
  const found: Other[] = [];
  for (const [index, [userId, signIns]] of came.entries()) {
    const isAsked = index < most;
    const own = isAsked ? await signInsOf(graph, userId, since - historyMs, mostOfOne) : [];
    const all = new Map([...own, ...signIns].map((signIn) => [signIn.id, signIn]));
    // Without their other sign-ins, nobody is called a victim for lack of a history of their own.
    const verdict = judgeOther([...all.values()], address, isAsked ? fit : 'shared', intruder);
    if (verdict === undefined) continue;
    const hits = signIns.filter(({ errorCode }) => errorCode === 0);
    found.push({
      userId,
      name: verdict.signIn.userName ?? userId,
      address,
      verdict,
      count: hits.length,
      inWindow: hits.some(({ time }) => time >= since),
    });
  }
  const shared =
    fit === 'shared' ||
    found.filter(({ verdict }) => verdict.is === 'bystander' && verdict.habit).length >= crowd;
  return {
    others: found,
    shared,
    asked: Math.min(came.length, most),
    findings: [
      ...(shared ? [sharedBy(address, found)] : []),
      ...(came.length > most ? [unasked(address, came.length - most)] : []),
      ...(there.length >= mostSignIns ? [cut(address)] : []),
      ...failedAt(address, accounts.size - came.length),
    ],
  };
}

function byAccount(signIns: readonly SignIn[]): Map<string, SignIn[]> {
  const accounts = new Map<string, SignIn[]>();
  for (const signIn of signIns) {
    if (signIn.userId === null) continue;
    accounts.set(signIn.userId, [...(accounts.get(signIn.userId) ?? []), signIn]);
  }
  return accounts;
}

const people = (count: number) => `${count} other account${count === 1 ? '' : 's'}`;

const sharedBy = (address: string, found: readonly Other[]): Kept => ({
  what: `${people(found.length)} used ${address}, which is not the intruder's alone`,
  why: "some of them do so every day; only those who used the intruder's session, device or client count as victims",
});

const unasked = (address: string, count: number): Kept => ({
  what: `${people(count)} that used ${address} were judged by what they did there alone`,
  why: 'the log is read in small portions',
});

const cut = (address: string): Kept => ({
  what: `only the latest ${mostSignIns} sign-ins from ${address} were read`,
  why: 'there are more, so other accounts may be missing here',
});

const failedAt = (address: string, count: number): Kept[] =>
  count === 0
    ? []
    : [
        {
          what: `${people(count)} tried from ${address} without success`,
          why: 'a password spray, or a password that is known and was stopped',
        },
      ];
