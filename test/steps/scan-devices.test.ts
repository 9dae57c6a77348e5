import { describe, expect, it } from 'vitest';
import { scanDevices } from '../../functions/steps/scan-devices/scan-devices.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createDefender } from '../../shared/clients/defender.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Clients } from '../../shared/model/clients.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { adele } from '../fakes/sign-ins.ts';
import { noClients } from '../run/no-clients.ts';

const laptopId = '0b6a2f53-6a7e-4d0f-9a63-6c2b9f3e4a10';
const theirsId = '7f0d9a55-2c11-4a8e-8f4b-1d9f4c8e7b21';
const phoneId = 'd2c1b0a9-0f1e-4d2c-8b3a-495867768594';
const machineId = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';
const run = context({ intruder: { ...nobodyKnown, devices: [theirsId] } });

const device = (displayName: string, given: object = {}) => ({
  displayName,
  registeredOwners: ['adele@contoso.com'],
  ...given,
});
const laptop = device('ADELE-LT', { deviceId: laptopId });
const machine = { id: machineId, computerDnsName: 'adele-lt.contoso.com', aadDeviceId: laptopId };
const tenant = (devices: object[], machines: object[], more: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance' }],
  devices,
  machines,
  ...more,
});
const scan = (status: string, creationDateTimeUtc: string) => ({
  machineActions: [{ type: 'RunAntiVirusScan', machineId, status, creationDateTimeUtc }],
});

/** With no more permissions than the step declares. */
function simulated(file: object) {
  const now = () => new Date('2026-11-20T09:15:01.300Z');
  const { graph: forGraph, defender: forDefender } = scanDevices.permissions;
  const simulation = createTenant(file, { now, permissions: [...(forGraph ?? []), ...(forDefender ?? [])] });
  const common = {
    credential: simulation.credential,
    fetch: simulation.fetch,
    now,
    wait: async () => undefined,
  };
  const clients: Clients = {
    ...noClients,
    graph: createGraph({ ...common, baseUrl: 'https://graph.microsoft.com' }),
    defender: createDefender({ ...common, baseUrl: 'https://api.security.microsoft.com' }),
  };
  const asked = () =>
    simulation.requests
      .filter(({ service }) => service === 'defender')
      .map(
        ({ method, url, permission }) =>
          `${method} ${decodeURIComponent(new URL(url).pathname + new URL(url).search)} (${permission})`,
      );
  return { clients, simulation, asked };
}
const find = async (file: object) => found(await scanDevices.find(run, simulated(file).clients));

