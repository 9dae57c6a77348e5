// The account under attack, as classified before anything is done. Steps use it to decide whether they apply.
import { z } from 'zod';

export const accountSchema = z.object({
  /** Object id in Entra ID. */
  id: z.string(),
  tenantId: z.string(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  /** Whether sign-in was allowed when the run opened. */
  enabled: z.boolean(),
  guest: z.boolean(),
  /** Synced from Active Directory: the next sync may undo what is done in the cloud. */
  synced: z.boolean(),
  /** Another identity provider checks the password; the one in the cloud has no effect. */
  federated: z.boolean(),
  hasMailbox: z.boolean(),
  /** Names of the active directory roles, direct or through groups. */
  roles: z.array(z.string()),
  /** Holds a directory role or belongs to a role-assignable group: writes need more than a permission. */
  privileged: z.boolean(),
  /** No other enabled account is Global Administrator. */
  lastGlobalAdministrator: z.boolean(),
  /** Distinguished name in Active Directory of a synced account, for the task to the AD team. */
  onPremisesDistinguishedName: z.string().nullable(),
});

export type Account = Readonly<z.infer<typeof accountSchema>>;
