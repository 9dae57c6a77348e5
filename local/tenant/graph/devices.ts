// Devices of a user, and the one change an app makes to them: disabled, and enabled again. That takes a directory
// role, and is possible for Windows only (https://learn.microsoft.com/graph/api/device-update).
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findUser, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { deviceProperties } from '../schema/device.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound, requireUser } from './user-row.ts';

type Device = NonNullable<TenantFile['devices']>[number];

const deviceType: EntityType = { name: 'microsoft.graph.device', properties: deviceProperties };

const objectIdOf = (device: Device): string => device.id ?? guidOf('device', device.displayName);
const deviceIdOf = (device: Device): string => device.deviceId ?? guidOf('deviceId', device.displayName);

const deviceRow = (device: Device): Row =>
  withDefaults(device, deviceProperties, {
    id: objectIdOf(device),
    deviceId: deviceIdOf(device),
    accountEnabled: true,
    operatingSystem: 'Windows',
    trustType: 'Workplace',
    profileType: 'RegisteredDevice',
  });

const related = (relation: 'registeredOwners' | 'registeredUsers') => (call: GraphCall) => {
  const id = userIdOf(requireUser(call.file, call.parameters['id'] ?? ''));
  return (call.file.devices ?? [])
    .filter((device) =>
      (device[relation] ?? device.registeredOwners ?? []).some((name) => {
        const user = findUser(call.file, name);
        return user !== undefined && userIdOf(user) === id;
      }),
    )
    .map((device) => ({ '@odata.type': '#microsoft.graph.device', ...deviceRow(device) }));
};

/** Found by object id only; the device id is something else. */
function requireDevice(file: TenantFile, id: string): Device {
  const device = file.devices?.find((entry) => objectIdOf(entry).toLowerCase() === id.toLowerCase());
  if (!device) throw notFound(id);
  return device;
}

function patch(call: GraphCall) {
  const device = requireDevice(call.store.file, call.parameters['id'] ?? '');
  const { accountEnabled, ...more } = isRow(call.body) ? call.body : {};
  const [other] = Object.keys(more);
  if (other !== undefined)
    throw new TenantRefusal(
      400,
      'Request_BadRequest',
      `Property '${other}' is read-only in this simulation.`,
    );
  if (typeof accountEnabled !== 'boolean')
    throw new TenantRefusal(
      400,
      'Request_BadRequest',
      "Invalid value specified for property 'accountEnabled' of resource 'Device'.",
    );
  if ((device.operatingSystem ?? 'Windows') !== 'Windows') {
    throw new TenantRefusal(
      400,
      'Request_BadRequest',
      'Properties other than ExtensionAttributes1..15 and extensionProperties can be modified only on windows devices.',
    );
  }
  const { store } = call;
  store.write(device, 'accountEnabled', accountEnabled, { fallback: true });
  const minutes = store.file.behaviour?.deviceSyncMinutes;
  if (minutes !== undefined && device.trustType === 'ServerAd' && !accountEnabled)
    store.later(minutes * 60_000, () => store.write(device, 'accountEnabled', true, { fallback: true }));
  return { status: 204 };
}

const list = { select: true, count: true, page: { size: 100, most: 999 } } as const;

export const deviceRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users/{id}/registeredDevices',
    behind: 'directory',
    entity: deviceType,
    query: list,
    many: related('registeredUsers'),
  },
  {
    method: 'GET',
    path: '/users/{id}/ownedDevices',
    behind: 'directory',
    entity: deviceType,
    query: list,
    many: related('registeredOwners'),
  },
  {
    method: 'GET',
    path: '/devices/{id}',
    behind: 'directory',
    entity: deviceType,
    query: { select: true },
    one: (call) => deviceRow(requireDevice(call.file, call.parameters['id'] ?? '')),
  },
  { method: 'PATCH', path: '/devices/{id}', behind: 'directory', entity: deviceType, act: patch },
];
