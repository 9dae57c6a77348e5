// Accounts for which a single operator must not make a pass: administrators, VIPs, protected accounts, other operators,
// and users who can make themselves administrators. Otherwise one stolen operator session could open any account of the
// tenant.
import { isAdministratorOrVip } from '../alerts/rails.ts';
import type { Account } from '../model/account.ts';

/**
 * Why a pass for this account needs a second operator, in one sentence, or null. `recorded` is the account as the run
 * found it, since the run may have removed its roles; `now` is the account today, since roles may have been added.
 * `reach` is what it could become (reach.ts).
 */
export function secondOperatorBecause(
  recorded: Account,
  now: Account,
  protectedBecause: string | null,
  reach: string | null,
  named: { VIP_ACCOUNTS: readonly string[] },
): string | null {
  if (protectedBecause !== null) return protectedBecause;
  const strong = [recorded, now].find((account) => isAdministratorOrVip(account, named));
  if (strong === undefined) return reach;
  const { userPrincipalName, roles } = strong;
  return strong.privileged || roles.length > 0
    ? `${userPrincipalName} is an administrator${roles.length === 0 ? '' : ` (${roles.join(', ')})`}`
    : `${userPrincipalName} is a named VIP`;
}
