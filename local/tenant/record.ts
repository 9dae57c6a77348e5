// What was asked of the tenant, one entry a request. Secrets never get into the record.
import { appendFileSync } from 'node:fs';
import { isRow } from './answers.ts';
import type { Service } from './identity.ts';

export interface RecordedRequest {
  time: string;
  service: Service;
  method: string;
  /** As it would be at Microsoft: https://graph.microsoft.com/v1.0/… */
  url: string;
  /** The route without ids: GET /users/{id}. null when it is unknown, and for Exchange. */
  route: string | null;
  /** The Exchange cmdlet, if there is one. */
  cmdlet: string | null;
  /** null: the connection broke before an answer. */
  status: number | null;
  /** The body that was sent, with secrets replaced by "[removed]". */
  body: unknown;
  /** The application permission that allowed it; null if it was refused before that check. */
  permission: string | null;
  /** Permissions that were needed together with it, as where each is about one side of a relation. */
  also: readonly string[];
  /** What else was needed: a directory role, an Exchange role. */
  role: string | null;
  requestId: string;
  durationMs: number;
}

const secret = /^(password|newPassword|temporaryAccessPass|secretText|clientSecret|access_token)$/i;

/** A copy without passwords and the like. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRow(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      secret.test(name) ? '[removed]' : withoutSecrets(entry),
    ]),
  );
}

/** The values of all fields that hold a secret. */
export function secretsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (!isRow(value)) return [];
  return Object.entries(value).flatMap(([name, entry]) =>
    secret.test(name) && typeof entry === 'string' ? [entry] : secretsIn(entry),
  );
}

/** Writes each request as a JSON line as it ends. */
export const requestLog =
  (file: string) =>
  (request: RecordedRequest): void =>
    appendFileSync(file, `${JSON.stringify(request)}\n`);
