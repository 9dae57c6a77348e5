// What a drill plants: one harmless piece of each kind of intrusion, under a name by which it can always be found
// again. Everything is planted with Microsoft Graph and an identity of the drill's own. Nothing here knows the
// responder.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError } from '../../shared/errors.ts';
import { drillMarker, drillNumber, isDrillNumber } from '../../shared/microsoft365/drill.ts';
import { unlessMissing } from '../../shared/microsoft365/mailbox.ts';
import { nullableText } from '../../shared/model/text.ts';

export interface Planter {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  list<T>(path: string, item: z.ZodType<T>): Promise<T[]>;
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>;
  delete(path: Removable): Promise<void>;
}

/** Everything that a drill may delete; `/users/{id}` is not included. */
type Removable =
  | `/users/${string}/mailFolders/inbox/messageRules/${string}`
  | `/users/${string}/calendar/calendarPermissions/${string}`
  | `/users/${string}/authentication/phoneMethods/${string}`
  | `/users/${string}/drive/items/${string}`
  | `/users/${string}/messages/${string}`
  | `/oauth2PermissionGrants/${string}`
  | `/applications/${string}`;

export interface Target {
  userId: string;
  userPrincipalName: string;
  sink: string;
}

export interface Planting {
  name: string;
  /** Ends the sentence "The drill planted …". */
  what: string;
  /** Application permissions of Microsoft Graph; the first is the one it plants with. */
  permissions: readonly [string, ...string[]];
  /** Steps of the playbook that must find it. */
  foundBy: readonly string[];
  /**
   * What a run of a few minutes must at least do with it. `late`: only logs show it, and they may come after the drill;
   * no step removes it, or none can know so soon.
   */
  expected: 'removed' | 'late';
  plant(graph: Planter, target: Target): Promise<void>;
  /** What is left of it: paths that remove it, last made first. */
  find(graph: Planter, target: Target): Promise<readonly Found[]>;
  /** How a person removes it, if the drill can't. */
  byHand: string;
}

interface Found {
  path: Removable;
  /** It is there, but no longer does anything. */
  harmless?: boolean;
}

const picked = ['invoice', 'payment', 'bank details'];
const scope = 'Mail.Read offline_access';
const told = 'A fire drill. Nothing to do: it is removed again.';

const made = z.looseObject({ id: z.string() });
const anything = z.unknown();

const inboxRule: Planting = {
  name: 'inbox-rule',
  what: 'an inbox rule that sends mail about invoices to the sink and deletes it',
  permissions: ['MailboxSettings.ReadWrite'],
  foundBy: ['disable-inbox-rules'],
  expected: 'removed',
  byHand: `Remove-InboxRule -Mailbox <account> -Identity '${drillMarker}'`,
  async plant(graph, { userId, sink }) {
    const rule = {
      displayName: drillMarker,
      sequence: 1,
      isEnabled: true,
      conditions: { bodyOrSubjectContains: picked },
      actions: {
        forwardTo: [{ emailAddress: { name: sink, address: sink } }],
        delete: true,
        markAsRead: true,
        stopProcessingRules: true,
      },
    };
    await graph.post(path`/users/${userId}/mailFolders/inbox/messageRules`, rule, made);
  },
  async find(graph, { userId }) {
    const rule = z.object({ id: z.string(), displayName: nullableText, isEnabled: z.boolean().nullish() });
    const rules = await graph.list(path`/users/${userId}/mailFolders/inbox/messageRules`, rule);
    return rules
      .filter(({ displayName }) => displayName === drillMarker)
      .map(({ id, isEnabled }) => ({
        path: `/users/${encodeURIComponent(userId)}/mailFolders/inbox/messageRules/${encodeURIComponent(id)}`,
        harmless: isEnabled === false,
      }));
  },
};

const delegate: Planting = {
  name: 'delegate',
  what: 'a delegate: the sink may change the calendar',
  permissions: ['Calendars.ReadWrite'],
  foundBy: ['remove-mailbox-delegates'],
  expected: 'removed',
  byHand: 'Remove-MailboxFolderPermission -Identity <account>:\\Calendar -User <sink>',
  async plant(graph, { userId, sink }) {
    const permission = {
      emailAddress: { name: sink, address: sink },
      isInsideOrganization: true,
      isRemovable: true,
      role: 'write',
    };
    await graph.post(path`/users/${userId}/calendar/calendarPermissions`, permission, made);
  },
  async find(graph, { userId, sink }) {
    const entry = z.object({
      id: z.string(),
      emailAddress: z.object({ address: nullableText }).nullish(),
    });
    const all = await graph.list(path`/users/${userId}/calendar/calendarPermissions`, entry);
    return all
      .filter(({ emailAddress }) => emailAddress?.address?.toLowerCase() === sink.toLowerCase())
      .map(({ id }) => ({
        path: `/users/${encodeURIComponent(userId)}/calendar/calendarPermissions/${encodeURIComponent(id)}`,
      }));
  },
};

const method: Planting = {
  name: 'sign-in-method',
  what: 'a telephone to sign in with, under a number kept for fiction',
  permissions: ['UserAuthMethod-Phone.ReadWrite.All'],
  foundBy: ['remove-auth-methods'],
  expected: 'removed',
  byHand: 'Entra admin center, Users, the account, Authentication methods: delete the telephone',
  async plant(graph, { userId }) {
    const phone = { phoneNumber: drillNumber, phoneType: 'mobile' };
    await graph.post(path`/users/${userId}/authentication/phoneMethods`, phone, made);
  },
  async find(graph, { userId }) {
    const phone = z.object({ id: z.string(), phoneNumber: nullableText });
    const all = await graph.list(path`/users/${userId}/authentication/phoneMethods`, phone);
    return all
      .filter((one) => isDrillNumber(one.phoneNumber))
      .map(({ id }) => ({
        path: `/users/${encodeURIComponent(userId)}/authentication/phoneMethods/${encodeURIComponent(id)}`,
      }));
  },
};

