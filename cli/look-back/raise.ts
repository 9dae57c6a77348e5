// Raises finds as alerts: one for each account with something a run would remove, through the app's own front door, and
// only after showing them. What needs a question first, or belongs to nobody, stays in the report.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { lookBackType } from '../../shared/alerts/look-back.ts';
import type { Client } from '../client.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import type { Find, Person } from './find.ts';
import type { Report } from './report.ts';
import type { State } from './state.ts';

export interface Alert {
  /** The same finds always give the same id, so that they are raised once however often the command runs. */
  id: string;
  person: Person;
  finds: readonly Find[];
}

export function alertsOf({ tenantId, finds }: Report): Alert[] {
  const byPerson = new Map<string, Find[]>();
  const people = new Map<string, Person>();
  for (const find of finds) {
    if (find.verdict !== 'remove' || find.person === null) continue;
    people.set(find.person.id, find.person);
    byPerson.set(find.person.id, [...(byPerson.get(find.person.id) ?? []), find]);
  }
  return [...people.values()].map((person) => {
    const own = byPerson.get(person.id) ?? [];
    const ids = own.map(({ id }) => id).toSorted();
    const id = createHash('sha256')
      .update(JSON.stringify([tenantId, person.id, ids]))
      .digest('hex');
    return { id: id.slice(0, 40), person, finds: own };
  });
}

const triagedSchema = z.object({
  decisions: z.array(z.object({ action: z.string(), why: z.string() })),
});

/** POST /api/alerts, one after the other; each is saved in the state once answered. Refusals are reported. */
export async function raise(
  client: Client,
  state: State,
  alerts: readonly Alert[],
  now: () => Date,
  told: (line: string) => void,
): Promise<void> {
  for (const alert of alerts) {
    const { id, person } = alert;
    const decision = await decisionOn(client, state, alert, now).catch((error: unknown) => {
      if (!(error instanceof Stop) || error.code !== exitCodes.failed) throw error;
      told(`${person.userPrincipalName}: not raised. ${error.message}`);
      return undefined;
    });
    if (decision === undefined) continue;
    await state.append({ is: 'raised', id, at: now().toISOString(), decision });
    told(decision);
  }
}

async function decisionOn(
  client: Client,
  state: State,
  { id, person, finds }: Alert,
  now: () => Date,
): Promise<string> {
  const { tenantId, at: foundAt } = state.begun;
  const { json } = await client.post('/api/alerts', {
    specversion: '1.0',
    id,
    type: lookBackType,
    source: 'reclaim/look-back',
    time: now().toISOString(),
    data: {
      id,
      tenantId,
      userId: person.id,
      userPrincipalName: person.userPrincipalName,
      foundAt,
      finds: finds.map(({ what }) => what.slice(0, 90)),
    },
  });
  const { decisions } = triagedSchema.parse(json);
  const said = decisions.map(({ action, why }) => `${action}, ${why}`).join('; ');
  return `${person.userPrincipalName}: ${said || 'no decision'}`;
}
