// Stories told from the attack: a way in, a list of moves, and only then an owner whose days are drawn around it. What
// the attacker does is taken from how accounts are taken over: phishing proxies, sprayed passwords, stolen cookies.
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
  type Story,
  signInOf,
  type TrueAct,
  type TrueSignIn,
} from './story.ts';

const user = 'owner';
const ways = [
  'phishing proxy',
  'password spray',
  'stolen cookie',
  'device code',
  'registered device',
] as const;

interface Move {
  place: Place;
  machine: Machine;
  session: string;
  minute: number;
}

/** The attacker's moves in order, the first at minute 0. */
function movesOf(dice: Dice, way: (typeof ways)[number], victim: Machine, ownersSession: string): Move[] {
  const rented = (): Place => ({
    address: `203.0.${dice.whole(1, 250)}.${dice.whole(1, 250)}`,
    ...dice.pick([
      { country: 'NG', city: 'Lagos' },
      { country: 'RO', city: 'Bucharest' },
      { country: 'US', city: 'Ashburn' },
    ]),
    operator: 60_000 + dice.whole(1, 30),
  });
  const kit: Machine = { userAgent: dice.pick(foreignClients), device: null, managed: false };
  const base = rented();
  const session = newId('session');
  const move = (minute: number, given: Partial<Move> = {}): Move => ({
    place: base,
    machine: kit,
    session,
    minute,
    ...given,
  });
  switch (way) {
    case 'phishing proxy':
      // The proxy shows the victim's own browser to Microsoft; the cookie is used from elsewhere.
      return [
        move(0, { place: rented(), machine: { ...victim, device: null, managed: false } }),
        move(4),
        move(30),
        move(55, { place: rented() }),
      ];
    case 'password spray':
      return [move(0), move(10), move(25, { session: newId('session') })];
    case 'stolen cookie':
      return [0, 6, 19].map((minute) =>
        move(minute, {
          session: ownersSession,
          machine: { ...kit, device: victim.device, managed: victim.managed },
        }),
      );
    case 'device code':
      return [move(0), move(3), move(40, { place: rented(), session: newId('session') })];
    case 'registered device': {
      const device = newId('rogue');
      const joined = { ...kit, device };
      return [
        move(0),
        move(5, { machine: joined, session: newId('session') }),
        move(50, { place: rented(), machine: joined, session: newId('session') }),
      ];
    }
  }
}

export function attackStory(dice: Dice): Story {
  const way = dice.pick(ways);
  const managed = dice.chance(0.5);
  const victim: Machine = {
    userAgent: dice.pick(browsers),
    device: managed ? newId('device') : null,
    managed,
  };
  const ownersSession = newId('session');
  const moves = movesOf(dice, way, victim, ownersSession);
  const start = now - dice.whole(70, 400) * minuteMs;
  const theirs = moves.map(
    ({ minute, ...move }): TrueSignIn => ({
      by: 'intruder',
      lookalike: false,
      signIn: signInOf({ user, time: start + minute * minuteMs, ...move, interactive: minute === 0 }),
    }),
  );

  // Drawn afterwards: an owner who has been in the same building for days, knows nothing and goes on working.
  const desk: Place = { address: '198.51.100.7', country: 'UA', city: 'Kyiv', operator: 3255 };
  const flat: Place = {
    address: `198.51.${dice.whole(101, 250)}.9`,
    country: 'UA',
    city: 'Kyiv',
    operator: 15_895,
  };
  const hours = Array.from({ length: dice.whole(8, 30) }, () => dice.whole(1, 24 * 9)).concat([150, 151]);
  const working = dice.chance(0.7) ? [start + 8 * minuteMs, start + 42 * minuteMs] : [];
  const lived = [...hours.map((hour) => now - hour * hourMs), ...working]
    .filter((time) => time < now - 5 * minuteMs)
    .map(
      (time): TrueSignIn => ({
        by: 'owner',
        lookalike: false,
        signIn: signInOf({
          user,
          time,
          place: Math.floor(time / (12 * hourMs)) % 2 === 0 ? desk : flat,
          machine: victim,
          session: dice.chance(0.8) ? ownersSession : newId('session'),
        }),
      }),
    );
  // A mail read at the very start of the log: no history begins with the attack.
  lived.push({
    by: 'owner',
    lookalike: false,
    signIn: signInOf({
      user,
      time: now - 9 * dayMs,
      place: desk,
      machine: victim,
      session: ownersSession,
      interactive: true,
    }),
  });

  const alerted = dice.pick(way === 'phishing proxy' ? [theirs[1], theirs[2]] : [theirs[0], theirs[1]]);
  const detector =
    way === 'phishing proxy'
      ? 'attackerinTheMiddle'
      : dice.pick(['anomalousToken', 'unfamiliarFeatures', 'maliciousIPAddress']);
  const named = alerted?.signIn ?? lived[0]?.signIn;
  if (named === undefined) throw new Error('nobody signed in');
  const acts = [...theirs, ...lived.filter(({ signIn }) => signIn.time > now - dayMs)].flatMap(
    ({ by, signIn: { session, address, userAgent }, lookalike }): TrueAct[] =>
      address === null
        ? []
        : [
            { by, lookalike, kind: 'reversible', trace: { session, address, userAgent: null } },
            { by, lookalike, kind: 'irreversible', trace: { session: null, address, userAgent } },
          ],
  );
  return {
    title: `${way} (${detector})`,
    signals: [alertOf(detector, named, dice.pick(['request', 'session', 'address']))],
    signIns: [...theirs, ...lived],
    acts,
    others: [],
  };
}
