// What the owner is known to use, from the sign-ins before the intruder came. Without it every expansion from a
// shared office, a stolen session or a travel would end at the owner.
import { all, clientOf, has, type SignIn } from './sign-ins.ts';

const dayMs = 86_400_000;

/** What is held against the intruder before anything is known of the owner. */
export interface Suspicion {
  /** First known activity (ms). */
  first: number;
  sessions: ReadonlySet<string>;
  networks: ReadonlySet<string>;
  clients: ReadonlySet<string>;
  /** The session was made at a phishing proxy, so even its clean first sign-in is the intruder's. */
  phished: boolean;
}

export interface Habits {
  networks: ReadonlySet<string>;
  clients: ReadonlySet<string>;
  devices: ReadonlySet<string>;
  countries: ReadonlySet<string>;
}

/**
 * Habit is what was used successfully a day or more before the intruder's first activity; where the log holds
 * nothing that old, whatever came before it. An address or session under suspicion is the owner's only where
 * something else says so: a device or client the owner uses elsewhere, or no other place being known at all.
 */
export function ownerHabits(signIns: readonly SignIn[], suspicion: Suspicion): Habits {
  const before = signIns.filter(({ errorCode, time }) => errorCode === 0 && time < suspicion.first);
  const inSession = ({ session }: SignIn) => has(suspicion.sessions, session);
  const suspect = (signIn: SignIn) => has(suspicion.networks, signIn.network) || inSession(signIn);
  const old = before.filter(({ time }) => time < suspicion.first - dayMs);
  const basis = old.some((signIn) => !suspect(signIn)) ? old : before;
  const clear = basis.filter((signIn) => !suspect(signIn));

  const habits = {
    networks: all(clear, ({ network }) => network),
    clients: all(clear, ({ userAgent }) => clientOf(userAgent)),
    devices: all(clear, ({ device }) => device),
    countries: all(clear, ({ country }) => country),
  };
  const elsewhere: Habits = { ...habits, clients: new Set(habits.clients), devices: new Set(habits.devices) };
  const alike = (use: SignIn) =>
    has(elsewhere.devices, use.device) || use.managed || hasClient(elsewhere, use);

  for (const network of all(basis, (signIn) => signIn.network)) {
    if (habits.networks.has(network)) continue;
    const uses = basis.filter((signIn) => signIn.network === network);
    const outside = uses.filter((signIn) => !inSession(signIn));
    let owners: boolean;
    if (has(suspicion.networks, network)) {
      // Used before by a client that is not the intruder's, or the only place the owner was ever seen.
      owners = outside.some((use) =>
        clear.length === 0
          ? use.time < suspicion.first - dayMs
          : alike(use) || (use.userAgent !== null && !hasClient(suspicion, use)),
      );
    } else if (clear.length === 0) {
      // Seen in a suspect session only: the place where a stolen session was begun, or a phishing proxy.
      owners = !suspicion.phished;
    } else {
      owners = uses.some((use) => alike(use) && !suspicion.phished && has(elsewhere.countries, use.country));
    }
    if (!owners) continue;
    habits.networks.add(network);
    for (const use of outside.length > 0 ? outside : uses) {
      const client = clientOf(use.userAgent);
      if (client !== null) habits.clients.add(client);
      if (use.device !== null) habits.devices.add(use.device);
      if (use.country !== null) habits.countries.add(use.country);
    }
  }
  return habits;
}

const hasClient = ({ clients }: { clients: ReadonlySet<string> }, { userAgent }: SignIn) =>
  has(clients, clientOf(userAgent));

/** Whether the client is one that the owner is not known to have; an unnamed one is nobody's. */
export const isForeignClient = (userAgent: string | null, { clients }: Habits): boolean => {
  const client = clientOf(userAgent);
  return client !== null && !clients.has(client);
};

/**
 * Whether a sign-in at a new address resembles the owner in all there is to compare: client, country, and a
 * registered device where the owner has one. No proof, as the intruder may well resemble them too.
 */
export const resemblesOwner = (signIn: SignIn, habits: Habits): boolean =>
  (signIn.device !== null && signIn.managed) ||
  (hasClient(habits, signIn) &&
    has(habits.countries, signIn.country) &&
    (signIn.device === null) === (habits.devices.size === 0));
