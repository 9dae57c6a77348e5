// What the identity of a look back is granted: only to read, no more than the command asks for; the app gets none of
// it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declaredPermissions, grantedOf } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { lookBackNotes, lookBackPermissions } from '../../infra/look-back-permissions.ts';
import { graphPermissions } from '../../local/tenant/permissions.ts';

describe('the permissions of a look back', () => {
  it('only read, whatever they are for', () => {
    expect(lookBackPermissions.graph.filter((name) => !/\.Read(Basic)?(\.|$)/.test(name))).toEqual([]);
    expect(lookBackPermissions.exchange.filter((name) => !name.startsWith('Get-'))).toEqual([]);
  });

  it('have a note each, which names only requests that the permission allows', () => {
    expect(Object.keys(lookBackNotes)).toEqual(lookBackPermissions.graph);
    const wrong = Object.entries(lookBackNotes).flatMap(([permission, { requests }]) =>
      requests.filter((request) => !graphPermissions[request]?.flat().includes(permission)),
    );
    expect(wrong).toEqual([]);
  });

  it('add nothing to what the app is granted', () => {
    const granted = grantedOf(declaredPermissions(playbook).graph);
    const own = lookBackPermissions.graph.filter((name) => granted.includes(name));
    // What the app reads anyway, according to its own declarations.
    expect(own).toEqual(['AuditLog.Read.All', 'IdentityRiskEvent.Read.All']);
    const document = readFileSync(new URL('../../infra/bicep/playbook.json', import.meta.url), 'utf8');
    expect(document).not.toContain('Directory.Read.All');
  });

  it('are granted by the script from the same file, under names that the app’s own script does not remove', () => {
    const read = (file: string) => readFileSync(new URL(`../../infra/${file}`, import.meta.url), 'utf8');
    const script = read('setup-look-back.ps1');
    expect(script).toContain("'look-back.json'");
    const name = /^\$name = '(.+)'$/m.exec(script)?.[1] ?? '';
    expect(name).not.toBe('');
    // setup-tenant.ps1 -Remove removes roles by a pattern.
    const pattern = /\$_\.Name\)" -like '(Reclaim [^']+)'/.exec(read('setup-tenant.ps1'))?.[1] ?? '';
    expect(pattern).not.toBe('');
    const taken = new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i');
    for (const cmdlet of lookBackPermissions.exchange) expect(`${name} ${cmdlet}`).not.toMatch(taken);
  });
});
