// Authentication methods of a user in Microsoft Graph's own properties
// (https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview). The password is always there and
// need not be named.
import { z } from 'zod';
import { flag, instant, may, open, text, texts, whole } from './fields.ts';

const base = {
  id: text.optional().describe('Default: the fixed one of a phone, else made from the rest'),
  createdDateTime: may(instant).describe('Null for old registrations; that is also the default'),
};
const keyStrength = may(z.enum(['normal', 'weak', 'unknown']));
const type = <const Name extends string>(name: Name) => z.literal(`#microsoft.graph.${name}`);

const methodSchema = z
  .discriminatedUnion('@odata.type', [
    z.strictObject({
      '@odata.type': type('phoneAuthenticationMethod'),
      ...base,
      phoneNumber: text,
      phoneType: z.enum(['mobile', 'alternateMobile', 'office']),
      smsSignInState: may(
        z.enum([
          'notSupported',
          'notAllowedByPolicy',
          'notEnabled',
          'phoneNumberNotUnique',
          'ready',
          'notConfigured',
        ]),
      ),
    }),
    z.strictObject({
      '@odata.type': type('microsoftAuthenticatorAuthenticationMethod'),
      ...base,
      displayName: may(text),
      deviceTag: may(text),
      phoneAppVersion: may(text),
    }),
    z.strictObject({
      '@odata.type': type('softwareOathAuthenticationMethod'),
      ...base,
      secretKey: may(text).describe('Always null when read'),
    }),
    z.strictObject({
      '@odata.type': type('fido2AuthenticationMethod'),
      ...base,
      displayName: may(text),
      aaGuid: may(text),
      model: may(text),
      attestationCertificates: may(texts),
      attestationLevel: may(z.enum(['attested', 'notAttested'])),
      passkeyType: may(z.enum(['deviceBound', 'synced'])),
      publicKeyCredential: may(open),
    }),
    z.strictObject({ '@odata.type': type('emailAuthenticationMethod'), ...base, emailAddress: text }),
    z.strictObject({
      '@odata.type': type('windowsHelloForBusinessAuthenticationMethod'),
      ...base,
      displayName: may(text),
      keyStrength,
    }),
    z.strictObject({
      '@odata.type': type('platformCredentialAuthenticationMethod'),
      ...base,
      displayName: may(text),
      keyStrength,
      platform: may(z.enum(['unknown', 'windows', 'macOS', 'iOS', 'android', 'linux'])),
    }),
    z.strictObject({
      '@odata.type': type('temporaryAccessPassAuthenticationMethod'),
      ...base,
      startDateTime: may(instant),
      lifetimeInMinutes: may(whole),
      isUsableOnce: may(flag),
      isUsable: may(flag).describe('Default true'),
      methodUsabilityReason: may(text).describe('Default EnabledByPolicy'),
      temporaryAccessPass: may(text).describe('Null once it was shown'),
    }),
    z.strictObject({
      '@odata.type': type('externalAuthenticationMethod'),
      ...base,
      displayName: text,
      configurationId: text,
    }),
    z.strictObject({
      '@odata.type': type('hardwareOathAuthenticationMethod'),
      ...base,
      device: may(open),
    }),
    z.strictObject({ '@odata.type': type('qrCodePinAuthenticationMethod'), ...base }),
    z.strictObject({
      '@odata.type': type('passwordAuthenticationMethod'),
      ...base,
      password: may(text).describe('Always null when read'),
    }),
  ])
  .describe('One way to prove who one is');

export const registrationProperties = {
  id: text,
  isAdmin: may(flag),
  isMfaCapable: may(flag),
  isMfaRegistered: may(flag),
  isPasswordlessCapable: may(flag),
  isSsprCapable: may(flag),
  isSsprEnabled: may(flag),
  isSsprRegistered: may(flag),
  isSystemPreferredAuthenticationMethodEnabled: may(flag),
  lastUpdatedDateTime: may(instant),
  methodsRegistered: may(texts),
  systemPreferredAuthenticationMethods: may(texts),
  userDisplayName: may(text),
  userPreferredMethodForSecondaryAuthentication: may(
    z.enum([
      'push',
      'oath',
      'voiceMobile',
      'voiceAlternateMobile',
      'voiceOffice',
      'sms',
      'none',
      'unknownFutureValue',
    ]),
  ).describe('The default method. Default: the first that can be one'),
  userPrincipalName: may(text),
  userType: may(z.enum(['member', 'guest'])),
};

/** The policy on Temporary Access Passes. */
export const passPolicySchema = z.strictObject({
  enabled: flag.optional().describe('Default true'),
  usableOnce: flag.optional().describe('Whether only passes for one sign-in are allowed. Default false'),
  maximumLifetimeInMinutes: whole.optional().describe('Default 480'),
});

/** What belongs to a user in the file. */
export const authentication = {
  authenticationMethods: z.array(methodSchema).optional().describe('Beside the password'),
  registrationDetails: z
    .strictObject(registrationProperties)
    .partial()
    .optional()
    .describe('As the report on registrations tells them'),
  perUserMfaState: z.enum(['disabled', 'enabled', 'enforced']).optional().describe('Default disabled'),
};
