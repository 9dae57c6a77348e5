// Who signed in, from where and to what. The first investigation: the other steps rely on what it finds out about the
// intruder. find-intruder.ts tells owner and intruder apart.
import { describeTrail, place, when } from '../../../shared/intruder/describe-trail.ts';
import { findIntruder, type Trail } from '../../../shared/intruder/find-intruder.ts';
import { horizonOf } from '../../../shared/intruder/horizon.ts';
import { intruderSignIns } from '../../../shared/intruder/intruder-sign-ins.ts';
import { withDevices } from '../../../shared/intruder/registered-devices.ts';
import { signInsPage } from '../../../shared/microsoft365/links.ts';
import { openedApps } from '../../../shared/microsoft365/opened-apps.ts';
import { investigation, type Kept, type RunView, settings, type Task } from '../../../shared/model/step.ts';
import { crowdedNetworks, readRegisteredDevices, readRiskDetections, readSignIns } from './read-sign-ins.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What Entra ID keeps (https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention). */
const retentionMs = 30 * dayMs;
/** Enough history to know the owner by, even if the intruder has been in for days. */
const historyMs = 14 * dayMs;
/** By then, services with continuous access evaluation know about the lock. */
const graceMs = hourMs / 4;
/** Each costs one of the five requests in ten seconds. */
const mostAddresses = 2;

export const collectSignIns = investigation({
  name: 'collect-sign-ins',
  title: 'Collect sign-ins and find the intruder',
  collects: 'sign-ins and risk detections from two weeks before the first activity until now',
  guide: ['MS tools'],
  stage: 'collect',
  licences: ['entraP1'],
  handsOn: 'sign-ins',
  byHand: ({ id }) => ({ link: signInsPage(id), role: 'Security Reader' }),
  settings: settings('act'),
  permissions: { graph: ['AuditLog.Read.All', 'IdentityRiskEvent.Read.All'] },
  appliesTo: () => true,

  async collect({ account, run, intruder, now, graph }) {
    const since = Math.max(firstActivity(run) - historyMs, now.getTime() - retentionMs);
    const log = await readSignIns(graph, account.id, since);
    if ('skip' in log) return log;
    const detections = await readRiskDetections(graph, account.id);
    const clues = { ...log, ...detections, signals: run.signals, openedAt: run.openedAt, known: intruder };

    const first = findIntruder({ ...clues, crowded: new Set() });
    const devices = await readRegisteredDevices(graph, account.id, since, first.intruder);
    const known = withDevices(intruder, devices.marks);
    const alone = devices.marks.length === 0 ? first : findIntruder({ ...clues, known, crowded: new Set() });
    const addresses = alone.intruder.addresses.slice(0, mostAddresses);
    const dayBefore = Date.parse(alone.intruder.since ?? run.openedAt) + hourMs - dayMs;
    const others = await crowdedNetworks(graph, account.id, addresses, {
      since,
      until: dayBefore,
      intruder: alone.intruder,
    });
    const trail =
      others.crowded.size === 0 ? alone : findIntruder({ ...clues, known, crowded: others.crowded });

    return {
      findings: [
        ...afterTheLock(trail, run),
        ...describeTrail(trail),
        ...log.gaps,
        ...detections.gaps,
        ...devices.gaps,
        ...others.gaps,
      ],
      tasks: trail.uncertain.length > 0 ? [askTheOwner(account.id, account.displayName, trail)] : [],
      intruder: trail.intruder,
      facts: {
        ...openedApps(trail),
        ...intruderSignIns(trail),
        horizons: [horizonOf('sign-ins', log.complete ? now.getTime() : null)],
      },
    };
  },
});

function firstActivity({ signals, openedAt }: RunView): number {
  const times = signals.flatMap(({ activityAt, detectedAt }) => activityAt ?? detectedAt ?? []);
  return Math.min(Date.parse(openedAt), ...times.map((time) => Date.parse(time)));
}

/** For some minutes services don't know about the lock; a later successful sign-in means that it does not hold. */
function afterTheLock({ hits }: Trail, run: RunView): Kept[] {
  const lock = run.fixedAt['block-sign-in'];
  if (lock === undefined) return [];
  const lockedAt = Date.parse(lock);
  const after = hits.filter(({ signIn }) => signIn.time > lockedAt);
  const late = after.filter(({ signIn }) => signIn.time > lockedAt + graceMs);
  const soon = after.filter((hit) => !late.includes(hit));
  const told = (some: typeof after, words: string, why: string): Kept[] => {
    const [first] = some;
    if (first === undefined) return [];
    const what = `${some.length} of the intruder's sign-ins succeeded ${words}, first at ${when(first.signIn.time)}`;
    return [{ what, why }];
  };
  return [
    ...told(
      late,
      'after sign-in was blocked',
      'somebody or something, such as the sync from Active Directory, has unblocked the account',
    ),
    ...told(soon, 'in the minutes after the lock', 'not every service had heard of it yet'),
  ];
}

const askTheOwner = (id: string, name: string, { uncertain }: Trail): Task => ({
  id: 'ask-owner',
  what: `Ask ${name}, by phone, whether ${uncertain.length === 1 ? 'this sign-in was' : `these ${uncertain.length} sign-ins were`} theirs`,
  instruction: `Nothing but the alert tells them from the intruder's: ${uncertain
    .slice(0, 5)
    .map((signIn) => `${when(signIn.time)} from ${place(signIn)}`)
    .join('; ')}.`,
  link: signInsPage(id),
  role: 'Security Reader',
});
