// Sends one request to a Microsoft service: token, time limit, short retries, and failures as our two kinds of error. Paths
// and cmdlets are in graph, exchange and defender.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { PermanentError, RetryableError } from '../errors.ts';
import { type Answer, jsonOf } from './answer.ts';
import { connectionFault, noAnswer } from './failure.ts';
import { hideSecrets } from './hide-secrets.ts';
import { type Fault, refusalOf } from './refusal.ts';
import { withRetry } from './retry.ts';
import { createTokens } from './tokens.ts';

export interface ClientOptions {
  /** The service's address; only this origin ever gets the token. */
  baseUrl: string;
  credential: TokenCredential;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  log?: (line: string) => void;
  now?: () => Date;
  /** Uniform in [0, 1): jitter. */
  random?: () => number;
  wait?: (seconds: number, abort: AbortSignal | undefined) => Promise<void>;
  /** How long a request is repeated while the service is busy; left out: a few seconds, the rest is the queue's. */
  patienceSeconds?: number;
  /** Per try, so that a service that never answers can't use up the function's deadline. */
  timeoutSeconds?: number;
}

export interface Service {
  name: string;
  scope: string;
  rights: string;
  /** See Refusal. */
  hides?: boolean;
  fault: (body: unknown, headers: Headers) => Fault;
}

export interface Outgoing {
  /** Its name in failures. */
  name: string;
  method: string;
  url: string;
  headers: Headers;
  body?: string | undefined;
  repeatable: boolean;
  /** A retry that finds nothing means that the first try worked and its answer was lost. */
  goneIsDone?: boolean;
  abort?: AbortSignal | undefined;
}

const pause = (seconds: number, abort: AbortSignal | undefined) =>
  sleep(seconds * 1000, undefined, abort === undefined ? {} : { signal: abort });

export function createSender(service: Service, options: ClientOptions) {
  const { fetch = globalThis.fetch, log, random = Math.random, wait = pause, timeoutSeconds = 30 } = options;
  const now = options.now ?? (() => new Date());
  const tokens = createTokens(options.credential, service.scope, now);
  const { origin } = new URL(options.baseUrl);

  async function exchange(request: Outgoing, token: string): Promise<Answer> {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${token}`);
    // AbortSignal.timeout and AbortSignal.any would keep the objects of an answered request alive: the former until its
    // time is up, the latter for as long as the caller's signal lives.
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, timeoutSeconds * 1000);
    if (request.abort?.aborted) stop();
    request.abort?.addEventListener('abort', stop, { once: true });
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers,
        body: request.body ?? null,
        redirect: 'manual',
        signal: stopping.signal,
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      if (request.abort?.aborted) throw outOfTime(request, cause);
      const reason = isLate
        ? `no answer within ${timeoutSeconds} s`
        : (connectionFault(cause).code ?? 'connection lost');
      throw noAnswer(`${service.name} could not be reached for ${request.name} (${reason}).`, cause);
    } finally {
      clearTimeout(timer);
      request.abort?.removeEventListener('abort', stop);
    }
  }

  const outOfTime = (request: Outgoing, cause?: unknown) =>
    new RetryableError(`The function's time was over while ${service.name} was asked for ${request.name}.`, {
      cause,
      tookEffect: cause === undefined ? 'no' : 'unknown',
    });

  /** Returns only successes; throws RetryableError or PermanentError otherwise. */
  return async function send(request: Outgoing): Promise<Answer> {
    if (!URL.canParse(request.url) || new URL(request.url).origin !== origin) {
      throw new PermanentError(
        `${request.name} leads to another address than ${origin}; the token stays here.`,
      );
    }
    if (request.abort?.aborted) throw outOfTime(request);
    request.headers.set('client-request-id', randomUUID());
    let token = await tokens.current();

    const attempt = async (tries: number): Promise<Answer> => {
      let answer = await exchange(request, token);
      if (answer.status === 401) {
        token = await tokens.renew(token);
        answer = await exchange(request, token);
      }
      const { status, headers, text } = answer;
      if (status >= 200 && status < 300) return answer;
      const fault = service.fault(jsonOf(hideSecrets(text, request.body)), headers);
      const { name, rights, hides } = service;
      const failure = refusalOf({
        service: name,
        request: request.name,
        status,
        headers,
        fault,
        rights,
        hides,
        now: now(),
      });
      if (request.goneIsDone && tries > 1 && failure.status === 404)
        return { status: 204, headers, text: '' };
      throw failure;
    };
    return await withRetry(attempt, {
      repeatable: request.repeatable,
      abort: request.abort,
      wait,
      random,
      now,
      patienceSeconds: options.patienceSeconds,
      onWait: (error, seconds) => log?.(`${error.message} Again in ${seconds.toFixed(1)} s.`),
    });
  };
}
