// Defender for Endpoint: machines, what was done on them, and the scan that is started there. Its filters take a GUID
// without quotes, unlike Microsoft Graph's (https://learn.microsoft.com/defender-endpoint/api/exposed-apis-list).
import { createHash } from 'node:crypto';
import { isRow, type Row, type TenantAnswer, TenantRefusal } from '../answers.ts';
import { hasPlan } from '../directory.ts';
import type { Claims } from '../identity.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, page, parseQuery, type QueryOptions, withDefaults } from '../odata.ts';
import { granting } from '../permissions.ts';
import type { TenantRequest } from '../request.ts';
import { machineActionProperties, machineProperties } from '../schema/machine.ts';
import type { TenantFile } from '../schema.ts';
import type { Store } from '../store.ts';

type Machine = NonNullable<TenantFile['machines']>[number];

const machineType: EntityType = {
  name: 'microsoft.windowsDefenderATP.api.machine',
  properties: machineProperties,
};
const actionType: EntityType = {
  name: 'microsoft.windowsDefenderATP.api.machineAction',
  properties: machineActionProperties,
};
const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

const idOf = (machine: Machine): string =>
  machine.id ?? createHash('sha1').update(machine.computerDnsName).digest('hex');

const machineRow = (store: Store) => (machine: Machine) =>
  withDefaults(machine, machineProperties, {
    id: idOf(machine),
    onboardingStatus: 'Onboarded',
    healthStatus: 'Active',
    osPlatform: 'Windows11',
    lastSeen: store.loadedAt,
    isExcluded: false,
  });

const actionRows = ({ machineActions }: TenantFile): Row[] =>
  (machineActions ?? []).map((action) =>
    withDefaults(action, machineActionProperties, {
      id: guidOf('machineAction', JSON.stringify(action)),
      lastUpdateTimeUtc: action.creationDateTimeUtc,
    }),
  );

/** A GUID in quotes is a text, and is not compared with a GUID. */
function withQuotes(url: URL): URL {
  const filter = url.searchParams.get('$filter');
  if (filter === null) return url;
  if (/aadDeviceId\s+(eq|ne)\s+'/.test(filter))
    throw new TenantRefusal(
      400,
      'ODataError',
      "Incompatible types were detected: 'Edm.Guid' and 'Edm.String'.",
    );
  const changed = new URL(url);
  changed.searchParams.set(
    '$filter',
    filter.replace(/'[^']*'|[^']+/g, (part) => (part.startsWith("'") ? part : part.replace(guid, "'$&'"))),
  );
  return changed;
}

const machineOptions: QueryOptions = {
  page: { size: 10_000, most: 10_000 },
  filter: Object.fromEntries(
    [
      ...[
        'computerDnsName',
        'id',
        'version',
        'deviceValue',
        'aadDeviceId',
        'exposureLevel',
        'onboardingStatus',
      ],
      ...['lastIpAddress', 'healthStatus', 'osPlatform', 'riskScore', 'rbacGroupId'],
    ].map((name) => [name, 'eq ne startswith']),
  ),
};
const actionOptions: QueryOptions = {
  page: { size: 10_000, most: 10_000 },
  filter: {
    id: 'eq',
    status: 'eq ne',
    machineId: 'eq ne',
    type: 'eq ne',
    requestor: 'eq ne',
    creationDateTimeUtc: 'eq ge gt le lt',
  },
};

