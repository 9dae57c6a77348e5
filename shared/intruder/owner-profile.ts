// What the owner is known to use, from the presences before the first suspicious act. An intruder may have been in for
// days, so being old is not enough: a presence counts as the owner's if the log begins with it, or if something ties it
// to one that does. Pure.
import { dayMs, type Presence } from './presence.ts';
import { all, has } from './sign-ins.ts';

export interface Profile {
  networks: ReadonlySet<string>;
  clients: ReadonlySet<string>;
  /** Clients that were also seen without a registered device. */
  bareClients: ReadonlySet<string>;
  devices: ReadonlySet<string>;
  countries: ReadonlySet<string>;
  cities: ReadonlySet<string>;
  operators: ReadonlySet<string>;
  sessions: ReadonlySet<string>;
  /** How many networks each client was seen at: a phone uses a different one every day. */
  roaming: ReadonlyMap<string, number>;
  /** Where most sign-ins came from: a VPN shows countries that nobody travelled to. */
  homeCountry: string | null;
}

export const isEmpty = ({ networks, clients }: Profile) => networks.size + clients.size === 0;

/** Built from the presences before a time (ms). */
export function profileOf(presences: readonly Presence[], until: number): Profile {
  const early = presences.filter(({ first }) => first < until);
  const clients = (some: readonly Presence[]) =>
    new Set(some.flatMap(({ client }) => (client === null ? [] : [client])));
  const uses = early.flatMap((presence) => presence.uses.filter(({ time }) => time < until));
  return {
    networks: all(uses, ({ network }) => network),
    clients: clients(early),
    bareClients: clients(early.filter(({ device }) => device === null)),
    devices: all(uses, ({ device }) => device),
    countries: all(uses, ({ country }) => country),
    cities: all(uses, ({ city }) => city),
    operators: all(uses, ({ operator }) => operator),
    sessions: all(uses, ({ session }) => session),
    roaming: new Map(
      [...clients(early)].map((client) => [
        client,
        all(
          early.filter((one) => one.client === client),
          ({ network }) => network,
        ).size,
      ]),
    ),
    homeCountry: mostFrequent(uses.flatMap(({ country }) => country ?? [])),
  };
}

function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].toSorted(([a, many], [b, more]) => more - many || a.localeCompare(b));
  return first?.[0] ?? null;
}

/**
 * known: the owner's. bare: the owner's client, but until now always on a registered device. foreign: not theirs.
 * unsaid: the log names no client.
 */
export type ClientFit = 'known' | 'bare' | 'foreign' | 'unsaid';

export function clientFit({ client, device }: Presence, profile: Profile): ClientFit {
  if (client === null) return 'unsaid';
  if (!profile.clients.has(client)) return 'foreign';
  return device === null && !profile.bareClients.has(client) ? 'bare' : 'known';
}

/**
 * known: a network of the owner's. near: another network of an operator that the owner uses, in one of their countries.
 * elsewhere: the same country, a foreign operator. somewhere: the same country, operator not given. abroad: a country
 * they were never in. unsaid: the log names no country.
 */
export type PlaceFit = 'known' | 'near' | 'elsewhere' | 'somewhere' | 'abroad' | 'unsaid';

export function placeFit({ network, country, operator }: Presence, profile: Profile): PlaceFit {
  if (has(profile.networks, network)) return 'known';
  if (country === null || profile.countries.size === 0) return 'unsaid';
  if (!profile.countries.has(country)) return 'abroad';
  if (operator === null || profile.operators.size === 0) return 'somewhere';
  return profile.operators.has(operator) ? 'near' : 'elsewhere';
}

export interface Suspicion {
  /** First suspicious act (ms). */
  first: number;
  networks: ReadonlySet<string>;
  sessions: ReadonlySet<string>;
  /** When each session of the log was first used (ms). */
  begun: ReadonlyMap<string, number>;
  clients: ReadonlySet<string>;
  /** Sessions made at a phishing proxy: even their first sign-in is the intruder's. */
  phished: ReadonlySet<string>;
}

/** Which of these presences, when nothing points at any of them, are the owner's; `owners` are already known to be. */
export function ownersAmong(
  presences: readonly Presence[],
  suspicion: Suspicion,
  owners: readonly Presence[],
): Set<Presence> {
  const { first: until } = suspicion;
  const isPhished = ({ sessions }: Presence) => [...sessions].some((one) => suspicion.phished.has(one));
  const inSuspectSession = ({ sessions }: Presence) =>
    [...sessions].some((one) => suspicion.sessions.has(one));
  const early = presences.filter((presence) => presence.first < until && !isPhished(presence));
  const isOld = ({ first }: Presence) => first < until - dayMs;
  const old = early.filter(isOld);

  const found = new Set<Presence>();
  if (owners.length === 0) {
    const [oldest] = old;
    const start =
      oldest === undefined
        ? []
        : old.filter(
            (one) =>
              one === oldest ||
              (one.country === oldest.country &&
                isHabit(one, oldest.first, until) &&
                !isInAnothersSession(one, presences)),
          );
    const fresh = early.filter((one) => !inSuspectSession(one) && !has(suspicion.clients, one.client));
    for (const one of oldest === undefined ? fresh : start) found.add(one);
  }
  for (let grew = true; grew; ) {
    grew = false;
    const profile = profileOf([...owners, ...found], until);
    for (const one of early) {
      if (found.has(one) || !belongs(one, profile)) continue;
      found.add(one);
      grew = true;
    }
  }
  return found;

  /** A session that began where the owner is at home was begun by the owner, whatever the client. */
  function beganThere({ network, first, sessions }: Presence): boolean {
    return !has(suspicion.networks, network) && [...sessions].some((id) => suspicion.begun.get(id) === first);
  }

  function belongs(one: Presence, profile: Profile): boolean {
    const client = clientFit(one, profile);
    const place = placeFit(one, profile);
    if (place === 'known') return client !== 'foreign' || isOld(one) || beganThere(one);
    if (client !== 'known') return false;
    if (isOld(one)) return true;
    if (has(suspicion.networks, one.network)) return false;
    if (place === 'elsewhere') return !inSuspectSession(one);
    return place === 'near' || place === 'somewhere' || (place === 'unsaid' && one.country === null);
  }
}

/** Whether it has been there for most of the log: an intruder comes late, and rarely stays that long. */
export const isHabit = ({ first }: Presence, logStart: number, until: number) =>
  until - first > dayMs && 3 * (first - logStart) < until - first;

/** Whether another client began a session of this one: nobody changes browsers in the middle of a session. */
export const isInAnothersSession = (one: Presence, presences: readonly Presence[]): boolean =>
  presences.some(
    (other) =>
      other.client !== one.client &&
      other.client !== null &&
      one.client !== null &&
      other.first < one.first &&
      [...one.sessions].some((session) => other.sessions.has(session)),
  );
