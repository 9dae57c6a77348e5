// Stories told from a whole tenant: people who live side by side for two weeks behind shared addresses, and then an
// alert about one of them that may be wrong. The story includes everybody else who was where the alert points, victims
// or not.
import { networkOf } from '../../../shared/intruder/address.ts';
import { clientOf, type SignIn } from '../../../shared/intruder/sign-ins.ts';
import type { Signal } from '../../../shared/model/signal.ts';
import {
  alertOf,
  browsers,
  type Dice,
  dayMs,
  foreignClients,
  hourMs,
  type Machine,
  minuteMs,
  now,
  type Place,
  phones,
  placeDetectors,
  type Story,
  signInOf,
  type TrueAct,
  type TrueOther,
  type TrueSignIn,
  tokenDetectors,
} from './story.ts';

const towns = [
  { country: 'SE', city: 'Gothenburg', isp: 3301, carrier: 2119 },
  { country: 'SE', city: 'Malmo', isp: 8473, carrier: 2119 },
  { country: 'PT', city: 'Porto', isp: 2860, carrier: 12353 },
] as const;
const abroad = [
  { country: 'VN', city: 'Hanoi', operator: 18403 },
  { country: 'BR', city: 'Recife', operator: 28573 },
  { country: 'US', city: 'Ashburn', operator: 14618 },
  { country: 'RO', city: 'Iasi', operator: 9009 },
] as const;

type Town = (typeof towns)[number];
type Abroad = (typeof abroad)[number];

interface Person {
  user: string;
  town: Town;
  inOffice: boolean;
  home: Place;
  laptop: Machine;
  phone: Machine;
  /** How long a sign-in to one machine lasts (days). */
  sessionDays: number;
  /** A new place each time, for connections that thousands share. */
  carrier(): Place;
  signIns: TrueSignIn[];
}

interface World {
  office: Place;
  companyVpn: Place;
  consumerVpn: Place;
  hotel: Place;
  days: number;
}

function placesOf(roll: Dice) {
  const used = new Set<string>();
  /** Never the same address twice, nor its neighbour. */
  return function fresh(net: string): string {
    for (;;) {
      const address = `${net}.${roll.whole(0, 255)}.${roll.whole(1, 254)}`;
      if (used.has(address)) continue;
      used.add(address);
      return address;
    }
  };
}

const machine = (userAgent: string | null, device: string | null = null, managed = false): Machine => ({
  userAgent,
  device,
  managed,
});

function personOf(
  roll: Dice,
  user: string,
  fresh: (net: string) => string,
  companyManages: boolean,
  inOffice: boolean,
): Person {
  // Nobody commutes across a continent.
  const town: Town = inOffice ? towns[0] : roll.pick<Town>(towns);
  const here = { country: town.country, city: town.city };
  const kept = companyManages || roll.chance(0.2);
  const pool = [0, 1, 2, 3, 4, 5].map(() => fresh('100.70'));
  return {
    user,
    town,
    inOffice,
    home: { address: fresh('81.224'), ...here, operator: town.isp },
    laptop: machine(roll.pick(browsers), kept ? `laptop-${user}` : null, kept),
    phone: machine(roll.pick(phones), roll.chance(0.3) ? `phone-${user}` : null),
    sessionDays: roll.pick([1, 7, 30]),
    carrier: () => ({ address: pool[roll.whole(0, 5)] ?? '', ...here, operator: town.carrier }),
    signIns: [],
  };
}

const sessionOf = (person: Person, on: 'laptop' | 'phone', time: number) =>
  `${person.user}-${on}-${Math.floor((time - now) / (person.sessionDays * dayMs))}`;

/** Ordinary weeks: with or without an office, evenings at home, a phone on the road. */
function live(roll: Dice, person: Person, world: World) {
  const usesCompanyVpn = roll.chance(0.15);
  const usesConsumerVpn = roll.chance(0.1);
  let { home } = person;
  const was = (time: number, place: Place, on: 'laptop' | 'phone', session = sessionOf(person, on, time)) => {
    if (time >= now - 5 * minuteMs) return;
    const signIn = signInOf({
      user: person.user,
      time,
      place,
      machine: person[on],
      session: roll.chance(0.03) ? null : session,
      interactive: roll.chance(0.3),
    });
    person.signIns.push({ by: 'owner', signIn, lookalike: false });
  };
  const changesAddress = roll.chance(0.25);
  for (let day = -world.days; day <= 0; day += 1) {
    const midnight = now - 12 * hourMs + day * dayMs;
    const isWeekend = [0, 6].includes(new Date(midnight).getUTCDay());
    const at = (from: number, to: number) => midnight + roll.whole(from * 60, to * 60) * minuteMs;
    if (changesAddress && roll.chance(0.3))
      home = { ...home, address: `81.224.${roll.whole(0, 255)}.${roll.whole(1, 254)}` };
    if (!isWeekend) was(at(7, 11), person.inOffice && roll.chance(0.85) ? world.office : home, 'laptop');
    if (!isWeekend && usesCompanyVpn) was(at(9, 16), world.companyVpn, 'laptop');
    if (usesConsumerVpn && roll.chance(0.6)) was(at(10, 22), world.consumerVpn, 'laptop');
    if (roll.chance(0.6)) was(at(18, 23), home, 'laptop');
    for (let more = roll.whole(0, 2); more > 0; more -= 1)
      was(at(7, 23), roll.chance(0.5) ? home : person.carrier(), 'phone');
  }
  return was;
}

