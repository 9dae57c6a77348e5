// Authentication methods: listed together, deleted each at the endpoint of its type. No path changes which method is
// the default (https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview).
import { z } from 'zod';
import { type Row, TenantRefusal } from '../answers.ts';
import { isGuest } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { EntityType } from '../odata.ts';
import { instant, text } from '../schema/fields.ts';
import type { User } from '../schema.ts';
import { usability } from './passes.ts';
import type { Act, GraphCall, GraphRoute } from './route.ts';
import { requireUser } from './user-row.ts';

type Method = NonNullable<User['authenticationMethods']>[number];

/** Type of the object and the collection it is deleted from. Hardware tokens and QR codes have theirs in beta only. */
const methodCollections = {
  phoneAuthenticationMethod: 'phoneMethods',
  microsoftAuthenticatorAuthenticationMethod: 'microsoftAuthenticatorMethods',
  softwareOathAuthenticationMethod: 'softwareOathMethods',
  fido2AuthenticationMethod: 'fido2Methods',
  emailAuthenticationMethod: 'emailMethods',
  windowsHelloForBusinessAuthenticationMethod: 'windowsHelloForBusinessMethods',
  platformCredentialAuthenticationMethod: 'platformCredentialMethods',
  temporaryAccessPassAuthenticationMethod: 'temporaryAccessPassMethods',
  externalAuthenticationMethod: 'externalAuthenticationMethods',
} as const;

const phoneIds = {
  mobile: '3179e48a-750b-4051-897c-87b9720928f7',
  alternateMobile: 'b6332ec1-7057-4abe-9331-3d72feddfe41',
  office: 'e37fc753-ff3b-4958-9484-eaa9425c82bc',
} as const;
const passwordId = '28c10230-6103-485e-b985-444c60001490';

const methodType: EntityType = {
  name: 'microsoft.graph.authenticationMethod',
  properties: { id: text, createdDateTime: instant },
};
const typeOf = (method: Method) => method['@odata.type'].slice('#microsoft.graph.'.length);

function idOf(method: Method): string {
  if (method.id !== undefined) return method.id;
  if ('phoneType' in method) return phoneIds[method.phoneType];
  return guidOf('authenticationMethod', JSON.stringify(method));
}

const methodRow =
  (now: Date) =>
  (method: Method): Row => {
    const pass = {
      ...usability('lifetimeInMinutes' in method ? method : {}, now),
      isUsableOnce: false,
      startDateTime: method.createdDateTime ?? null,
      lifetimeInMinutes: 60,
      temporaryAccessPass: null,
    };
    return {
      ...(typeOf(method) === 'temporaryAccessPassAuthenticationMethod' ? pass : {}),
      ...('phoneType' in method ? { smsSignInState: 'notAllowedByPolicy' } : {}),
      createdDateTime: null,
      ...method,
      id: idOf(method),
      ...('temporaryAccessPass' in method ? { temporaryAccessPass: null } : {}),
      ...('secretKey' in method ? { secretKey: null } : {}),
    };
  };

function methodRows(call: GraphCall): Row[] {
  const user = requireUser(call.file, call.parameters['id'] ?? '');
  const own = user.authenticationMethods ?? [];
  const password = {
    '@odata.type': '#microsoft.graph.passwordAuthenticationMethod',
    id: passwordId,
    createdDateTime: user.lastPasswordChangeDateTime ?? null,
    password: null,
  };
  const named = own.some((method) => typeOf(method) === 'passwordAuthenticationMethod');
  return [...(named || isGuest(user) ? [] : [password]), ...own.map(methodRow(call.store.now()))];
}

/** The answer to "how do you want to be asked": which methods can be the default, and which it is. */
const asDefault: Readonly<Record<string, readonly string[]>> = {
  microsoftAuthenticatorAuthenticationMethod: ['push', 'oath'],
  softwareOathAuthenticationMethod: ['oath'],
  mobile: ['sms', 'voiceMobile'],
  alternateMobile: ['voiceAlternateMobile'],
  office: ['voiceOffice'],
};
export const waysOf = (method: Method) =>
  asDefault['phoneType' in method ? method.phoneType : typeOf(method)] ?? [];

