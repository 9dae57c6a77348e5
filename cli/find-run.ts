// Finds a run by its id, by the short code in the email's subject, or by the account.
import type { Client } from './client.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { shown } from './terminal.ts';
import { type RunView, runSchema, runsSchema } from './views.ts';

export interface FoundRun {
  run: RunView;
  /** The version the operator sees. */
  etag: string | undefined;
  /** The unparsed answer. */
  json: unknown;
}

/** Throws Stop if no run matches, or more than one could be meant. */
export async function findRun(client: Client, meant: string): Promise<FoundRun> {
  const id = meant.includes('.') && !meant.includes('@') ? meant : await idOf(client, meant);
  const { json, etag } = await client.get(pathOf(id));
  return { run: runSchema.parse(json), etag, json };
}

export const pathOf = (id: string): string => `/api/runs/${encodeURIComponent(id)}`;

async function idOf(client: Client, meant: string): Promise<string> {
  const wanted = meant.toLowerCase();
  const { runs } = runsSchema.parse((await client.get('/api/runs?days=365&most=1000')).json);
  const found = runs.filter(({ code, userId, userPrincipalName }) =>
    [code, userId, userPrincipalName].some((name) => name.toLowerCase() === wanted),
  );
  const [first, second] = found;
  if (first === undefined) {
    throw new Stop(
      `No run is called ${shown(meant)}; reclaim runs lists those that there are.`,
      exitCodes.unknown,
    );
  }
  // For an account, the newest run. If two runs with the same code belong to different accounts, it is ambiguous.
  if (second === undefined || first.userId === second.userId) return first.id;
  const ids = found.map((run) => `${shown(run.id)} (${shown(run.userPrincipalName)})`).join(', ');
  throw new Stop(`More than one run is called ${shown(meant)}; take the whole id: ${ids}`, exitCodes.usage);
}
