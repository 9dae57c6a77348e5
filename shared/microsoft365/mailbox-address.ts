// Whether two mail addresses reach the same mailbox: compared without case, Exchange's prefix and anything after a plus. It
// doesn't check that either exists.

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
