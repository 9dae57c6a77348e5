// Keys and authorisation levels: who may call which function. `func start` on a developer's machine lets everybody in;
// Azure does not, and this host behaves like Azure.
import type { IncomingMessage } from 'node:http';
import type { Keys } from './protocol.ts';

/** The request's key: the header takes precedence over the query. */
export function keyOf(request: IncomingMessage, query: URLSearchParams): string | null {
  const header = request.headers['x-functions-key'];
  return typeof header === 'string' ? header : query.get('code');
}

/** Whether this key opens a function of this level; `admin` also stands for what is under /admin. */
export function opens(key: string | null, keys: Keys, level: string, name: string | null): boolean {
  if (level === 'anonymous') return true;
  if (!key) return false;
  if (key === keys.master) return true;
  if (level !== 'function') return false;
  return key === keys.default || (name !== null && key === keys.functions[name]);
}
