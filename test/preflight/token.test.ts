// What an app's token says about it, and directory roles if Graph does not tell.
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { heldRoles, roleFindings, roleIds } from '../../shared/preflight/directory-roles.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';

const tokenOf = (claims: unknown) =>
  ['{"typ":"JWT"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const oid = '3d3c3b3a-1d0c-4a52-8e5e-2b7c1d3f4a5b';

describe('a token', () => {
  it('shows permissions, directory roles and its age', () => {
    const claims = { oid, iat: 1_763_629_200, roles: ['User.Read.All'], wids: [roleIds.userAdministrator] };
    expect(claimsOf(tokenOf(claims))).toEqual(claims);
  });

  it('of an app without any right holds none', () => {
    expect(claimsOf(tokenOf({ oid }))).toMatchObject({ roles: [], wids: [] });
  });

  it.each([
    ['nothing', ''],
    ['no token', 'hello'],
    ['no JSON', 'a.b.c'],
    ['a person’s, or nobody’s', tokenOf({ upn: 'adele@contoso.com' })],
  ])('that is %s is no token', (_, token) => {
    expect(claimsOf(token)).toBeUndefined();
  });
});

describe('directory roles', () => {
  const claims = { oid, roles: [], wids: [roleIds.userAdministrator.toUpperCase()] };
  const row = { id: 'a1', roleDefinitionId: roleIds.exchangeAdministrator, directoryScopeId: '/' };
  const refused = new PermanentError('refused', { status: 403 });

  it('are those that Graph lists for the whole directory, and those in the token — only the token shows one held through a group', async () => {
    const partial = {
      ...row,
      id: 'a2',
      roleDefinitionId: roleIds.globalAdministrator,
      directoryScopeId: '/administrativeUnits/1',
    };
    const held = await heldRoles(
      scriptedGraph(() => [row, partial]),
      claims,
    );
    expect([...held].toSorted()).toEqual(
      [roleIds.exchangeAdministrator, roleIds.userAdministrator].toSorted(),
    );
  });

  it('are those of the token if Graph may not be asked', async () => {
    const held = await heldRoles(
      scriptedGraph(() => {
        throw refused;
      }),
      claims,
    );
    expect([...held]).toEqual([roleIds.userAdministrator]);
  });

  it('are unknown while Graph is busy — that is no missing role', async () => {
    const busy = scriptedGraph(() => {
      throw new RetryableError('throttled');
    });
    await expect(heldRoles(busy, claims)).rejects.toBeInstanceOf(RetryableError);
  });

  it('are not required if no step needs them', () => {
    expect(roleFindings(new Set(), playbook, () => false)).toEqual([]);
    expect(
      roleFindings(new Set([roleIds.globalAdministrator]), playbook, () => true).map(({ is }) => is),
    ).toEqual(['ok', 'ok']);
  });
});
