// Settings are told all at once, each by its name: who deploys at night mends them in one go.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { playbook } from '../functions/steps/index.ts';
import { readSettings } from '../shared/settings.ts';

const good = {
  TENANT_ID: '6f2b1c8e-3d4a-4e5b-9c7d-1a2b3c4d5e6f',
  MAIL_FROM: 'reclaim@contoso.com',
  MAIL_TO: 'oncall@contoso.com, soc@contoso.com',
  ServiceBus__fullyQualifiedNamespace: 'reclaim.servicebus.windows.net',
  Progress__tableServiceUri: 'https://reclaim.table.core.windows.net/',
};

const problemsOf = (environment: Record<string, string | undefined>): readonly string[] => {
  const read = readSettings(environment, playbook);
  return 'problems' in read ? read.problems : [];
};

describe('readSettings', () => {
  it('takes what a deployment gives, and the rest has defaults', () => {
    const read = readSettings(good, playbook);
    expect('settings' in read && read.settings).toMatchObject({
      MAIL_TO: ['oncall@contoso.com', 'soc@contoso.com'],
      GRAPH_URL: 'https://graph.microsoft.com',
      Progress__tableServiceUri: 'https://reclaim.table.core.windows.net',
      DRY_RUN: false,
    });
  });

  it('lists everything that is missing at once — one restart mends all', () => {
    const problems = problemsOf({});
    for (const name of Object.keys(good))
      expect(problems.some((line) => line.startsWith(`${name}:`))).toBe(true);
  });

  it('counts an empty setting as missing', () => {
    expect(problemsOf({ ...good, MAIL_FROM: ' ' })).toEqual(['MAIL_FROM: is missing']);
  });

  it('refuses a step that does not exist — a misspelt one would stay switched on', () => {
    expect(problemsOf({ ...good, STEPS: '{"block-signin":{"mode":"off"}}' })).toEqual([
      'STEPS: no step is called block-signin',
    ]);
  });

  it('refuses a mode that does not exist, with the place', () => {
    expect(problemsOf({ ...good, STEPS: '{"block-sign-in":{"mode":"maybe"}}' })[0]).toMatch(
      /^STEPS: block-sign-in\.mode: /,
    );
  });

  it('says that JSON is no JSON', () => {
    expect(problemsOf({ ...good, STEPS: '{' })).toEqual(['STEPS: is not JSON']);
  });

  it('looks into STEPS and POLICY whatever else is wrong — nothing waits for the next restart', () => {
    const problems = problemsOf({
      ...good,
      MAIL_FROM: 'nobody',
      STEPS: '{"blok-sign-in":{"mode":"off"},"block-sign-in":{"mode":"akt"}}',
      POLICY: '{"hihg":"full","guest":"sometimes"}',
    });
    const named = ['MAIL_FROM:', 'STEPS: no step is called blok-sign-in', 'STEPS: block-sign-in.mode:'];
    for (const start of [...named, 'POLICY: Unrecognized', 'POLICY.guest:'])
      expect(problems.filter((line) => line.startsWith(start))).not.toEqual([]);
  });

  it('refuses what is no connection string — the client would say so without the name of the setting', () => {
    expect(problemsOf({ ...good, ServiceBus: 'reclaim.servicebus', Progress: 'reclaim' })).toEqual([
      'ServiceBus: is no connection string',
      'Progress: is no connection string',
    ]);
  });

  it('never repeats a value — it may be a secret in the wrong place', () => {
    const secret = 'Endpoint=sb://x;SharedAccessKey=c2VjcmV0';
    expect(
      problemsOf({ ...good, MAIL_TO: secret, BASE_URL: secret, TENANT_ID: secret }).join('\n'),
    ).not.toContain('c2VjcmV0');
  });
});

describe('local.settings.sample.json', () => {
  const sample = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL('../local.settings.sample.json', import.meta.url), 'utf8')));

  it('is accepted as it stands, and only looks until somebody decides otherwise', () => {
    const read = readSettings(sample.Values, playbook);
    expect('settings' in read && read.settings.DRY_RUN).toBe(true);
  });
});
