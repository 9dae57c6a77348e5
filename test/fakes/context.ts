// The run of Adele Vance, as a step gets it; a test says what differs.

import type { Account } from '../../shared/model/account.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { RawContext, RunView } from '../../shared/model/step.ts';
import { sampleAccount } from './account.ts';
import { adele } from './sign-ins.ts';

export const account = (given: Partial<Account> = {}): Account =>
  sampleAccount({ id: adele, tenantId: '11111111-2222-4333-8444-555555555555', ...given });

export const synced = {
  synced: true,
  onPremisesDistinguishedName: 'CN=Adele Vance,OU=Sales,DC=contoso,DC=local',
} satisfies Partial<Account>;
export const guest = {
  guest: true,
  userPrincipalName: 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com',
  hasMailbox: false,
} satisfies Partial<Account>;

export const context = (
  given: { account?: Partial<Account>; run?: Partial<RunView> } & Partial<
    Pick<RawContext, 'intruder' | 'now'>
  > = {},
): RawContext => ({
  account: account(given.account),
  run: {
    id: `${adele}.8M2P`,
    code: '8M2P',
    level: 'full',
    openedAt: '2026-11-20T09:15:00.400Z',
    signals: [],
    fixedAt: {},
    ...given.run,
  },
  intruder: given.intruder ?? nobodyKnown,
  settings: undefined,
  now: given.now ?? new Date('2026-11-20T09:15:02Z'),
  abort: new AbortController().signal,
});