function scan(store: Store, claims: Claims, machineId: string, body: unknown): TenantAnswer {
  const machine = store.file.machines?.find((entry) => idOf(entry) === machineId);
  if (!machine) throw new TenantRefusal(404, 'ResourceNotFound', `Machine ${machineId} was not found`);
  const { Comment: comment, ScanType: scope } = isRow(body) ? body : {};
  if (typeof comment !== 'string' || comment === '')
    throw new TenantRefusal(400, 'MissingRequiredParameter', 'Parameter Comment is missing.');
  if (scope !== 'Quick' && scope !== 'Full')
    throw new TenantRefusal(400, 'InvalidInput', 'Invalid input ScanType: Quick or Full.');
  if (!/^(windows|macos|linux)/i.test(machine.osPlatform ?? 'Windows11'))
    throw new TenantRefusal(
      400,
      'OsPlatformNotSupported',
      `OS Platform ${machine.osPlatform} is not supported for this action.`,
    );
  const running = (store.file.machineActions ?? []).some(
    (action) =>
      action.machineId === machineId &&
      action.type === 'RunAntiVirusScan' &&
      (action.status === 'Pending' || action.status === 'InProgress'),
  );
  if (running || (machine.onboardingStatus ?? 'Onboarded') !== 'Onboarded')
    throw new TenantRefusal(
      400,
      running ? 'ActiveRequestAlreadyExists' : 'BadRequest',
      running ? 'Action is already in progress' : 'The machine is not onboarded.',
    );
  const at = store.now().toISOString();
  const action = {
    id: guidOf('machineAction', machineId, at),
    type: 'RunAntiVirusScan' as const,
    machineId,
    status: 'Pending' as const,
    creationDateTimeUtc: at,
    lastUpdateTimeUtc: at,
    scope,
    requestor: claims.appid,
    requestorComment: comment,
    computerDnsName: machine.computerDnsName,
  };
  store.changing();
  store.file.machineActions ??= [];
  store.file.machineActions.push(action);
  const context = 'https://api.security.microsoft.com/api/$metadata#MachineActions/$entity';
  return { status: 201, body: { '@odata.context': context, title: null, ...action } };
}

/** Answers one request. `allowed` is filled in along the way, so that it is recorded even if the request is refused later. */
export function answerDefender(
  store: Store,
  request: TenantRequest,
  allowed: { permission: string | null; route: string | null },
): TenantAnswer {
  const { method, path, claims } = request;
  const require = (...permissions: string[]) => {
    const granted = granting(claims.roles, permissions);
    if (granted === undefined)
      throw new TenantRefusal(
        403,
        'Forbidden',
        `The application does not have any of the required application permissions (${permissions.join(', ')}) to access the resource.`,
      );
    allowed.permission = granted[0] ?? null;
    if (!hasPlan(store.file, 'WINDEFATP'))
      throw new TenantRefusal(403, 'DisabledFeature', 'Tenant feature is not enabled.');
  };
  const machineId = /^\/api\/machines\/([^/]+)\/runAntiVirusScan$/.exec(path)?.[1];
  if (machineId !== undefined && method === 'POST') {
    allowed.route = 'POST /api/machines/{id}/runAntiVirusScan';
    require('Machine.Scan');
    return scan(store, claims, decodeURIComponent(machineId), request.body);
  }
  if (method !== 'GET' || (path !== '/api/machines' && path !== '/api/machineactions'))
    throw new TenantRefusal(
      404,
      'NotFound',
      `No HTTP resource was found that matches the request ${method} ${path}.`,
    );
  allowed.route = `GET ${path}`;
  require('Machine.Read.All', 'Machine.ReadWrite.All');
  const file = store.read();
  const [type, options, rows, set] =
    path === '/api/machines'
      ? ([machineType, machineOptions, (file.machines ?? []).map(machineRow(store)), 'Machines'] as const)
      : ([actionType, actionOptions, actionRows(file), 'MachineActions'] as const);
  const query = parseQuery(withQuotes(request.url), request.headers, type, options);
  const { rows: shown, next } = page(rows, query, options);
  const link = new URL(request.url);
  if (next) link.searchParams.set('$skiptoken', next);
  return {
    status: 200,
    body: {
      '@odata.context': `https://api.security.microsoft.com/api/$metadata#${set}`,
      value: shown,
      ...(next ? { '@odata.nextLink': `${request.base}${path}${link.search}` } : {}),
    },
  };
}
