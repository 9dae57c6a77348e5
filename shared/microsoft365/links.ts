// Links to the exact page where a person acts, for tasks and the email. Ids are encoded, so that no name can change a link.
import type { ByHand, Step, Whose } from '../model/step.ts';

const entra = 'https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~';

/** The user in the Entra admin centre: block, reset, roles, sessions. */
export const userPage = (userId: string) => `${entra}/overview/userId/${encodeURIComponent(userId)}`;

/** The user's sign-in log, interactive and non-interactive. */
export const signInsPage = (userId: string) => `${entra}/SignIns/userId/${encodeURIComponent(userId)}`;

/** The user's authentication methods; a Temporary Access Pass is made here too. */
export const authMethodsPage = (userId: string) =>
  `${entra}/UserAuthMethods/userId/${encodeURIComponent(userId)}`;

/** One device in the Entra admin centre, by its object id: disable, enable. */
export const devicePage = (objectId: string) =>
  `https://entra.microsoft.com/#view/Microsoft_AAD_Devices/DeviceDetailsMenuBlade/~/Properties/objectId/${encodeURIComponent(objectId)}`;

/** Conditional Access policies. */
export const conditionalAccessPage = () =>
  'https://entra.microsoft.com/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies';

/** All users; per-user multifactor authentication, the only place where app passwords are deleted, opens from here. */
export const usersPage = () =>
  'https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers';

/** Machines of Defender for Endpoint: onboarded or not, scan. */
export const devicesPage = () => 'https://security.microsoft.com/machines';

/** The user's directory roles, active and eligible. */
export const rolesPage = (userId: string) =>
  `${entra}/AdministrativeRole/userId/${encodeURIComponent(userId)}`;

/** The user's devices. */
export const userDevicesPage = (userId: string) => `${entra}/Devices/userId/${encodeURIComponent(userId)}`;

/** The user's applications. */
export const userApplicationsPage = (userId: string) =>
  `${entra}/Applications/userId/${encodeURIComponent(userId)}`;

/** Users at risk: confirm a compromise, dismiss a risk. */
export const riskyUsersPage = () =>
  'https://entra.microsoft.com/#view/Microsoft_AAD_IAM/SecurityMenuBlade/~/RiskyUsers';

/** Accounts that Exchange Online stopped from sending. */
export const restrictedEntitiesPage = () => 'https://security.microsoft.com/restrictedentities';

/** Exchange's role groups. */
export const exchangeRolesPage = () => 'https://admin.exchange.microsoft.com/#/adminRoles';

/** Alerts of Defender XDR. */
export const alertsPage = () => 'https://security.microsoft.com/alerts';

/** One mailbox in the Exchange admin centre: forwarding, delegation, mail apps. */
export const mailboxPage = (userId: string) =>
  `https://admin.exchange.microsoft.com/#/mailboxes/:/MailboxDetails/${encodeURIComponent(userId)}`;

/** Role groups for email and collaboration: Defender for Office 365 and Purview. */
export const complianceRolesPage = () => 'https://security.microsoft.com/emailandcollabpermissions';

/** Transport rules; connectors are beside them. */
export const mailFlowPage = () => 'https://admin.exchange.microsoft.com/#/transportrules';

/** Message trace, by sender and recipient. */
export const messageTracePage = () => 'https://admin.exchange.microsoft.com/#/messagetrace';

/** Mail in all mailboxes: find it, take it out, put it back. */
export const explorerPage = () => 'https://security.microsoft.com/threatexplorerv3';

/** Microsoft's instruction to find forms and home pages of Outlook that run code. */
export const formsGuide = () =>
  'https://learn.microsoft.com/defender-office-365/detect-and-remediate-outlook-rules-forms-attack';

/** Microsoft's instruction to take a user's access away in Active Directory: disable, reset the password twice. */
export const activeDirectoryGuide = () =>
  'https://learn.microsoft.com/entra/identity/users/users-revoke-access#on-premises-active-directory-environment';

/** The command that sets a user's phone numbers and addresses in Active Directory. */
export const setUserGuide = () => 'https://learn.microsoft.com/powershell/module/activedirectory/set-aduser';

/** Searches of the unified audit log, those of this app among them. */
export const auditSearchPage = () => 'https://purview.microsoft.com/audit/auditsearch';

/** Sites of SharePoint and OneDrive: from here an administrator opens one, and becomes its owner. */
export const sitesPage = () => 'https://admin.microsoft.com/sharepoint?page=siteManagement&modern=true';

/** An enterprise application (service principal, by object id): enable, disable, permissions, users. */
export const applicationPage = (principalId: string) =>
  `https://entra.microsoft.com/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/objectId/${encodeURIComponent(principalId)}`;

/** An app registration by application id: owners, certificates and secrets. */
export const registrationPage = (appId: string) =>
  `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/${encodeURIComponent(appId)}`;

/** Where, and in which role, a person does a step's work: as the step says, or as its clients suggest. */
export const byHandOf = (step: Pick<Step, 'byHand' | 'permissions'> | undefined, whose: Whose): ByHand =>
  step?.byHand?.(whose) ??
  (step?.permissions.exchange === undefined
    ? { link: userPage(whose.id), role: 'Privileged Authentication Administrator' }
    : { link: mailboxPage(whose.id), role: 'Exchange Administrator' });
