// The HTTP API as the command uses it. Decisions carry a key, so that they can be sent again after a lost answer, and
// the version the operator saw, so that nobody overrides a decision they haven't seen.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Target } from './credentials.ts';
import { codeOfStatus, exitCodes, Stop } from './exit-codes.ts';
import { shown } from './terminal.ts';

interface ApiReply {
  status: number;
  etag: string | undefined;
  json: unknown;
}

const problemSchema = z.looseObject({
  title: z.string().default('Refused'),
  detail: z.string().default(''),
  errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});

const answerWithinMs = 60_000;
/** Retries after a lost answer, or while the service is busy. */
const mostTries = 3;

export interface Client {
  get: (path: string) => Promise<ApiReply>;
  /** `seen`: the ETag under which the run was read. */
  post: (path: string, body: unknown, seen?: string) => Promise<ApiReply>;
}

export function createClient(target: Target, sleep: (seconds: number) => Promise<void>): Client {
  async function ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<ApiReply> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await once(target, method, path, headers, body);
      if ('json' in answer) return answer;
      if (attempt >= mostTries) throw answer.stop;
      await sleep(answer.afterSeconds);
    }
  }
  return {
    get: (path) => ask('GET', path, {}),
    post: (path, body, seen) =>
      ask(
        'POST',
        path,
        {
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
          ...(seen === undefined ? {} : { 'if-match': seen }),
        },
        JSON.stringify(body),
      ),
  };
}

interface Again {
  afterSeconds: number;
  stop: Stop;
}

/** Throws Stop if another try would get the same answer. */
async function once(
  { url, headers: credentials }: Target,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<ApiReply | Again> {
  const sent = { accept: 'application/json', ...headers, ...(await credentials()) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: sent,
      // A sign-in page is not an answer, and no other host may get the token.
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
      ...(body === undefined ? {} : { body }),
    });
    text = await response.text();
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const stop = new Stop(`${url} can't be reached: ${shown(cause)}`, exitCodes.unreachable);
    return { afterSeconds: 1, stop };
  }
  const json = parsed(text);
  if (response.ok && json !== undefined) {
    return { status: response.status, etag: response.headers.get('etag') ?? undefined, json };
  }
  const stop = refusal(url, response.status, json);
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  // 409 with a time: the same request, sent before, is still being answered.
  const busy = [429, 502, 503, 504].includes(response.status) || (response.status === 409 && wait >= 0);
  if (!busy) throw stop;
  return { afterSeconds: Math.min(Number.isFinite(wait) ? wait : 2, 30), stop };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(url: string, status: number, json: unknown): Stop {
  const problem = problemSchema.safeParse(json);
  const code = codeOfStatus(status);
  if (status >= 300 && status < 400) {
    return new Stop(
      `${url} asks for a browser to sign in: set RECLAIM_CLIENT_ID and az login.`,
      exitCodes.notAllowed,
    );
  }
  if (problem.success) return new Stop(`${shown(problem.data.title)}: ${shown(problem.data.detail)}`, code);
  const hint =
    status === 401
      ? 'the key or token is not taken; check RECLAIM_KEY, or sign in with az login'
      : 'the answer is not one of Reclaim; check RECLAIM_URL';
  return new Stop(`${url} answers ${status}: ${hint}`, code);
}
