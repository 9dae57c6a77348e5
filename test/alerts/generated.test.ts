// Thousands of generated messages through the queue, triage and the opening of runs, in memory: duplicates, reordered,
// truncated, hostile, oversized, of foreign tenants, with forged ids, while Microsoft Graph is busy now and then and
// answers of the table are lost. Each must end in a run, in a recorded decision, or among the dead letters.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { type Delivery, deliveryOf, handled } from '../../functions/delivery.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { GraphReader } from '../../shared/model/clients.ts';
import { type Letter, queues } from '../../shared/run/bus.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { directory, graphOf, ofFolder, people } from './directory.ts';
import { missing } from './fake-graph.ts';
import { account, now, tenantId } from './samples.ts';

/** EVENTS=10000 takes half a minute. */
const messages = Number(process.env['EVENTS'] ?? 2000);

/** Repeatable: a run that fails names its seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Nobody accuses them: no original that Microsoft Graph holds names them as compromised. */
const bystanders = ['ceo', 'cfo', 'board'].map((name, index) =>
  account({
    id: `ffffffff-1111-4222-8333-44444444444${index}`,
    userPrincipalName: `${name}@contoso.com`,
    displayName: name,
  }),
);
const everybody = [...directory, ...bystanders];

const folder = new URL('../events/', import.meta.url);
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(new URL(`${name}/`, folder)).map((file) => `${name}/${file}`));
const texts = names.map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

const withId = z.looseObject({ id: z.string() });
const holdsSchema = z.record(z.string(), z.array(withId));
const expectedSchema = z.record(z.string(), z.object({ holds: holdsSchema.optional() }));

/** All that any of the payloads wants Microsoft Graph to hold, in one. */
function originals(): z.infer<typeof holdsSchema> {
  const all: z.infer<typeof holdsSchema> = {};
  const add = (collection: string, one: unknown) => {
    const parsed = withId.safeParse(one);
    if (parsed.success) all[collection] = [...(all[collection] ?? []), parsed.data];
  };
  for (const { name, text } of texts) {
    const collection = ofFolder[name.split('/')[0] ?? ''];
    if (collection !== undefined) add(collection, JSON.parse(text));
  }
  const expected = expectedSchema.parse(JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')));
  for (const { holds = {} } of Object.values(expected)) {
    for (const [collection, list] of Object.entries(holds)) for (const one of list) add(collection, one);
  }
  return all;
}

/** Microsoft Graph that is busy now and then. */
function graphOfAll(random: () => number): GraphReader {
  const graph = graphOf('', undefined, originals());
  const byName = new Map(bystanders.map((one) => [`/users/${one.userPrincipalName}`, one]));
  const busy = () => {
    if (random() < 0.02) throw new RetryableError('Microsoft Graph is busy (429).', { retryAfterSeconds: 3 });
  };
  return {
    ...graph,
    async get(path, schema) {
      busy();
      const person = byName.get(decodeURIComponent(path.split('?')[0] ?? '').toLowerCase());
      return person === undefined ? graph.get(path, schema) : schema.parse(person);
    },
    async list(path, item) {
      busy();
      return graph.list(path, item);
    },
  };
}

const nasty = [
  '',
  '../../users',
  "' or 1 eq 1",
  '\u202egnp.exe',
  'x\ncontain: ceo@contoso.com',
  '0001-01-01T00:00:00Z',
  'ceo@contoso.com',
  bystanders[0]?.id ?? '',
  'A'.repeat(5000),
  '\ud800',
];

interface Message {
  id: string;
  body: unknown;
  kind: string;
}

function generate(count: number, random: () => number): Message[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[], otherwise: T): T => list[below(list.length)] ?? otherwise;
  const plain = () => pick(texts, { name: '', text: '{}' });
  const enveloped = (text: string, id: string) =>
    `{"specversion":"1.0","id":${JSON.stringify(id)},"type":"Reclaim.Alert","source":"test","data":${text}}`;
  const kinds: Record<string, (index: number) => { text: string; id?: string; body?: unknown }> = {
    plain: (index) => ({ text: random() < 0.5 ? plain().text : enveloped(plain().text, `e${index}`) }),
    truncated: () => {
      const { text } = plain();
      return { text: text.slice(0, below(text.length)) };
    },
    hostile: () => {
      const { text } = plain();
      const words = [...text.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([word]) => word);
      let bent = text;
      for (let change = 0; change < 3; change += 1) {
        bent = bent.replace(pick(words, ''), () => JSON.stringify(pick(nasty, '')));
      }
      return { text: bent };
    },
    // Somebody who is in no original is accused, under ids that are real.
    forged: () => {
      const { id, userPrincipalName } = pick(bystanders, account());
      const { text } = plain();
      const forged = Object.values(people).reduce((all, person) => all.replaceAll(person, id), text);
      return { text: forged.replaceAll(/(adele|megan|grady|isaiah)@contoso\.com/gi, userPrincipalName) };
    },
    'forged id': () => ({
      text: plain().text.replaceAll(/"id": "[^"]*"/g, () => `"id": "ad${below(1e9)}"`),
    }),
    foreign: () => ({ text: plain().text.replaceAll(tenantId, 'aaaabbbb-0000-cccc-1111-dddd2222eeee') }),
    oversized: () => ({
      text: JSON.stringify({ ...JSON.parse('{}'), pad: 'x'.repeat(300_000), of: plain().text }),
    }),
    list: (index) => ({
      text: `[${[plain().text, enveloped(plain().text, `l${index}`), JSON.stringify(pick(nasty, ''))].join(',')}]`,
    }),
    odd: () => ({
      text: '',
      body: pick<unknown>([null, 7, true, [], {}, '', Buffer.from([0xff]), undefined], 1),
    }),
  };
  const weights = [
    'plain',
    'plain',
    'plain',
    'hostile',
    'hostile',
    'forged',
    'forged',
    'truncated',
    'forged id',
  ];
  const all: Message[] = [];
  for (let index = 0; all.length < count; index += 1) {
    const seldom = index % 40;
    const kind =
      seldom === 0
        ? 'oversized'
        : seldom < 3
          ? 'odd'
          : seldom < 6
            ? 'foreign'
            : seldom < 9
              ? 'list'
              : pick(weights, 'plain');
    const made = kinds[kind]?.(index) ?? { text: '' };
    // The host parses what it can and hands over text where it can't.
    const given = 'body' in made ? made.body : parsedOrText(made.text);
    all.push({ id: `m${index}`, body: given, kind });
    // At least once: now and then the same message again, at once or much later.
    if (random() < 0.1)
      all.splice(below(all.length + 1), 0, { id: `m${index}`, body: given, kind: 'duplicate' });
  }
  // Nothing arrives in order.
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    const [a, b] = [all[at], all[other]];
    if (a !== undefined && b !== undefined) [all[at], all[other]] = [b, a];
  }
  return all;
}

