import { describe, expect, it } from 'vitest';
import { disableDevices } from '../../functions/steps/disable-devices.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { adele, attacker, home } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const laptopId = '0b6a2f53-6a7e-4d0f-9a63-6c2b9f3e4a10';
const theirsId = '7f0d9a55-2c11-4a8e-8f4b-1d9f4c8e7b21';
const intruder = {
  ...nobodyKnown,
  since: '2026-11-20T08:12:00.000Z',
  addresses: [attacker],
  devices: [theirsId],
};
const run = context({ intruder });

const device = (displayName: string, given: object = {}) => ({
  displayName,
  registeredOwners: ['adele@contoso.com'],
  registrationDateTime: '2026-11-20T09:10:00Z',
  ...given,
});
const laptop = device('ADELE-LT', { id: laptopId, registrationDateTime: '2024-05-02T08:00:00Z' });
const theirs = device('DESKTOP-7QX', { deviceId: theirsId });
const tenant = (devices: object[], directoryAudits: object[] = [], more: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance' }],
  devices,
  directoryAudits,
  ...more,
});
const registering = (given: object, ipAddress: string) => ({
  activityDateTime: '2026-11-20T09:10:01Z',
  activityDisplayName: 'Register device',
  category: 'Device',
  initiatedBy: { user: { id: adele, ipAddress } },
  ...given,
});
const find = async (file: object) =>
  found(await disableDevices.find(run, simulated(disableDevices, file).clients));

describe('disable-devices', () => {
  it.each([{}, synced, { ...synced, federated: true }, guest, { privileged: true }, { hasMailbox: false }])(
    'applies to every class of account: %o',
    (given) => {
      expect(disableDevices.appliesTo(account(given))).toBe(true);
    },
  );

  it('disables what the intruder signed in from, by its object id, and undo leaves the file as it was', async () => {
    const { clients, tenant: simulation, asked } = simulated(disableDevices, tenant([laptop, theirs]));
    const before = JSON.stringify(simulation.state());
    const change = onlyChange(await disableDevices.find(run, clients));
    expect(change).toMatchObject({
      what: 'device "DESKTOP-7QX" (Windows)',
      evidence: `the intruder signed in from this device (${theirsId})`,
      by: expect.objectContaining({ device: theirsId }),
    });
    await disableDevices.fix(change, run, clients);
    expect(simulation.state().devices?.map(({ accountEnabled }) => accountEnabled)).toEqual([
      undefined,
      false,
    ]);
    const { changes, kept } = found(await disableDevices.find(run, clients));
    expect(changes).toEqual([]);
    expect(kept).toEqual([
      { what: 'device "ADELE-LT" (Windows)', why: 'was there before the intruder' },
      { what: 'device "DESKTOP-7QX" (Windows)', why: 'is disabled' },
    ]);
    if (typeof disableDevices.undo === 'string') throw new Error('can be undone');
    await disableDevices.undo(change, run, clients);
    expect(JSON.stringify(simulation.state())).toBe(before);
    expect(changesOf(await disableDevices.find(run, clients))).toEqual([change]);
    expect(asked().filter((line) => line.startsWith('PATCH'))[0]).not.toContain(theirsId);
  });

  it.each([
    ['object id', { targetResources: [{ id: laptopId, type: 'Device' }] }],
    [
      'device id',
      { additionalDetails: [{ key: 'Device Id', value: 'c0ffee00-1111-4222-8333-444455556666' }] },
    ],
  ])(
    'disables what was registered from the intruder’s address, named in the log by its %s',
    async (_by, given) => {
      const made = device('WIN-1', { id: laptopId, deviceId: 'c0ffee00-1111-4222-8333-444455556666' });
      const { changes } = await find(tenant([made], [registering(given, attacker)]));
      expect(changes).toMatchObject([
        { evidence: expect.stringContaining(attacker), by: { address: attacker } },
      ]);
    },
  );

  it('never touches what the owner registered meanwhile, or what has no date — people judge that', async () => {
    const targetResources = [{ id: laptopId, type: 'Device' }];
    const { changes, tasks } = await find(
      tenant(
        [device('ADELE-NEW', { id: laptopId }), device('OLD', { registrationDateTime: null })],
        [registering({ targetResources }, home)],
      ),
    );
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      {
        what: 'Ask Adele Vance, by phone, whether device "ADELE-NEW" (Windows) is theirs',
        instruction: expect.stringContaining(`registered at 2026-11-20 09:10 UTC from ${home}`),
      },
      { instruction: expect.stringContaining('registered at an unknown time') },
    ]);
    expect(tasks.some(({ essential }) => essential)).toBe(false);
  });

  it.each(['iOS', 'Android', 'MacOs'])(
    'leaves %s to a person, and says that the job is not done',
    async (operatingSystem) => {
      const { changes, tasks } = await find(tenant([{ ...theirs, operatingSystem }]));
      expect(changes).toEqual([]);
      expect(tasks).toMatchObject([
        { essential: true, what: expect.stringMatching(/^Disable the intruder's device/) },
      ]);
    },
  );

  it('names the role that Entra ID may require if it refuses', async () => {
    const { clients } = simulated(
      disableDevices,
      tenant([theirs], [], { behaviour: { faults: [{ on: 'PATCH /v1.0/devices/*', status: 403 }] } }),
    );
    const change = onlyChange(await disableDevices.find(run, clients));
    const refused = disableDevices.fix(change, run, clients);
    await expect(refused).rejects.toBeInstanceOf(PermanentError);
    await expect(refused).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('Cloud Device Administrator'),
    });
  });

  it('only reads while it looks, with the permissions it declares', async () => {
    const { clients, asked } = simulated(disableDevices, tenant([theirs]));
    await disableDevices.find(run, clients);
    expect(asked().every((line) => line.startsWith('GET'))).toBe(true);
    expect(asked()).toHaveLength(3);
  });

  it('tries again when it is throttled', async () => {
    const faults = [{ on: 'GET /v1.0/users/*/ownedDevices', status: 429, retryAfter: 30 }];
    const { clients } = simulated(disableDevices, tenant([theirs], [], { behaviour: { faults } }));
    const looking = disableDevices.find(run, clients);
    await expect(looking).rejects.toBeInstanceOf(RetryableError);
    await expect(looking).rejects.toMatchObject({ retryAfterSeconds: 30 });
  });
});