/** One of the ways in which an owner is somewhere new, or has something new, without anybody being in their account. */
function wander(roll: Dice, person: Person, world: World, was: ReturnType<typeof live>) {
  const today = now - roll.whole(40, 300) * minuteMs;
  const kind = roll.pick(['trip', 'trip', 'vpn', 'phone', 'browser', 'desk', 'road'] as const);
  const from = roll.whole(0, 2) * dayMs;
  if (kind === 'trip') {
    // Nobody is in two places: what was recorded at home since then did not happen.
    person.signIns = person.signIns.filter(({ signIn }) => signIn.time < today - from - 12 * hourMs);
    const on = roll.chance(0.7) ? ('laptop' as const) : ('phone' as const);
    const stays = roll.chance(0.5);
    for (let time = today - from; time < now; time += 5 * hourMs)
      was(time, world.hotel, on, stays ? sessionOf(person, on, time - from - dayMs) : `${person.user}-trip`);
  }
  if (kind === 'vpn') was(today, world.consumerVpn, 'laptop');
  if (kind === 'phone') {
    person.phone = machine(roll.pick(phones), roll.chance(0.5) ? `new-${person.user}` : null);
    was(today, roll.chance(0.5) ? person.home : person.carrier(), 'phone', `${person.user}-new-phone`);
  }
  if (kind === 'browser') {
    const known = person.laptop;
    person.laptop = { ...known, userAgent: roll.pick(browsers) };
    was(today, person.home, 'laptop', `${person.user}-new-browser`);
    person.laptop = known;
  }
  if (kind === 'desk') was(today, person.inOffice ? world.office : person.home, 'laptop');
  if (kind === 'road') was(today, person.carrier(), 'phone');
  return kind;
}

interface Intruder {
  places: Place[];
  client: string | null;
  how: 'password' | 'stolen' | 'phished' | 'mimic';
  dwellDays: number;
  moves: boolean;
  again: boolean;
  registers: boolean;
}

function intruderOf(
  roll: Dice,
  world: World,
  owner: Person,
  fresh: (net: string) => string,
): { who: Intruder; where: string } {
  const where = roll.pick([
    'rented',
    'rented',
    'rented',
    'consumer VPN',
    'hotel',
    'carrier',
    'same city',
    'office',
  ] as const);
  const far = roll.pick<Abroad>(abroad);
  const rented = () => ({ address: fresh('203.0'), ...far });
  const here = { country: owner.town.country, city: owner.town.city };
  const first = {
    rented,
    'consumer VPN': () => world.consumerVpn,
    hotel: () => world.hotel,
    carrier: () => owner.carrier(),
    'same city': () => ({ address: fresh('185.9'), ...here, operator: 60068 }),
    office: () => world.office,
  }[where]();
  return {
    where,
    who: {
      places: [first, rented(), rented()],
      client: roll.pick(foreignClients),
      how: roll.pick(['password', 'password', 'stolen', 'stolen', 'phished', 'mimic'] as const),
      // An intruder who has been in for most of the log can't be told from somebody who lives there.
      dwellDays: roll.chance(0.35) ? roll.whole(1, Math.floor(world.days * 0.6)) : 0,
      moves: roll.chance(0.35),
      again: roll.chance(0.35),
      registers: roll.chance(0.15),
    },
  };
}

