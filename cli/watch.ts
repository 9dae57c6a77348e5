// Follows runs live: a line for each step that ends, each new run, each new verdict. It only reads, and keeps going
// when the API is unreachable for a while.
import { clock } from '../shared/mail/plain.ts';
import type { Client } from './client.ts';
import { type ExitCode, exitCodes, Stop } from './exit-codes.ts';
import { pathOf } from './find-run.ts';
import { coloured, shown, shownJson, type Terminal } from './terminal.ts';
import { detailOf, outcomeOf, type RunView, runSchema, runsSchema, whom } from './views.ts';

export interface WatchOptions {
  everySeconds: number;
  json: boolean;
  now: () => Date;
}

interface Told {
  runs: Map<string, string>;
  steps: Map<string, string>;
}

/** One run: until it is over, then 0, or 7 if a person must look at it. All runs: until Ctrl+C. */
export async function watch(
  client: Client,
  terminal: Terminal,
  options: WatchOptions,
  id?: string,
): Promise<ExitCode> {
  const told: Told = { runs: new Map(), steps: new Map() };
  let lost = false;
  while (!terminal.ended.aborted) {
    try {
      for (const run of id === undefined ? await latest(client, told) : [await read(client, id)]) {
        tell(run, told, terminal, options);
        if (id !== undefined && !goesOn(run)) return codeOf(run);
      }
      lost = false;
    } catch (error) {
      if (!(error instanceof Stop) || error.code !== exitCodes.unreachable) throw error;
      if (!lost) terminal.error(`${error.message}; trying again\n`);
      lost = true;
    }
    await terminal.sleep(options.everySeconds);
  }
  return exitCodes.done;
}

const read = async (client: Client, id: string): Promise<RunView> =>
  runSchema.parse((await client.get(pathOf(id))).json);

/** Runs that are active, or have changed since they were shown. */
async function latest(client: Client, told: Told): Promise<RunView[]> {
  const { runs } = runsSchema.parse((await client.get('/api/runs?days=1&most=50')).json);
  const moved = runs.filter(
    ({ id, state, verdict }) => state === 'open' || told.runs.get(id) !== `${state} ${verdict}`,
  );
  return Promise.all(moved.toReversed().map(({ id }) => read(client, id)));
}

const goesOn = ({ state, steps }: RunView) =>
  state === 'open' || (state !== 'held' && steps.some((step) => step.state === 'running'));

const codeOf = ({ verdict }: RunView): ExitCode =>
  /^(CONTAINED|NOTHING TO DO|UNDONE|DRY RUN)$/.test(verdict) ? exitCodes.done : exitCodes.attention;

function tell(run: RunView, told: Told, terminal: Terminal, { json, now }: WatchOptions): void {
  const at = now().toISOString();
  const line = (text: string, fact: object) =>
    terminal.out(
      json
        ? `${shownJson({ at, run: run.id, ...fact }).replaceAll(/\n\s*/g, ' ')}\n`
        : `${clock(at).slice(11, 19)}  ${shown(run.code)}  ${text}\n`,
    );
  if (!told.runs.has(run.id)) line(`${whom(run)}: ${shown(run.why)}`, { account: run.account, why: run.why });
  const settled = run.steps.filter(({ state }) => state === 'settled').length;
  const progress = `${String(settled).padStart(2)}/${run.steps.length}`;
  for (const step of run.steps) {
    const key = `${run.id} ${step.name}`;
    const is = outcomeOf(step);
    const before = told.steps.get(key);
    told.steps.set(key, is);
    // A step that never applied, such as one that is off, isn't news.
    const isNews =
      before === undefined
        ? told.runs.has(run.id) || step.changes.length > 0 || is === 'failed'
        : before !== is;
    if (!isNews || is === 'waiting' || is === 'queued') continue;
    const detail = shown(detailOf(step));
    line(
      `${progress}  ${shown(step.name).padEnd(28)}${coloured(shown(is))}${detail === '' ? '' : `: ${detail}`}`,
      {
        step: step.name,
        is,
        detail,
        settled,
        of: run.steps.length,
      },
    );
  }
  const stands = `${run.state} ${run.verdict}`;
  if (told.runs.get(run.id) !== stands) {
    line(`${coloured(shown(run.verdict))} (${shown(run.state)})`, { verdict: run.verdict, state: run.state });
  }
  told.runs.set(run.id, stands);
}
