// Defender's alerts and incidents as cases that an analyst works on: read, commented on, and moved on. The step decides
// what to say there. https://learn.microsoft.com/graph/api/resources/security-alert
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { GraphClient, GraphReader } from '../../../shared/model/clients.ts';
import type { Signal } from '../../../shared/model/signal.ts';
import type { RunView } from '../../../shared/model/step.ts';
import { nullableText } from '../../../shared/model/text.ts';

export const collections = ['alerts_v2', 'incidents'] as const;
export type Collection = (typeof collections)[number];

const word = z
  .string()
  .nullish()
  .transform((given) => given ?? 'unknown');
const caseSchema = z
  .object({
    id: z.union([z.string(), z.number()]).transform(String),
    status: word,
    classification: word,
    determination: word,
    incidentId: z.union([z.string(), z.number()]).transform(String).nullish(),
    redirectIncidentId: z.union([z.string(), z.number()]).transform(String).nullish(),
    comments: z.array(z.object({ comment: nullableText })).nullish(),
  })
  .transform(({ comments, ...rest }) => ({
    ...rest,
    comments: (comments ?? []).flatMap(({ comment }) => comment ?? []),
  }));
export type Case = z.infer<typeof caseSchema> & { collection: Collection };

/** Merged incidents point to one another; a longer chain is a mistake. */
const mostRedirects = 5;

async function read(graph: GraphReader, collection: Collection, id: string): Promise<Case | undefined> {
  let at = id;
  for (let redirects = 0; redirects < mostRedirects; redirects += 1) {
    try {
      const found = await graph.get(path`/security/${collection}/${at}`, caseSchema);
      const to = found.redirectIncidentId;
      if (!to || to === at) return { ...found, collection };
      at = to;
    } catch (error) {
      if (error instanceof PermanentError && error.status === 404) return undefined;
      throw error;
    }
  }
  return undefined;
}

/**
 * The alerts and incidents that these signals come from, each once, and the incidents of the alerts:
 * SecurityAlert.Read.All and SecurityIncident.Read.All. What no longer exists is left out.
 */
export async function casesOf(graph: GraphReader, signals: readonly Signal[]): Promise<Case[]> {
  const idsOf = (source: Signal['source']) => [
    ...new Set(signals.flatMap((signal) => (signal.source === source ? signal.sourceId : []))),
  ];
  const cases = new Map<string, Case>();
  const add = async (collection: Collection, id: string) => {
    const found = await read(graph, collection, id);
    if (found !== undefined) cases.set(`${collection}/${found.id}`, found);
  };
  for (const id of idsOf('alert')) await add('alerts_v2', id);
  const ofAlerts = [...cases.values()].flatMap(({ incidentId }) => incidentId ?? []);
  for (const id of new Set([...idsOf('incident'), ...ofAlerts])) await add('incidents', id);
  return [...cases.values()];
}

/** SecurityAlert.ReadWrite.All, SecurityIncident.ReadWrite.All (https://learn.microsoft.com/graph/api/security-alert-post-comments). */
export const comment = (graph: GraphClient, collection: Collection, id: string, text: string) =>
  graph.post(
    path`/security/${collection}/${id}/comments`,
    { '@odata.type': '#microsoft.graph.security.alertComment', comment: text },
    z.unknown(),
  );

export interface CaseState {
  status?: string;
  classification?: string;
  determination?: string;
}

/** https://learn.microsoft.com/graph/api/security-alert-update */
export const moveOn = (graph: GraphClient, collection: Collection, id: string, state: CaseState) =>
  graph.patch(path`/security/${collection}/${id}`, state);

export interface Wanted {
  status: 'keep' | 'inProgress' | 'resolved';
  classification: 'keep' | 'truePositive';
  determination: 'keep' | 'compromisedAccount';
}

/**
 * What should change. Nothing is moved back, nothing that a person has said is replaced, and claims are made only about
 * a secured account.
 */
function stateFor(
  now: Pick<Case, 'status' | 'classification' | 'determination'>,
  wanted: Wanted,
  secured: boolean,
): CaseState {
  const order = ['inProgress', 'resolved'];
  const status = wanted.status === 'resolved' && !secured ? 'inProgress' : wanted.status;
  const moves = order.indexOf(status) > order.indexOf(now.status) && now.status !== 'redirected';
  const { classification, determination } = wanted;
  return {
    ...(moves ? { status } : {}),
    ...(secured && classification !== 'keep' && now.classification === 'unknown' ? { classification } : {}),
    ...(secured && determination !== 'keep' && now.determination === 'unknown' ? { determination } : {}),
  };
}

/**
 * As an operator said about the run. What an analyst has said stays; what this app said there before because of the
 * settings does not.
 */
function falsePositive(
  now: Pick<Case, 'status' | 'classification' | 'determination'>,
  wanted: Wanted,
): CaseState {
  const open = (word: string, ours: string) => word === 'unknown' || word === ours;
  return {
    ...(now.status === 'resolved' || now.status === 'redirected' ? {} : { status: 'resolved' }),
    ...(open(now.classification, wanted.classification) ? { classification: 'falsePositive' } : {}),
    ...(open(now.determination, wanted.determination) ? { determination: 'notMalicious' } : {}),
  };
}

/** How this run wants it to be: as the settings say, or closed if an operator called it a false alarm. */
export const stateOf = (
  now: Pick<Case, 'status' | 'classification' | 'determination'>,
  wanted: Wanted,
  { falseAlarm, verdict, level }: Pick<RunView, 'falseAlarm' | 'verdict' | 'level'>,
): CaseState =>
  falseAlarm
    ? falsePositive(now, wanted)
    : stateFor(now, wanted, verdict === 'CONTAINED' && level === 'full');
