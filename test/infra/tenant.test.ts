// What an administrator grants, compiled with the types of the Microsoft Graph extension.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { coveredBy, declaredPermissions } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { offlineConfig, sampleEnvironment, snapshot } from '../../infra/bicep.ts';
import { minimalProfile, playbookDocument } from '../../infra/generate.ts';
import { appRoles } from '../../shared/auth/caller.ts';
import { neededOf } from '../../shared/preflight/permissions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tenant-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const config = await offlineConfig(scratch);
const granted = async (more: Readonly<Record<string, string>>) => {
  const { APP_PRINCIPAL_ID: appPrincipalId, APP_URL: appUrl } = sampleEnvironment;
  const made = await snapshot('tenant.bicep', { appPrincipalId, appUrl, ...more }, config);
  return z.array(z.string()).parse(made.outputs?.['GRANTED']).toSorted();
};

/** What the steps that are on declare, with what comes before and after them. */
const declared = (isOn: (step: string) => boolean) => {
  const { graph, exchange, defender } = declaredPermissions(playbook);
  const steps = playbook.map(({ name }) => name);
  const isUsing = (user: string) => !steps.includes(user) || isOn(user);
  // Granted only on the sender's mailbox.
  const everywhere = (user: string) => user !== 'send-summary' && isUsing(user);
  return [
    ...Object.keys(neededOf(graph, coveredBy, everywhere)),
    ...(Object.values(exchange).some((users) => users.some(isUsing)) ? ['Exchange.ManageAsApp'] : []),
    ...Object.entries(defender).flatMap(([name, users]) => (users.some(isUsing) ? [name] : [])),
  ].toSorted();
};

describe('what is granted', () => {
  it('includes no read permission beside the write permission — only an intruder could use it', () => {
    const all = declared(() => true);
    for (const [read, write] of Object.entries(coveredBy)) {
      expect(all.includes(read) && all.includes(write), read).toBe(false);
    }
    expect(all).not.toContain('Directory.Read.All');
    expect(all).toContain('Application.ReadWrite.All');
  });

  it('includes the read permission if the steps that write are off', () => {
    const some = declared((step) => step !== 'remove-app-access');
    expect(some).toContain('Application.Read.All');
    expect(some).not.toContain('Application.ReadWrite.All');
  });

  it('is computed alike by script and template, from the same file', () => {
    const document = JSON.parse(playbookDocument());
    const { coveredBy: known } = z.object({ coveredBy: z.record(z.string(), z.string()) }).parse(document);
    expect(known['Application.Read.All']).toBe('Application.ReadWrite.All');
    for (const file of ['bicep/tenant.bicep', 'setup-tenant.ps1']) {
      expect(readFileSync(new URL(`../../infra/${file}`, import.meta.url), 'utf8')).toContain(
        'playbook.coveredBy[',
      );
    }
  });
});

describe('tenant.bicep', () => {
  it('grants what is declared, and nothing more', async () => {
    expect(await granted({})).toEqual(declared(() => true));
  }, 240_000);

  it('grants less when steps are off — only an intruder would use an unused permission', async () => {
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

  it('has the roles that the API requires, under the same names', () => {
    const made = [...source.matchAll(/^ +value: '(Responder\.\w+)'$/gm)].map(([, role]) => role);
    expect(made.toSorted()).toEqual(Object.keys(appRoles).toSorted());
  });

  it('issues version 2 tokens, and to the Azure CLI without another consent — the command asks the CLI for one', () => {
    expect(source).toContain('requestedAccessTokenVersion: 2');
    expect(source).toMatch(
      /appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: \[accessScope\]/,
    );
  });
});

describe('the mail permissions', () => {
  it('are left to the script, which grants them on one mailbox — granted in Entra ID, they would open all mailboxes', () => {
    const { graph } = declaredPermissions(playbook);
    expect(graph['Mail.Send']).toEqual(['send-summary']);
    const script = readFileSync(new URL('../../infra/setup-tenant.ps1', import.meta.url), 'utf8');
    expect(script).toContain('Application Mail.Send');
  });
});

describe('the minimal profile', () => {
  it('includes the steps that its steps wait for — without them a step would look too early', () => {
    const minimal = minimalProfile(playbook);
    for (const step of playbook.filter(({ name }) => minimal.includes(name))) {
      expect(minimal).toEqual(expect.arrayContaining([...step.requires, ...step.after]));
    }
    expect(minimal).toEqual(expect.arrayContaining(['reset-password', 'remove-mail-forwarding']));
  });
});
