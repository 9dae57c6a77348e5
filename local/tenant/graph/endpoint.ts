// Microsoft Graph as a whole: finds the route, checks permission and query, and puts the answer into its envelope.
import { isRow, type Row, type TenantAnswer, TenantRefusal } from '../answers.ts';
import { page, parseQuery, project } from '../odata.ts';
import { granting, graphPermissions } from '../permissions.ts';
import type { TenantRequest } from '../request.ts';
import type { Store } from '../store.ts';
import { analyzedEmailRoutes } from './analyzed-emails.ts';
import { applicationRoutes } from './applications.ts';
import { auditSearchRoutes } from './audit-searches.ts';
import { authenticationRoutes } from './authentication.ts';
import { calendarPermissionRoutes } from './calendar-permissions.ts';
import { deviceRoutes } from './devices.ts';
import { directoryAuditRoutes } from './directory-audits.ts';
import { domainRoutes } from './domains.ts';
import { driveRoutes } from './drive.ts';
import { findRoute } from './find-route.ts';
import { forbidden } from './forbidden.ts';
import { groupWriteRoutes } from './group-writes.ts';
import { groupRoutes } from './groups.ts';
import { identityRoutes } from './identities.ts';
import { mailRoutes } from './mail.ts';
import { messageTraceRoutes } from './message-traces.ts';
import { messageRoutes } from './messages.ts';
import { organizationRoutes } from './organization.ts';
import { passRoutes } from './passes.ts';
import { registrationRoutes } from './registration.ts';
import { riskRoutes } from './risk.ts';
import { roleWriteRoutes } from './role-writes.ts';
import { roleRoutes } from './roles.ts';
import type { Act, GraphCall, GraphRoute } from './route.ts';
import { ruleRoutes } from './rules.ts';
import { securityRoutes } from './security.ts';
import { signInRoutes } from './sign-ins.ts';
import { userRoutes } from './users.ts';

const graphRoutes: readonly GraphRoute[] = [
  ...userRoutes,
  ...domainRoutes,
  ...organizationRoutes,
  ...groupRoutes,
  ...groupWriteRoutes,
  ...roleRoutes,
  ...roleWriteRoutes,
  ...identityRoutes,
  ...riskRoutes,
  ...signInRoutes,
  ...auditSearchRoutes,
  ...applicationRoutes,
  ...directoryAuditRoutes,
  ...authenticationRoutes,
  ...passRoutes,
  ...registrationRoutes,
  ...deviceRoutes,
  ...securityRoutes,
  ...ruleRoutes,
  ...mailRoutes,
  ...messageRoutes,
  ...messageTraceRoutes,
  ...analyzedEmailRoutes,
  ...calendarPermissionRoutes,
  ...driveRoutes,
];

export interface GraphRequest extends TenantRequest {
  directoryRoles: readonly string[];
}
export interface Allowed {
  permission: string | null;
  /** Other permissions that were needed as well. */
  also: string[];
  role: string | null;
  route: string | null;
}

/** The set an answer is of, as its context names it: users, users('…')/mailFolders. */
function entitySet(route: GraphRoute, parameters: Readonly<Record<string, string>>): string {
  const path = 'one' in route ? route.path.replace(/\/\{\w+\}$/, '') : route.path;
  return path
    .slice(1)
    .replace(/\/\{(\w+)\}/g, (_, name: string) => `('${encodeURIComponent(parameters[name] ?? '')}')`);
}

/** Answers one request. `allowed` is filled in along the way, so that it is recorded even if the request is refused later. */
export function answerGraph(store: Store, request: GraphRequest, allowed: Allowed): TenantAnswer {
  const { route, parameters, version } = findRoute(graphRoutes, request);
  const key = `${route.method} ${route.path.replace(/\{\w+\}/g, '{id}')}`;
  allowed.route = key;
  const require = (aspect?: string) => {
    const alternatives = graphPermissions[aspect ? `${key}#${aspect}` : key];
    if (!alternatives) throw new Error(`no permission is known for ${key}${aspect ? `#${aspect}` : ''}`);
    const granted = granting(request.claims.roles, alternatives);
    if (granted === undefined)
      throw forbidden[route.behind](alternatives.flat().join(','), request.claims.roles.join(','));
    note(allowed, granted);
  };
  if (!route.ownPermission) require();
  const options = route.query ?? {};
  const query = parseQuery(request.url, request.headers, route.entity, options);
  const call: GraphCall = {
    store,
    file: store.read(),
    version,
    parameters,
    query,
    body: request.body,
    claims: request.claims,
    directoryRoles: request.directoryRoles,
    require,
    allowedBy: (role) => {
      allowed.role = role;
    },
  };
  if ('act' in route) {
    checkBody(request, route);
    return route.act(call);
  }
  const chosen = query.select ? `(${query.select.join(',')})` : '';
  const context = `${request.base}/${version}/$metadata#${entitySet(route, parameters)}${chosen}`;
  // With a type cast in the path, objects carry no type of their own.
  const { cast } = /\/(?<cast>microsoft\.graph\.\w+)$/.exec(route.path)?.groups ?? {};
  const shown = ({ '@odata.type': type, ...row }: Row) => {
    const typed = type === undefined || cast ? row : { '@odata.type': type, ...row };
    return expandSelected(project(typed, query.select, route.entity), call, route);
  };
  if ('one' in route) {
    return { status: 200, body: { '@odata.context': `${context}/$entity`, ...shown(route.one(call)) } };
  }
  const { rows, total, next } = page(route.many(call), query, options, call.file.behaviour);
  const link = new URL(request.url);
  if (next) link.searchParams.set('$skiptoken', next);
  return {
    status: 200,
    body: {
      '@odata.context': context,
      ...(query.count ? { '@odata.count': total } : {}),
      ...(next ? { '@odata.nextLink': `${request.base}${request.path}${link.search}` } : {}),
      value: rows.map(shown),
    },
  };
}

function note(allowed: Allowed, granted: readonly string[]): void {
  for (const permission of granted) {
    allowed.permission ??= permission;
    if (permission !== allowed.permission && !allowed.also.includes(permission))
      allowed.also.push(permission);
  }
}

function checkBody(request: GraphRequest, route: Act): void {
  if (request.body === undefined) {
    if (route.method === 'PATCH')
      throw new TenantRefusal(400, 'BadRequest', 'Empty Payload. JSON content expected.');
    return;
  }
  const type = request.headers.get('content-type') ?? '';
  if (route.mime && /^text\/plain\b/i.test(type) && typeof request.body === 'string') return;
  if (!/^application\/json\b/i.test(type)) {
    throw new TenantRefusal(
      400,
      'Request_BadRequest',
      'Write requests (excluding DELETE) must contain the Content-Type header declaration.',
    );
  }
  if (!isRow(request.body))
    throw new TenantRefusal(
      400,
      'BadRequest',
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
}

/** Cuts what was expanded to its own $select. A route expands by putting the related object under its name. */
function expandSelected(row: Row, call: GraphCall, route: GraphRoute): Row {
  const shown: Row = {};
  for (const [name, value] of Object.entries(row)) {
    const type = route.entity.navigation?.[name];
    if (!type) shown[name] = value;
    else if (call.query.expand.has(name)) {
      const cut = (entry: unknown) =>
        isRow(entry) ? project(entry, call.query.expand.get(name), type) : entry;
      shown[name] = Array.isArray(value) ? value.map(cut) : cut(value);
    }
  }
  return shown;
}
