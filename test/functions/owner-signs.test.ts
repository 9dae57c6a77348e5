// What Graph shows of an owner's return: three possible answers for each sign, and never a guess.
import { describe, expect, it } from 'vitest';
import { readOwnerSigns } from '../../functions/runs/owner-signs.ts';
import type { GraphReader } from '../../shared/model/clients.ts';

const since = new Date('2026-11-20T09:30:00.500Z');
const type = (name: string) => `#microsoft.graph.${name}AuthenticationMethod`;
const before = '2026-11-20T09:29:59Z';
const after = '2026-11-20T09:40:00Z';
const password = { '@odata.type': type('password'), id: 'p', createdDateTime: before };
const pass = (methodUsabilityReason: string) => ({
  '@odata.type': type('temporaryAccessPass'),
  id: 't',
  createdDateTime: after,
  methodUsabilityReason,
});
const phone = (createdDateTime: string | null) => ({
  '@odata.type': type('phone'),
  id: 'h',
  phoneNumber: '+1 5555550100',
  createdDateTime,
});

async function signs(
  user: object,
  methods: readonly object[],
  account = { id: 'adele', synced: false, federated: false },
) {
  const graph: GraphReader = {
    get: async (_path, schema) => schema.parse({ id: 'adele', ...user }),
    search: async () => {
      throw new Error('no search is needed');
    },
    list: async (_path, schema) => methods.map((method) => schema.parse(method)),
  };
  return (await readOwnerSigns(graph, account, since)).map(({ is }) => is);
}

describe('the signs of an owner’s return', () => {
  it.each([
    [
      'all of it',
      { lastPasswordChangeDateTime: after },
      [password, pass('OneTimeUsed'), phone(after)],
      ['seen', 'seen', 'seen'],
    ],
    [
      'in the same second as the pass',
      { lastPasswordChangeDateTime: '2026-11-20T09:30:00Z' },
      [pass('OneTimeUsed'), phone('2026-11-20T09:30:00Z')],
      ['seen', 'seen', 'seen'],
    ],
    [
      'nothing',
      { lastPasswordChangeDateTime: before },
      [password, pass('EnabledByPolicy'), phone(before)],
      ['not seen', 'not seen', 'not seen'],
    ],
    [
      'a pass that nobody used in time',
      { lastPasswordChangeDateTime: before },
      [pass('Expired')],
      ['not seen', 'not seen', 'not seen'],
    ],
    ['what has no date', {}, [phone(null)], ['not known', 'not known', 'not known']],
    [
      'a date that isn’t one',
      { lastPasswordChangeDateTime: 'yesterday' },
      [phone('soon')],
      ['not known', 'not known', 'not known'],
    ],
  ])('are told apart: %s', async (_what, user, methods, expected) => {
    expect(await signs(user, methods)).toEqual(expected);
  });

  it('say nothing about a password that is kept elsewhere', async () => {
    const user = { lastPasswordChangeDateTime: after };
    for (const where of [{ synced: true }, { federated: true }]) {
      const account = { id: 'adele', synced: false, federated: false, ...where };
      expect((await signs(user, [], account)).at(-1)).toBe('not known');
    }
  });
});