export function preferred(user: User): string {
  const ways = (user.authenticationMethods ?? []).map(waysOf).filter((list) => list.length > 0);
  const chosen = user.registrationDetails?.userPreferredMethodForSecondaryAuthentication;
  if (chosen && ways.some((list) => list.includes(chosen))) return chosen;
  return ways[0]?.[0] ?? 'none';
}

/** The default is the first method that answers in the preferred way. */
const isDefault = (user: User, method: Method) =>
  user.authenticationMethods?.find((each) => waysOf(each).includes(preferred(user))) === method;

const refused = (message: string) => new TenantRefusal(400, 'badRequest', message);

const deleting =
  (type: string): Act['act'] =>
  (call) => {
    const user = requireUser(call.store.file, call.parameters['id'] ?? '');
    const id = call.parameters['methodId'] ?? '';
    const all = user.authenticationMethods ?? [];
    const index = all.findIndex((method) => typeOf(method) === type && idOf(method) === id);
    const method = all[index];
    if (!method)
      throw new TenantRefusal(404, 'resourceNotFound', 'The requested resource could not be found.');
    const others = all.filter((each) => each !== method && waysOf(each).length > 0);
    if (isDefault(user, method) && others.length > 0)
      throw refused(
        'Cannot delete default method with other methods configured. Please change default method before deletion.',
      );
    const alternate = all.some((each) => 'phoneType' in each && each.phoneType === 'alternateMobile');
    if ('phoneType' in method && method.phoneType === 'mobile' && alternate)
      throw refused('The mobile phone cannot be deleted while an alternate mobile phone is registered.');
    call.store.changing();
    all.splice(index, 1);
    return { status: 204 };
  };

const phoneSchema = z.strictObject({
  '@odata.type': z.string().optional(),
  phoneNumber: z.string().regex(/^\+\d{1,4} \d{4,14}(x\d+)?$/),
  phoneType: z.enum(['mobile', 'alternateMobile', 'office']),
});

/** 201 with the phone; there is one of each type (https://learn.microsoft.com/graph/api/authentication-post-phonemethods). */
const addPhone: Act['act'] = (call) => {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  const body = phoneSchema.safeParse(call.body);
  if (!body.success) throw refused('Invalid phone number or type.');
  const { phoneNumber, phoneType } = body.data;
  const all = user.authenticationMethods ?? [];
  if (all.some((method) => 'phoneType' in method && method.phoneType === phoneType))
    throw refused('The phone type is already registered for this user.');
  call.store.changing();
  const phone = {
    '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
    phoneNumber,
    phoneType,
    createdDateTime: call.store.now().toISOString(),
  } as const;
  user.authenticationMethods = [...all, phone];
  return { status: 201, body: methodRow(call.store.now())(phone) };
};

const phoneRows = (call: GraphCall): Row[] =>
  methodRows(call).filter((row) => row['@odata.type'] === '#microsoft.graph.phoneAuthenticationMethod');

const base = '/users/{id}/authentication';

export const authenticationRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: `${base}/methods`, behind: 'authentication', entity: methodType, many: methodRows },
  {
    method: 'GET',
    path: `${base}/phoneMethods`,
    behind: 'authentication',
    entity: methodType,
    many: phoneRows,
  },
  {
    method: 'POST',
    path: `${base}/phoneMethods`,
    behind: 'authentication',
    entity: methodType,
    act: addPhone,
  },
  ...Object.entries(methodCollections).map(
    ([type, collection]): GraphRoute => ({
      method: 'DELETE',
      path: `${base}/${collection}/{methodId}`,
      behind: 'authentication',
      entity: methodType,
      act: deleting(type),
    }),
  ),
];
