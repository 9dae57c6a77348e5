// The run that somebody means: by its id, by the short code of the email's subject, or by the account.
import type { Client } from './client.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { shown } from './terminal.ts';
import { type RunView, runSchema, runsSchema } from './views.ts';

export interface FoundRun {
  run: RunView;
  /** The version that was seen. */
  etag: string | undefined;
  /** As it was answered. */
  json: unknown;
}

/** Throws Stop when there is none, or more than one that may be meant. */
export async function findRun(client: Client, meant: string): Promise<FoundRun> {
  const id = meant.includes('.') && !meant.includes('@') ? meant : await idOf(client, meant);
  const { json, etag } = await client.get(pathOf(id));
  return { run: runSchema.parse(json), etag, json };
}

export const pathOf = (id: string): string => `/api/runs/${encodeURIComponent(id)}`;

async function idOf(client: Client, meant: string): Promise<string> {
  const wanted = meant.toLowerCase();
  const { runs } = runsSchema.parse((await client.get('/api/runs?days=365&most=200')).json);
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
  // Of an account, the newest; two runs under one code are two accounts.
  if (second === undefined || first.userId === second.userId) return first.id;
  const ids = found.map((run) => `${shown(run.id)} (${shown(run.userPrincipalName)})`).join(', ');
  throw new Stop(`More than one run is called ${shown(meant)}; take the whole id: ${ids}`, exitCodes.usage);
}