/** Sign-ins to one victim's account, oldest first. */
function intrude(roll: Dice, victim: Person, who: Intruder): TrueSignIn[] {
  const made: TrueSignIn[] = [];
  const own = victim.signIns.map(({ signIn }) => signIn).filter(({ session }) => session !== null);
  const stolen = own.filter(({ userAgent }) => userAgent === victim.laptop.userAgent).at(-1)?.session ?? null;
  const isStolen = who.how === 'stolen' && stolen !== null;
  const tool =
    who.how === 'mimic'
      ? machine(victim.laptop.userAgent)
      : // A stolen token goes on claiming the device it was issued to.
        { ...(isStolen ? victim.laptop : machine(null)), userAgent: who.client };
  const began = `intruder-${victim.user}`;
  const session = isStolen ? stolen : began;
  const act = (time: number, place: Place, machine: Machine, session: string | null) =>
    made.push({
      by: 'intruder',
      lookalike: false,
      signIn: signInOf({ user: victim.user, time, place, machine, session, interactive: roll.chance(0.4) }),
    });
  const [first, second, third] = who.places;
  if (first === undefined || second === undefined || third === undefined) return made;
  const began0 = now - roll.whole(60, 170) * minuteMs;
  for (let day = who.dwellDays; day > 0; day -= 1)
    if (roll.chance(0.8)) act(began0 - day * dayMs, first, tool, session);
  // A phishing kit signs in with the victim's own browser string, and hands on the session.
  if (who.how === 'phished')
    act(began0 - 2 * minuteMs, first, { ...tool, userAgent: victim.laptop.userAgent }, began);
  act(began0, first, tool, session);
  if (who.moves) act(began0 + 8 * minuteMs, second, tool, session);
  if (who.again) act(began0 + 15 * minuteMs, roll.chance(0.5) ? first : second, tool, `${began}-again`);
  if (who.registers)
    act(began0 + 20 * minuteMs, third, machine(who.client, `device-${began}`), `${began}-device`);
  act(began0 + 25 * minuteMs, first, tool, session);
  return made.toSorted((a, b) => a.signIn.time - b.signIn.time);
}

/**
 * What no log can tell from the owner: the owner's client, with as much device information as the owner shows with it.
 */
function looksLikeOwner(signIn: SignIn, own: readonly SignIn[]): boolean {
  const client = clientOf(signIn.userAgent);
  const same = own.filter(({ userAgent }) => clientOf(userAgent) === client);
  if (same.length === 0) return false;
  if (same.some(({ device }) => device === signIn.device)) return true;
  const isForeign =
    !own.some(({ country }) => country === signIn.country) ||
    !own.some(({ operator }) => operator === signIn.operator);
  return !isForeign;
}

/** What is connected to what the alert names: by session, device, or client and address. */
function linked(named: SignIn, made: readonly TrueSignIn[]): ReadonlySet<string> {
  const known = new Set([named.id]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { signIn } of made) {
      if (known.has(signIn.id)) continue;
      const isLinked = made.some(
        ({ signIn: other }) =>
          known.has(other.id) &&
          ((signIn.session !== null && signIn.session === other.session) ||
            (signIn.device !== null && signIn.device === other.device) ||
            signIn.network === other.network),
      );
      if (isLinked) known.add(signIn.id);
      grew ||= isLinked;
    }
  }
  return known;
}

function actsOf(roll: Dice, owner: Person): TrueAct[] {
  const own = owner.signIns.flatMap(({ by, signIn }) => (by === 'owner' ? [signIn] : []));
  const ownNetworks = new Set(own.map(({ network }) => network));
  const ownClients = new Set(own.map(({ userAgent }) => clientOf(userAgent)));
  const ownSessions = new Set(own.map(({ session }) => session));
  return owner.signIns
    .filter(({ by, signIn }) => by === 'intruder' || signIn.time > now - 2 * dayMs)
    .flatMap(({ by, signIn, lookalike }) => {
      const trace = {
        // Half of the records name a session or a client; all name an address.
        session: roll.chance(0.6) ? signIn.session : null,
        address: signIn.address ?? '',
        userAgent: roll.chance(0.4) ? signIn.userAgent : null,
      };
      const shows =
        !ownNetworks.has(networkOf(trace.address)) ||
        (trace.session !== null && !ownSessions.has(trace.session)) ||
        (trace.userAgent !== null && !ownClients.has(clientOf(trace.userAgent)));
      return (['reversible', 'irreversible'] as const).map((kind) => ({
        by,
        kind,
        trace,
        lookalike: lookalike || (by === 'intruder' && !shows),
      }));
    });
}

/** Somewhere new with something new, and nothing that ties it to the owner: nobody could know better. */
function looksLikeIntruder(signIn: SignIn, own: readonly SignIn[]): boolean {
  const isPart = (other: SignIn) =>
    clientOf(other.userAgent) === clientOf(signIn.userAgent) && other.network === signIn.network;
  const before = own.filter((other) => other.time < signIn.time && !isPart(other));
  return !before.some(
    ({ userAgent, network }) =>
      clientOf(userAgent) === clientOf(signIn.userAgent) || network === signIn.network,
  );
}

const hasNothingElsewhere = (there: SignIn, { signIns }: Person) =>
  signIns.every(
    ({ signIn }) =>
      signIn.network === there.network || clientOf(signIn.userAgent) !== clientOf(there.userAgent),
  );

