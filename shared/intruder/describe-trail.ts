// The intruder's sign-ins, in lines for a person who has ten seconds. Pure.
import type { Kept } from '../model/step.ts';
import type { Trail } from './find-intruder.ts';
import type { SignIn } from './sign-ins.ts';

const mostLines = 20;
/** All clients that can be asked for a second factor; any other name stands for an older kind. */
const modern = /^(browser|mobile apps and desktop clients)$/i;
/** The password was right, and something else stood in the way (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
const passwordWasRight = new Set([
  50055, 50057, 50072, 50074, 50076, 50079, 50097, 50105, 50140, 50158, 53000, 53001, 53002, 53003, 53004,
  65001, 500121, 530032,
]);

export const when = (time: number) => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const unique = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))];
const named = (values: readonly string[]) =>
  values.length > 8 ? `${values.slice(0, 8).join(', ')} and ${values.length - 8} more` : values.join(', ');

export function place({ address, city, country }: SignIn): string {
  const where = [city, country].filter((part) => part !== null).join(', ');
  return `${address ?? 'an unknown address'}${where === '' ? '' : ` (${where})`}`;
}

function byAddress<T>(items: readonly T[], signInOf: (item: T) => SignIn): (readonly [T, ...T[]])[] {
  const groups = new Map<string | null, [T, ...T[]]>();
  for (const item of items) {
    const { address } = signInOf(item);
    const group = groups.get(address);
    if (group === undefined) groups.set(address, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** What the intruder did, which sign-ins may have been theirs, and what could not be told. */
export function describeTrail({ hits, failed, uncertain, stolenSessions, intruder }: Trail): Kept[] {
  const signIns = hits.map(({ signIn }) => signIn);
  const lines: Kept[] = byAddress(hits, ({ signIn }) => signIn).map((group) => {
    const first = group[0].signIn;
    const last = group.at(-1)?.signIn ?? first;
    const until = last === first ? '' : `, last ${when(last.time)}`;
    const apps = named(unique(group.map(({ signIn }) => signIn.app)));
    const shared = first.address !== null && intruder.sharedAddresses.includes(first.address);
    return {
      what: `${count(group.length, 'sign-in')} from ${place(first)}, first ${when(first.time)}${until}${apps === '' ? '' : `: ${apps}`}`,
      why: `${named(unique(group.map(({ tie }) => tie)))}${shared ? '; others use this address too' : ''}`,
    };
  });
  if (signIns.length > 0) lines.push(...manner(signIns), ...sessionsOf(intruder.sessions, stolenSessions));
  for (const group of byAddress(failed, (signIn) => signIn)) {
    const right = group.filter(({ errorCode }) => passwordWasRight.has(errorCode)).length;
    const last = group.at(-1) ?? group[0];
    lines.push({
      what: `${count(group.length, 'failed sign-in')} from ${place(last)}, last ${when(last.time)}`,
      why:
        right > 0
          ? `the password was right in ${right} of them, and something else stopped it`
          : (last.failure ?? `error ${last.errorCode}`),
    });
  }
  for (const signIn of uncertain) {
    lines.push({
      what: `a sign-in from ${place(signIn)} at ${when(signIn.time)} that may be the owner's`,
      why: 'nothing but the alert tells it from theirs, so it is no evidence',
    });
  }
  if (hits.length + uncertain.length === 0) {
    lines.push({
      what: 'no successful sign-in of the intruder',
      why: 'the log lags by minutes, and an alert that names no session or address leads nowhere: no proof of a clean account',
    });
  }
  if (lines.length <= mostLines) return lines;
  return [
    ...lines.slice(0, mostLines),
    { what: `${lines.length - mostLines} more lines`, why: 'left out here; see the sign-in log' },
  ];
}

/** How they came in: applications, clients, factors. */
function manner(signIns: readonly SignIn[]): Kept[] {
  const apps = unique(signIns.map(({ app }) => app));
  const legacy = unique(signIns.map(({ client }) => client)).filter((client) => !modern.test(client));
  const factors = signIns.filter(({ mfa }) => mfa === true).length;
  const told = signIns.filter(({ mfa }) => mfa !== null).length;
  const codes = signIns.filter(({ protocol }) => protocol === 'deviceCode').length;
  return [
    ...(apps.length > 0
      ? [{ what: `applications opened: ${named(apps)}`, why: 'look there for what was read or changed' }]
      : []),
    legacy.length > 0
      ? { what: `legacy protocols used: ${named(legacy)}`, why: 'they ask for no second factor' }
      : { what: 'no legacy protocol used', why: 'every sign-in came through a modern client' },
    ...(codes > 0
      ? [
          {
            what: `${count(codes, 'sign-in')} by device code`,
            why: 'a code that the owner was talked into entering',
          },
        ]
      : []),
    told === 0
      ? { what: 'whether a second factor was given is not known', why: 'only the beta log tells' }
      : factors > 0
        ? {
            what: `two factors were satisfied in ${factors} of ${count(told, 'sign-in')}`,
            why: "a token that carries them was taken, or the second factor is the intruder's",
          }
        : { what: 'no second factor was asked for', why: 'the password or a token was enough' },
  ];
}

const sessionsOf = (sessions: readonly string[], stolen: readonly string[]): Kept[] => [
  ...(sessions.length > 0
    ? [{ what: `${count(sessions.length, 'session')} of the intruder`, why: named(sessions) }]
    : []),
  ...(stolen.length > 0
    ? [{ what: `${count(stolen.length, 'session')} of the owner, used by the intruder`, why: named(stolen) }]
    : []),
];
