// Entra ID Protection's view of an account as a whole: a source of its own, and asked if an alert can't be confirmed. A
// user's level sums up their detections, so if those can be read, they say what it means.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { noTraces, riskLevel, type Signal } from '../model/signal.ts';
import { kindOf } from './detectors.ts';
import { guid, text, time, word } from './payload-fields.ts';
import { riskDetectionSchema } from './risk-detection.ts';
import { type Reading, source } from './source.ts';

export const riskyUserPermission = 'IdentityRiskyUser.Read.All';

/**
 * https://learn.microsoft.com/graph/api/resources/riskyuser
 * `{"id":"87d349ed-…","isDeleted":false,"isProcessing":false,"riskLevel":"high","riskState":"atRisk",
 * "riskDetail":"none","riskLastUpdatedDateTime":"2026-11-20T09:14:31Z","userDisplayName":"Adele Vance",
 * "userPrincipalName":"adele@contoso.com"}`
 */
const riskyUserSchema = z.object({
  id: guid,
  tenantId: guid,
  isDeleted: z.unknown().optional(),
  riskLevel: word,
  riskState: word,
  riskDetail: word,
  riskLastUpdatedDateTime: time,
  userPrincipalName: text,
});
type RiskyUser = z.infer<typeof riskyUserSchema>;

/** An event of this source must name its user: its id is the user's. */
const payload = riskyUserSchema.extend({ id: guid.pipe(z.string('is no object id')) });

const recognised = z
  .object({ '@odata.type': z.string().regex(/^#?microsoft\.graph\.riskyUser$/i) })
  .or(z.object({ riskLastUpdatedDateTime: z.string(), riskLevel: z.string() }));

/** https://learn.microsoft.com/graph/api/riskyuser-get */
export const riskyUser = source({
  name: 'riskyUser',
  noun: 'risky user',
  eventTypes: ['Reclaim.RiskyUser'],
  permissions: [riskyUserPermission, 'IdentityRiskEvent.Read.All'],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  ask,
  reading: (given) => readingOf(given.id, given.tenantId, [signalOf(given, given.id)]),
});

const readingOf = (id: string, tenantId: string | null, signals: readonly Signal[]): Reading => ({
  id,
  tenantId,
  subjects: signals.map((signal) => ({ signal, sid: null })),
  left: [],
});

const userPath = (id: string) => path`/identityProtection/riskyUsers/${id}`;

async function ask(graph: GraphReader, id: string): Promise<Reading> {
  const user = await graph.get(userPath(id), payload);
  const own = signalOf(user, user.id);
  if (!own.standing || own.confirmedByPerson) return readingOf(user.id, user.tenantId, [own]);
  const behind = weighty(await detectionsOf(graph, user.id), own);
  return readingOf(user.id, user.tenantId, behind.length > 0 ? behind : [own]);
}

/** None without the licence or the permission; then the user's own level counts. */
async function detectionsOf(graph: GraphReader, userId: string): Promise<readonly Signal[]> {
  const filter = path`$filter=userId eq '${userId}' and riskState eq 'atRisk'`;
  return await graph
    .list(`/identityProtection/riskDetections?${filter}&$top=500`, riskDetectionSchema, { most: 500 })
    .catch((error: unknown) => {
      if (error instanceof PermanentError) return [];
      throw error;
    });
}

const ranks = ['none', 'informational', 'low', 'medium', 'high'];
const atAnyLevel = new Set<string | undefined>([
  'attacker-in-the-middle',
  'confirmed-compromise',
  'nation-state',
  'prt-access',
]);

/** Detections that explain the user's level (the latest of each kind), and those that count at any level. */
function weighty(detections: readonly Signal[], user: Signal): readonly Signal[] {
  const least = ranks.indexOf(user.level);
  const heavy = detections.filter(
    (one) =>
      one.standing &&
      one.userId === user.userId &&
      (ranks.indexOf(one.level) >= least || atAnyLevel.has(kindOf(one))),
  );
  const latest = new Map<string, Signal>();
  for (const one of heavy.toSorted((a, b) => (a.version < b.version ? -1 : 1))) latest.set(one.detector, one);
  return least < 0 ? [] : [...latest.values()];
}

/** undefined if the account isn't known as risky or risk can't be read. Throws RetryableError if the service is busy. */
export async function readRiskyUser(graph: GraphReader, userId: string): Promise<Signal | undefined> {
  try {
    return signalOf(await graph.get(userPath(userId), riskyUserSchema), userId);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

const answeredStates = new Set(['remediated', 'dismissed', 'confirmedsafe']);

/**
 * Why an alert of Entra ID Protection is over: the user changed the password as its policy asked, or an administrator
 * dismissed the risk. Defender keeps the alert open anyway. undefined if it isn't over or nobody can tell. Throws
 * RetryableError if the service is busy.
 */
export async function answeredSince(graph: GraphReader, signal: Signal): Promise<string | undefined> {
  const { userId, lastActivityAt, activityAt, detectedAt } = signal;
  const at = lastActivityAt ?? activityAt ?? detectedAt;
  if (userId === null || at === null) return undefined;
  const user = await graph.get(userPath(userId), riskyUserSchema).catch((error: unknown) => {
    if (error instanceof PermanentError) return undefined;
    throw error;
  });
  const state = user?.riskState?.toLowerCase() ?? '';
  const since = user?.riskLastUpdatedDateTime;
  if (!since || since < at || !answeredStates.has(state)) return undefined;
  const detail = user?.riskDetail && user.riskDetail !== 'none' ? ` (${user.riskDetail})` : '';
  return `the risk of this user is ${user?.riskState} since ${since}${detail}`;
}

const link = 'https://entra.microsoft.com/#view/Microsoft_AAD_IAM/SecurityMenuBlade/~/RiskyUsers';

const standing = new Set(['atrisk', 'confirmedcompromised']);

function signalOf(user: RiskyUser, userId: string): Signal {
  const state = user.riskState?.toLowerCase() ?? '';
  return {
    source: 'riskyUser',
    sourceId: userId,
    version: user.riskLastUpdatedDateTime ?? `${user.riskState ?? ''} ${user.riskLevel ?? ''}`,
    tenantId: user.tenantId,
    userId,
    userPrincipalName: user.userPrincipalName,
    detector: 'riskyUser',
    title: 'Risky user',
    product: 'IdentityProtection',
    level: riskLevel(user.riskLevel),
    ...(state === 'confirmedcompromised' ? { confirmedByPerson: true as const } : {}),
    standing: standing.has(state) && user.isDeleted !== true,
    state:
      [user.riskState, user.isDeleted === true ? 'deleted' : null].filter(Boolean).join(', ') || 'unknown',
    activityAt: null,
    detectedAt: user.riskLastUpdatedDateTime,
    ...noTraces,
    link,
  };
}
