// One presence that an alert points at: is it the owner's or the intruder's? An alert may be wrong about whom it saw,
// so what the owner used before decides, and if that leaves a doubt the owner is asked. Pure.
import type { Certainty } from '../model/intruder.ts';
import type { Hint } from './hints.ts';
import { clientFit, isEmpty, isHabit, isInAnothersSession, type Profile, placeFit } from './owner-profile.ts';
import type { Presence } from './presence.ts';
import { has, program } from './sign-ins.ts';

const hourMs = 3_600_000;
/** Nobody crosses a border and signs in there sooner than this, except through a proxy. */
const journeyMs = 5 * hourMs;

export type PresenceVerdict =
  | { is: 'intruder'; certainty: Certainty; reason: string }
  /** `ask`: the owner is asked whether it was them. */
  | { is: 'owner' | 'unknown'; reason: string; ask: boolean };

export interface Surroundings {
  logStart: number;
  /** All presences; those before the first suspicious act show what the owner uses. */
  presences: readonly Presence[];
  /** Those that nothing points at, whoever's they are. */
  others: readonly Presence[];
  /** Devices that the intruder registered. */
  registered: ReadonlySet<string>;
  crowded: ReadonlySet<string>;
}

export const certain = (reason: string): PresenceVerdict => ({
  is: 'intruder',
  certainty: 'certain',
  reason,
});
export const likely = (reason: string): PresenceVerdict => ({ is: 'intruder', certainty: 'likely', reason });
export const ask = (reason: string): PresenceVerdict => ({ is: 'unknown', reason, ask: true });
const owners = (reason: string): PresenceVerdict => ({ is: 'owner', reason, ask: true });

/** Compares one presence that something points at with what the owner is known to use. */
export function judgePresence(one: Presence, profile: Profile, around: Surroundings): PresenceVerdict {
  const by = namesOf(one.hints);
  const client = clientFit(one, profile);
  const place = placeFit(one, profile);
  const phished = one.hints.some((hint) => hint.phished);
  const placeOnly = one.hints.every((hint) => hint.placeOnly);
  const travel = one.hints.every((hint) => hint.travel);
  const isProgram = program.test(one.uses[0]?.userAgent ?? '');
  const provenPlace = one.hints.some((hint) => hint.intrudersPlace);
  const dwells = one.hintedAt - one.first > 6 * hourMs;

  if (has(around.registered, one.device) && !has(profile.devices, one.device)) {
    return certain(`${by}, from a device that the intruder registered`);
  }
  if (isEmpty(profile)) {
    if (dwells && (!phished || one.first === around.logStart) && !provenPlace && !isProgram) {
      return owners(`${by}, but it is the only place where the account was seen, and has been for days`);
    }
    return phished || isProgram
      ? certain(by)
      : likely(`${by}; nothing is known of the owner to compare it with`);
  }
  const habit =
    !provenPlace &&
    isHabit(one, around.logStart, one.hintedAt) &&
    !isInAnothersSession(one, around.presences);
  if (place === 'known') {
    if (client === 'foreign' && !habit) {
      // A second browser on the owner's device. In a session that another client began, the device may be the claim of
      // a stolen token.
      if (has(profile.devices, one.device) && !isInAnothersSession(one, around.presences))
        return ask(`${by}, at an address of the owner with a client the owner is not known to use`);
      return likely(`${by}, at an address of the owner with a client the owner is not known to use`);
    }
    if (client === 'bare' && !placeOnly) {
      return likely(`${by}, at an address of the owner without the owner's device`);
    }
    return owners(`${by}, but the owner has used this address and this client since before the attack`);
  }
  if (isProgram || (phished && !habit)) return certain(by);
  if (client === 'foreign') {
    if (habit && place !== 'abroad')
      return ask(`${by}, but it has been there for most of the time that the log covers`);
    if (place === 'near')
      return likely(
        `${by}, with a client the owner is not known to use, on a network of the owner's operator`,
      );
    if (travel && one.managed && has(profile.devices, one.device))
      return likely(`${by}, with a client the owner is not known to use on the owner's device`);
    if (livesHere(one, profile, around))
      return likely(
        `${by}, with an address and a client the owner is not known to use, one of which was in their country before`,
      );
    return certain(`${by}, with an address and a client the owner is not known to use`);
  }
  if (client === 'unsaid') {
    return place === 'abroad'
      ? certain(`${by}, from a country the owner was not in`)
      : likely(`${by}, at an address the owner is not known to use`);
  }
  if (has(around.crowded, one.network))
    return ask(`${by}, with the owner's client at an address that colleagues use`);
  if (client === 'bare' && (!travel || tookNoTime(one, profile, around)))
    return likely(`${by}, without the device the owner always has`);
  if (place === 'near') {
    return placeOnly
      ? owners(`${by}, but with the owner's client on a network of the owner's operator`)
      : ask(`${by}, with the owner's client on a network of the owner's operator`);
  }
  if (dwells && (habit || place !== 'abroad'))
    return owners(`${by}, but the owner's client has been there since before the alert`);
  if (travel) return ask(`${by}, with the owner's client: a journey, or somebody who looks like the owner`);
  const roams = (profile.roaming.get(one.client ?? '') ?? 0) > 2;
  const sameCity = has(profile.cities, one.city);
  if (place === 'somewhere' && (roams || sameCity)) {
    return ask(`${by}, with the owner's client where the owner usually is`);
  }
  if (place === 'abroad') {
    return tookNoTime(one, profile, around)
      ? likely(`${by}, too soon after the owner was in another country`)
      : ask(`${by}, with the owner's client: a journey, or somebody who looks like the owner`);
  }
  if (!placeOnly) return likely(`${by}, at an address the owner is not known to use`);
  if (place === 'elsewhere' && sameCity)
    return likely(`${by}, in the owner's city on the network of another operator`);
  return ask(`${by}, with the owner's client: a journey, or somebody who looks like the owner`);
}

export const namesOf = (hints: readonly Hint[]) =>
  `named by the alert (${[...new Set(hints.map(({ detector }) => detector))].toSorted().join(', ')})`;

/**
 * Whether the client or the address was used in the owner's country half a day before: perhaps another device of
 * theirs.
 */
const livesHere = (one: Presence, { countries }: Profile, { others }: Surroundings): boolean =>
  others.some(
    ({ client, network, country, first }) =>
      (client === one.client || network === one.network) &&
      has(countries, country) &&
      first < one.hintedAt - 12 * hourMs,
  );

/** Abroad, while this same client was at home just before or in between: nobody travels that fast. */
function tookNoTime(one: Presence, profile: Profile, { presences }: Surroundings): boolean {
  return presences.some(
    (other) =>
      other.client === one.client &&
      other.uses.some(
        ({ time, country }) =>
          country === profile.homeCountry && time > one.first - journeyMs && time < one.last,
      ),
  );
}
