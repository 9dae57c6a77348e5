// Stories told from the owner's life: where they work, travel and sign in every day. Then somebody else comes; or
// nobody does, and the alert is wrong.
import type { SignIn } from '../../../shared/intruder/sign-ins.ts';
import {
  alertOf,
  browsers,
  type Dice,
  dayMs,
  foreignClients,
  hourMs,
  type Machine,
  minuteMs,
  newId,
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

const owner = 'owner';

interface Life {
  days: number;
  home: Place;
  office: Place;
  carrier: number;
  laptop: Machine;
  phone: Machine | null;
  vpn: Place | null;
  /** One session for weeks, or one a day. */
  longSession: string | null;
  /** Since when abroad (ms), and in which hotel. */
  trip: { since: number; hotel: Place } | null;
  /** The line at home gets another address every few days. */
  changingHome: boolean;
}

function placeOf(dice: Dice, given: Partial<Place> & Pick<Place, 'country' | 'city'>): Place {
  return { address: addressOf(dice, 198), operator: dice.whole(1000, 9000), ...given };
}
const addressOf = (dice: Dice, first: number) =>
  `${first}.${dice.whole(1, 250)}.${dice.whole(1, 250)}.${dice.whole(1, 250)}`;

const journeyMs = 6 * hourMs;
const home = { country: 'UA', city: 'Kyiv' };
const abroad: readonly [Pick<Place, 'country' | 'city'>, ...Pick<Place, 'country' | 'city'>[]] = [
  { country: 'PA', city: 'Panama' },
  { country: 'DE', city: 'Berlin' },
  { country: 'US', city: 'Chicago' },
];

function lifeOf(dice: Dice, saysOperators: boolean): Life {
  const place = (given: Partial<Place> & Pick<Place, 'country' | 'city'>) => {
    const made = placeOf(dice, given);
    return saysOperators ? made : { ...made, operator: null };
  };
  const managed = dice.chance(0.5);
  const days = dice.whole(5, 14);
  const carrier = dice.whole(100, 900);
  return {
    days,
    home: place(home),
    office: place(home),
    carrier,
    laptop: {
      userAgent: dice.pick(browsers),
      device: managed ? newId('device') : null,
      managed,
    },
    phone: dice.chance(0.6) ? { userAgent: dice.pick(phones), device: null, managed: false } : null,
    vpn: dice.chance(0.25) ? place({ country: 'NL', city: 'Amsterdam' }) : null,
    longSession: dice.chance(0.5) ? newId('session') : null,
    trip: dice.chance(0.2)
      ? { since: now - dice.whole(2, 40) * hourMs, hotel: place(dice.pick(abroad)) }
      : null,
    changingHome: dice.chance(0.4),
  };
}

/** Everything the owner did until now, oldest first. */
function liveThrough(dice: Dice, life: Life, saysOperators: boolean): TrueSignIn[] {
  const done: TrueSignIn[] = [];
  const use = (time: number, place: Place, machine: Machine, session: string, interactive: boolean) => {
    if (time > now - 3 * minuteMs) return;
    // Nobody works on the way.
    if (life.trip !== null && time > life.trip.since - journeyMs && time <= life.trip.since) return;
    done.push({
      by: 'owner',
      lookalike: false,
      signIn: signInOf({ user: owner, time, place, machine, session, interactive }),
    });
  };
  let homeNow = life.home;
  const phoneSession = newId('session');
  for (let day = life.days; day >= 0; day -= 1) {
    const morning = now - day * dayMs - 4 * hourMs + dice.whole(-30, 30) * minuteMs;
    const session = life.longSession ?? newId('session');
    if (life.changingHome && day % 3 === 0) homeNow = { ...homeNow, address: addressOf(dice, 198) };
    const isAway = (time: number) => life.trip !== null && time > life.trip.since;
    const where = (time: number, usual: Place) =>
      life.trip !== null && isAway(time) ? life.trip.hotel : usual;
    const atOffice = dice.chance(0.7);
    const desk = atOffice ? life.office : homeNow;
    use(morning, where(morning, desk), life.laptop, session, life.longSession === null || day === life.days);
    for (let look = dice.whole(1, 3); look > 0; look -= 1) {
      const time = morning + look * 90 * minuteMs;
      use(time, where(time, desk), life.laptop, session, false);
    }
    const evening = morning + 10 * hourMs;
    if (dice.chance(0.6)) use(evening, where(evening, homeNow), life.laptop, session, false);
    if (life.vpn !== null && dice.chance(0.6))
      use(morning + 5 * hourMs, life.vpn, life.laptop, session, false);
    if (life.phone !== null) {
      const street = {
        ...(isAway(morning) && life.trip !== null ? life.trip.hotel : life.home),
        address: addressOf(dice, 100),
        operator: saysOperators ? life.carrier : null,
      };
      use(morning + hourMs / 2, street, life.phone, phoneSession, false);
      if (dice.chance(0.5)) use(evening + hourMs, where(evening, homeNow), life.phone, phoneSession, false);
    }
  }
  return done.toSorted((a, b) => a.signIn.time - b.signIn.time);
}

/** Tells a story with an intruder in it, or one with a wrong alert. */
export function lifeStory(dice: Dice): Story {
  const saysOperators = dice.chance(0.7);
  const life = lifeOf(dice, saysOperators);
  const lived = liveThrough(dice, life, saysOperators);
  return dice.chance(0.6)
    ? attacked(dice, life, lived, saysOperators)
    : falselyAlarmed(dice, life, lived, saysOperators);
}

const lastOf = (signIns: readonly TrueSignIn[]): SignIn => {
  const last = signIns.at(-1);
  if (last === undefined) throw new Error('a life without sign-ins');
  return last.signIn;
};

function falselyAlarmed(dice: Dice, life: Life, lived: TrueSignIn[], saysOperators: boolean): Story {
  const recent = lived.filter(({ signIn }) => signIn.time > now - 30 * hourMs);
  const named = dice.pick([lastOf(lived), ...recent.map(({ signIn }) => signIn)]);
  const detector = dice.pick(dice.chance(0.7) ? placeDetectors : tokenDetectors);
  const acts = actsOf(dice, 'owner', [named], false);
  const hotel = life.trip?.hotel;
  const others =
    hotel !== undefined && named.address === hotel.address
      ? colleaguesAt(dice, hotel, life, saysOperators, dice.whole(1, 6))
      : [];
  return {
    title: `false alarm (${detector}) ${life.trip === null ? 'at home' : 'on a journey'}`,
    signals: [alertOf(detector, named, dice.pick(['request', 'request', 'session', 'address']))],
    signIns: lived,
    acts: [
      ...acts,
      ...actsOf(
        dice,
        'owner',
        recent.slice(0, 4).map(({ signIn }) => signIn),
        false,
      ),
    ],
    others,
  };
}

/** Colleagues with their own usual clients, some with a managed device. */
function colleaguesAt(
  dice: Dice,
  place: Place,
  life: Life,
  saysOperators: boolean,
  many: number,
): TrueOther[] {
  return Array.from({ length: many }, () => {
    const user = newId('colleague');
    const managed = dice.chance(0.5);
    const machine: Machine = {
      userAgent: dice.pick(browsers),
      device: managed ? newId('device') : null,
      managed,
    };
    const desk = dice.chance(0.7) ? life.office : placeOf(dice, home);
    const at = saysOperators ? desk : { ...desk, operator: null };
    const session = newId('session');
    const usual = Array.from({ length: dice.whole(3, 9) }, (_, day) =>
      signInOf({
        user,
        time: now - (day + 1) * dayMs - dice.whole(0, 200) * minuteMs,
        place: at,
        machine,
        session,
      }),
    );
    const visits = Array.from({ length: dice.whole(1, 3) }, (_, index) =>
      signInOf({
        user,
        time: now - (30 + index * 11) * minuteMs,
        place,
        machine,
        session: dice.chance(0.5) ? session : newId('session'),
        interactive: dice.chance(0.5),
      }),
    );
    return { victim: false, address: place.address, signIns: [...usual, ...visits], lookalike: false };
  });
}

function actsOf(
  dice: Dice,
  by: 'owner' | 'intruder',
  signIns: readonly SignIn[],
  lookalike: boolean,
): TrueAct[] {
  return signIns.flatMap((signIn): TrueAct[] => {
    const { address, session, userAgent } = signIn;
    if (address === null) return [];
    return [
      {
        by,
        kind: 'reversible',
        trace: { session, address, userAgent: dice.chance(0.3) ? userAgent : null },
        lookalike,
      },
      // Directory audits know no session.
      {
        by,
        kind: 'irreversible',
        trace: { session: null, address, userAgent: dice.chance(0.5) ? userAgent : null },
        lookalike,
      },
    ];
  });
}

function attacked(dice: Dice, life: Life, lived: TrueSignIn[], saysOperators: boolean): Story {
  const where = dice.pick(['abroad', 'abroad', 'abroad', 'same city', 'carrier', 'vpn']);
  const operator = (number: number) => (saysOperators ? number : null);
  const attackPlace = (): Place => {
    const address = addressOf(dice, 203);
    if (where === 'abroad')
      return { ...dice.pick(abroad), address, operator: operator(60_000 + dice.whole(1, 20)) };
    if (where === 'carrier' && life.phone !== null)
      return { ...home, address, operator: operator(life.carrier) };
    if (where === 'vpn' && life.vpn !== null) return life.vpn;
    return { ...home, address, operator: operator(61_000 + dice.whole(1, 20)) };
  };
  const stealsToken = dice.chance(0.5);
  const mimics = dice.chance(0.12);
  const dwell = dice.chance(0.3) ? dice.whole(1, 3) * dayMs : dice.whole(20, 300) * minuteMs;
  const begin = now - dwell - 10 * minuteMs;
  const before = lived.filter(({ signIn }) => signIn.time < begin);
  const stolen = lastOf(before.length > 0 ? before : lived);
  const session = stealsToken ? stolen.session : newId('session');
  const machine: Machine = {
    userAgent: mimics ? life.laptop.userAgent : dice.pick(foreignClients),
    device: stealsToken && dice.chance(0.7) ? stolen.device : null,
    managed: stealsToken && stolen.managed,
  };
  const first = attackPlace();
  const second = dice.chance(0.4) ? attackPlace() : first;
  const theirs: TrueSignIn[] = [];
  const looks = dice.whole(2, 6);
  const lookalike = mimics || (where === 'vpn' && life.vpn !== null && mimics);
  for (let look = 0; look < looks; look += 1) {
    const time = begin + (dwell * look) / looks + dice.whole(0, 5) * minuteMs;
    const place = look > looks / 2 ? second : first;
    const own = dice.chance(0.2) && look > 0 ? newId('session') : session;
    theirs.push({
      by: 'intruder',
      lookalike,
      signIn: signInOf({
        user: owner,
        time,
        place,
        machine,
        session: own,
        interactive: look === 0 && !stealsToken,
      }),
    });
  }
  const named = dice.chance(0.7) ? lastOf(theirs) : (theirs[0]?.signIn ?? lastOf(theirs));
  const detector = dice.pick(dice.chance(0.5) ? placeDetectors : tokenDetectors);
  const signIns = [...lived, ...theirs];
  const recent = lived.filter(({ signIn }) => signIn.time > now - 30 * hourMs).map(({ signIn }) => signIn);
  return {
    title: `attack (${detector}) from ${where}${stealsToken ? ' with a stolen token' : ''}${mimics ? ' in the owner’s guise' : ''}`,
    signals: [alertOf(detector, named, dice.pick(['request', 'request', 'session', 'address']))],
    signIns,
    acts: [
      ...actsOf(
        dice,
        'intruder',
        theirs.map(({ signIn }) => signIn),
        lookalike,
      ),
      ...actsOf(dice, 'owner', recent.slice(0, 5), false),
    ],
    others: where === 'vpn' ? [] : victimsOf(dice, first, machine, life, saysOperators, mimics),
  };
}

/** Up to three other accounts in the same hands, some for days, some through a managed device's token; and a guest. */
function victimsOf(
  dice: Dice,
  place: Place,
  machine: Machine,
  life: Life,
  saysOperators: boolean,
  mimics: boolean,
): TrueOther[] {
  const victims = Array.from({ length: dice.whole(0, 3) }, (): TrueOther => {
    const user = newId('victim');
    const managed = dice.chance(0.5);
    const device = managed ? newId('device') : null;
    const own: Machine = { userAgent: dice.pick(browsers), device, managed };
    const session = newId('session');
    const at = saysOperators ? life.office : { ...life.office, operator: null };
    const usual = dice.chance(0.8)
      ? Array.from({ length: dice.whole(2, 9) }, (_, day) =>
          signInOf({ user, time: now - (day + 1) * dayMs, place: at, machine: own, session }),
        )
      : [];
    const claims = managed && dice.chance(0.4);
    const days = dice.chance(0.5) ? dice.whole(2, 4) : 0;
    const intrusions = Array.from({ length: days + 2 }, (_, index) =>
      signInOf({
        user,
        time: now - 30 * minuteMs - (days === 0 ? index * 7 * minuteMs : index * 20 * hourMs),
        place,
        machine: { userAgent: machine.userAgent, device: claims ? device : null, managed: claims },
        session: claims ? session : newId('session'),
      }),
    );
    return {
      victim: true,
      address: place.address,
      signIns: [...usual, ...intrusions],
      lookalike: mimics && own.userAgent === machine.userAgent,
    };
  });
  const guests = dice.chance(0.2) ? colleaguesAt(dice, place, life, saysOperators, dice.whole(1, 3)) : [];
  return [...victims, ...guests];
}
