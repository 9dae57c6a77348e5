// Rails: what must hold whatever the policy says. Small functions in order; each sees the ruling so far and may change
// it. A new rail (circuit breaker, groups) is a function and a line in `rails`.
import type { Account } from '../model/account.ts';
import { type Signal, timeOf } from '../model/signal.ts';
import type { LastRun } from './earlier-runs.ts';
import type { CapName, Ruling } from './policy.ts';

/** Accounts named in the settings, by object id or UPN. */
export interface NamedAccounts {
  PROTECTED_ACCOUNTS: readonly string[];
  SERVICE_ACCOUNTS: readonly string[];
  VIP_ACCOUNTS: readonly string[];
}

export interface OnRails {
  signal: Signal;
  account: Account;
  named: NamedAccounts;
  /** What the directory says protects it; null where nothing does. */
  protectedBecause?: string | null;
  /** Asked only by a rail that needs it. */
  lastRun: () => Promise<LastRun | undefined>;
}

/** A ruling, or that the signal belongs to a run that is already there. */
export type Railed = Ruling | { action: 'join'; row: string; why: string; runId: string };

type Rail = (subject: OnRails, ruling: Ruling) => Promise<Railed> | Railed;

const isIn = (list: readonly string[], { id, userPrincipalName }: Account): boolean =>
  list.some((entry) => [id, userPrincipalName].some((own) => own.toLowerCase() === entry.toLowerCase()));

/** Treated alike everywhere: VIPs are named because an attack on them is worth as much. */
export const isAdministratorOrVip = (
  account: Account,
  { VIP_ACCOUNTS }: Pick<NamedAccounts, 'VIP_ACCOUNTS'>,
): boolean => account.privileged || account.roles.length > 0 || isIn(VIP_ACCOUNTS, account);

/** Which caps of the policy an account comes under. */
export function capsOf(account: Account, named: NamedAccounts): CapName[] {
  return [
    ...(isIn(named.SERVICE_ACCOUNTS, account) ? ['service-account' as const] : []),
    ...(account.guest ? ['guest' as const] : []),
    ...(isAdministratorOrVip(account, named) ? ['administrator' as const] : []),
  ];
}

const echoMinutes = 60;

/** Our own "compromise confirmed" comes back as a risk detection; it would raise the run that caused it. */
const echo: Rail = async ({ signal, lastRun }, ruling) => {
  const at = timeOf(signal);
  if (!signal.confirmedByPerson || at === null) return ruling;
  const run = await lastRun();
  if (run === undefined || run.confirmedAt === null) return ruling;
  const minutes = (Date.parse(signal.detectedAt ?? at) - Date.parse(run.confirmedAt)) / 60_000;
  if (minutes < -1 || minutes > echoMinutes) return ruling;
  const why = `this app confirmed the compromise itself at ${run.confirmedAt}`;
  return { action: 'join', row: 'echo', why, runId: run.runId };
};

/** Break-glass accounts and the like: only a person changes them. */
const protectedAccount: Rail = ({ account, named, protectedBecause }, ruling) => {
  const because = isIn(named.PROTECTED_ACCOUNTS, account)
    ? `${account.userPrincipalName} is a protected account`
    : protectedBecause;
  if (because === undefined || because === null) return ruling;
  return { ...ruling, action: 'hold', row: 'protected', why: `${because}; ${ruling.why}` };
};

const rails: readonly Rail[] = [echo, protectedAccount];

/** What is left of a ruling that would open a run. */
export async function putOnRails(subject: OnRails, ruling: Ruling): Promise<Railed> {
  let railed: Railed = ruling;
  for (const rail of rails) {
    if (railed.action === 'join') return railed;
    railed = await rail(subject, railed);
  }
  return railed;
}
