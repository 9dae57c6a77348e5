// Compares the declared application permissions with those in the token. Pure.
import { type Finding, ok, problem, warning } from './finding.ts';

/** Who needs each permission: functions, and steps that are on. */
export type Needed = Readonly<Record<string, readonly string[]>>;

/** Who needs each permission now. A covered permission isn't granted; its users need the one that covers it. */
export function neededOf(
  declared: Needed,
  coveredBy: Readonly<Record<string, string>>,
  isOn: (user: string) => boolean,
): Needed {
  const inUse = new Map(
    Object.entries(declared).flatMap(([name, users]) => {
      const on = users.filter(isOn);
      return on.length > 0 ? [[name, on] as const] : [];
    }),
  );
  const needed: Record<string, readonly string[]> = {};
  for (const [name, users] of inUse) {
    const cover = coveredBy[name] ?? name;
    const granted = inUse.has(cover) ? cover : name;
    needed[granted] = [...new Set([...(needed[granted] ?? []), ...users])];
  }
  return needed;
}

export interface Service {
  /** `Microsoft Graph` */
  name: string;
  needed: Needed;
  /** From the token, or why there is none. */
  held: readonly string[] | { missing: string };
  issuedAt: Date | null;
}

/** Granted only on the sender's mailbox, so it is in no token; see mail.ts. */
const onOneMailbox = new Set(['send-summary']);

export function permissionFindings({ name, needed, held, issuedAt }: Service): Finding[] {
  const area = 'permissions';
  const wanted = Object.entries(needed).filter(([, users]) => users.some((user) => !onOneMailbox.has(user)));
  if (wanted.length === 0) return [];
  if ('missing' in held) {
    const concerns = [...new Set(wanted.flatMap(([, users]) => users))];
    const told = {
      check: `token ${name}`,
      area,
      what: `no token for ${name}: ${held.missing}`,
      concerns,
    } as const;
    return [
      problem(told, 'See to it that the app has its managed identity, and that AZURE_CLIENT_ID names it.'),
    ];
  }
  const age = issuedAt === null ? '' : ` in the token of ${issuedAt.toISOString()}`;
  const findings = wanted.map(([permission, concerns]): Finding => {
    const told = { check: `permission ${permission}`, area, concerns } as const;
    return held.includes(permission)
      ? ok({ ...told, what: `${permission} of ${name} is granted` })
      : problem(
          { ...told, what: `${permission} of ${name} is not${age}` },
          `Grant it with infra/bicep/tenant.bicep, or turn off ${concerns.join(', ')}. If it was granted less than a day ago, wait: a managed identity keeps its token for up to 24 hours.`,
        );
  });
  return [...findings, ...tooMany(name, needed, held)];
}

/** An unused permission only helps an intruder. */
function tooMany(name: string, needed: Needed, held: readonly string[]): Finding[] {
  return held
    .filter((permission) => !(permission in needed) || isForOneMailbox(needed[permission]))
    .map((permission) =>
      warning(
        {
          check: `permission-unused ${permission}`,
          area: 'permissions',
          what: isForOneMailbox(needed[permission])
            ? `${permission} of ${name} is granted for the whole tenant; one mailbox is enough`
            : `${permission} of ${name} is granted, and nothing uses it`,
        },
        'Run infra/setup-tenant.ps1, which takes away what is not needed.',
      ),
    );
}

const isForOneMailbox = (users: readonly string[] | undefined) =>
  users?.every((user) => onOneMailbox.has(user)) === true;