function parsedOrText(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return text;
  }
}

describe('generated messages', () => {
  it(`are all accounted for, and touch nobody whom Microsoft Graph does not accuse — ${messages} of them`, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const random = randomOf(seed);
    let time = now.getTime();
    const clock = () => new Date(time);
    const progress = new MemoryProgress({ repeats: () => random() < 0.02 });
    const engine = {
      progress,
      bus: new MemoryBus({ now: clock }),
      playbook: [],
      stepSettings: {},
      now: clock,
      random,
    };
    const decisions = memoryDecisions();
    const lines: string[] = [];
    const opened: { id: string; held: boolean }[] = [];
    const triage = createTriageAlert({
      graph: graphOfAll(random),
      settings: namesNobody(tenantId),
      policy: defaultPolicy,
      async readAccount(id) {
        const found = everybody.find((one) => one.id === id);
        if (found === undefined) throw missing(`/users/${id}`);
        return found;
      },
      lastRun: async () => undefined,
      async openRun(request) {
        opened.push({ id: request.account.id, held: request.held !== null });
        return openRun(engine, request);
      },
      decisions,
      now: clock,
      log: (line) => lines.push(line),
    });

    const queue: { letter: Letter; delivery: Delivery }[] = [];
    const dead: Letter[] = [];
    const seen = new Set<string>();
    const accept = (letter: Letter) => {
      if (letter.queue === queues.deadLetters) return void dead.push(letter);
      // Duplicate detection: accepted and dropped.
      if (seen.has(letter.id)) return;
      seen.add(letter.id);
      const metadata = { messageId: letter.id, deliveryCount: 1, applicationProperties: letter.properties };
      queue.push({ letter, delivery: deliveryOf(queues.alerts, metadata) });
    };
    const around = {
      post: { post: async (letter: Letter) => accept(letter) },
      wait: async () => {},
      now: clock,
      random,
      error: () => {},
    };

    const sent = generate(messages, random);
    for (const { id, body } of sent) accept({ queue: queues.alerts, id, body, properties: {} });
    let delivered = 0;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { letter, delivery } = next;
      time = Math.max(time, letter.at?.getTime() ?? 0) + 5;
      delivered += 1;
      await handled(delivery, letter.body, around, async () => void (await triage(letter.body, letter.id)));
      // A completion that was lost: the same message once more, as the service would.
      if (random() < 0.01) {
        await handled(
          { ...delivery, deliveryCount: 2 },
          letter.body,
          around,
          async () => void (await triage(letter.body, letter.id)),
        );
      }
    }

    const first = (id: string) => id.replace(/~\d+$/, '');
    const decided = new Set(decisions.all.map(({ message }) => first(message ?? '')));
    const refused = new Set(dead.map(({ id }) => first(id)));
    const lost = sent.filter(({ id }) => !decided.has(id) && !refused.has(id));
    expect({ seed, lost: lost.slice(0, 3) }).toEqual({ seed, lost: [] });
    expect(delivered).toBeGreaterThanOrEqual(new Set(sent.map(({ id }) => id)).size);
    expect(dead.filter(({ properties }) => properties['reason'] !== 'Refused')).toEqual([]);

    // Held runs change nothing; all others are of accounts that an original accuses.
    const touched = new Set(opened.filter(({ held }) => !held).map(({ id }) => id));
    expect({ seed, touched: bystanders.filter(({ id }) => touched.has(id)) }).toEqual({ seed, touched: [] });
    expect(touched.size).toBeGreaterThanOrEqual(3);
    expect(lines.filter((line) => /[\n\r\u202e]/.test(line))).toEqual([]);

    // One run holds an account, whatever came in whatever order.
    const runs = await Promise.all(
      (await progress.list(new Date(0), 10_000)).map((ref) => progress.read(ref)),
    );
    const standing = runs.flatMap((rows) =>
      rows !== undefined && (rows.run.row.state === 'open' || rows.run.row.state === 'held')
        ? [rows.run.row.account.id]
        : [],
    );
    expect(new Set(standing).size).toBe(standing.length);
  }, 300_000);
});
