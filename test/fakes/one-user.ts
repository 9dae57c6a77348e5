// One user in Microsoft Graph: what a step writes is what it reads back, in whole seconds as Entra ID tells time.

import { PermanentError } from '../../shared/errors.ts';
import type { Clients } from '../../shared/model/clients.ts';
import { noClients } from '../run/no-clients.ts';
import { type Request, scriptedGraph } from './scripted-graph.ts';

interface State {
  accountEnabled: boolean;
  lastPasswordChangeDateTime: string | null;
  signInSessionsValidFromDateTime: string | null;
}

const wholeSecond = (now: Date) => `${now.toISOString().slice(0, 19)}Z`;

export function oneUser(given: Partial<State> = {}, now = () => new Date('2026-11-20T09:15:01.900Z')) {
  const state: State = {
    accountEnabled: true,
    lastPasswordChangeDateTime: '2026-03-01T08:00:00Z',
    signInSessionsValidFromDateTime: '2026-03-01T08:00:00Z',
    ...given,
  };
  let refusal: { on: string; error: PermanentError } | undefined;
  const graph = scriptedGraph(({ method, path, body }: Request) => {
    if (refusal?.on === method) throw refusal.error;
    if (path.endsWith('/revokeSignInSessions')) {
      state.signInSessionsValidFromDateTime = wholeSecond(now());
      return { value: true };
    }
    if (method === 'PATCH' && body && 'accountEnabled' in body)
      state.accountEnabled = body.accountEnabled === true;
    if (method === 'PATCH' && body && 'passwordProfile' in body) {
      state.lastPasswordChangeDateTime = wholeSecond(now());
    }
    return state;
  });
  const clients: Clients = { ...noClients, graph };
  return {
    state,
    clients,
    requests: graph.requests,
    writes: () => graph.requests.filter(({ method }) => method !== 'GET'),
    refuse(on: string, status: number, code: string) {
      refusal = {
        on,
        error: new PermanentError(`Microsoft Graph refused ${on} (${status} ${code}).`, { status, code }),
      };
    },
  };
}
