import { describe, expect, it } from 'vitest';
import { deletePasses } from '../../functions/steps/delete-passes.ts';
import { account, context, guest } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const pass = (id: string) => ({
  '@odata.type': '#microsoft.graph.temporaryAccessPassAuthenticationMethod',
  id,
  createdDateTime: '2026-11-20T08:40:00Z',
});
const phone = {
  '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
  phoneType: 'mobile',
  phoneNumber: '+1 5555550100',
};
const tenant = (...authenticationMethods: object[]) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', authenticationMethods }],
});

describe('delete-passes', () => {
  it('deletes every pass, no matter who made it, and no other method', async () => {
    const world = simulated(deletePasses, tenant(phone, pass('one'), pass('two')));
    const changes = changesOf(await deletePasses.find(context(), world.clients));
    expect(changes.map(({ id }) => id)).toEqual(['pass:one', 'pass:two']);
    for (const change of changes) await deletePasses.fix(change, context(), world.clients);
    expect(world.tenant.state().users[0]?.authenticationMethods).toEqual([phone]);
    expect(changesOf(await deletePasses.find(context(), world.clients))).toEqual([]);
    expect([...world.used()]).toEqual(deletePasses.permissions.graph);
  });

  it('leaves the pass that an operator requested — a retry must not shut the owner out', async () => {
    const begunAt = '2026-11-20T10:00:00Z';
    const given = context({ run: { handBack: { begunAt, passAskedAt: '2026-11-20T10:05:00Z' } } });
    const { changes, kept } = found(
      await deletePasses.find(given, simulated(deletePasses, tenant(pass('own'))).clients),
    );
    expect(changes).toEqual([]);
    expect(kept).toMatchObject([{ why: 'an operator has asked for one for the owner' }]);
  });

  it('says why a guest has none here', () => {
    expect(deletePasses.appliesTo(account())).toBe(true);
    expect(deletePasses.appliesTo(account(guest))).toMatch(/home tenant/);
  });
});
