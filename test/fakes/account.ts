// Adele Vance, a usual user; a test says what differs.
import type { Account } from '../../shared/model/account.ts';

export const sampleAccount = (changes: Partial<Account> = {}): Account => ({
  id: '7d9e4c1a-2f5b-4b0e-9a57-0d5b7c1e6f23',
  tenantId: '3f2b8f0e-64b1-4b52-8c8b-2f4b5a0c9d11',
  userPrincipalName: 'adele@contoso.com',
  displayName: 'Adele Vance',
  enabled: true,
  guest: false,
  synced: false,
  federated: false,
  hasMailbox: true,
  roles: [],
  privileged: false,
  lastGlobalAdministrator: false,
  onPremisesDistinguishedName: null,
  ...changes,
});
