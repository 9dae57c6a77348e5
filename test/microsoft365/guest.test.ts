import { describe, expect, it } from 'vitest';
import { homeDomain } from '../../shared/microsoft365/guest.ts';

describe('where a guest comes from', () => {
  it.each([
    ['megan_fabrikam.com#EXT#@contoso.onmicrosoft.com', 'fabrikam.com'],
    ['megan_b_fabrikam.co.uk#EXT#@contoso.onmicrosoft.com', 'fabrikam.co.uk'],
    ['megan@fabrikam.com', 'their home tenant'],
    ['guest#EXT#@contoso.onmicrosoft.com', 'their home tenant'],
  ])('%s is of %s', (userPrincipalName, domain) => {
    expect(homeDomain(userPrincipalName)).toBe(domain);
  });
});
