// Records of the unified audit log in every published shape, with invented values: for each, a search returns who
// acted, from where and in which session, whatever the workload calls these.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTenant } from '../../local/tenant/tenant.ts';
import { actsOf, pairsIn } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';

const rowSchema = z.record(z.string(), z.unknown());
const corpus = z
  .array(
    z.strictObject({
      what: z.string(),
      record: rowSchema,
      reads: z.strictObject({
        session: z.string().nullable(),
        address: z.string().nullable(),
        userAgent: z.string().optional(),
        mailbox: z.string().optional(),
        succeeded: z.boolean().default(true),
        /** Properties of a rule. */
        rule: z.record(z.string(), z.string()).optional(),
      }),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('records.json', import.meta.url), 'utf8')));

/** All of them, as a search of the simulated log returns them. */
async function searched(): Promise<Map<unknown, unknown>> {
  const now = () => new Date('2026-11-20T12:00:00Z');
  const tenant = createTenant(
    {
      users: [{ userPrincipalName: 'adele@contoso.com' }],
      auditRecords: corpus.map(({ record }) => record),
    },
    { now },
  );
  const token = await tenant.credential.getToken('https://graph.microsoft.com/.default');
  const headers = { authorization: `Bearer ${token?.token}`, 'content-type': 'application/json' };
  const base = 'https://graph.microsoft.com/v1.0/security/auditLog/queries';
  const body = JSON.stringify({
    filterStartDateTime: '2026-11-20T00:00:00Z',
    filterEndDateTime: '2026-11-21T00:00:00Z',
  });
  const asked = rowSchema.parse(await (await tenant.fetch(base, { method: 'POST', headers, body })).json());
  await tenant.fetch(`${base}/${asked['id']}`, { headers });
  const answer = await tenant.fetch(`${base}/${asked['id']}/records`, { headers });
  const { value } = z.object({ value: z.array(rowSchema) }).parse(await answer.json());
  return new Map(value.map((record) => [record['id'], record]));
}
const found = searched();

describe('a record of the unified audit log', () => {
  it.each(corpus)('reads $what', async ({ record, reads }) => {
    const read = unifiedRecordSchema.parse((await found).get(record['id']));
    expect(read).toMatchObject({
      activity: record['operation'],
      succeeded: reads.succeeded,
      actor: { userPrincipalName: 'adele@contoso.com' },
      object: record['objectId'],
      trace: {
        session: reads.session,
        address: reads.address,
        userAgent: reads.userAgent ?? null,
      },
    });
    if (reads.mailbox !== undefined) expect(read.data['MailboxOwnerUPN']).toBe(reads.mailbox);
    if (reads.rule === undefined) return;
    const { acts, rulesOfOthers } = actsOf([read], { ...nobodyKnown, addresses: ['203.0.113.7'] });
    const [act] = [...acts, ...rulesOfOthers];
    expect(act && Object.fromEntries(pairsIn(act, 'OperationProperties'))).toMatchObject(reads.rule);
  });

  it('loses only the field with an odd value, and nothing else — strangers write these records', async () => {
    const all = [...(await found).values()];
    const odd = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.array(fc.jsonValue()), fc.object());
    const kept = ['id', 'createdDateTime'];
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), fc.boolean(), odd, (given, at, inside, value) => {
        const row = rowSchema.parse(given);
        const data = rowSchema.safeParse(row['auditData']).data ?? {};
        const names = inside ? Object.keys(data) : Object.keys(row).filter((key) => !kept.includes(key));
        const name = names[at % Math.max(1, names.length)] ?? 'auditData';
        const changed = inside
          ? { ...row, auditData: { ...data, [name]: value } }
          : { ...row, [name]: value };
        const [before, after] = [unifiedRecordSchema.parse(row), unifiedRecordSchema.safeParse(changed)];
        expect(after.success).toBe(true);
        expect(after.data).toMatchObject({ id: before.id, time: before.time });
        if (name !== 'operation') expect(after.data?.activity).toBe(before.activity);
      }),
    );
  });
});
