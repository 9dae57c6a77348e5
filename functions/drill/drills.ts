// POST /api/drills: begins and ends a drill. It checks the account, notes the drill before anything is planted, and never
// plants anything: that is for an identity of the drill's own.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type Drill,
  type DrillRecordings,
  type Drills,
  drillSchema,
  drillsSchema,
  isAlive,
  isOn,
} from '../../shared/run/drills.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type ApiAnswer, type ApiRequest, Problem, parseBody } from '../runs/api.ts';
import { type CheckDeps, checkAccount } from './check.ts';
import { exchangeSchema } from './recording.ts';

export interface DrillServices extends CheckDeps {
  drills: Drills;
  recordings: DrillRecordings;
  /** The responder's own identity, which must not plant. */
  clientId: string | undefined;
}

export const drillBodySchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('begin'), user: z.string().trim().min(3).max(320) }),
  z.strictObject({ do: z.literal('alive'), id: z.string() }),
  /** What the responder asked and was answered during the drill, with secrets removed; also after it has ended. */
  z.strictObject({ do: z.literal('recorded'), id: z.string() }),
  /** What still differs from before. */
  z.strictObject({ do: z.literal('look'), id: z.string() }),
  /** Checks whether the account is as it was; only then does the drill count as passed. */
  z.strictObject({ do: z.literal('end'), id: z.string(), passed: z.boolean() }),
]);

const refusalSchema = z.object({ is: z.string(), why: z.string(), now: z.string() });

export const drillAnswerSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('refused'), refusals: z.array(refusalSchema) }),
  z.object({
    is: z.literal('begun'),
    drill: drillSchema,
    sink: z.string(),
    responder: z.string().nullable(),
  }),
  /** A drill that did not end: `alive` while somebody works on it; otherwise it was killed and must be cleaned up. */
  z.object({ is: z.literal('unfinished'), drill: drillSchema, alive: z.boolean(), sink: z.string() }),
  z.object({ is: z.literal('noted') }),
  z.object({ is: z.literal('recorded'), exchanges: z.array(exchangeSchema) }),
  z.object({ is: z.literal('looked'), left: z.array(refusalSchema) }),
  z.object({ is: z.literal('ended'), passed: z.boolean(), left: z.array(refusalSchema) }),
]);
export type DrillAnswer = z.infer<typeof drillAnswerSchema>;

/** Asked only if drills are set up: without them, opening a run costs nothing extra. */
export function drillOn(
  { DRILL_GROUP, DRILL_SINK: sink }: Pick<CheckDeps['settings'], 'DRILL_GROUP' | 'DRILL_SINK'>,
  drills: Pick<Drills, 'read'>,
  now: () => Date,
): Pick<Engine, 'drillOn'> {
  if (DRILL_GROUP === undefined || sink === undefined) return {};
  return {
    async drillOn(userId) {
      const { current } = (await drills.read()).row;
      return current?.userId === userId && isOn(current, now()) ? { id: current.id, sink } : undefined;
    },
  };
}

export const drillViewSchema = drillsSchema;

export async function getDrills({ drills }: DrillServices): Promise<ApiAnswer> {
  return { status: 200, json: (await drills.read()).row };
}

export async function postDrill(services: DrillServices, request: ApiRequest): Promise<ApiAnswer> {
  return { status: 200, json: await changeDrill(services, parseBody(request, drillBodySchema)) };
}

/**
 * Refusals about the account itself, which a drill may leave behind or somebody else may have caused meanwhile. The
 * group, the sink and the settings have not changed.
 */
const leavings = new Set([
  'disabled',
  'methods',
  'owns',
  'forwards',
  'at-risk',
  'has-run',
  'devices',
  'signed-in',
]);

export async function changeDrill(
  services: DrillServices,
  asked: z.infer<typeof drillBodySchema>,
): Promise<DrillAnswer> {
  const { drills, now, settings } = services;
  const { row, etag } = await drills.read();
  const { current } = row;
  const write = async (next: typeof row) => {
    if (!(await drills.write(next, etag))) throw busy();
  };
  const at = now().toISOString();
  if (asked.do === 'begin') {
    if (current !== null) {
      const alive = isAlive(current, now());
      return { is: 'unfinished', drill: current, alive, sink: settings.DRILL_SINK ?? '' };
    }
    const checked = await checkAccount(services, asked.user);
    if (checked.is === 'refused') return { is: 'refused', refusals: [...checked.refusals] };
    const { id: userId, userPrincipalName } = checked.account;
    const drill: Drill = { id: randomUUID(), userId, userPrincipalName, begunAt: at, aliveAt: at };
    await write({ ...row, current: drill });
    await services.recordings.forgetOthers(drill.id);
    return { is: 'begun', drill, sink: checked.sink, responder: services.clientId ?? null };
  }
  if (asked.do === 'recorded') {
    const exchanges = z.array(exchangeSchema).parse(await services.recordings.kept(asked.id));
    return { is: 'recorded', exchanges };
  }
  if (current?.id !== asked.id)
    throw new Problem(409, 'Not this drill', 'This drill has ended, or another one took its place.');
  if (asked.do === 'alive') {
    await write({ ...row, current: { ...current, aliveAt: at } });
    return { is: 'noted' };
  }
  const checked = await checkAccount(services, current.userId);
  const left = checked.is === 'refused' ? checked.refusals.filter(({ is }) => leavings.has(is)) : [];
  if (asked.do === 'look') return { is: 'looked', left: [...left] };
  const passed = asked.passed && left.length === 0;
  await write({
    ...row,
    current: null,
    lastEndedAt: at,
    lastPassedAt: passed ? at : row.lastPassedAt,
  });
  return { is: 'ended', passed, left: [...left] };
}

/** False if the drill has ended, or another one took its place. */
export async function keepCourse(
  drills: Drills,
  id: string,
  kept: Pick<Drill, 'aliveAt' | 'course' | 'resumesBy'>,
): Promise<boolean> {
  const { row, etag } = await drills.read();
  if (row.current?.id !== id) return false;
  return await drills.write({ ...row, current: { ...row.current, ...kept } }, etag);
}

const busy = () => new Problem(409, 'Not now', 'Another drill was noted at the same moment; try again.');
