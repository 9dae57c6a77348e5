// A simulated Microsoft 365 tenant: Microsoft Graph, Exchange Online and the identity that hands out tokens for them.
// It answers what this project asks and refuses everything else as the real services would. No sockets here: see
// serve.ts.
import { setTimeout } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { Recording } from '../../functions/drill/recording.ts';
import { ConnectionLost, type TenantAnswer } from './answers.ts';
import { answerDefender } from './defender/endpoint.ts';
import { findUser, tenantIdOf } from './directory.ts';
import { answerCompliance } from './exchange/compliance.ts';
import { answerExchange, cmdletNameIn } from './exchange/endpoint.ts';
import { type Fault, Faults, Limits } from './faults.ts';
import { type Allowed, answerGraph } from './graph/endpoint.ts';
import { Identity, type Service } from './identity.ts';
import { guidOf } from './ids.ts';
import { parseTenant } from './parse-tenant.ts';
import { allPermissions } from './permissions.ts';
import { type RecordedRequest, secretsIn, withoutSecrets } from './record.ts';
import { Replay } from './replay.ts';
import type { TenantRequest } from './request.ts';
import { partOf, refusalOf, refused, respond } from './respond.ts';
import { defaultAppRoles } from './roles.ts';
import type { TenantFile } from './schema.ts';
import { Store } from './store.ts';

export interface TenantOptions {
  now: () => Date;
  /** The app's permissions if the file names none. Default: all. */
  permissions?: readonly string[];
  /** Those of the drill's identity, likewise. Default: none. */
  drillPermissions?: readonly string[];
  /** Of a drill elsewhere: its identity is answered as it was there. */
  replay?: Recording;
  latencyMs?: number;
  /** A mailbox that exists even if the file does not name it: the one that sends the summary. */
  mailFrom?: string;
  /** Called as each request ends. */
  onRequest?: (request: RecordedRequest) => void;
}

export interface Tenant {
  /** Answers one request to any of the services. Rejects where the connection is to break. */
  handle(request: Request): Promise<Response>;
  /** `handle` in the shape of fetch, for clients that take one. */
  fetch: typeof globalThis.fetch;
  /** The tenant file as it is now. */
  state(): TenantFile;
  requests: readonly RecordedRequest[];
  /** Every password, pass and token that it received or made, so that a test can look for them elsewhere. */
  secrets: ReadonlySet<string>;
  credential: TokenCredential;
  /** Of the identity that plants a drill, and its client id. */
  drill: { credential: TokenCredential; appId: string };
  tenantId: string;
  identityHeader: string;
}

const hosts: Readonly<Record<Service, string>> = {
  graph: 'https://graph.microsoft.com',
  exchange: 'https://outlook.office365.com',
  compliance: 'https://eur01b.ps.compliance.protection.outlook.com',
  defender: 'https://api.security.microsoft.com',
};
const services: readonly Service[] = ['graph', 'exchange', 'compliance', 'defender'];

/** Which service an address belongs to: by Microsoft's host, or by the first segment of a local path. */
function locate(url: URL): { service: Service | 'identity'; base: string; path: string } | undefined {
  for (const service of services) {
    if (url.origin === hosts[service]) return { service, base: url.origin, path: url.pathname };
  }
  const [, first = '', ...rest] = url.pathname.split('/');
  const service = [...services, 'identity' as const].find((name) => name === first);
  return service && { service, base: `${url.origin}/${first}`, path: `/${rest.join('/')}` };
}

