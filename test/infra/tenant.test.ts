// What an administrator grants. The compiler needs the types of the Microsoft Graph extension for it; where they can't
// be had, that is said, and only what can be read without a compiler is tested.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { declaredPermissions } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { offlineConfig, sampleEnvironment, snapshot } from '../../infra/bicep.ts';
import { minimalProfile } from '../../infra/generate.ts';
import { appRoles } from '../../shared/auth/caller.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tenant-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const config = await offlineConfig(scratch);
if (config === undefined) {
  console.warn(
    'NOT TESTED: tenant.bicep, for want of the Microsoft Graph extension’s types (MSGRAPH_BICEP_TYPES)',
  );
}

const granted = async (more: Readonly<Record<string, string>>) => {
  const { APP_PRINCIPAL_ID: appPrincipalId, APP_URL: appUrl } = sampleEnvironment;
  const made = await snapshot('tenant.bicep', { appPrincipalId, appUrl, ...more }, config);
  return z.array(z.string()).parse(made.outputs?.['GRANTED']).toSorted();
};

/** What those of the playbook's steps that are on declare, with what comes before and after them. */
const declared = (isOn: (step: string) => boolean) => {
  const { graph, exchange, defender } = declaredPermissions(playbook);
  const steps = playbook.map(({ name }) => name);
  const used = (users: readonly string[]) => users.some((user) => !steps.includes(user) || isOn(user));
  const wide = Object.entries(graph).filter(([, users]) =>
    used(users.filter((user) => user !== 'send-summary')),
  );
  return [
    ...wide.filter(([, users]) => users.some((user) => user !== 'send-summary')).map(([name]) => name),
    ...(Object.values(exchange).some(used) ? ['Exchange.ManageAsApp'] : []),
    ...Object.entries(defender).flatMap(([name, users]) => (used(users) ? [name] : [])),
  ].toSorted();
};

describe.runIf(config !== undefined)('tenant.bicep', () => {
  it('grants what is declared, and nothing more', async () => {
    expect(await granted({})).toEqual(declared(() => true));
  }, 240_000);

  it('grants less when steps are off — a permission that nobody uses is one that only an intruder would', async () => {
    const less = await granted({ steps: '{"reset-password":{"mode":"off"}}' });
    expect(less).toEqual(declared((step) => step !== 'reset-password'));
    expect(less).not.toContain('User-PasswordProfile.ReadWrite.All');
  }, 240_000);

  it('grants the minimal profile only what its steps use', async () => {
    const minimal = minimalProfile(playbook);
    expect(await granted({ profile: 'minimal' })).toEqual(declared((step) => minimal.includes(step)));
  }, 240_000);
});

describe('the sign-in application', () => {
  const source = readFileSync(new URL('../../infra/bicep/tenant.bicep', import.meta.url), 'utf8');

  it('has the roles that the API asks for, by the same names', () => {
    const made = [...source.matchAll(/^ +value: '(Responder\.\w+)'$/gm)].map(([, role]) => role);
    expect(made.toSorted()).toEqual(Object.keys(appRoles).toSorted());
  });

  it('issues tokens of version 2, and to the Azure CLI without another consent — the command asks it for one', () => {
    expect(source).toContain('requestedAccessTokenVersion: 2');
    expect(source).toMatch(
      /appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: \[accessScope\]/,
    );
  });
});

describe('the mail permissions', () => {
  it('are left to the script, which grants them on one mailbox — granted in Entra ID they would open all', () => {
    const { graph } = declaredPermissions(playbook);
    expect(graph['Mail.Send']).toEqual(['send-summary']);
    const script = readFileSync(new URL('../../infra/setup-tenant.ps1', import.meta.url), 'utf8');
    expect(script).toContain('Application Mail.Send');
  });
});

describe('the minimal profile', () => {
  it('holds what its steps wait for — a step that waits for one that is off would look too early', () => {
    const minimal = minimalProfile(playbook);
    for (const step of playbook.filter(({ name }) => minimal.includes(name))) {
      expect(minimal).toEqual(expect.arrayContaining([...step.requires, ...step.after]));
    }
    expect(minimal).toEqual(expect.arrayContaining(['reset-password', 'remove-mail-forwarding']));
  });
});
