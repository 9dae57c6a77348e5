// Realistic inputs for every door, altered at random: nothing crashes, hangs, or reaches another object by its
// prototype.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deliveryOf } from '../functions/delivery.ts';
import { type ApiRequest, Problem, parseBody } from '../functions/runs/api.ts';
import { approveSchema, undoSchema } from '../functions/runs/change-run.ts';
import { handBackSchema } from '../functions/runs/hand-back.ts';
import { startSchema } from '../functions/runs/start-run.ts';
import { readExchangeRule } from '../functions/steps/disable-inbox-rules/rule.ts';
import { readEvents } from '../shared/alerts/envelope.ts';
import { claimsOf, isKnown } from '../shared/alerts/sources.ts';
import { readStream } from '../shared/alerts/stream.ts';
import { TokenRefused } from '../shared/auth/caller.ts';
import { callerOfPrincipal } from '../shared/auth/client-principal.ts';
import { exchangeFault } from '../shared/clients/exchange-fault.ts';
import { graphFault } from '../shared/clients/graph-fault.ts';
import { hideSecrets } from '../shared/clients/hide-secrets.ts';
import { PermanentError } from '../shared/errors.ts';
import { directoryAuditSchema } from '../shared/intruder/audit.ts';
import { riskDetectionSchema, signInSchema } from '../shared/intruder/sign-ins.ts';
import { unifiedRecordSchema } from '../shared/intruder/unified-audit.ts';
import { mimeOf } from '../shared/mail/mime.ts';
import { methodSchema } from '../shared/microsoft365/auth-methods.ts';
import { withoutCodes } from '../shared/microsoft365/mask-codes.ts';
import { recipientsSchema } from '../shared/microsoft365/recipients.ts';
import { textOfHtml } from '../shared/microsoft365/symptoms.ts';
import { cardMessageSchema, stepMessageSchema, summaryMessageSchema } from '../shared/run/bus.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): unknown => JSON.parse(readFileSync(`${root}/${file}`, 'utf8'));
const filesIn = (folder: string) =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => `${folder}/${file}`);

const events = filesIn('test/events').map(read);
const records = z.array(z.object({ record: z.unknown() })).parse(read('test/intruder/records.json'));
/** Each object in the tenants’ files has the shape of a service’s answer. */
function objectsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : [value]), ...Object.values(value).flatMap(objectsIn)];
}
const answers = filesIn('local/tenants').flatMap((file) => objectsIn(read(file)));

const deep = (levels: number): unknown => {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};
const polluting: unknown[] = [
  JSON.parse('{"__proto__":{"polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
];
const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -0,
    1e308,
    '',
    ' ',
    'NaN',
    [],
    {},
    [[]],
    [null],
    '\ud800',
    '\u0000',
    ...polluting,
  ),
  fc.constantFrom<unknown>(deep(200), deep(800), Array(3000).fill({}), Array(300).fill('x@y.z')),
  fc
    .constantFrom('<', '@', ' ', 'a@', '"', '{"a":', '\u202e', '=', '%', '0')
    .map((bit) => bit.repeat(20_000)),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.date({ noInvalidDate: false }).map(String),
  fc.integer(),
);

/** A sample with up to four of its parts replaced, removed, doubled, or given a name that no part should have. */
const bent = (samples: readonly unknown[]) =>
  fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'double', 'rename'), hostile), {
        maxLength: 4,
      }),
    )
    .map(([sample, changes]) => {
      let value = structuredClone(sample);
      for (const [where, how, what] of changes) value = change(value, { left: where % 60 }, how, what);
      return value;
    });

function change(value: unknown, at: { left: number }, how: string, what: unknown): unknown {
  if (at.left === 0) {
    at.left = -1;
    return how === 'double' ? [value, value] : what;
  }
  if (at.left < 0 || typeof value !== 'object' || value === null) return value;
  at.left -= 1;
  if (Array.isArray(value)) return value.map((entry: unknown) => change(entry, at, how, what));
  const entries = Object.entries(value).flatMap(([name, entry]): [string, unknown][] => {
    const next = change(entry, at, how, what);
    if (at.left !== -1 || next === entry) return [[name, next]];
    at.left = -2;
    if (how === 'remove') return [];
    return how === 'rename' ? [['constructor', entry]] : [[name, next]];
  });
  return Object.fromEntries(entries);
}

const request = (text: string, type: string): ApiRequest => ({
  params: {},
  query: {},
  url: 'https://reclaim.example/api/runs',
  headers: { 'content-type': type },
  text,
  who: 'somebody',
});

/** What a reader may throw: a refusal. Anything else is a crash. */
const refusals = [PermanentError, Problem, TokenRefused] as const;

const schemas: readonly (readonly [string, z.ZodType])[] = [
  ['signInSchema', signInSchema],
  ['riskDetectionSchema', riskDetectionSchema],
  ['unifiedRecordSchema', unifiedRecordSchema],
  ['directoryAuditSchema', directoryAuditSchema],
];
const taken: readonly (readonly [string, z.ZodType])[] = [
  ['methodSchema', methodSchema],
  ['recipientsSchema', recipientsSchema],
];

