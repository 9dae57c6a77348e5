// Whether two mail addresses reach one mailbox: compared without case, without Exchange's prefix and without what
// follows a plus. Says nothing about whether either exists.

/** `SMTP:Adele.Vance+calls@contoso.com` reaches adele.vance@contoso.com. */
export const mailboxAddress = (address: string): string =>
  address
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^smtp:/, '')
    .replace(/\+[^@]*(?=@)/, '');
