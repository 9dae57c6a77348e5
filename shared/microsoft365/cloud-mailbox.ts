// Whether an account has a mailbox in Exchange Online. Its licences usually tell; Exchange is only asked if they don't,
// because a shared mailbox needs no licence.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { ExchangeReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';

export const planSchema = z.object({
  service: nullableText,
  capabilityStatus: nullableText,
  servicePlanId: nullableText,
});

interface Mailed {
  id: string;
  userPrincipalName: string;
  mail?: string | null | undefined;
  assignedPlans?: readonly z.infer<typeof planSchema>[] | null | undefined;
}

/** Exchange plans without a mailbox; they come with Entra ID P1, Power BI, archives and audit. */
const withoutMailbox = new Set([
  '113feb6c-3fe4-4440-bddc-54d774bf0318', // EXCHANGE_S_FOUNDATION
  '326e2b78-9d27-42c9-8509-46c827743a17', // EOP_ENTERPRISE
  'da040e0a-b393-4bea-bb76-928b3fa1cf5a', // EXCHANGE_S_ARCHIVE: the archive of a mailbox on premises
  '176a09a6-7ec5-4039-ac02-b2791c6ba793', // EXCHANGE_S_ARCHIVE_ADDON
  '2f442157-a11c-46b9-ae5b-6e39ff4e5849', // M365_ADVANCED_AUDITING
  '9f431833-0334-42de-a7dc-70aa40db46db', // LOCKBOX_ENTERPRISE
  'cd31b152-6326-4d1b-ae1b-997b625182e6', // MIP_S_Exchange
  '199a5c09-e0ca-4e37-8f7c-b05d533e1ea2', // MICROSOFTBOOKINGS
]);

/**
 * In doubt, yes: a step that then finds no mailbox skips, but a step that is never asked leaves the forward in place. A
 * mailbox that is still on premises has an address and no plan here.
 */
export async function hasCloudMailbox(user: Mailed, exchange: ExchangeReader | undefined): Promise<boolean> {
  const planned = (user.assignedPlans ?? []).some(
    ({ service, capabilityStatus, servicePlanId }) =>
      service?.toLowerCase() === 'exchange' &&
      (capabilityStatus === 'Enabled' || capabilityStatus === 'Warning') &&
      !withoutMailbox.has(servicePlanId?.toLowerCase() ?? ''),
  );
  if (planned) return true;
  if (!user.mail || exchange === undefined) return false;
  const mailboxes = exchange.get(
    'Get-Mailbox',
    { Identity: user.id },
    z.looseObject({ ExternalDirectoryObjectId: z.string() }),
    { anchor: user.userPrincipalName, select: ['ExternalDirectoryObjectId'] },
  );
  return await mailboxes.then(
    (found) => found.length > 0,
    (error: unknown) => !(error instanceof PermanentError && error.status === 404),
  );
}
