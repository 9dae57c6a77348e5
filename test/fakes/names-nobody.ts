// Triage's settings in a tenant that protects nobody and has no special accounts.
export const namesNobody = (tenantId: string) => ({
  TENANT_ID: tenantId,
  DRY_RUN: false,
  PROTECTED_ACCOUNTS: [],
  SERVICE_ACCOUNTS: [],
  VIP_ACCOUNTS: [],
});
