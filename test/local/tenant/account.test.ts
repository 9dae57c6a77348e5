import { describe, expect, it } from 'vitest';
import { callerOf, refusal, row, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const mobile = '3179e48a-750b-4051-897c-87b9720928f7';
const user = { id: adele, userPrincipalName: 'adele@contoso.com' };
const phone = (phoneType: string) => ({
  '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
  phoneType,
  phoneNumber: '+1 5555550100',
});
const app = { '@odata.type': '#microsoft.graph.microsoftAuthenticatorAuthenticationMethod', id: 'a1' };
const withMethods = (...authenticationMethods: object[]) => ({ users: [{ ...user, authenticationMethods }] });
const of = `/v1.0/users/${adele}/authentication`;

describe('authentication methods', () => {
  it('are listed with the password, which has no date of its own, and phones by their fixed ids', async () => {
    const found = rows(await (await callerOf(withMethods(phone('mobile')))).get(`${of}/methods`));
    expect(found).toMatchObject([
      { '@odata.type': '#microsoft.graph.passwordAuthenticationMethod', password: null },
      { id: mobile, createdDateTime: null },
    ]);
  });

  it('let the default go only as the last one', async () => {
    const caller = await callerOf(withMethods(app, phone('mobile')));
    const report = `/v1.0/reports/authenticationMethods/userRegistrationDetails/${adele}`;
    expect(row(await caller.get(report))).toMatchObject({
      userPreferredMethodForSecondaryAuthentication: 'push',
    });
    const first = await caller.send('DELETE', `${of}/microsoftAuthenticatorMethods/a1`);
    expect(refusal(first)).toEqual([400, 'badRequest']);
    expect((await caller.send('DELETE', `${of}/phoneMethods/${mobile}`)).status).toBe(204);
    expect((await caller.send('DELETE', `${of}/microsoftAuthenticatorMethods/a1`)).status).toBe(204);
  });

  it('keep the mobile phone while there is an alternate one', async () => {
    const caller = await callerOf(withMethods(app, phone('mobile'), phone('alternateMobile')));
    expect(refusal(await caller.send('DELETE', `${of}/phoneMethods/${mobile}`))).toEqual([400, 'badRequest']);
  });

  it('are not deleted at another type’s endpoint, or at the list of all types', async () => {
    const caller = await callerOf(withMethods(app));
    expect(refusal(await caller.send('DELETE', `${of}/fido2Methods/a1`))).toEqual([404, 'resourceNotFound']);
    expect((await caller.send('DELETE', `${of}/methods/a1`)).status).toBe(400);
  });

  it('refuse an app without the permission with an error of their own', async () => {
    const caller = await callerOf(withMethods(app), { permissions: ['User.Read.All'] });
    expect(refusal(await caller.get(`${of}/methods`))).toEqual([403, 'accessDenied']);
  });

  it('can be required per user only in beta', async () => {
    const caller = await callerOf({ users: [user] });
    expect((await caller.get(`${of}/requirements`)).status).toBe(400);
    expect(row(await caller.get(`/beta/users/${adele}/authentication/requirements`))).toMatchObject({
      perUserMfaState: 'disabled',
    });
    const set = (body: object) =>
      caller.send('PATCH', `/beta/users/${adele}/authentication/requirements`, body);
    expect(refusal(await set({ perUserMfaState: 'on' }))).toEqual([400, 'badRequest']);
    expect(refusal(await set({ state: 'enforced' }))).toEqual([400, 'badRequest']);
  });
});

describe('devices', () => {
  const device = {
    displayName: 'PC',
    id: 'c0ffee00-1111-4222-8333-444455556666',
    registeredOwners: ['adele@contoso.com'],
  };
  const path = `/v1.0/devices/${device.id}`;
  const disabled = { accountEnabled: false };

  it('are changed by object id, which is not the device id', async () => {
    const caller = await callerOf({ users: [user], devices: [device] });
    const { deviceId } = row(await caller.get(path));
    expect(refusal(await caller.send('PATCH', `/v1.0/devices/${deviceId}`, disabled))).toEqual([
      404,
      'Request_ResourceNotFound',
    ]);
    expect((await caller.send('PATCH', path, disabled)).status).toBe(204);
  });

  it('can’t be changed by an app on other systems either, with a different refusal — as users report', async () => {
    const caller = await callerOf({ users: [user], devices: [{ ...device, operatingSystem: 'iOS' }] });
    expect(refusal(await caller.send('PATCH', path, disabled))).toEqual([400, 'Request_BadRequest']);
  });
});

describe('the organisation', () => {
  it('lists its service plans by id', async () => {
    const caller = await callerOf({ users: [user], servicePlans: ['AAD_PREMIUM_P2'] });
    expect(rows(await caller.get('/v1.0/organization?$select=id,assignedPlans'))).toMatchObject([
      {
        assignedPlans: [
          { servicePlanId: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', capabilityStatus: 'Enabled' },
        ],
      },
    ]);
  });
});
