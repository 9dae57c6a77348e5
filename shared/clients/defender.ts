// Defender for Endpoint: machines and their scans, which Graph doesn't have.

import type { DefenderClient } from '../model/clients.ts';
import { trimEnd } from '../model/text.ts';
import { bodyOf, readOf, shaped } from './answer.ts';
import { graphFault } from './graph-fault.ts';
import { type ClientOptions, createSender } from './send.ts';

const name = 'Defender for Endpoint';
const service = {
  name,
  scope: 'https://api.securitycenter.microsoft.com/.default',
  rights: 'the application permission of WindowsDefenderATP for this request',
  fault: graphFault,
};

export interface BoundDefenderClient extends DefenderClient {
  /** The same client, with requests that end when the signal aborts. */
  withAbort(abort: AbortSignal): DefenderClient;
}

/**
 * A POST is never repeated after a lost answer. If a scan is already running, the answer is 400, which the step
 * reads from the error's status and code (https://learn.microsoft.com/defender-endpoint/api/run-av-scan).
 */
export function createDefender(options: ClientOptions): BoundDefenderClient {
  const send = createSender(service, options);
  const base = `${trimEnd(options.baseUrl, '/')}/api`;

  function bind(abort: AbortSignal | undefined): BoundDefenderClient {
    async function ask(method: 'GET' | 'POST', path: string, body?: object) {
      const request = `${method} ${path.split('?', 1)[0]}`;
      const answer = await send({
        name: request,
        method,
        url: base + path,
        headers: new Headers({ 'content-type': 'application/json' }),
        body: body && JSON.stringify(body),
        repeatable: method === 'GET',
        abort,
      });
      return { body: (method === 'GET' ? readOf : bodyOf)(answer, name, request), request };
    }
    return {
      async get(path, schema) {
        const { body, request } = await ask('GET', path);
        return shaped(schema, body, name, request);
      },
      async post(path, given, schema) {
        const { body, request } = await ask('POST', path, given);
        return shaped(schema, body, name, request);
      },
      withAbort: bind,
    };
  }
  return bind(undefined);
}