export function tenantStory(roll: Dice): Story {
  const fresh = placesOf(roll);
  const far = roll.pick<Abroad>(abroad);
  const world: World = {
    office: { address: fresh('62.20'), country: 'SE', city: 'Gothenburg', operator: 3301 },
    companyVpn: { address: fresh('62.21'), country: 'DE', city: 'Frankfurt', operator: 3320 },
    consumerVpn: { address: fresh('146.70'), country: 'NL', city: 'Amsterdam', operator: 9009 },
    hotel: { address: fresh('192.0'), ...far },
    days: roll.whole(5, 14),
  };
  const companyManages = roll.chance(0.5);
  const people = Array.from({ length: roll.whole(4, 9) }, (_, index) =>
    personOf(roll, `person${index}`, fresh, companyManages, roll.chance(0.7)),
  );
  const lives = people.map((person) => live(roll, person, world));
  const [owner] = people;
  const [was] = lives;
  if (owner === undefined || was === undefined) throw new Error('a tenant without people');
  // Some of the others are travelling, too.
  for (const [index, person] of people.entries()) {
    const life = lives[index];
    if (index > 0 && life !== undefined && roll.chance(0.35)) wander(roll, person, world, life);
  }

  const isAttack = roll.chance(0.75);
  let title: string;
  let named: SignIn | undefined;
  let detector: string;
  if (isAttack) {
    const life = roll.chance(0.2) ? wander(roll, owner, world, was) : 'usual';
    const { who, where } = intruderOf(roll, world, owner, fresh);
    const victims = people.slice(0, roll.whole(1, 3));
    for (const victim of victims) {
      const made = intrude(roll, victim, who);
      const own = victim.signIns.map(({ signIn }) => signIn);
      victim.signIns.push(...made.map((one) => ({ ...one, lookalike: looksLikeOwner(one.signIn, own) })));
    }
    const theirs = owner.signIns.filter(({ by }) => by === 'intruder');
    // The alert is about something that stands out.
    named = (roll.chance(0.8) ? theirs.filter(({ lookalike }) => !lookalike) : theirs).at(-1)?.signIn;
    named ??= theirs.at(-1)?.signIn;
    detector = roll.pick([...tokenDetectors, ...placeDetectors]);
    title = `${who.how} from ${where}, ${life}${who.moves ? ', moves' : ''}${who.again ? ', again' : ''}${who.registers ? ', registers' : ''}${who.dwellDays > 0 ? ', dwells' : ''}`;
    const isNamedLookalike = theirs.some(({ signIn, lookalike }) => lookalike && signIn === named);
    const chain = named === undefined ? new Set<string>() : linked(named, theirs);
    for (const one of theirs) if (!chain.has(one.signIn.id) || isNamedLookalike) one.lookalike = true;
  } else {
    const life = wander(roll, owner, world, was);
    const [last] = owner.signIns.toSorted((a, b) => b.signIn.time - a.signIn.time);
    if (last === undefined) throw new Error('an owner who was never there');
    named = last.signIn;
    detector = roll.chance(0.7) ? roll.pick(placeDetectors) : roll.pick(tokenDetectors);
    title = `false alarm, ${life}`;
    const own = owner.signIns.map(({ signIn }) => signIn);
    const about = last.signIn;
    for (const one of looksLikeIntruder(about, own) ? owner.signIns : [])
      one.lookalike = one.signIn.network === about.network || one.signIn.session === about.session;
  }
  if (named === undefined) throw new Error('nothing to be alarmed about');
  const by = roll.chance(0.7) ? 'request' : roll.pick(['session', 'address'] as const);
  const signals: Signal[] = [alertOf(detector, named, by)];

  const suspect = isAttack
    ? owner.signIns.flatMap(({ by, lookalike, signIn }) => (by === 'intruder' && !lookalike ? [signIn] : []))
    : [named];
  const addresses = new Map(suspect.flatMap(({ network, address }) => (address ? [[network, address]] : [])));
  const others = people.slice(1).flatMap((person): TrueOther[] =>
    [...addresses].flatMap(([network, address]) => {
      const there = person.signIns.filter(({ signIn }) => signIn.network === network);
      if (there.length === 0) return [];
      const theirs = there.filter(({ by }) => by === 'intruder');
      return [
        {
          victim: theirs.length > 0,
          address,
          signIns: person.signIns.map(({ signIn }) => signIn),
          lookalike:
            theirs.length > 0
              ? theirs.every(({ lookalike }) => lookalike)
              : there.some(({ signIn }) => hasNothingElsewhere(signIn, person)),
        },
      ];
    }),
  );
  return { title, signals, signIns: owner.signIns, acts: actsOf(roll, owner), others };
}
