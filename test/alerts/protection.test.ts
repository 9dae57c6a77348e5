import { describe, expect, it } from 'vitest';
import { createTenant } from '../../local/tenant/tenant.ts';
import {
  type Protections,
  protectedBecause,
  protectionOf,
  protectionPermissions,
  readProtections,
} from '../../shared/alerts/protection.ts';
import { RetryableError } from '../../shared/errors.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import { connected } from '../fakes/connected.ts';
import { fakeGraph, forbidden } from './fake-graph.ts';
import { account, adele } from './samples.ts';

const nothing = {
  PROTECTED_ACCOUNTS: [],
  PROTECTED_GROUPS: [],
  MAIL_FROM: 'reclaim@contoso.com',
  MAIL_TO: ['oncall@contoso.com', 'soc+reclaim@contoso.com'],
  AZURE_CLIENT_ID: '9b1f2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d',
};
const unmarked: Protections = { addresses: ['adele@contoso.com'], groups: [], unread: null };
const group = '5b1f4c11-0c2f-4a9e-93aa-0d3c1b6f7e10';

describe('an account is protected', () => {
  it.each([
    ['by its object id, in any case', { PROTECTED_ACCOUNTS: [adele.toUpperCase()] }, {}, {}],
    ['by its name, in any case', { PROTECTED_ACCOUNTS: ['Adele@CONTOSO.com'] }, {}, {}],
    ['by a group', {}, { groups: [{ id: group, name: 'Break glass', open: false }] }, {}],
    ['as the mailbox that on-call reads', { MAIL_TO: ['ADELE@contoso.com'] }, {}, {}],
    ['as the mailbox that on-call is written from', { MAIL_FROM: 'adele@contoso.com' }, {}, {}],
    ['as on-call under another address', {}, { addresses: ['oncall@contoso.com'] }, {}],
    ['as on-call, reached with a plus', {}, { addresses: ['soc@contoso.com'] }, {}],
    ['as this app itself', {}, {}, { id: nothing.AZURE_CLIENT_ID.toUpperCase() }],
    ['by the role that synchronises', {}, {}, { roles: ['Directory Synchronization Accounts'] }],
    ['by the newer role that synchronises', {}, {}, { roles: ['On Premises Directory Sync Account'] }],
    [
      'by the name of what synchronises',
      {},
      {},
      { userPrincipalName: 'Sync_SRV01_2f6a1b0c9d3e@contoso.onmicrosoft.com', hasMailbox: false },
    ],
  ])('%s', (_, settings, marks, given) => {
    expect(
      protectedBecause(account(given), { ...unmarked, ...marks }, { ...nothing, ...settings }),
    ).not.toBeNull();
  });

  it('if its groups could not be read — acting on a break-glass account is worse than asking', async () => {
    const graph = fakeGraph({
      [`/users/${adele}`]: { id: adele, userPrincipalName: 'adele@contoso.com' },
      [`/users/${adele}/transitiveMemberOf`]: forbidden('memberships'),
    });
    const settings = { ...nothing, PROTECTED_GROUPS: [group] };
    expect(await protectionOf(graph, account(), settings)).toMatch(
      /^whether adele@contoso.com is protected could not be read: its groups \(Microsoft Graph refused/,
    );
  });

  it('while Microsoft Graph is busy', async () => {
    const graph = fakeGraph({ [`/users/${adele}`]: new RetryableError('throttled', { status: 429 }) });
    expect(await protectionOf(graph, account(), nothing)).toContain('could not be read');
  });

  it('by a group whose object id is listed among the accounts — such an entry must have an effect', async () => {
    const graph = fakeGraph({
      [`/users/${adele}`]: { id: adele, userPrincipalName: 'adele@contoso.com' },
      [`/users/${adele}/transitiveMemberOf`]: [{ id: group }],
      [`/groups/${group}`]: { displayName: 'Break glass' },
    });
    const settings = { ...nothing, PROTECTED_ACCOUNTS: ['breakglass@contoso.com', group] };
    expect(await protectionOf(graph, account(), settings)).toContain('is in the protected group Break glass');
  });

  it('and the reason says so if anybody may join the group — the intruder may have', async () => {
    const graph = fakeGraph({
      [`/users/${adele}`]: { id: adele, userPrincipalName: 'adele@contoso.com' },
      [`/users/${adele}/transitiveMemberOf`]: [{ id: group.toUpperCase() }],
      [`/groups/${group.toUpperCase()}`]: {
        displayName: 'Emergency',
        visibility: 'Public',
        groupTypes: ['Unified'],
      },
    });
    const settings = { ...nothing, PROTECTED_GROUPS: [group] };
    expect(await protectionOf(graph, account(), settings)).toBe(
      'adele@contoso.com is in the protected group Emergency; anybody may join that group, so look whether the intruder did',
    );
  });
});

describe('an account is not protected', () => {
  it.each([
    ['by a name that looks like on-call’s', {}, { userPrincipalName: 'onca11@contoso.com' }],
    ['by a display name', {}, { displayName: 'On-Premises Directory Synchronization Service Account' }],
    [
      'by the name of what synchronises, as a person with a mailbox',
      {},
      { userPrincipalName: 'Sync_SRV01_2f6a1b0c9d3e@contoso.onmicrosoft.com' },
    ],
    ['by that name in another domain', {}, { userPrincipalName: 'sync_x@contoso.com', hasMailbox: false }],
    ['by an empty entry', { PROTECTED_ACCOUNTS: [''], MAIL_TO: [''] }, {}],
    ['by the name of another', { PROTECTED_ACCOUNTS: ['adele@contoso.com.evil.example'] }, {}],
  ])('%s — an intruder must not be able to rename himself out of reach', (_, settings, given) => {
    expect(protectedBecause(account(given), unmarked, { ...nothing, ...settings })).toBeNull();
  });

  it('by a property that its holder can set: an alternate address is not read', async () => {
    const graph = fakeGraph({
      [`/users/${adele}`]: {
        id: adele,
        userPrincipalName: 'adele@contoso.com',
        mail: 'adele@contoso.com',
        otherMails: ['oncall@contoso.com'],
        proxyAddresses: ['SMTP:adele@contoso.com'],
      },
    });
    expect(await protectionOf(graph, account(), nothing)).toBeNull();
    expect(graph.asked.join(' ')).not.toContain('otherMails');
  });
});

describe('in a tenant', () => {
  const file = {
    users: [
      { userPrincipalName: 'glass@contoso.com', displayName: 'Break glass' },
      { userPrincipalName: 'adele@contoso.com', mailbox: {} },
      {
        userPrincipalName: 'duty@contoso.com',
        proxyAddresses: ['SMTP:duty@contoso.com', 'smtp:oncall@contoso.com'],
      },
      { userPrincipalName: 'sync@contoso.com' },
    ],
    groups: [
      { id: group, displayName: 'Outer', members: ['Inner'] },
      { displayName: 'Inner', members: ['glass@contoso.com', 'Outer'] },
    ],
    roleAssignments: [
      { principalId: 'sync@contoso.com', roleDefinitionId: 'Directory Synchronization Accounts' },
    ],
  };

  function inTenant(permissions?: readonly string[]) {
    const now = () => new Date('2026-11-20T10:05:00Z');
    const tenant = createTenant(file, { now, ...(permissions ? { permissions } : {}) });
    const clients = connected(tenant, now)(new AbortController().signal);
    const read = (id: string) => readAccount({ ...clients, tenantId: tenant.tenantId, id, now: now() });
    return { clients, read };
  }

  it.each([
    ['glass@contoso.com', 'is in the protected group Outer'],
    ['sync@contoso.com', 'synchronises the directory (Directory Synchronization Accounts)'],
    ['duty@contoso.com', 'has the mailbox oncall@contoso.com, by which on-call is told'],
  ])('%s is found, through groups that contain each other', async (name, reason) => {
    const { clients, read } = inTenant();
    const settings = { ...nothing, PROTECTED_GROUPS: [group] };
    expect(await protectionOf(clients.graph, await read(name), settings)).toContain(reason);
    expect(await protectionOf(clients.graph, await read('adele@contoso.com'), settings)).toBeNull();
  });

  it('reads everything with the declared permissions', async () => {
    const { id } = await inTenant().read('glass@contoso.com');
    const { clients } = inTenant([...protectionPermissions.graph]);
    expect(await readProtections(clients.graph, id, [group])).toMatchObject({
      groups: [{ name: 'Outer' }],
      unread: null,
    });
  });
});
