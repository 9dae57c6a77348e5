// The sessions, addresses, devices and clients by which the intruder is recognised, as they become known; and what
// at those is the owner's after all.
import type { Hint } from './hints.ts';
import { type Habits, isForeignClient, resemblesOwner, type Suspicion } from './owner-habits.ts';
import { all, has, type SignIn } from './sign-ins.ts';

/** Programs no owner signs in with by hand: one of them at a second address is the same intruder. */
export const program = /axios|python|fasthttp|go-http|okhttp|curl|node-fetch|undici|aiohttp|httpx|BAV2ROPC/i;

export interface Marks {
  readonly sessions: ReadonlySet<string>;
  /** Networks that are the intruder's alone, and those that are others' too. */
  readonly networks: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
  readonly userAgents: ReadonlySet<string>;
  /** From now on all of this marks the intruder. */
  learn(from: SignIn | Hint): void;
  /** The network proves nothing by itself, whatever was learned of it. */
  share(network: string): void;
  isOwnersPlace(network: string | null): boolean;
  isOwners(signIn: SignIn): boolean;
  /** What ties a sign-in to the intruder as far as known. */
  tie(signIn: SignIn): string | undefined;
}

export function startMarks(
  successes: readonly SignIn[],
  habits: Habits,
  suspicion: Suspicion,
  crowded: ReadonlySet<string>,
): Marks {
  const sessions = new Set<string>();
  const networks = new Set<string>();
  const shared = new Set<string>();
  const devices = new Set<string>();
  const userAgents = new Set<string>();

  // Where the owner's own device is today; a stolen token carries its device, so suspect sessions don't count.
  const places = all(
    successes.filter(
      ({ device, session }) => has(habits.devices, device) && !has(suspicion.sessions, session),
    ),
    ({ network }) => network,
  );
  const isOwnersPlace = (network: string | null) => has(habits.networks, network) || has(places, network);
  const isOwners = ({ network, device }: SignIn) => isOwnersPlace(network) || has(habits.devices, device);

  /** What came earlier in a session and resembles the owner began it: then it was stolen, not made. */
  const concede = (session: string, time: number) => {
    if (suspicion.phished) return;
    for (const signIn of successes) {
      if (signIn.session !== session || signIn.time >= time || signIn.network === null) continue;
      const foreign = networks.has(signIn.network) || suspicion.networks.has(signIn.network);
      if (!foreign && resemblesOwner(signIn, habits)) places.add(signIn.network);
    }
  };

  return {
    sessions,
    networks,
    shared,
    devices,
    userAgents,
    isOwnersPlace,
    isOwners,
    learn({ session, network, device, userAgent, time }) {
      if (session !== null) {
        if (!sessions.has(session) && time !== null) concede(session, time);
        sessions.add(session);
      }
      if (network !== null && !shared.has(network)) {
        (isOwnersPlace(network) || crowded.has(network) ? shared : networks).add(network);
      }
      if (device !== null && !habits.devices.has(device)) devices.add(device);
      if (userAgent !== null && isForeignClient(userAgent, habits)) userAgents.add(userAgent);
    },
    share(network) {
      shared.add(network);
      networks.delete(network);
    },
    tie(signIn) {
      const { userAgent, session, network, address, device } = signIn;
      if (has(devices, device)) return `device ${device}`;
      if (has(userAgents, userAgent) && !has(habits.devices, device)) {
        if (has(shared, network)) return `the intruder's client at ${address}`;
        if (program.test(userAgent ?? '')) return `the intruder's program ${userAgent}`;
      }
      if (isOwners(signIn)) return undefined;
      if (has(sessions, session)) return `session ${session}`;
      return has(networks, network) ? `address ${address}` : undefined;
    },
  };
}