type Target = readonly [name: string, samples: readonly unknown[], read: (given: unknown) => unknown];
const targets: readonly Target[] = [
  [
    'alerts',
    events,
    (given) => {
      const looks = { left: 200 };
      return readEvents(given, (data) => isKnown(data, looks)).events.map(claimsOf);
    },
  ],
  ['alerts as text', events, (given) => readEvents(JSON.stringify(given)).events.map(claimsOf)],
  ['streamed logs', events, (given) => readStream([given, JSON.stringify(given)])],
  [
    'messages',
    [
      { run: 'r', step: 's', turn: 1 },
      { run: 'r', turn: 1, card: true },
    ],
    (given) =>
      [stepMessageSchema, summaryMessageSchema, cardMessageSchema].map((schema) => schema.safeParse(given)),
  ],
  [
    'envelopes of messages',
    [{ messageId: 'x', deliveryCount: 2, applicationProperties: { attempt: 3, source: 'alerts' } }],
    (given) => deliveryOf('alerts', given),
  ],
  [
    'requests',
    [{ user: 'adele@contoso.com', level: 'full', reason: 'because', do: 'pass', steps: ['a'] }],
    (given) => {
      const bodies: readonly z.ZodType[] = [startSchema, approveSchema, undoSchema, handBackSchema];
      for (const schema of bodies)
        try {
          parseBody(request(JSON.stringify(given), 'application/json'), schema);
        } catch (thrown) {
          if (!(thrown instanceof Problem)) throw thrown;
        }
    },
  ],
  [
    'forms',
    ['steps[]=a&steps[]=b&reason=c&__proto__=x&constructor[]=y'],
    (given) =>
      parseBody(
        request(String(given).slice(0, 16_000), 'application/x-www-form-urlencoded'),
        z.looseObject({}),
      ),
  ],
  [
    'principals',
    [
      {
        auth_typ: 'aad',
        claims: [
          { typ: 'tid', val: 'x' },
          { typ: 'roles', val: 'Responder.Operator' },
        ],
      },
    ],
    (given) =>
      callerOfPrincipal(Buffer.from(JSON.stringify(given)).toString('base64'), {
        tenantId: 'x',
        audiences: ['y'],
      }),
  ],
  [
    'refusals of a service',
    [{ error: { code: 'x', message: 'y', innerError: { 'request-id': 'z' } } }],
    (given) => [
      graphFault(given),
      exchangeFault(given, new Headers()),
      hideSecrets('said', JSON.stringify(given)),
    ],
  ],
  [
    'rules',
    answers,
    (given) => {
      const parsed = z.record(z.string(), z.json()).safeParse(given);
      return parsed.success ? readExchangeRule(parsed.data) : undefined;
    },
  ],
  [
    'mail',
    [{ subject: 'x', name: 'y', html: '<p>z' }],
    (given) => {
      const { subject, name, html } = z
        .object({ subject: z.string().catch('s'), name: z.string().catch('n'), html: z.string().catch('h') })
        .catch({ subject: 's', name: 'n', html: 'h' })
        .parse(given);
      const mime = mimeOf({
        from: 'reclaim@contoso.com',
        to: ['oncall@contoso.com'],
        importance: 'high',
        attachments: [{ name, type: 'text/csv', content: html }],
        subject,
        text: html,
        html,
      });
      // Headers end at the first empty line, and no value has begun another header.
      const [head = ''] = mime.split('\r\n\r\n');
      expect(
        head
          .split('\r\n')
          .filter(
            (line) => !/^(From|To|Subject|Importance|MIME-Version|Content-Type|X-Priority)\b|^\s/.test(line),
          ),
      ).toEqual([]);
      return [textOfHtml(html), withoutCodes(subject)];
    },
  ],
  ...schemas.map(
    ([name, schema]): Target => [
      name,
      [...records.map(({ record }) => record), ...answers],
      (given) => schema.safeParse(given),
    ],
  ),
  ...taken.map(([name, schema]): Target => [name, answers, (given) => schema.safeParse(given)]),
];

const quick = 100;
function milliseconds(work: () => unknown): number {
  const start = performance.now();
  try {
    work();
  } catch (thrown) {
    if (!refusals.some((kind) => thrown instanceof kind)) throw thrown;
  }
  return performance.now() - start;
}

setFlagsFromString('--expose-gc');
const collect = z.function().parse(runInNewContext('gc'));
/** Bytes still held when nothing more is needed. */
function held(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
const megabyte = 2 ** 20;

const runs = Number(process.env['FUZZ'] ?? 300);

describe.each(targets)('%s', (_name, samples, take) => {
  it('are read or refused, quickly, and touch nothing else', () => {
    // The first calls compile the code they reach.
    for (const sample of samples.slice(0, 20)) milliseconds(() => take(sample));
    const before = held();
    let most = 0;
    fc.assert(
      fc.property(bent(samples), (given) => {
        const at = process.memoryUsage().heapUsed;
        milliseconds(() => take(given));
        most = Math.max(most, process.memoryUsage().heapUsed - at);
        const least = () => Math.min(...Array.from({ length: 8 }, () => milliseconds(() => take(given))));
        expect(milliseconds(() => take(given)) < quick || least() < quick).toBe(true);
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(Reflect.get({}, 'polluted')).toBeUndefined();
      }),
      { numRuns: runs },
    );
    // For one input, garbage included; and for all of them together.
    expect(most).toBeLessThan(96 * megabyte);
    expect(held() - before).toBeLessThan(24 * megabyte);
  }, 120_000);
});
