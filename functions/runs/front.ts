// What every HTTP function does before and after its own work: who asks and whether they may, where from, a body of a
// kind and a size that is taken, and an answer whatever happens. It knows nothing of Azure's own types.

import { type Authenticate, withoutCredentials } from '../../shared/auth/authenticate.ts';
import { type Caller, mayDo, TokenRefused } from '../../shared/auth/caller.ts';
import { type ApiAnswer, type ApiRequest, answerOf, isForm, mostCharacters, Problem } from './api.ts';
import { forBrowser, refuseOtherSites } from './browser.ts';

/** A request as it comes in: its body is not read before it is known who asks. */
export interface Incoming {
  method: string;
  url: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** By name in small letters. */
  headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
}

/** What stands behind a door, as far as the door must know. */
export interface Behind {
  access: Caller['access'];
  /** A page of another site may have a browser send what only looks: it learns nothing from it. */
  changes: boolean;
  work(request: ApiRequest): Promise<ApiAnswer>;
}

export interface Doors {
  /** Throws when the settings are wrong. */
  authenticate: () => Authenticate;
  error: (line: string) => void;
}

export async function answerAt(behind: Behind, incoming: Incoming, doors: Doors): Promise<ApiAnswer> {
  const { url, params, query } = incoming;
  const headers = withoutCredentials(incoming.headers);
  let request: ApiRequest = { url, params, query, headers, text: '', who: 'somebody unknown' };
  try {
    const caller = await callerOf(doors.authenticate(), incoming, behind.access);
    request = { ...request, who: caller.who };
    if (behind.changes) {
      refuseOtherSites(request);
      request = { ...request, text: await bodyOf(request, incoming) };
    }
    return forBrowser(request, await behind.work(request));
  } catch (thrown) {
    const answer = thrown instanceof TokenRefused ? refused(thrown) : answerOf(thrown);
    if (answer.status >= 500) doors.error(thrown instanceof Error ? thrown.message : String(thrown));
    return forBrowser(request, answer);
  }
}

async function callerOf(
  authenticate: Authenticate,
  { headers }: Incoming,
  needed: Caller['access'],
): Promise<Caller> {
  const caller = await authenticate(headers);
  if (mayDo(caller, needed)) return caller;
  throw new TokenRefused(
    `${caller.who} may look and not decide: that takes the role Responder.Operator. Nothing was done.`,
    'role',
  );
}

function refused({ message, because }: TokenRefused): ApiAnswer {
  if (because === 'role') return new Problem(403, 'Not allowed', message).answer;
  const { answer } = new Problem(401, 'Not signed in', message);
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer realm="reclaim"' } };
}

/** Four bytes a character at the most; what is larger is refused by what it says of itself, before it is read. */
const mostBytes = mostCharacters * 4;

async function bodyOf(request: ApiRequest, incoming: Incoming): Promise<string> {
  const tooLarge = new Problem(413, 'Body too large', `The body may hold ${mostCharacters} characters.`);
  const { 'content-length': length, 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (Number(length ?? 0) > mostBytes) throw tooLarge;
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Problem(415, 'Unknown kind of body', 'Send the body as it is, without Content-Encoding.');
  }
  const isJson = /^application\/json\s*(;|$)/i.test(type ?? '');
  if (!isJson && !isForm(request) && (type !== undefined || Number(length ?? 0) > 0)) {
    throw new Problem(
      415,
      'Unknown kind of body',
      'Send JSON, with the header Content-Type: application/json.',
    );
  }
  const text = await incoming.text();
  if (Buffer.byteLength(text) > mostBytes) throw tooLarge;
  return text;
}
