// Rails: what must hold whatever the policy says. Small functions in order; each may change the ruling so far. A new rail is
// a function and a line in `rails`.
import type { Account } from '../model/account.ts';
import type { CapName, Ruling } from './policy.ts';

/** Accounts named in the settings, by object id or UPN. */
export interface NamedAccounts {
  PROTECTED_ACCOUNTS: readonly string[];
  SERVICE_ACCOUNTS: readonly string[];
  VIP_ACCOUNTS: readonly string[];
}

export interface OnRails {
  account: Account;
  named: NamedAccounts;
  /** Why the directory protects it; null if it doesn't. */
  protectedBecause?: string | null;
}

type Rail = (subject: OnRails, ruling: Ruling) => Ruling;

export const standsIn = (list: readonly string[], { id, userPrincipalName }: Account): boolean =>
  list.some((entry) => [id, userPrincipalName].some((own) => own.toLowerCase() === entry.toLowerCase()));

/** Treated alike everywhere: a VIP is as valuable a target as an administrator. */
export const isAdministratorOrVip = (
  account: Account,
  { VIP_ACCOUNTS }: Pick<NamedAccounts, 'VIP_ACCOUNTS'>,
): boolean => account.privileged || account.roles.length > 0 || standsIn(VIP_ACCOUNTS, account);

/** Which of the policy's caps apply to an account. */
export function capsOf(account: Account, named: NamedAccounts): CapName[] {
  return [
    ...(standsIn(named.SERVICE_ACCOUNTS, account) ? ['service-account' as const] : []),
    ...(account.guest ? ['guest' as const] : []),
    ...(isAdministratorOrVip(account, named) ? ['administrator' as const] : []),
  ];
}

/** Break-glass accounts and the like: only a person may change them. */
const protectedAccount: Rail = ({ account, named, protectedBecause }, ruling) => {
  const because = standsIn(named.PROTECTED_ACCOUNTS, account)
    ? `${account.userPrincipalName} is a protected account`
    : protectedBecause;
  if (because === undefined || because === null) return ruling;
  return { ...ruling, action: 'hold', row: 'protected', why: `${because}; ${ruling.why}` };
};

const rails: readonly Rail[] = [protectedAccount];

/** What remains of a ruling that would open a run. */
export const putOnRails = (subject: OnRails, ruling: Ruling): Ruling =>
  rails.reduce((so, rail) => rail(subject, so), ruling);
