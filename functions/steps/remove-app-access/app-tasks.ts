// What a person is told and asked about applications. Pure wording; every task names the page to look at.

import type { Consent, Credential, ServicePrincipal } from '../../../shared/microsoft365/app-access.ts';
import type { App, OwnedApp } from '../../../shared/microsoft365/judge-app-access.ts';
import { applicationPage, registrationPage } from '../../../shared/microsoft365/links.ts';
import type { Task } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';

/** application "PerfectData Software" (ff8d92dc-…) */
export const appName = ({ name, appId, publisher }: ServicePrincipal) =>
  `application ${inQuotes(name)} (${appId ?? 'unknown id'}${publisher === null ? '' : `, verified publisher ${publisher}`})`;

/** Ends a description: what the consents allow. */
export function scopesOf(grants: readonly Consent[]): string {
  const scopes = [...new Set(grants.flatMap(({ scope }) => (scope ?? '').split(' ')))].filter(Boolean);
  return scopes.length === 0 ? '' : `; may ${scopes.join(', ')}`;
}

/** Ends a description: a secret of its own outlives consent, owner, password and sessions. */
export const credentialsOf = (credentials: readonly Credential[]): string =>
  credentials.length === 0
    ? ''
    : `; has credentials of its own: ${credentials
        .slice(0, 10)
        .map(
          ({ displayName, keyId, startDateTime }) =>
            `${displayName ?? 'without a name'} (${keyId ?? 'no id'}, since ${startDateTime ?? 'unknown'})`,
        )
        .join(', ')}`;

const askTheOwner = (owner: string) => `Ask ${owner}, by another way than mail, whether it is theirs.`;

export const askAboutApp = ({ principal, grants }: App, why: string, owner: string): Task => ({
  id: `app:${principal.id}`,
  what: `${appName(principal)} ${why}${scopesOf(grants)}`,
  instruction: `${askTheOwner(owner)} If not, remove their consent and assignment there.`,
  link: applicationPage(principal.id),
});

export const askAboutOwned = ({ object }: OwnedApp, why: string, owner: string): Task => ({
  id: `owned:${object.id}`,
  what: `${inQuotes(object.name)}, owned by ${owner}, ${why}${credentialsOf(object.credentials)}`,
  instruction: `${askTheOwner(owner)} Go through its credentials with them, and remove those that nobody knows.`,
  link: registrationPage(object.appId ?? object.id),
});

/** Disabled it opens nothing; enabled again by somebody who does not know, its secrets work as before. */
export const removeCredentials = ({ principal }: App): Task[] =>
  principal.credentials.length === 0
    ? []
    : [
        {
          id: `credentials:${principal.id}`,
          what: `${appName(principal)}${credentialsOf(principal.credentials)}`,
          instruction:
            'Whoever holds them can sign in as the application. Once the evidence is saved, remove them and delete the application.',
          link: applicationPage(principal.id),
        },
      ];

/** Deleting one user's consent leaves the one that an administrator gave for all. */
export const lookAtTenantWide = ({ principal }: App, wide: readonly Consent[]): Task[] =>
  wide.length === 0
    ? []
    : [
        {
          id: `tenant-wide:${principal.id}`,
          what: `${appName(principal)} has a consent for all users${scopesOf(wide)}`,
          instruction:
            'Find out who gave it and who needs it; if nobody does, revoke the admin consent there.',
          link: applicationPage(principal.id),
        },
      ];

/** Disabling it would shut out others too. */
export const askWhoElse = ({ principal, abuse }: App): Task => ({
  id: `shared:${principal.id}`,
  what: `${appName(principal)} was used by the intruder, and others use it too${abuse === null ? '' : `; it ${abuse}`}`,
  instruction:
    'Only this user’s access was removed. Decide whether the company needs it; if not, disable it.',
  link: applicationPage(principal.id),
});
