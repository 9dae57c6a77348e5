// Which authentication method is the default: the service deletes that one only as the last. This comes from a report,
// so it may lag.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { Method } from '../../../shared/microsoft365/auth-methods.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import { nullableText } from '../../../shared/model/text.ts';

const registrationSchema = z.object({ userPreferredMethodForSecondaryAuthentication: nullableText });
const noLicence = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';

/**
 * `push`, `sms`, …; null if the report does not know, since the order of deletion is no reason to fail.
 * AuditLog.Read.All (https://learn.microsoft.com/graph/api/userregistrationdetails-get).
 */
export async function readDefaultMethod(graph: GraphReader, userId: string): Promise<string | null> {
  try {
    const { userPreferredMethodForSecondaryAuthentication: preferred } = await graph.get(
      path`/reports/authenticationMethods/userRegistrationDetails/${userId}?$select=id,userPreferredMethodForSecondaryAuthentication`,
      registrationSchema,
    );
    return preferred ?? null;
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 404 || error.code === noLicence)) return null;
    throw error;
  }
}

/** Methods that can be the default, by the registration report's names for them. */
const answers: Readonly<Record<string, (method: Method) => boolean>> = {
  push: ({ kind }) => kind === 'microsoftAuthenticator',
  oath: ({ kind }) => kind === 'softwareOath' || kind === 'microsoftAuthenticator',
  sms: ({ phoneType }) => phoneType === 'mobile',
  voiceMobile: ({ phoneType }) => phoneType === 'mobile',
  voiceAlternateMobile: ({ phoneType }) => phoneType === 'alternateMobile',
  voiceOffice: ({ phoneType }) => phoneType === 'office',
};
export const isDefaultBy = (preferred: string | null, method: Method): boolean =>
  answers[preferred ?? '']?.(method) ?? false;

export const canBeDefault = ({ kind }: Method): boolean =>
  kind === 'phone' || kind === 'microsoftAuthenticator' || kind === 'softwareOath';

/**
 * The order in which the service lets them be deleted: the default last, and a mobile phone after the alternate one.
 */
export const deletionRank = (method: Method, preferred: string | null): number =>
  isDefaultBy(preferred, method) ? 2 : method.phoneType === 'mobile' ? 1 : 0;
