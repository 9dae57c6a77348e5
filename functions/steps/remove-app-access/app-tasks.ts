// What a person is told and asked about applications. Pure wording; every task links to the page to look at.

import type { Consent, Credential, ServicePrincipal } from '../../../shared/microsoft365/app-access.ts';
import type { App, OwnedApp } from '../../../shared/microsoft365/judge-app-access.ts';
import { applicationPage, registrationPage } from '../../../shared/microsoft365/links.ts';
import type { Task } from '../../../shared/model/step.ts';
import { capital, inQuotes, powerShellValue } from '../../../shared/model/text.ts';

/** application "PerfectData Software" (ff8d92dc-…) */
export const appName = ({ name, appId, publisher }: ServicePrincipal) =>
  `application ${inQuotes(name)} (${appId ?? 'unknown id'}${publisher === null ? '' : `, verified publisher ${publisher}`})`;

/** Ends a description with what the consents allow. */
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

const role = 'Cloud Application Administrator';

export function askAboutApp({ principal, grants }: App, why: string, owner: string): Task {
  const commands = takeBack(grants);
  return {
    id: `app:${principal.id}`,
    what: `Ask ${owner}, by phone, whether ${inQuotes(principal.name)} is theirs`,
    instruction: `${capital(appName(principal))} ${why}${scopesOf(grants)}. If it is not theirs, remove them under Users and groups${commands.length === 0 ? '' : ', and take their consent back, which takes a command'}.`,
    ...(commands.length === 0 ? {} : { commands }),
    link: applicationPage(principal.id),
    role,
    danger: 'leak',
  };
}

/** The admin center shows what one person consented to, but cannot revoke it. */
const takeBack = (grants: readonly Consent[]): string[] =>
  grants
    .filter(({ consentType }) => consentType === 'Principal')
    .map(({ id }) => `Remove-MgOauth2PermissionGrant -OAuth2PermissionGrantId ${powerShellValue(id)}`);

export const askAboutOwned = ({ object }: OwnedApp, why: string, owner: string): Task => ({
  id: `owned:${object.id}`,
  what: `Ask ${owner}, by phone, about ${inQuotes(object.name)}, which they own`,
  instruction: `It ${why}${credentialsOf(object.credentials)}. Under Certificates & secrets, remove the credentials that nobody knows.`,
  link: registrationPage(object.appId ?? object.id),
  role,
  danger: 'leak',
});

/** By object id, which the page's search finds. */
export const giveOwnershipBack = (ids: readonly string[], owner: string): Task => ({
  id: `owner:${ids.join(' ')}`,
  what: `Make ${owner} an owner of application ${ids.join(' and ')} again`,
  instruction: `Search for the id, open Owners and add ${owner}: it was taken from them by this run. The app may not add owners.`,
  link: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
  role,
  instead: true,
});

/** A disabled application opens nothing; if somebody enables it again unaware, its secrets work as before. */
export const removeCredentials = ({ principal }: App): Task[] =>
  principal.credentials.length === 0
    ? []
    : [
        {
          id: `credentials:${principal.id}`,
          what: `Save the evidence, then delete ${inQuotes(principal.name)} with its credentials`,
          instruction: `It is disabled for everybody. Whoever holds its credentials can sign in as it once it is enabled: ${appName(principal)}${credentialsOf(principal.credentials)}. Properties, Delete.`,
          link: applicationPage(principal.id),
          role,
        },
      ];

/** Deleting one user's consent leaves the one that an administrator gave for everybody. */
export const lookAtTenantWide = ({ principal }: App, wide: readonly Consent[]): Task[] =>
  wide.length === 0
    ? []
    : [
        {
          id: `tenant-wide:${principal.id}`,
          what: `Find out who consented to ${inQuotes(principal.name)} for all users`,
          instruction: `${capital(appName(principal))} has a consent for everybody${scopesOf(wide)}. If nobody needs it: Permissions, Admin consent, and revoke it.`,
          link: applicationPage(principal.id),
          role,
          danger: 'leak',
        },
      ];

/** Disabling it would shut out others too. */
export const askWhoElse = ({ principal, abuse }: App): Task => ({
  id: `shared:${principal.id}`,
  what: `Decide whether the company needs ${inQuotes(principal.name)}, which the intruder used`,
  instruction: `Others use it too, so only this user's access was removed${abuse === null ? '' : `; it ${abuse}`}: ${appName(principal)}. If nobody needs it: Properties, Enabled for users to sign-in, No.`,
  link: applicationPage(principal.id),
  role,
});