/** Microsoft Graph itself, the same in every tenant. */
const graphAppId = '00000003-0000-0000-c000-000000000000';
const appSchema = z.object({ id: z.string(), appId: z.string() });
const grantSchema = z.object({ id: z.string(), clientId: z.string() });

const consent: Planting = {
  name: 'consent',
  what: 'an application without any credential, with consent to read the mail',
  permissions: ['Application.ReadWrite.OwnedBy', 'DelegatedPermissionGrant.ReadWrite.All'],
  foundBy: ['remove-app-access'],
  expected: 'removed',
  byHand: `Get-MgApplication -Filter "displayName eq '${drillMarker}'" | ForEach-Object { Remove-MgApplication -ApplicationId $_.Id }`,
  async plant(graph, { userId }) {
    const app = await graph.post(
      '/applications',
      { displayName: drillMarker, signInAudience: 'AzureADMyOrg' },
      appSchema,
    );
    const principal = await graph.post('/servicePrincipals', { appId: app.appId }, made);
    const [api] = await graph.list(
      path`/servicePrincipals?$filter=appId eq '${graphAppId}'&$select=id`,
      made,
    );
    await graph.post(
      '/oauth2PermissionGrants',
      {
        clientId: principal.id,
        consentType: 'Principal',
        principalId: userId,
        resourceId: api?.id ?? graphAppId,
        scope,
      },
      made,
    );
  },
  async find(graph, { userId }) {
    const named = path`$filter=displayName eq '${drillMarker}'&$select=id,appId`;
    const apps = await graph.list(`/applications?${named}`, appSchema);
    const principals = await graph.list(`/servicePrincipals?${named}`, appSchema);
    if (apps.length + principals.length === 0) return [];
    // Its consents go with the application, whether or not they can be read.
    const grants = await graph
      .list(path`/users/${userId}/oauth2PermissionGrants`, grantSchema)
      .catch((error: unknown) => {
        if (error instanceof PermanentError && error.status === 403) return undefined;
        throw error;
      });
    const own = (grants ?? []).filter(({ clientId }) => principals.some(({ id }) => id === clientId));
    return [
      ...own.map(({ id }): Found => ({ path: `/oauth2PermissionGrants/${encodeURIComponent(id)}` })),
      // Without a consent it can do nothing.
      ...apps.map(
        ({ id }): Found => ({
          path: `/applications/${encodeURIComponent(id)}`,
          harmless: grants !== undefined && own.length === 0,
        }),
      ),
    ];
  },
};

const sharingLink: Planting = {
  name: 'sharing-link',
  what: 'an empty folder with a link for everybody inside',
  permissions: ['Files.ReadWrite.All'],
  foundBy: ['review-shared-files'],
  expected: 'late',
  byHand: `OneDrive of the account: delete the folder ${drillMarker}`,
  async plant(graph, { userId }) {
    const folder = { name: drillMarker, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const { id } = await graph.post(path`/users/${userId}/drive/root/children`, folder, made);
    const link = { type: 'view', scope: 'organization' };
    await graph.post(path`/users/${userId}/drive/items/${id}/createLink`, link, anything);
  },
  async find(graph, { userId }) {
    const item = await unlessMissing(
      graph.get(path`/users/${userId}/drive/root:/${drillMarker}?$select=id,name`, made),
    );
    return item === undefined
      ? []
      : [{ path: `/users/${encodeURIComponent(userId)}/drive/items/${encodeURIComponent(item.id)}` }];
  },
};

const sentMail: Planting = {
  name: 'sent-mail',
  what: 'a mail from the account to itself',
  permissions: ['Mail.Send', 'Mail.ReadWrite'],
  foundBy: ['review-sent-mail'],
  expected: 'late',
  byHand: `Delete the mail ${drillMarker} from Sent Items and the Inbox of the account`,
  async plant(graph, { userId, userPrincipalName }) {
    const message = {
      subject: drillMarker,
      body: { contentType: 'Text', content: told },
      toRecipients: [{ emailAddress: { address: userPrincipalName } }],
    };
    await graph.post(path`/users/${userId}/sendMail`, { message, saveToSentItems: true }, anything);
  },
  async find(graph, { userId }) {
    const found = await graph.list(
      path`/users/${userId}/messages?$filter=subject eq '${drillMarker}'&$select=id,subject&$top=50`,
      made,
    );
    return found.map(({ id }) => ({
      path: `/users/${encodeURIComponent(userId)}/messages/${encodeURIComponent(id)}`,
    }));
  },
};

/** Texts that a drill itself brings along, the same in any tenant. */
export const ours: ReadonlySet<string> = new Set([
  drillMarker,
  drillNumber,
  graphAppId,
  scope,
  told,
  ...picked,
]);

/** In the order of planting: the mail comes before the rule that would sweep it away. */
export const plantings: readonly Planting[] = [sentMail, inboxRule, delegate, method, consent, sharingLink];

/** Confirming the account as compromised is the alert: Entra ID Protection then reports it like a real one. */
export const alarmPermission = 'IdentityRiskyUser.ReadWrite.All';

export const drillPermissions: readonly string[] = [
  ...new Set([...plantings.flatMap(({ permissions }) => permissions), alarmPermission]),
].toSorted();
