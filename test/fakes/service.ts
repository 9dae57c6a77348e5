// A Microsoft service without a socket: gives its answers in order, and records its requests.
import type { TokenCredential } from '@azure/identity';

interface Asked {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
}

export interface Scripted {
  status?: number;
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
}

/** What `fetch` throws when the connection breaks. */
export const lost = (code = 'ECONNRESET') =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code }) });

type Script = readonly (Scripted | Error)[] | ((asked: Asked) => Scripted | Error);

/** The last answer of a list repeats for ever. */
export function fakeService(script: Script) {
  const asked: Asked[] = [];
  const waits: number[] = [];
  const lines: string[] = [];
  const tokens: string[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const text = await new Request(url, init).text();
    const request: Asked = {
      method: init.method ?? 'GET',
      url,
      headers: new Headers(init.headers),
      body: text === '' ? undefined : /^[[{]/.test(text) ? JSON.parse(text) : text,
    };
    asked.push(request);
    const answer =
      typeof script === 'function' ? script(request) : script[Math.min(asked.length, script.length) - 1];
    if (answer === undefined) throw new Error(`nothing scripted for ${url}`);
    if (answer instanceof Error) throw answer;
    const { status = 200, body, headers = {} } = answer;
    const sent = answer.text ?? (body === undefined ? null : JSON.stringify(body));
    return new Response(sent, { status, headers });
  };
  const credential: TokenCredential = {
    async getToken(scopes) {
      tokens.push(String(scopes));
      return { token: `token-${tokens.length}`, expiresOnTimestamp: Date.parse('2026-11-24T10:00:00Z') };
    },
  };
  const options = {
    credential,
    fetch,
    now: () => new Date('2026-11-24T09:00:00Z'),
    random: () => 0,
    wait: async (seconds: number) => {
      waits.push(seconds);
    },
    log: (line: string) => {
      lines.push(line);
    },
  };
  return { asked, waits, lines, tokens, options };
}

/** An error as Microsoft Graph words it. */
export const graphError = (status: number, code: string, message: string, headers = {}): Scripted => ({
  status,
  headers,
  body: {
    error: {
      code,
      message,
      innerError: { date: '2026-11-24T09:00:00', 'request-id': '2f9e4a80-0d2c-4d53-8f3d-7d1f4b7a6c11' },
    },
  },
});

/** What was thrown: a promise that does not fail fails the test. */
export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
