// Disables the devices that the intruder registered or used, which ends their sign-ins. They are never deleted, since
// their recovery keys would go with them. An application can only do this to Windows devices.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError } from '../../shared/errors.ts';
import { readDirectoryAudits, tieIn } from '../../shared/intruder/audit.ts';
import { when } from '../../shared/intruder/describe-trail.ts';
import { storedTrace } from '../../shared/intruder/tie.ts';
import { windowStart } from '../../shared/intruder/window.ts';
import { type Device, devicesOf, entriesOf, usedBy } from '../../shared/microsoft365/devices.ts';
import { unlessGone } from '../../shared/microsoft365/gone.ts';
import { devicePage, userDevicesPage } from '../../shared/microsoft365/links.ts';
import { remediation, settings, type Task } from '../../shared/model/step.ts';

/**
 * PATCH /devices/{object id}: Device.ReadWrite.All. The directory role that the page names is for signed-in users;
 * older versions of the page named one for applications too (https://learn.microsoft.com/graph/api/device-update).
 */
export const disableDevices = remediation({
  name: 'disable-devices',
  title: "Disable the intruder's devices",
  removes: 'sign-in from devices that the intruder registered or used; phones and Macs are left to hands',
  did: (devices) =>
    devices === 1 ? 'signed in from a device of their own' : `signed in from ${devices} devices of their own`,
  guide: ['MS back doors'],
  stage: 'evict',
  byHand: ({ id }) => ({
    link: userDevicesPage(id),
    role: 'Cloud Device Administrator',
    how: "Select each device that is not the owner's, and Disable.",
  }),
  settings: settings('act'),
  permissions: { graph: ['User.Read.All', 'Device.ReadWrite.All', 'AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  before: z.object({ accountEnabled: z.literal(true), objectId: z.string() }),

  async find({ account, run, intruder, graph }) {
    const devices = await devicesOf(graph, account.id);
    if (devices.length === 0) return { changes: [], kept: [{ what: 'devices', why: 'none is registered' }] };
    const since = windowStart(run, intruder);
    const log = await readDirectoryAudits(graph, account.id, since);
    const audits = 'skip' in log ? [] : log;
    const judged = devices.map((device) => {
      const made = entriesOf(device, audits);
      const used = usedBy(device, intruder);
      const tie =
        used === undefined
          ? tieIn(made, intruder)
          : { evidence: used, by: storedTrace({ device: device.deviceId }) };
      const evidence = tie?.evidence;
      const old = Date.parse(device.registeredAt ?? '') < since;
      return { device, evidence, by: tie?.by, old, from: made[0]?.trace.address ?? null };
    });
    const enabled = judged.filter(({ device }) => device.enabled);
    return {
      changes: enabled.flatMap(({ device, evidence, by }) =>
        evidence === undefined || device.operatingSystem !== 'Windows'
          ? []
          : {
              id: `device:${device.id}`,
              what: device.name,
              why: 'what is signed in on it stays signed in',
              evidence,
              ...(by === undefined ? {} : { by }),
              before: { accountEnabled: true, objectId: device.id },
            },
      ),
      tasks: enabled.flatMap(({ device, evidence, old, from }) => {
        if (evidence !== undefined)
          return device.operatingSystem === 'Windows' ? [] : byHand(device, evidence);
        return old ? [] : askTheOwner(device, from, account.displayName);
      }),
      kept: judged.flatMap(({ device, evidence, old }) => {
        if (!device.enabled) return { what: device.name, why: 'is disabled' };
        return old && evidence === undefined
          ? { what: device.name, why: 'was there before the intruder' }
          : [];
      }),
    };
  },

  async fix({ before }, { graph }) {
    try {
      await unlessGone(graph.patch(path`/devices/${before.objectId}`, { accountEnabled: false }));
    } catch (error) {
      if (!(error instanceof PermanentError) || error.status !== 403) throw error;
      const hint =
        'Where the permission is granted, give the app the directory role Cloud Device Administrator as well, or disable the device by hand.';
      throw new PermanentError(`${error.message} ${hint}`, { status: 403, cause: error });
    }
  },

  async undo({ before }, { graph }) {
    await unlessGone(graph.patch(path`/devices/${before.objectId}`, { accountEnabled: true }));
    return undefined;
  },
});

const byHand = ({ id, name }: Device, evidence: string): Task => ({
  id: `by-hand:${id}`,
  what: `Disable the intruder's ${name}`,
  instruction: `Select Disable, and do not delete it: an application may not change devices of this system. It is the intruder's: ${evidence}.`,
  link: devicePage(id),
  role: 'Cloud Device Administrator',
  danger: 'leak',
  remains: 'a device',
  essential: true,
});

const askTheOwner = ({ id, name, registeredAt }: Device, from: string | null, owner: string): Task => ({
  id: `device:${id}`,
  what: `Ask ${owner}, by phone, whether ${name} is theirs`,
  instruction: `It was registered ${registeredAt === null ? 'at an unknown time' : `at ${when(Date.parse(registeredAt))}`}${from === null ? '' : ` from ${from}`}. If it is not theirs, select Disable.`,
  link: devicePage(id),
  role: 'Cloud Device Administrator',
});
