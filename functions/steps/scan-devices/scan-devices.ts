// Has the owner's computers scanned: malware on one of them may be how the password or the session was lost. Started
// once, and nobody waits for it; what a scan finds becomes one of Defender's own alerts.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { type Device, devicesOf, usedBy } from '../../../shared/microsoft365/devices.ts';
import { licences, unlessUnlicensed } from '../../../shared/microsoft365/licences.ts';
import { devicesPage } from '../../../shared/microsoft365/links.ts';
import { happenedBy } from '../../../shared/microsoft365/whole-seconds.ts';
import { type Kept, remediation, settings, type Task } from '../../../shared/model/step.ts';
import { type Machine, machinesOf, type Scan, scansOf } from './machines.ts';

const dayMs = 86_400_000;

/** POST /machines/{id}/runAntiVirusScan: Machine.Scan (https://learn.microsoft.com/defender-endpoint/api/run-av-scan). */
export const scanDevices = remediation({
  name: 'scan-devices',
  title: "Scan the owner's devices",
  removes:
    'malware that Defender Antivirus knows, from machines that are onboarded; others are left to hands',
  guide: ['MS virus scan'],
  stage: 'evict',
  byHand: () => ({
    link: devicesPage(),
    role: 'Security Administrator',
    how: 'Open each device of the owner, and select Run antivirus scan.',
  }),
  licences: ['defenderForEndpoint'],
  settings: settings('act').extend({ scanType: z.enum(['Full', 'Quick']).default('Full') }),
  permissions: {
    graph: ['User.Read.All', 'Device.Read.All'],
    defender: ['Machine.Read.All', 'Machine.Scan'],
  },
  appliesTo: ({ guest }) => !guest || 'is a guest: its devices belong to the home tenant',
  after: ['collect-sign-ins'],
  before: z.object({ machineId: z.string() }),

  async find({ account, run, intruder, graph, defender }) {
    const all = await devicesOf(graph, account.id);
    const own = all.filter((device) => device.enabled && usedBy(device, intruder) === undefined);
    const ids = own.flatMap(({ deviceId }) => deviceId ?? []);
    const machines = await unlessUnlicensed(machinesOf(defender, ids), graph, licences.defenderForEndpoint);
    if ('skip' in machines) return machines;

    const known = own.map((device) => ({
      device,
      machine: machines.get(device.deviceId?.toLowerCase() ?? ''),
    }));
    const changes = [];
    const kept: Kept[] = [];
    for (const { device, machine } of known) {
      if (machine === undefined) continue;
      const scans = await scansOf(defender, machine.id, Date.parse(run.openedAt) - dayMs);
      const scan = scans.find((one) => isOfThisRun(one, run.openedAt));
      if (scan)
        kept.push({
          what: device.name,
          why: `a scan was started at ${scan.creationDateTimeUtc} (${scan.status})`,
        });
      else changes.push(scanOf(device, machine));
    }
    const others = known.flatMap(({ device, machine }) => (machine === undefined ? device : []));
    const byHand = others.length > 0 || own.length === 0;
    return { changes, kept, tasks: byHand ? [scanByHand(others, account.displayName)] : [] };
  },

  async fix({ before }, { account, run, settings: { scanType }, defender }) {
    const order = {
      Comment: `Reclaim ${run.code}: ${account.userPrincipalName} was compromised`,
      ScanType: scanType,
    };
    try {
      await defender.post(path`/machines/${before.machineId}/runAntiVirusScan`, order, z.unknown());
    } catch (error) {
      // Another scan of the machine is under way, which is just as good.
      if (!(error instanceof PermanentError) || error.code !== 'ActiveRequestAlreadyExists') throw error;
    }
  },

  undo: 'A scan leaves nothing that could be undone.',
});

const isOfThisRun = ({ status, creationDateTimeUtc }: Scan, openedAt: string) =>
  status === 'Pending' || status === 'InProgress' || happenedBy(openedAt, creationDateTimeUtc);

const scanOf = (device: Device, machine: Machine) => ({
  id: `machine:${machine.id}`,
  what: `${device.name}, in Defender ${machine.computerDnsName ?? machine.id}`,
  why: 'malware on it may be how the account was lost',
  before: { machineId: machine.id },
  once: true as const,
  again: true as const,
  seenWithinMinutes: 10,
});

const scanByHand = (devices: readonly Device[], owner: string): Task => ({
  id: 'scan-by-hand',
  what:
    devices.length > 0
      ? `Scan ${devices.map(({ name }) => name).join(', ')} for malware by hand`
      : `Scan the computers and phones of ${owner} for malware`,
  instruction: `${devices.length > 0 ? 'Defender for Endpoint cannot scan what is not onboarded.' : 'No device of theirs is registered, so none was scanned.'} Ask ${owner} which they use, and run a full scan on each.`,
  link: devicesPage(),
  role: 'Security Administrator',
  ...(devices.length > 0 ? {} : { atHandBack: true as const }),
});
