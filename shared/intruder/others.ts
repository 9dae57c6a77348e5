// Other accounts at an address of the intruder: victims, or people who happened to be there. An alert locks an account,
// so the address alone is never enough; and one victim proves nothing about another, however long both were there.
// Pure.
import type { Intruder } from '../model/intruder.ts';
import { networkOf } from './address.ts';
import { clientFit, isEmpty, isHabit, ownersAmong, type Profile, profileOf } from './owner-profile.ts';
import { dayMs, type Presence, presencesOf, sessionStarts } from './presence.ts';
import { clientOf, has, type SignIn } from './sign-ins.ts';

/**
 * With less history than this, little can be said about what somebody uses: think of a phone that is not used on
 * Mondays.
 */
const historyMs = 4 * dayMs;

export type OtherVerdict =
  | { is: 'victim'; reason: string; signIn: SignIn }
  /** `habit`: they use the address every day, so it is not only the intruder's. */
  | { is: 'bystander'; reason: string; signIn: SignIn; habit: boolean };

/** One account, judged by all of its sign-ins, there and elsewhere; undefined if none succeeded there. */
export type AddressFit = 'intruder' | 'unknown' | 'shared';

const standing = new Set(['atRisk', 'confirmedCompromised']);
const grave = new Set(['medium', 'high']);
const isRisky = ({ risk, riskState }: SignIn) => grave.has(risk ?? '') && standing.has(riskState ?? '');

/** One account by all of its sign-ins, there and elsewhere; undefined where none succeeded there. */
export function judgeOther(
  signIns: readonly SignIn[],
  address: string,
  fit: AddressFit,
  intruder: Pick<Intruder, 'sessions' | 'devices' | 'userAgents' | 'addresses' | 'marks'>,
): OtherVerdict | undefined {
  const network = networkOf(address);
  const theirs = new Set([network, ...intruder.addresses.map(networkOf)]);
  const presences = presencesOf(
    signIns.filter(({ errorCode }) => errorCode === 0),
    [],
  );
  const there = presences.filter((one) => one.network === network);
  const theirClients = new Set(intruder.userAgents.map(clientOf));
  const shared = new Set(
    intruder.marks.flatMap(({ kind, verdict, value }) =>
      kind === 'address' && verdict === 'shared' ? [networkOf(value)] : [],
    ),
  );
  // What the intruder did in this account from another of their addresses is not one of its habits.
  const isTheirs = (one: Presence) =>
    has(theirs, one.network) || (has(shared, one.network) && theirClients.has(one.client));
  const elsewhere = presences.filter((one) => !isTheirs(one));
  const logStart = Math.min(...presences.map(({ first }) => first));
  const judged = there.map((one) => judgeThere(one, elsewhere, { fit, intruder, logStart }));
  return judged.find(({ is }) => is === 'victim') ?? judged[0];
}

function judgeThere(
  one: Presence,
  elsewhere: readonly Presence[],
  {
    fit,
    intruder,
    logStart,
  }: {
    fit: AddressFit;
    intruder: Pick<Intruder, 'sessions' | 'devices' | 'userAgents' | 'marks'>;
    logStart: number;
  },
): OtherVerdict {
  const latest = one.uses.at(-1);
  const signIn = one.uses.findLast(isRisky) ?? latest ?? fail();
  const victim = (reason: string): OtherVerdict => ({ is: 'victim', reason, signIn });
  const profile = ownProfile(one, elsewhere, logStart);
  const client = clientFit(one, profile);
  const session = [...one.sessions].find((id) => intruder.sessions.includes(id));
  if (session !== undefined) return victim(`in the intruder's session ${session}`);
  if (one.device !== null && intruder.devices.includes(one.device))
    return victim("from the intruder's device");
  if (one.uses.some(isRisky)) return victim('in a sign-in that Entra ID calls risky');
  const usesTheirs = clientsOf(intruder, fit).some((userAgent) => clientOf(userAgent) === one.client);
  if (usesTheirs && client !== 'known' && client !== 'bare') return victim("with the intruder's client");

  const days = new Set(one.uses.map(({ at }) => at.slice(0, 10))).size;
  const lasted = one.last - one.first > dayMs && days > 1;
  const atHome = one.country === null || has(profile.countries, one.country);
  const habit = lasted && (isEmpty(profile) || (atHome && isHabit(one, logStart, one.last)));
  const bystander = (reason: string): OtherVerdict => ({ is: 'bystander', reason, signIn, habit });
  if (habit) return bystander("has used this address for days, with a client that is not the intruder's");
  if (client === 'known') return bystander('was there with their usual client');
  if (fit !== 'intruder') return bystander('was there, and nothing proves that the intruder was');
  if (client === 'bare') return victim('without the device this account always has');
  return victim('with nothing that this account uses elsewhere');
}

/** At an address that is only the intruder's, also the clients that the owner of the first account uses. */
const clientsOf = ({ userAgents, marks }: Pick<Intruder, 'userAgents' | 'marks'>, fit: AddressFit) => [
  ...userAgents,
  ...marks.flatMap(({ kind, verdict, value }) =>
    fit === 'intruder' && kind === 'client' && verdict === 'shared' ? [value] : [],
  ),
];

/**
 * What the account used before it was there. If the log has too little from before, then what it has used elsewhere all
 * along.
 */
function ownProfile(one: Presence, elsewhere: readonly Presence[], logStart: number): Profile {
  const networks = new Set(one.network === null ? [] : [one.network]);
  const suspicion = {
    first: one.first,
    networks,
    sessions: one.sessions,
    begun: sessionStarts([one, ...elsewhere]),
    clients: new Set(one.client === null ? [] : [one.client]),
    phished: new Set<string>(),
  };
  const before =
    one.first - logStart < historyMs
      ? profileOf([], one.first)
      : profileOf([...ownersAmong(elsewhere, suspicion, [])], one.first);
  if (!isEmpty(before)) return before;
  const until = Number.POSITIVE_INFINITY;
  const throughout = { ...suspicion, first: until, sessions: new Set<string>(), clients: new Set<string>() };
  return profileOf([...ownersAmong(elsewhere, throughout, [])], until);
}

/** A presence is made of sign-ins, so it always has one. */
function fail(): never {
  throw new Error('a presence without sign-ins');
}
