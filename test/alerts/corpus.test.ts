// Some 230 payloads in the shapes of public documentation, connectors and their test data, each from message body to
// decision: the right account, or the right refusal. Adele, Grady, Megan and Isaiah are in the directory, Lee is a
// guest; Microsoft Graph holds what a payload in its own shape says, or what `holds` names.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { PermanentError } from '../../shared/errors.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { directory, graphOf } from './directory.ts';
import { missing } from './fake-graph.ts';
import { now, tenantId } from './samples.ts';

const folder = new URL('../events/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));

const originals = z.record(z.string(), z.array(z.looseObject({ id: z.string() })));
const expectedSchema = z.record(
  z.string(),
  z.object({
    /** What happens to whom, in order; `refused` ends among the dead letters. */
    expect: z.array(z.string()),
    /** Part of the reason. */
    why: z.string().optional(),
    /** What Microsoft Graph holds, if that is not the payload itself. */
    holds: originals.optional(),
  }),
);
const expected = expectedSchema.parse(read('expected'));

async function decided(name: string) {
  const body = read(name);
  const decisions = memoryDecisions();
  const bus = new MemoryBus({ now: () => now });
  const engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: [],
    stepSettings: {},
    now: () => now,
    random: () => 0.5,
  };
  const triage = createTriageAlert({
    graph: graphOf(name.split('/')[0] ?? '', body, expected[name]?.holds),
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    async readAccount(id) {
      const found = directory.find((one) => one.id === id);
      if (found === undefined) throw missing(`/users/${id}`);
      return found;
    },
    lastRun: async () => undefined,
    openRun: (request) => openRun(engine, request),
    decisions,
    now: () => now,
    log: () => {},
  });
  const error: unknown = await triage(body).catch((thrown: unknown) => thrown);
  const said = decisions.all
    .filter(({ row }) => row !== 'left-alone')
    .map(({ action, userPrincipalName, userId }) =>
      action === 'refused'
        ? 'refused'
        : `${action} ${(userPrincipalName ?? userId ?? '').replace(/@contoso.*/i, '').toLowerCase()}`,
    );
  return {
    said,
    why: decisions.all.map(({ why }) => why).join(' | '),
    refused: error instanceof PermanentError,
    error,
  };
}

describe('a payload', () => {
  it.each(Object.entries(expected))('%s', async (name, wanted) => {
    const { said, why, refused, error } = await decided(name);
    expect({ said, why }).toEqual({
      said: wanted.expect.map((one) => one.toLowerCase()),
      why: wanted.why === undefined ? why : expect.stringContaining(wanted.why),
    });
    // Accounted for: decided, or thrown for the dead letters with every reason.
    expect(refused).toBe(wanted.expect.includes('refused'));
    if (!refused) expect(error).toEqual(expect.any(Array));
  });

  it('is listed in this table if it was made for it', () => {
    const sources = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const files = sources.flatMap(({ name }) =>
      readdirSync(new URL(`${name}/`, folder)).map((file) => `${name}/${file.replace('.json', '')}`),
    );
    expect(files).toEqual(expect.arrayContaining(Object.keys(expected)));
    expect(Object.keys(expected).length).toBeGreaterThan(220);
  });
});
