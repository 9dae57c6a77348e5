// A service may repeat in an error what it was sent. Errors are stored, logged and mailed, so secrets from the request are
// removed first.
import { z } from 'zod';

const secretNames = /^(password|newPassword|temporaryAccessPass|secretText)$/i;
/** Shorter ones would match in ordinary words. */
const shortest = 6;

const holder = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);

function secretsIn(value: unknown): string[] {
  const parsed = holder.safeParse(value);
  if (!parsed.success) return [];
  return Object.entries(parsed.data).flatMap(([name, entry]) =>
    typeof entry === 'string' && secretNames.test(name) ? [entry] : secretsIn(entry),
  );
}

/** The text without the body's secrets, both as they are and as JSON escapes them. */
export function hideSecrets(text: string, body: string | undefined): string {
  if (body === undefined || !/password|accessPass|secretText/i.test(body)) return text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return text;
  }
  return secretsIn(parsed)
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .reduce((shown, secret) => shown.replaceAll(secret, '[removed]'), text);
}
