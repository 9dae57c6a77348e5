// A guest's password, methods and sessions belong to another tenant; this one can only shut its own door.

/** The domain a guest comes from: fabrikam.com for megan_fabrikam.com#EXT#@contoso.onmicrosoft.com. */
export function homeDomain(userPrincipalName: string): string {
  const [mail = ''] = userPrincipalName.split('#EXT#');
  const domain = mail.slice(mail.lastIndexOf('_') + 1);
  return userPrincipalName.includes('#EXT#') && mail.includes('_') ? domain : 'their home tenant';
}
