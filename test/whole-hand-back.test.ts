// An account that is given back over HTTP, in the built app over real sockets: in the end the tenant is as recorded,
// and the pass has been in one answer and nowhere else.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { passAnswerSchema } from '../functions/runs/hand-back.ts';
import type { TenantFile } from '../local/tenant/schema.ts';
import { handBackViewSchema } from '../shared/run/hand-back-view.ts';
import { leaksIn } from './fakes/traces.ts';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();
const reason = 'the account is clean, agreed with its owner';

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
        const answers: unknown[] = [];
        const post = async (body: object, status: number, operator?: string) => {
          const answer = await whole.ask('POST', path, JSON.stringify({ reason, ...body }), operator);
          expect(answer).toMatchObject({ status });
          await whole.live([]);
          // The one answer that shows the pass.
          if (answer.status !== 201) answers.push(answer);
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
        expect(tenant.secrets).toContain(made.value);
        expect(await leaksIn(whole, answers)).toEqual([]);
        const mails = z.array(z.object({ message: z.object({ subject: z.string() }) })).parse(after.outbox);
        expect(
          mails.filter(({ message }) => message.subject.startsWith('[Reclaim] PASS ASKED FOR: ')),
        ).toHaveLength(1);
        expect(mails.at(-1)?.message.subject).toMatch(/^\[Reclaim\] HANDED BACK/);
      }),
    180_000,
  );
});
