// Whose application is it? Consented to or made by the intruder, used by the owner, or for a person to decide. Pure. A
// consent has no date, but the assignment that comes with it does, and so does the log.

import { type DirectoryAudit, evidenceIn, tieIn } from '../intruder/audit.ts';
import type { Intruder, StoredTrace } from '../model/intruder.ts';
import { abusedApps } from './abused-apps.ts';
import type { AppAccess, Assignment, Consent, Owned, ServicePrincipal } from './app-access.ts';

/** What the log says about the time since the window began. */
export interface Log {
  audits: readonly DirectoryAudit[];
  /** It was read completely: what it doesn't show did not happen, except in the minutes by which it lags. */
  complete: boolean;
  intruder: Intruder;
  /** ms */
  since: number;
}

type Finding =
  | { is: 'intruders'; evidence: string; by?: StoredTrace }
  | { is: 'unclear'; why: string }
  | { is: 'kept'; why: string };

/** An application that may act for the user. */
export interface App {
  principal: ServicePrincipal;
  grants: readonly Consent[];
  assignments: readonly Assignment[];
  verdict: Finding;
  /** The application came with the intruder, so nobody else can be using it. */
  brought: boolean;
  /** What intruders are known to use it for, if anything. */
  abuse: string | null;
}

/** A grant is logged with the API that it opens as its target; the application is among what changed. */
const isGrantTo = (audit: DirectoryAudit) => /delegated permission grant/i.test(audit.activity);

const mentions = (ids: readonly (string | null)[], isApi: boolean) => (audit: DirectoryAudit) =>
  ids.some((id) => {
    const wanted = id?.toLowerCase();
    return (
      wanted !== undefined &&
      audit.targets.some(
        (target) =>
          (target.id?.toLowerCase() === wanted && !(isApi && isGrantTo(audit))) ||
          target.changed.some(({ after }) => JSON.stringify(after)?.toLowerCase().includes(wanted)),
      )
    );
  });

const consents = /^(consent to application|add service principal)$/i;

/** Service principals that the intruder gave access to, including those that can no longer act for the user. */
export const letIn = ({ audits, intruder }: Log): string[] =>
  audits
    .filter((audit) => consents.test(audit.activity) && evidenceIn([audit], intruder) !== undefined)
    .flatMap(({ targets }) =>
      targets.flatMap(({ type, id }) => (type === 'ServicePrincipal' && id ? [id] : [])),
    );

export function judgeApps({ grants, assignments, principals }: AppAccess, log: Log): App[] {
  const known = letIn(log);
  const ids = new Set([
    ...grants.map(({ clientId }) => clientId),
    ...assignments.map(({ resourceId }) => resourceId),
    ...principals.flatMap(({ id }) => (known.includes(id) ? [id] : [])),
  ]);
  return [...ids].map((id) => {
    const own = assignments.filter(({ resourceId }) => resourceId === id);
    const principal = principals.find((one) => one.id === id) ?? unknown(id, own);
    const isApi =
      grants.every(({ clientId }) => clientId !== id) && grants.some((one) => one.resourceId === id);
    const about = log.audits.filter(mentions([id, principal.appId], isApi));
    const abused = abusedApps.get(principal.appId ?? '');
    return {
      principal,
      grants: grants.filter(({ clientId }) => clientId === id),
      assignments: own,
      verdict: judge(principal, own, about, log),
      brought: !microsofts.includes(principal.ownedBy ?? '') && wasBrought(about, log.intruder),
      abuse: abused ? `is used by intruders to ${abused.use} (${abused.source})` : null,
    };
  });
}

/** Tenants of Microsoft's own applications; disabling one would break many things. */
export const microsofts: readonly string[] = [
  'f8cdef31-a31e-4b4a-93e4-5f571e91255a',
  '72f988bf-86f1-41af-91ab-2d7cd011db47',
];

const wasBrought = (about: readonly DirectoryAudit[], intruder: Intruder) =>
  evidenceIn(
    about.filter(({ activity }) => activity === 'Add service principal'),
    intruder,
  ) !== undefined;

const unknown = (id: string, [assignment]: readonly Assignment[]): ServicePrincipal => ({
  id,
  appId: null,
  name: assignment?.resourceDisplayName ?? id,
  enabled: true,
  ownedBy: null,
  publisher: null,
  credentials: [],
});

function judge(
  { appId }: ServicePrincipal,
  assignments: readonly Assignment[],
  about: readonly DirectoryAudit[],
  { intruder, since }: Log,
): Finding {
  const evidence = evidenceIn(about, intruder);
  const times = assignments.map(({ createdDateTime }) => Date.parse(createdDateTime ?? ''));
  const older = times.length > 0 && times.some((time) => time < since);
  const abused = abusedApps.get(appId ?? '');
  if (older) {
    if (evidence !== undefined)
      return { is: 'unclear', why: `was used before, and then given more by the intruder (${evidence})` };
    if (abused) return { is: 'unclear', why: `was there before, but is used by intruders to ${abused.use}` };
    return { is: 'kept', why: 'was there before the intruder' };
  }
  const tie = tieIn(about, intruder);
  if (tie !== undefined) return { is: 'intruders', ...tie };
  const [other] = about;
  if (other?.trace.address) {
    return {
      is: 'unclear',
      why: `was given access from ${other.trace.address}, which is not known as the intruder's`,
    };
  }
  if (abused) {
    const seen = `${abused.name} is on the public list of applications that intruders bring along`;
    return { is: 'intruders', evidence: `${seen}, to ${abused.use} (${abused.source})` };
  }
  const dated = times.some((time) => Number.isFinite(time));
  return {
    is: 'unclear',
    why: dated ? 'was given access since the intruder came' : 'has had access for an unknown time',
  };
}

export interface OwnedApp {
  object: Owned;
  verdict: Finding;
  /** The service principal, if the intruder made the application and nobody else can therefore be using it. */
  made: ServicePrincipal | undefined;
}

export function judgeOwned({ owned, principals }: AppAccess, log: Log): OwnedApp[] {
  return owned.map((object) => {
    const about = log.audits.filter(mentions([object.id, object.appId], false));
    const tie = tieIn(
      about.filter(({ activity }) => /owner|^Add (application|service principal)$/i.test(activity)),
      log.intruder,
    );
    const added = about.filter(({ activity }) => /^Add (application|service principal)$/.test(activity));
    const principal = principals.find(({ id, appId }) => id === object.id || (appId ?? '') === object.appId);
    return {
      object,
      verdict: tie === undefined ? judgeAge(object, about, log) : { is: 'intruders', ...tie },
      made: evidenceIn(added, log.intruder) === undefined ? undefined : principal,
    };
  });
}

function judgeAge(object: Owned, about: readonly DirectoryAudit[], log: Log): Finding {
  const changed = evidenceIn(about, log.intruder);
  if (changed !== undefined) return { is: 'unclear', why: `was changed by the intruder (${changed})` };
  const fresh = object.credentials.filter(
    ({ startDateTime }) => Date.parse(startDateTime ?? '') >= log.since,
  );
  if (fresh.length > 0) return { is: 'unclear', why: 'got a credential since the intruder came' };
  if (Date.parse(object.createdAt ?? '') >= log.since)
    return { is: 'unclear', why: 'was made since the intruder came' };
  return log.complete
    ? { is: 'kept', why: 'nothing was changed about it since the intruder came' }
    : { is: 'unclear', why: 'has had this owner for an unknown time' };
}
