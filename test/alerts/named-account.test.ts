// Accounts as Sentinel and Azure Monitor name them: what leads to one, and what is said where nothing does.
import { describe, expect, it } from 'vitest';
import { accountIn, namesNobody } from '../../shared/alerts/named-account.ts';
import { claimsOf } from '../../shared/alerts/sources.ts';
import { adele } from './samples.ts';

const incident = (...relatedEntities: object[]) => ({
  objectSchemaType: 'Incident',
  object: {
    name: '2f6b0c1d-8a4e-4f57-b1c2-3d4e5f607182',
    properties: { title: 'Sign-in from a TOR address', severity: 'High', status: 'New', relatedEntities },
  },
});

const guid = '1f0e2d3c-4b5a-4978-8796-a5b4c3d2e1f0';

describe('an entity that resolves to nobody', () => {
  it.each([
    ['only the objectGuid', { objectGuid: guid }, guid, 'objectGuid of Active Directory'],
    [
      'a name and the objectGuid',
      { name: 'adele', objectGuid: guid },
      'adele',
      'objectGuid of Active Directory',
    ],
    ['an NT domain', { accountName: 'adele', ntDomain: 'CONTOSO' }, 'CONTOSO\\adele', 'Windows domain'],
    [
      'a DNS domain',
      { name: 'adele', dnsDomain: 'corp.contoso.com' },
      'corp.contoso.com\\adele',
      'Windows domain',
    ],
    ['a PUID', { puid: '10032001A2B3C4D5' }, '10032001A2B3C4D5', 'PUID'],
    ['a bare name', { name: 'adele' }, 'adele', "may be anybody's"],
    ['an address', { address: '203.0.113.7' }, '"TOR"', 'an IP address and no account'],
    ['nothing', {}, '"TOR"', 'names no account'],
  ])('with %s says why', (_, properties, what, why) => {
    expect(accountIn(properties)).toBeNull();
    expect(namesNobody('TOR', [properties])).toEqual([{ what, why: expect.stringContaining(why) }]);
  });

  it('gives its reason to those who find the incident among the dead letters', () => {
    const [claim] = claimsOf({
      id: 'e',
      type: '',
      data: incident({ kind: 'Account', properties: { accountName: 'adele', ntDomain: 'CONTOSO' } }),
    });
    expect(claim).toMatchObject({
      claim: { subjects: [], left: [{ what: 'CONTOSO\\adele', why: expect.stringContaining('UPN or SID') }] },
    });
  });
});

describe('the text <null>', () => {
  it.each(['<null>', '<NULL>', '(null)', 'null', 'undefined', 'n/a'])('%s names nobody', (nothing) => {
    expect(accountIn({ Name: nothing, UPNSuffix: 'contoso.com' })).toBeNull();
    expect(accountIn({ userPrincipalName: nothing, aadUserId: nothing, sid: nothing })).toBeNull();
    expect(accountIn({ userPrincipalName: nothing, AadUserId: adele })).toMatchObject({
      userId: adele,
      userPrincipalName: null,
    });
    expect(namesNobody('TOR', [{ address: nothing, name: nothing }])).toEqual([
      { what: '"TOR"', why: 'names no account' },
    ]);
  });
});
