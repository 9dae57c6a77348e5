// What happens around every HTTP function: find out who asks and whether they may, refuse requests that a page of
// another site had a browser send, read a body of a kind and size we take, and answer whatever happens: JSON for
// programs, pages for people. It knows nothing of Azure's own types.
import { z } from 'zod';
import { type Authenticate, withoutCredentials } from '../../shared/auth/authenticate.ts';
import { type Caller, mayDo, TokenRefused } from '../../shared/auth/caller.ts';
import { problemPage } from '../../shared/page/problem-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  answerOf,
  isForm,
  mostCharacters,
  Problem,
  wantsPage,
} from './api.ts';

/** A request as it comes in. The body is read only once we know who asks. */
export interface Incoming {
  method: string;
  url: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
}

/** What has to be known of a route to let a request through. */
export interface Endpoint {
  access: Caller['access'];
  /** Only a person may: no application, and no function key outside the local stack. */
  personal: boolean;
  /** Requests that change nothing may come from another site's page: that page can't read the answer. */
  changes: boolean;
  work(request: ApiRequest): Promise<ApiAnswer>;
}

export interface Around {
  /** Throws when the settings are wrong. */
  authenticate: () => Authenticate;
  error: (line: string) => void;
}

export async function respond(endpoint: Endpoint, incoming: Incoming, around: Around): Promise<ApiAnswer> {
  const { url, params, query } = incoming;
  const headers = withoutCredentials(incoming.headers);
  let request: ApiRequest = { url, params, query, headers, text: '', who: 'somebody unknown' };
  try {
    const caller = await callerOf(around.authenticate(), incoming, endpoint);
    request = { ...request, who: caller.who, callerId: caller.id };
    if (endpoint.changes) {
      refuseOtherSites(request);
      request = { ...request, text: await bodyOf(request, incoming) };
    }
    return forBrowser(request, await endpoint.work(request));
  } catch (thrown) {
    const answer = thrown instanceof TokenRefused ? refused(thrown) : answerOf(thrown);
    if (answer.status >= 500) around.error(thrown instanceof Error ? thrown.message : String(thrown));
    return forBrowser(request, answer);
  }
}

async function callerOf(
  authenticate: Authenticate,
  { headers, query }: Incoming,
  { access, personal }: Endpoint,
): Promise<Caller> {
  if (Object.keys(query).some((name) => name.toLowerCase() === 'code')) {
    throw new TokenRefused(
      'Send the function key in the header x-functions-key: addresses are written to logs. Renew the key that you sent.',
    );
  }
  const caller = await authenticate(headers);
  if (!mayDo(caller, access)) {
    throw new TokenRefused(
      `${caller.who} may look but not decide: that takes the role Responder.Operator. Nothing was done.`,
      'role',
    );
  }
  if (personal && caller.kind !== 'person') {
    throw new TokenRefused(
      `${caller.who} is not a person who has signed in, and only a person can hand an account back. Nothing was done.`,
      'role',
    );
  }
  return caller;
}

function refused({ message, because }: TokenRefused): ApiAnswer {
  if (because === 'role') return new Problem(403, 'Not allowed', message).answer;
  const { answer } = new Problem(401, 'Not signed in', message);
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer realm="reclaim"' } };
}

/** A character takes at most four bytes. A larger Content-Length is refused before the body is read. */
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

/**
 * Throws a Problem 403 when a page of another site had a browser send this. Browsers say so themselves, in
 * Sec-Fetch-Site or at least in Origin (https://www.w3.org/TR/fetch-metadata/). A form that has neither header is refused
 * too: a cookie alone must never be enough to change anything.
 */
export function refuseOtherSites(request: ApiRequest): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers['origin'];
  const ownPage =
    site !== undefined
      ? site === 'same-origin'
      : origin !== undefined
        ? URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
        : !isForm(request);
  if (ownPage) return;
  throw new Problem(
    403,
    'Another site asked',
    'This request came from a page of another site, so nothing was done. Open the run itself and press the button there.',
  );
}

const problemSchema = z.object({ title: z.string(), detail: z.string() });

/** For a browser the answer becomes a page or a redirect; programs get it unchanged. */
export function forBrowser(request: ApiRequest, answer: ApiAnswer): ApiAnswer {
  if (answer.html !== undefined || !wantsPage(request)) return answer;
  const id = request.params['id'];
  const run = id === undefined ? '/api/runs' : `/api/runs/${encodeURIComponent(id)}`;
  const back = /\/hand-back$/.test(new URL(request.url).pathname) ? `${run}/hand-back` : run;
  if (isForm(request) && answer.status < 300) return { status: 303, headers: { location: back }, html: '' };
  const problem = problemSchema.safeParse(answer.json);
  if (answer.status < 400 || !problem.success) return answer;
  const html = problemPage({ ...problem.data, back });
  return { ...answer, headers: { ...answer.headers, ...pageHeaders }, html };
}
