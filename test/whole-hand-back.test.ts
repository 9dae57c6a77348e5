// An account that is given back over HTTP, in the built app over real sockets: the tenant is as recorded at the end,
// and the pass has been in one answer and nowhere else.
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { passAnswerSchema } from '../functions/runs/hand-back.ts';
import type { TenantFile } from '../local/tenant/schema.ts';
import { handBackViewSchema } from '../shared/run/hand-back-view.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();
const reason = 'the account is clean, agreed with its owner';

/** Everything that the app has stored, said or asked. */
async function traces({ stack, log }: Whole): Promise<Record<string, string>> {
  const { connectionString } = stack.azurite;
  const options = { allowInsecureConnection: true };
  const tables: unknown[] = [];
  for await (const { name } of TableServiceClient.fromConnectionString(
    connectionString,
    options,
  ).listTables()) {
    const table = TableClient.fromConnectionString(connectionString, name ?? '', options);
    for await (const entity of table.listEntities()) tables.push(entity);
  }
  const blobs: string[] = [];
  const service = BlobServiceClient.fromConnectionString(connectionString);
  for await (const { name } of service.listContainers()) {
    const container = service.getContainerClient(name);
    for await (const blob of container.listBlobsFlat()) {
      blobs.push((await container.getBlobClient(blob.name).downloadToBuffer()).toString('utf8'));
    }
  }
  const { outbox, ...rest } = stack.tenant.state();
  return {
    tables: JSON.stringify(tables),
    blobs: blobs.join('\n'),
    log: JSON.stringify(log),
    mails: JSON.stringify(outbox),
    requests: JSON.stringify(stack.tenant.requests),
    tenant: JSON.stringify(rest),
  };
}

const rolesOf = ({ roleAssignments }: TenantFile) =>
  (roleAssignments ?? [])
    .map(({ principalId, roleDefinitionId }) => `${principalId} ${roleDefinitionId}`)
    .toSorted();

describe.concurrent('a finished run that is handed back', () => {
  it.each(['administrator-roles-first', 'business-email-compromise'])(
    '%s: leaves the tenant as recorded, and the pass in one answer alone',
    (name) =>
      within(name, async (whole) => {
        const { tenant } = whole.stack;
        const before = tenant.state();
        const [rows] = (await whole.live()).runs;
        const run = rows?.run.row;
        const path = `/api/runs/${run?.id}/hand-back`;
        const userOf = ({ users }: TenantFile) =>
          users.find(
            ({ id, userPrincipalName }) =>
              id === run?.account.id || userPrincipalName === run?.account.userPrincipalName,
          );
        const post = async (body: object, status: number, operator?: string) => {
          const answer = await whole.ask('POST', path, JSON.stringify({ reason, ...body }), operator);
          expect(answer).toMatchObject({ status });
          await whole.live([]);
          return answer.json;
        };
        const view = async () => handBackViewSchema.parse((await whole.ask('GET', path)).json);

        const first = await view();
        expect(first).toMatchObject({ state: 'not begun', notPossible: null });
        const despite = first.left.filter(({ blocks }) => blocks).map(({ step }) => step);
        const accepts = first.tasks.flatMap(({ name: task, withOwner }) => (withOwner ? [] : [task]));
        if (despite.length > 0) await post({ do: 'begin', identified: 'seen in person' }, 409);
        expect(userOf(tenant.state())?.accountEnabled).toBe(false);
        await post({ do: 'pass' }, 409);
        await post(
          { do: 'begin', identified: 'called back on the number in the file of HR', despite, accepts },
          202,
        );
        expect(await view()).toMatchObject({ phase: 'pass', pass: { state: 'may be made' } });
        expect(userOf(tenant.state())?.accountEnabled ?? true).toBe(true);

        const isAdministrator = run?.account.privileged === true;
        if (isAdministrator) await post({ do: 'pass' }, 403);
        const who = isAdministrator ? 'second' : 'first';
        const made = passAnswerSchema.parse(await post({ do: 'pass' }, 201, who)).temporaryAccessPass;
        expect(made.value).toMatch(/^\S{8}$/);
        await post({ do: 'pass' }, 409, who);
        expect(await view()).toMatchObject({ phase: 'owner', pass: { state: 'shown' } });
        await post({ do: 'roles' }, 409);
        await post({ do: 'owner-back' }, 409);
        await post({ do: 'owner-back', insist: true }, 202);
        const last = await view();
        expect(last).toMatchObject({ state: 'handed back' });
        if (last.phase === 'roles') {
          expect(rolesOf(tenant.state())).not.toEqual(rolesOf(before));
          await post({ do: 'roles' }, 202);
        }
        expect(await view()).toMatchObject({ phase: 'done', next: [] });

        const after = tenant.state();
        expect(rolesOf(after)).toEqual(rolesOf(before));
        expect(userOf(after)?.mailbox?.cas).toEqual(userOf(before)?.mailbox?.cas);
        expect(after.blockedSenders ?? []).toEqual([]);
        expect(after.riskyUsers).toMatchObject([{ riskState: 'dismissed' }]);
        const passes = (userOf(after)?.authenticationMethods ?? []).filter((method) =>
          method['@odata.type'].includes('temporaryAccessPass'),
        );
        expect(passes).toHaveLength(1);
        for (const [where, text] of Object.entries(await traces(whole))) {
          if (where !== 'blobs') expect([where, text.length > 100]).toEqual([where, true]);
          expect([where, text.includes(made.value)]).toEqual([where, false]);
        }
        const mails = z.array(z.object({ message: z.object({ subject: z.string() }) })).parse(after.outbox);
        expect(mails.filter(({ message }) => message.subject.startsWith('[Reclaim] PASS: '))).toHaveLength(1);
        expect(mails.at(-1)?.message.subject).toMatch(/^\[Reclaim\] HANDED BACK/);
      }),
    180_000,
  );
});
