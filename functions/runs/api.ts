// What the HTTP functions share: parsing a request before anything is done, finding the run, and answers that programs
// and people can both read. It knows nothing of Azure's own types.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../../shared/errors.ts';
import { oneLine } from '../../shared/mail/plain.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { type RunDocument, runDocument } from '../../shared/summary/run-document.ts';

export interface ApiRequest {
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** As it arrived: its host is the one our own pages are on. */
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The body; empty if there is none. */
  text: string;
  /** The caller, for the log. */
  who: string;
  /** Tells one caller from another; `who` if it is left out. */
  callerId?: string;
}

export const idOf = ({ callerId, who }: ApiRequest): string => callerId ?? who;

export interface ApiAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  /** Text instead of JSON: a page, or a file whose type is in the headers. */
  html?: string;
}

/** Ends a request with problem details (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly answer: ApiAnswer;

  constructor(
    status: number,
    title: string,
    detail: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.answer = {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
      json: { type: 'about:blank', title, status, detail, ...more },
    };
  }
}

/** Our bodies are small; anything larger is an attack or a mistake. */
export const mostCharacters = 16_384;

/** Unknown keys are refused, so that a misspelt key can't silently change what is done. */
export function parseBody<T>(request: ApiRequest, schema: z.ZodType<T>): T {
  if (request.text.length > mostCharacters) {
    throw new Problem(413, 'Body too large', `The body may hold ${mostCharacters} characters.`);
  }
  const parsed = schema.safeParse(isForm(request) ? formOf(request.text) : jsonOf(request.text));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ at: issue.path.join('.'), message: issue.message }));
  const detail = errors.map(({ at, message }) => (at === '' ? message : `${at}: ${message}`)).join('; ');
  throw new Problem(400, 'Invalid body', detail, { errors });
}

/** A browser asks for a page first; a program asks for JSON or for anything. */
export const wantsPage = ({ headers }: ApiRequest): boolean =>
  /^\s*(text\/html|application\/xhtml\+xml)\s*([,;]|$)/i.test(headers['accept'] ?? '');

/** Sent by a form on one of this app's own pages. */
export const isForm = ({ headers }: ApiRequest): boolean =>
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '');

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, 'Malformed body', 'The body is not JSON. Send an object such as {"reason":"…"}.');
  }
}

/** `steps[]=a&steps[]=b&reason=c` becomes `{"steps":["a","b"],"reason":"c"}`. None of our forms repeats any other name. */
function formOf(text: string): Readonly<Record<string, string | readonly string[]>> {
  const form = new URLSearchParams(text);
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = form.getAll(name);
      if (name.endsWith('[]')) return [name.slice(0, -2), values];
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/** One line, because it is kept in the run's log. */
export const reasonSchema = z.string().max(500).transform(oneLine).pipe(z.string().min(3));

/** A form sends everything as text. */
export const flagSchema = z.union([
  z.boolean(),
  z.enum(['true', 'false']).transform((text) => text === 'true'),
]);

/** Refuses a name that no step has, and lists those that exist. */
export function knownSteps(
  engine: Engine,
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  const known = engine.playbook.map((step) => step.name);
  const unknown = (names ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Problem(400, 'Unknown step', `No step is called ${unknown.join(', ')}.`, { steps: known });
  }
  return names;
}

const idSchema = z.string().regex(/^[0-9a-f-]{36}\.[0-9A-Za-z-]{1,40}$/i);

export async function readRun(engine: Engine, request: ApiRequest): Promise<RunRows> {
  const id = idSchema.safeParse(request.params['id']);
  const rows = id.success ? await engine.progress.read(runRef(id.data)) : undefined;
  if (rows === undefined) {
    throw new Problem(404, 'Unknown run', 'No run has this id. GET /api/runs lists them.');
  }
  return rows;
}

export async function documentOf(engine: Engine, rows: RunRows): Promise<RunDocument> {
  return runDocument(rows, await engine.progress.log(runRef(rows.run.row.id)), engine.playbook);
}

/** The run names the account by object id and UPN, so that nobody acts on the wrong person. */
export const accepted = (document: RunDocument, status = 202): ApiAnswer => ({ status, json: document });

/** Turns anything thrown into an answer. An error nobody expected tells the caller nothing about its cause. */
export function answerOf(thrown: unknown): ApiAnswer {
  if (thrown instanceof Problem) return thrown.answer;
  const { message, code } = toFailure(thrown);
  if (thrown instanceof PermanentError) {
    // Without a status no service refused it; something is wrong with this app, usually its settings.
    if (thrown.status === undefined) return new Problem(500, 'Not possible', message).answer;
    return new Problem(thrown.status === 404 ? 404 : 502, 'Microsoft 365 refused', message, { code }).answer;
  }
  if (thrown instanceof RetryableError) {
    const { answer } = new Problem(503, 'Not now', message, { code });
    return {
      ...answer,
      headers: { ...answer.headers, 'retry-after': String(Math.ceil(thrown.retryAfterSeconds ?? 5)) },
    };
  }
  return new Problem(500, 'Failed', 'Something failed here; the log of the app says what.').answer;
}