export function createTenant(file: unknown, options: TenantOptions): Tenant {
  const { now } = options;
  const parsed = parseTenant(file, now());
  if (options.mailFrom !== undefined) addMailbox(parsed, options.mailFrom);
  const store = new Store(parsed, now);
  const { app = {}, behaviour = {} } = store.file;
  const tenantId = tenantIdOf(store.file);
  const permissions = app.permissions ?? options.permissions ?? allPermissions;
  const drillPermissions = store.file.drillApp?.permissions ?? options.drillPermissions ?? [];
  const drillAppId = store.file.drillApp?.appId ?? guidOf('drill', tenantId);
  const directoryRoles = app.directoryRoles ?? defaultAppRoles;
  const exchangeRoles = [
    ...directoryRoles,
    ...(app.exchangeRoleGroups ?? []),
    ...(app.exchangeCmdlets ?? []),
  ];
  const identity = new Identity({
    now,
    tenantId,
    appId: app.appId ?? guidOf('app', tenantId),
    objectId: app.objectId ?? guidOf('service principal', tenantId),
    permissions: (service) => permissions.filter((name) => servicesOfPermission(name).includes(service)),
    drill: {
      appId: drillAppId,
      objectId: guidOf('service principal of the drill', tenantId),
      permissions: (service) => (service === 'graph' ? drillPermissions : []),
    },
    lifetimeSeconds: (behaviour.tokenMinutes ?? 1440) * 60,
  });
  const replay = options.replay && new Replay(options.replay, now);
  const faults = new Faults(store.file);
  const limits = new Limits();
  const requests: RecordedRequest[] = [];
  const secrets = new Set([identity.header]);

  async function handle(request: Request): Promise<Response> {
    const started = performance.now();
    const time = now().toISOString();
    const url = new URL(request.url);
    const place = locate(url);
    if (!place)
      return respond({ status: 404, body: { error: `Nothing is simulated at ${request.url}.` } }, '');
    if (place.service === 'identity') return respond(identity.answer(url, request.headers), '');
    const { service, base, path } = place;
    const requestId = crypto.randomUUID();
    const text = await request.text();
    const latencyMs = options.latencyMs ?? behaviour.latencyMs ?? 0;
    if (latencyMs > 0) await setTimeout(latencyMs, undefined, { signal: request.signal });
    const body = parseBody(text);
    for (const one of secretsIn(body)) secrets.add(one);
    // The signature alone: the rest of a token can be made by anybody.
    const signature = request.headers.get('authorization')?.split('.')[2];
    if (signature !== undefined) secrets.add(signature);
    const cmdlet = service === 'exchange' || service === 'compliance' ? cmdletNameIn(body) : undefined;
    const allowed: Allowed = { permission: null, also: [], role: null, route: null };
    const record = (status: number | null) => {
      const entry: RecordedRequest = {
        time,
        service,
        method: request.method,
        url: `${hosts[service]}${path}${url.search}`,
        cmdlet: cmdlet ?? null,
        status,
        body: text === '' ? null : withoutSecrets(body),
        ...allowed,
        requestId,
        durationMs: Math.round((performance.now() - started) * 1000) / 1000,
      };
      requests.push(entry);
      options.onRequest?.(entry);
    };
    const common = { method: request.method, url, base, path, headers: request.headers, body };
    let answer: TenantAnswer;
    try {
      store.settle();
      const claims = identity.check(request.headers.get('authorization'), service);
      const fault = faults.meet(request.method, path, cmdlet) ?? limited(path);
      if (fault && !fault.answerLost && fault.status !== 206) throw refusalOf(fault, service);
      const own = () => run(service, { ...common, claims }, allowed);
      answer =
        replay === undefined
          ? own()
          : replay.answer(
              {
                by: claims.appid === drillAppId ? 'drill' : 'responder',
                ...{ service, method: request.method, path, body },
              },
              own,
            );
      if (fault?.status === 206) answer = partOf(answer);
      else if (fault) throw new ConnectionLost();
    } catch (thrown) {
      if (thrown instanceof ConnectionLost) {
        record(null);
        throw thrown;
      }
      answer = refused(thrown, service, requestId, request.headers, now());
    }
    for (const one of secretsIn(answer.body)) secrets.add(one);
    record(answer.status);
    return respond(answer, requestId);
  }

  function limited(path: string): Fault | undefined {
    return behaviour.enforceLimits ? limits.exceeded(path, now().getTime()) : undefined;
  }

  function run(service: Service, common: TenantRequest, allowed: Allowed): TenantAnswer {
    const held = (roles: readonly string[]) => (common.claims.appid === drillAppId ? [] : roles);
    if (service === 'graph')
      return answerGraph(store, { ...common, directoryRoles: held(directoryRoles) }, allowed);
    if (service === 'exchange')
      return answerExchange(store, { ...common, roles: held(exchangeRoles) }, allowed);
    if (service === 'compliance')
      return answerCompliance(store, { ...common, roles: held(directoryRoles) }, allowed);
    return answerDefender(store, common, allowed);
  }

  return {
    handle,
    fetch: (input, init) => handle(new Request(input, init)),
    state: () => structuredClone(store.file),
    requests,
    secrets,
    credential: identity.credential,
    drill: { credential: identity.drillCredential, appId: drillAppId },
    tenantId,
    identityHeader: identity.header,
  };
}

function addMailbox(file: TenantFile, address: string): void {
  const user = findUser(file, address);
  if (user) user.mailbox ??= {};
  else {
    const mailbox = { RecipientTypeDetails: 'SharedMailbox' };
    file.users.push({ userPrincipalName: address, accountEnabled: false, mailbox });
  }
}

const servicesOfPermission = (name: string): Service[] => {
  if (name.startsWith('Exchange.ManageAsApp')) return ['exchange', 'compliance'];
  return [name.startsWith('Machine.') ? 'defender' : 'graph'];
};

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
