// Whether two mail addresses reach one mailbox: compared without case, without Exchange's prefix and without what
// follows a plus. Says nothing about whether either exists.

/** `SMTP:Adele.Vance+calls@contoso.com` reaches adele.vance@contoso.com. */
export function mailboxAddress(address: string): string {
  const bare = address
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^smtp:/, '');
  const plus = bare.indexOf('+');
  const at = bare.indexOf('@', plus);
  return plus < 0 || at < 0 ? bare : bare.slice(0, plus) + bare.slice(at);
}