describe('scan-devices', () => {
  it.each([{}, synced, { ...synced, federated: true }, { privileged: true }, { hasMailbox: false }])(
    'applies to %o',
    (given) => {
      expect(scanDevices.appliesTo(account(given))).toBe(true);
    },
  );

  it('leaves a guest’s devices to the home tenant', () => {
    expect(scanDevices.appliesTo(account(guest))).toContain('home tenant');
  });

  it('starts a full scan of the owner’s machine, once, and sees that it was started', async () => {
    const { clients, simulation, asked } = simulated(tenant([laptop], [machine]));
    const change = onlyChange(await scanDevices.find(run, clients));
    expect(change).toMatchObject({
      what: 'device "ADELE-LT" (Windows), in Defender adele-lt.contoso.com',
      once: true,
      again: true,
      before: { machineId },
    });
    await scanDevices.fix(change, run, clients);
    expect(simulation.state().machineActions).toMatchObject([
      { machineId, scope: 'Full', requestorComment: 'Reclaim 8M2P: adele@contoso.com was compromised' },
    ]);
    const { changes, tasks, kept } = found(await scanDevices.find(run, clients));
    expect([changes, tasks]).toEqual([[], []]);
    expect(kept).toMatchObject([{ why: 'a scan was started at 2026-11-20T09:15:01.300Z (Pending)' }]);
    expect(asked().slice(0, 3)).toEqual([
      `GET /api/machines?$filter=aadDeviceId eq ${laptopId} (Machine.Read.All)`,
      `GET /api/machineactions?$filter=machineId eq '${machineId}' and type eq 'RunAntiVirusScan' and creationDateTimeUtc ge 2026-11-19T09:15:00.400Z (Machine.Read.All)`,
      `POST /api/machines/${machineId}/runAntiVirusScan (Machine.Scan)`,
    ]);
    expect(scanDevices.undo).toContain('nothing');
  });

  it('is content with a scan that runs already — the service refuses a second one', async () => {
    const { clients, simulation } = simulated(tenant([laptop], [machine]));
    const change = onlyChange(await scanDevices.find(run, clients));
    await scanDevices.fix(change, run, clients);
    await expect(scanDevices.fix(change, run, clients)).resolves.toBeUndefined();
    expect(simulation.state().machineActions).toHaveLength(1);
  });

  it.each([
    ['that is still running since before', scan('InProgress', '2026-11-20T03:00:00Z'), 0],
    ['of this run', scan('Succeeded', '2026-11-20T09:15:00Z'), 0],
    ['of yesterday evening', scan('Succeeded', '2026-11-19T20:00:00Z'), 1],
  ])('counts a scan %s', async (_which, actions, expected) => {
    const { changes } = await find(tenant([laptop], [machine], actions));
    expect(changes).toHaveLength(expected);
  });

  it('recognises a machine by its device, however either service writes the id', async () => {
    const { changes } = await find(tenant([{ ...laptop, deviceId: laptopId.toUpperCase() }], [machine]));
    expect(changes.map(({ id }) => id)).toEqual([`machine:${machineId}`]);
  });

  it('runs a quick scan if that is chosen', async () => {
    const { clients, simulation } = simulated(tenant([laptop], [machine]));
    const quick = { ...run, settings: { scanType: 'Quick' } };
    await scanDevices.fix(onlyChange(await scanDevices.find(quick, clients)), quick, clients);
    expect(simulation.state().machineActions).toMatchObject([{ scope: 'Quick' }]);
  });

  it('uses the live record — a device that was onboarded again leaves its old one behind', async () => {
    const dead = { computerDnsName: 'old', aadDeviceId: laptopId };
    const { changes } = await find(
      tenant(
        [laptop],
        [
          { ...dead, id: 'a', lastSeen: '2026-11-20T09:00:00Z', onboardingStatus: 'InsufficientInfo' },
          { ...dead, id: 'b', lastSeen: '2026-11-20T09:00:00Z', mergedIntoMachineId: machineId },
          { ...dead, id: 'c', lastSeen: '2025-01-01T00:00:00Z' },
          { ...dead, id: 'd', lastSeen: '2026-11-20T09:00:00Z', isExcluded: true },
          { ...machine, lastSeen: '2026-11-20T08:00:00Z' },
        ],
      ),
    );
    expect(changes.map(({ id }) => id)).toEqual([`machine:${machineId}`]);
  });

  it('has people scan what Defender does not have, and never scans the intruder’s device', async () => {
    const { changes, tasks } = await find(
      tenant(
        [
          laptop,
          device('iPhone', { operatingSystem: 'iOS', deviceId: phoneId }),
          device('DESKTOP-7QX', { deviceId: theirsId }),
        ],
        [
          machine,
          { computerDnsName: 'desktop-7qx', aadDeviceId: theirsId },
          { computerDnsName: 'iphone', aadDeviceId: phoneId, osPlatform: 'iOS' },
        ],
      ),
    );
    expect(changes.map(({ id }) => id)).toEqual([`machine:${machineId}`]);
    expect(tasks).toMatchObject([{ id: 'scan-by-hand', what: expect.stringContaining('"iPhone" (iOS)') }]);
    expect(tasks[0]?.what).not.toContain('DESKTOP-7QX');
  });

  it('leaves a disabled device, which nobody signs in from any more', async () => {
    const { changes } = await find(tenant([{ ...laptop, accountEnabled: false }], [machine]));
    expect(changes).toEqual([]);
  });

  it('asks the owner if no device is known — that is no proof that there is none', async () => {
    const { changes, tasks } = await find(tenant([], []));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      { id: 'scan-by-hand', instruction: expect.stringContaining('none was scanned') },
    ]);
  });

  it('is skipped without Defender for Endpoint, and fails without the permission', async () => {
    const { clients } = simulated(tenant([laptop], [], { servicePlans: ['AAD_PREMIUM_P2'] }));
    expect(await scanDevices.find(run, clients)).toEqual({
      skip: 'the tenant has no licence of Microsoft Defender for Endpoint',
    });
    const permissions = ['User.Read.All', 'Device.Read.All'];
    const forbidden = scanDevices.find(
      run,
      simulated(tenant([laptop], [machine], { app: { permissions } })).clients,
    );
    await expect(forbidden).rejects.toMatchObject({ name: 'PermanentError', status: 403, code: 'Forbidden' });
  });

  it('only reads while it looks', async () => {
    const { clients, simulation } = simulated(tenant([laptop], [machine]));
    await scanDevices.find(run, clients);
    expect(simulation.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('reads many devices in groups — a filter has a limit', async () => {
    const many = Array.from({ length: 12 }, (_, index) => device(`PC-${index}`));
    const { clients, asked } = simulated(tenant(many, []));
    await scanDevices.find(run, clients);
    expect(asked()).toHaveLength(2);
  });

  it('does not repeat a scan whose answer was lost, and says why another is refused', async () => {
    const lost = [{ on: 'POST /api/machines/*', answerLost: true, times: 1 }];
    const first = simulated(tenant([laptop], [machine], { behaviour: { faults: lost } }));
    const change = onlyChange(await scanDevices.find(run, first.clients));
    await expect(scanDevices.fix(change, run, first.clients)).rejects.toBeInstanceOf(RetryableError);
    expect(changesOf(await scanDevices.find(run, first.clients))).toEqual([]);

    const strange = simulated(tenant([laptop], [{ ...machine, osPlatform: 'ChromeOS' }]));
    const refused = scanDevices.fix(
      onlyChange(await scanDevices.find(run, strange.clients)),
      run,
      strange.clients,
    );
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({ code: 'OsPlatformNotSupported' });
  });

  it('waits if it is throttled', async () => {
    const faults = [{ on: 'GET /api/machines', status: 429, retryAfter: 25 }];
    const throttled = scanDevices.find(
      run,
      simulated(tenant([laptop], [machine], { behaviour: { faults } })).clients,
    );
    await expect(throttled).rejects.toMatchObject({ name: 'RetryableError', retryAfterSeconds: 25 });
  });
});
