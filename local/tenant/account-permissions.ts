// Which application permission allows what the steps ask about an account beside its roles and its mailbox: methods,
// devices, licences (https://learn.microsoft.com/graph/permissions-reference).
import type { Alternatives } from './permissions.ts';

const changeMethod = (kind: string) => [
  `UserAuthMethod-${kind}.ReadWrite.All`,
  'UserAuthenticationMethod.ReadWrite.All',
];

const readDevices = [
  ['User.Read.All', 'Device.Read.All'],
  ['User.Read.All', 'Device.ReadWrite.All'],
  'Directory.Read.All',
];

export const accountPermissions: Readonly<Record<string, Alternatives>> = {
  'GET /users/{id}/registeredDevices': readDevices,
  'GET /users/{id}/ownedDevices': readDevices,
  'GET /devices/{id}': ['Device.Read.All', 'Device.ReadWrite.All', 'Directory.Read.All'],
  'PATCH /devices/{id}': ['Device.ReadWrite.All', 'Directory.ReadWrite.All'],
  'GET /organization': ['Organization.Read.All', 'User.Read.All', 'Directory.Read.All'],
  'GET /users/{id}/authentication/methods': [
    'UserAuthenticationMethod.Read.All',
    'UserAuthenticationMethod.ReadWrite.All',
  ],
  'DELETE /users/{id}/authentication/fido2Methods/{id}': changeMethod('Passkey'),
  'DELETE /users/{id}/authentication/phoneMethods/{id}': changeMethod('Phone'),
  'DELETE /users/{id}/authentication/microsoftAuthenticatorMethods/{id}': changeMethod('MicrosoftAuthApp'),
  'DELETE /users/{id}/authentication/softwareOathMethods/{id}': changeMethod('SoftwareOATH'),
  'DELETE /users/{id}/authentication/emailMethods/{id}': changeMethod('Email'),
  'DELETE /users/{id}/authentication/windowsHelloForBusinessMethods/{id}': changeMethod('WindowsHello'),
  'DELETE /users/{id}/authentication/platformCredentialMethods/{id}': changeMethod('PlatformCred'),
  'DELETE /users/{id}/authentication/temporaryAccessPassMethods/{id}': changeMethod('TAP'),
  'POST /users/{id}/authentication/temporaryAccessPassMethods': changeMethod('TAP'),
  'DELETE /users/{id}/authentication/externalAuthenticationMethods/{id}': changeMethod('External'),
  'GET /users/{id}/authentication/requirements': ['Policy.Read.All', 'Policy.ReadWrite.AuthenticationMethod'],
  'PATCH /users/{id}/authentication/requirements': ['Policy.ReadWrite.AuthenticationMethod'],
  'GET /reports/authenticationMethods/userRegistrationDetails/{id}': ['AuditLog.Read.All'],
};
