// Who may publish to the topic: its key, a signature made with its key, or a bearer token. As the service checks
// them: https://learn.microsoft.com/azure/event-grid/authenticate-with-access-keys-shared-access-signatures
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Access {
  /** Base64. */
  key: string;
  endpoint: string;
  now: Date;
  acceptsToken(token: string): boolean;
}

export const newKey = () => randomBytes(32).toString('base64');

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** `r=<resource>&e=<expiry>&s=<signature>`; the signature is over the text before it. Null when it holds. */
function checkSignature(token: string, { key, endpoint, now }: Access): string | null {
  const [signed = '', signature = ''] = token.split(/&s=(?=[^&]*$)/);
  const fields = new URLSearchParams(signed);
  const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64');
  // Decoding the query, unlike decodeURIComponent, does not throw on what a stranger sends.
  const given = new URLSearchParams(`s=${signature}`).get('s') ?? '';
  if (!same(given, expected)) return 'The signature in aeg-sas-token is wrong.';
  if (fields.get('r')?.split('?')[0] !== endpoint) return 'aeg-sas-token is for another resource.';
  // `6/5/2020 12:09:03 PM`, in UTC; or ISO 8601, which the service takes too.
  const text = fields.get('e') ?? '';
  const expiry = Date.parse(/[ap]m$/i.test(text) ? `${text} UTC` : text);
  return expiry > now.getTime() ? null : 'aeg-sas-token has expired.';
}

/** Null when the request may publish, else why not. */
export function mayPublish(headers: IncomingHttpHeaders, access: Access): string | null {
  const { 'aeg-sas-key': key, 'aeg-sas-token': token, authorization } = headers;
  if (typeof key === 'string') {
    return same(key, access.key) ? null : 'The key in aeg-sas-key is not the key of this topic.';
  }
  if (typeof token === 'string') return checkSignature(token, access);
  const [, bearer] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (bearer !== undefined)
    return access.acceptsToken(bearer) ? null : 'This token may not publish to this topic.';
  return 'The request carries no aeg-sas-key, aeg-sas-token or bearer token.';
}
