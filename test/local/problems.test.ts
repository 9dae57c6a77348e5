// A user's own file that is invalid is refused in words that say what to write instead.
import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../local/problems.ts';
import { scenarioSchema } from '../../local/scenario.ts';
import { parseTenant } from '../../local/tenant/parse-tenant.ts';
import { tenantSchema } from '../../local/tenant/schema.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const megan = { userPrincipalName: 'megan@contoso.com' };
const tenant = (more: object) => () => parseTenant({ users: [megan], ...more }, now);

describe('the error for an invalid file', () => {
  it('says which name was meant — Exchange writes capitals and Microsoft Graph does not', () => {
    const mailbox = { forwardingSmtpAddress: 'smtp:x@mail.example', inboxRules: [{ name: '..' }] };
    expect(problemsOf(tenantSchema, { user: [], users: [{ ...megan, mailbox }] })).toEqual([
      'users.0.mailbox.inboxRules.0.Name: is missing',
      'users.0.mailbox.inboxRules.0.name: is not known here; Name is',
      'users.0.mailbox.forwardingSmtpAddress: is not known here; ForwardingSmtpAddress is',
      'user: is not known here; users is',
    ]);
  });

  it('says what is allowed in a place that takes several things', () => {
    const story = { title: 'x', description: 'y', tenant: 'z.json', alerts: ['d1'], expect: { run: 'none' } };
    expect(problemsOf(scenarioSchema, story)).toEqual([
      'alerts.0: is nothing that may stand here; it takes an object with riskDetection or alert or incident or riskyUser or file or event',
    ]);
  });

  it('fits on a screen — the same mistake in each of a thousand sign-ins counts as one', () => {
    const signIns = Array.from({ length: 1000 }, () => ({ createdDateTime: 'now-1h' }));
    const lines = problemsOf(tenantSchema, { users: [], signIns });
    expect([lines.length, lines.at(-1)]).toEqual([21, 'and 980 more problems']);
  });

  it('names the whole file if all of it is wrong', () => {
    expect(problemsOf(tenantSchema, [])).toEqual([expect.stringMatching(/^the file: /)]);
  });
});

describe('a name in a tenant file that leads to nobody', () => {
  const role = { principalId: megan.userPrincipalName, roleDefinitionId: 'Global Administrator' };

  it.each<[string, object]>([
    [
      'users.1.manager',
      { users: [megan, { userPrincipalName: 'a@contoso.com', manager: 'ceo@contoso.com' }] },
    ],
    ['groups.0.members', { groups: [{ displayName: 'Admins', members: ['meg@contoso.com'] }] }],
    ['groups.0.owners', { groups: [{ displayName: 'Admins', owners: ['meg@contoso.com'] }] }],
    ['roleAssignments.0.principalId', { roleAssignments: [{ ...role, principalId: 'meg' }] }],
    ['roleAssignments.0.roleDefinitionId', { roleAssignments: [{ ...role, roleDefinitionId: 'Root' }] }],
    ['roleEligibilities.0.roleDefinitionId', { roleEligibilities: [{ ...role, roleDefinitionId: 'Root' }] }],
    [
      'groupEligibilities.0.groupId',
      { groupEligibilities: [{ groupId: 'A', principalId: 'megan@contoso.com' }] },
    ],
    [
      'groupEligibilities.0.principalId',
      { groups: [{ displayName: 'A' }], groupEligibilities: [{ groupId: 'A', principalId: 'meg' }] },
    ],
  ])('is refused at %s — the story would silently leave it out', (place, more) => {
    expect(tenant(more)).toThrow(place);
  });

  it('may be an id, even from outside the tenant, or any documented kind of name', () => {
    const groups = [{ displayName: 'Admins', members: [megan.userPrincipalName] }];
    const outside = '3c9a6f0e-2b71-4d0b-8f3e-5a6c1d2e4f77';
    const roleAssignments = [role, { ...role, principalId: 'Admins' }, { ...role, principalId: outside }];
    expect(tenant({ groups, roleAssignments })).not.toThrow();
  });
});
