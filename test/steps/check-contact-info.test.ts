import { describe, expect, it } from 'vitest';
import { checkContactInfo } from '../../functions/steps/check-contact-info/check-contact-info.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { adele, attacker, home } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const intruder = { ...nobodyKnown, since: '2026-11-20T08:12:00Z', addresses: [attacker] };
const run = context({ intruder });
const updated = (name: string, oldValue: string, newValue: string, initiatedBy: object) => ({
  id: `${name}-1`,
  activityDateTime: '2026-11-20T09:10:00Z',
  activityDisplayName: 'Update user',
  initiatedBy,
  targetResources: [{ id: adele, modifiedProperties: [{ displayName: name, oldValue, newValue }] }],
});
const byAdele = (ipAddress: string) => ({ user: { id: adele, ipAddress } });
const tenant = (directoryAudits: object[] = [], more: object = {}) => ({
  users: [
    {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      mobilePhone: '+1 5555550100',
      streetAddress: '1 Main St',
      city: 'Seattle',
      otherMails: ['adele.v@mail.example'],
      authenticationMethods: [
        { '@odata.type': '#microsoft.graph.emailAuthenticationMethod', emailAddress: 'adele.v@mail.example' },
      ],
    },
    { userPrincipalName: 'helpdesk@contoso.com' },
  ],
  directoryAudits,
  ...more,
});
const collect = (file: object, given = run) =>
  checkContactInfo.collect(given, simulated(checkContactInfo, file).clients, null);

describe('check-contact-info', () => {
  it.each([{}, synced, { ...synced, federated: true }, guest, { privileged: true }, { hasMailbox: false }])(
    'applies to every class of account: %o',
    (given) => {
      expect(checkContactInfo.appliesTo(account(given))).toBe(true);
    },
  );

  it('reports the present details, and that the log shows no change — which does not mean that there was none', async () => {
    const { clients, asked } = simulated(checkContactInfo, tenant());
    expect(await checkContactInfo.collect(run, clients, null)).toEqual({
      findings: [
        {
          what: 'mobile +1 5555550100; address 1 Main St, Seattle; alternate mail adele.v@mail.example',
          why: 'is held in the directory now',
        },
        { what: 'email address adele.v@mail.example', why: 'may recover the password now' },
        { what: 'no change since 2026-11-20 08:12 UTC', why: 'is in the audit log, which may lag and ends' },
      ],
      tasks: [],
      facts: { phone: '+1 5555550100', manager: null },
    });
    expect(asked().every((line) => line.startsWith('GET'))).toBe(true);
  });

  it.each([
    ['OtherMail', 'alternate mail address'],
    ['Mobile', 'phone number'],
    ['TelephoneNumber', 'phone number'],
    ['StreetAddress', 'address'],
    ['StrongAuthenticationUserDetails', 'recovery data'],
  ])('asks a person to restore %s that the intruder changed, with the old value', async (name, subject) => {
    const entry = updated(name, '["a"]', '["b"]', byAdele(attacker));
    expect(await collect(tenant([entry]))).toMatchObject({
      tasks: [
        {
          id: `${name}-1:${name}`,
          what: `Put back the ${subject} of Adele Vance: a`,
          instruction: expect.stringContaining(`from a to b: made from the intruder's address ${attacker}`),
        },
      ],
    });
  });

  it('hands on the number from before the attack, and never one that was set since', async () => {
    const since = updated('Mobile', '["+1 5555550100"]', '["+44 7700900000"]', byAdele(attacker));
    expect(await collect(tenant([since]))).toMatchObject({ facts: { phone: '+1 5555550100' } });
    const first = updated('Mobile', '[]', '["+44 7700900000"]', byAdele(attacker));
    expect(await collect(tenant([first]))).toMatchObject({ facts: { phone: null } });
  });

  it('asks about what the account itself changed meanwhile, and lists what others did', async () => {
    const result = await collect(
      tenant([
        updated('Mobile', '[]', '["+1 5555550100"]', byAdele(home)),
        updated('City', '["Portland"]', '["Seattle"]', {
          user: { userPrincipalName: 'helpdesk@contoso.com' },
        }),
      ]),
    );
    expect(result).toMatchObject({
      tasks: [{ instruction: expect.stringContaining(`from nothing to +1 5555550100`) }],
    });
    expect(result).toMatchObject({ tasks: [{ instruction: expect.stringContaining(home) }] });
    expect(result).toHaveProperty('findings.2', {
      what: 'the address was changed from Portland to Seattle at 2026-11-20 09:10 UTC',
      why: 'by helpdesk@contoso.com',
    });
  });

  it('asks the colleague who set the account’s phone number — their account may be in the same hands', async () => {
    const by = (actor: object) => collect(tenant([updated('Mobile', '[]', '["+1 5555550100"]', actor)]));
    expect(await by({ user: { userPrincipalName: 'helpdesk@contoso.com' } })).toMatchObject({
      tasks: [{ what: 'Ask helpdesk@contoso.com whether they changed the phone number of Adele Vance' }],
    });
    expect(await by({ app: { displayName: 'Directory sync' } })).toMatchObject({ tasks: [] });
  });

  it('leaves out the addresses of the mailbox, names, and attempts that failed', async () => {
    const result = await collect(
      tenant([
        updated('Mail', '[]', '["x@contoso.com"]', byAdele(attacker)),
        updated('ProxyAddresses', '[]', '["smtp:x@contoso.com"]', byAdele(attacker)),
        updated('DisplayName', '"A"', '"B"', byAdele(attacker)),
        { ...updated('Mobile', '[]', '["1"]', byAdele(attacker)), result: 'failure' },
      ]),
    );
    expect(result).toHaveProperty('tasks', []);
  });

  it('has a synced account corrected in Active Directory — the cloud would be overwritten', async () => {
    const file = tenant([updated('Mobile', '[]', '["1"]', byAdele(attacker))]);
    expect(await collect(file, context({ intruder, account: synced }))).toMatchObject({
      tasks: [
        {
          instruction: expect.stringContaining('in Active Directory'),
          commands: ["Set-ADUser -Identity 'CN=Adele Vance,OU=Sales,DC=contoso,DC=local' -Clear mobile"],
        },
      ],
    });
    const number = tenant([updated('TelephoneNumber', '["+1 5555550100"]', '["1"]', byAdele(attacker))]);
    expect(await collect(number, context({ intruder, account: synced }))).toMatchObject({
      tasks: [{ commands: [expect.stringMatching(/ -OfficePhone '\+1 5555550100'$/)] }],
    });
    expect(await collect(number)).not.toHaveProperty('tasks.0.commands');
  });

  it('asks a person to compare everything if the log cannot be read', async () => {
    const code = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';
    const faults = [{ on: 'GET /v1.0/auditLogs/*', status: 403, code }];
    expect(await collect(tenant([], { servicePlans: [], behaviour: { faults } }))).toMatchObject({
      tasks: [{ id: 'contact-info' }],
    });
  });

  it.each([
    [403, PermanentError],
    [429, RetryableError],
  ])('fails as the service does with %i', async (status, kind) => {
    const faults = [{ on: 'GET /v1.0/users/*', status }];
    await expect(collect(tenant([], { behaviour: { faults } }))).rejects.toBeInstanceOf(kind);
  });
});
