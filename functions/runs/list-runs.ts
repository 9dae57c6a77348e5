// GET /api/runs?days=7&verdict=DECIDE&person=adele: the runs of the last days, newest first, one line each.
import { z } from 'zod';
import { listPage, mostLookedAt } from '../../shared/page/list-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import type { Engine } from '../../shared/run/engine.ts';
import type { ListedRun, RunLine } from '../../shared/run/progress.ts';
import {
  type Verdict,
  verdictFrom,
  verdictOf,
  verdictText,
  waitsForSomebody,
  words,
} from '../../shared/run/verdict.ts';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { type ApiAnswer, type ApiRequest, Problem, wantsPage } from './api.ts';

const usualRuns = 50;
const mostHeld = 100;

/** A field of a form that was left empty. */
const empty = z.literal('').transform(() => undefined);

export const listQuerySchema = z.object({
  days: z.coerce.number().int().min(1).max(365).default(7),
  most: z.coerce.number().int().min(1).max(mostLookedAt).optional(),
  /** The verdict's word. */
  verdict: z.enum(words).or(empty).optional(),
  /** A part of the sign-in name or of the display name. */
  person: z.string().max(200).optional(),
});

const lineSchema = runDocumentSchema
  .pick({ id: true, code: true, verdict: true, state: true, level: true, openedAt: true, containedAt: true })
  .extend({
    userId: z.string(),
    userPrincipalName: z.string(),
    displayName: z.string(),
    /** A person has to decide or to do something. */
    waits: z.boolean(),
  });

export const runListSchema = z.object({ runs: z.array(lineSchema) });
type Line = z.infer<typeof lineSchema>;

export async function listRuns(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const query = listQuerySchema.safeParse(request.query);
  if (!query.success) {
    throw new Problem(
      400,
      'Invalid query',
      `days is 1 to 365, most is 1 to ${mostLookedAt}, and verdict is one of ${words.join(', ')}.`,
    );
  }
  const page = wantsPage(request);
  const { days, verdict, person = '' } = query.data;
  const since = new Date(engine.now().getTime() - days * 86_400_000);
  // Filtering comes after reading, so a filter means reading all of them.
  const filtered = verdict !== undefined || person.trim() !== '';
  const most = query.data.most ?? (page ? mostLookedAt : usualRuns);
  const newest = await engine.progress.list(since, filtered ? mostLookedAt : most);
  // A held run waits for somebody, however old it is.
  const held = page && !filtered ? (await engine.progress.held()).slice(0, mostHeld) : [];
  const refs = [...newest, ...held.filter(({ runId }) => newest.every((ref) => ref.runId !== runId))];
  const wanted = person.trim().toLowerCase();
  const runs = (await linesOf(engine, refs))
    .filter((line) => verdict === undefined || line.word === verdict)
    .filter(({ userPrincipalName, displayName, userId }) =>
      [userPrincipalName, displayName, userId].some((name) => name.toLowerCase().includes(wanted)),
    )
    .slice(0, most + held.length)
    .map(({ word: _, ...line }) => line);
  if (page) {
    const lastDrill = await engine.lastDrill?.();
    const { timeZone } = engine;
    const html = listPage({
      ...{
        runs,
        days,
        most,
        verdict,
        person,
        who: request.who,
        timeZone,
        lastDrill,
      },
    });
    return { status: 200, headers: pageHeaders, html };
  }
  return { status: 200, headers: { vary: 'accept' }, json: { runs } };
}

/** Table Storage takes this many concurrent requests from one app without slowing the others down. */
const atOnce = 25;

interface Shown extends Omit<RunLine, 'standing'> {
  verdict: Verdict;
}

async function linesOf(
  engine: Engine,
  refs: readonly ListedRun[],
): Promise<(Line & { word: Verdict['word'] })[]> {
  const lines: (Line & { word: Verdict['word'] })[] = [];
  for (let from = 0; from < refs.length; from += atOnce) {
    const some = refs.slice(from, from + atOnce);
    const read = await Promise.all(some.map(async (ref) => byItself(ref) ?? (await withSteps(engine, ref))));
    for (const [index, { runId, userId }] of some.entries()) {
      const one = read[index];
      if (one === undefined) continue;
      const { verdict, ...line } = one;
      lines.push({
        ...{ id: runId, userId, ...line },
        ...{ verdict: verdictText(verdict), word: verdict.word, waits: waitsForSomebody(verdict) },
      });
    }
  }
  return lines;
}

function byItself({ line }: ListedRun): Shown | undefined {
  if (line === undefined) return undefined;
  const { standing, ...rest } = line;
  const verdict = verdictFrom(standing);
  return verdict && { ...rest, verdict };
}

/** A run that is still at work, or that another version wrote. */
async function withSteps(engine: Engine, ref: ListedRun): Promise<Shown | undefined> {
  const rows = await engine.progress.read(ref);
  if (rows === undefined) return undefined;
  const { code, state, level, openedAt, containedAt, account } = rows.run.row;
  const steps = rows.steps.map((entry) => entry.row);
  return {
    ...{ code, state, level, openedAt, containedAt },
    userPrincipalName: account.userPrincipalName,
    displayName: account.displayName,
    verdict: verdictOf(rows.run.row, steps),
  };
}
