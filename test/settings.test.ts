// Everything wrong with the settings is listed at once, each by name: somebody who deploys at night fixes it in one go.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { playbook } from '../functions/steps/index.ts';
import { timing } from '../shared/run/timing.ts';
import { readSettings, settingNames } from '../shared/settings.ts';

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
  it('accepts what a deployment gives; the rest has defaults', () => {
    const read = readSettings(good, playbook);
    expect('settings' in read && read.settings).toMatchObject({
      MAIL_TO: ['oncall@contoso.com', 'soc@contoso.com'],
      GRAPH_URL: 'https://graph.microsoft.com',
      Progress__tableServiceUri: 'https://reclaim.table.core.windows.net',
      DRY_RUN: false,
    });
  });

  it('lists everything that is missing at once — one restart fixes all', () => {
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

  it('says if JSON is not valid', () => {
    expect(problemsOf({ ...good, STEPS: '{' })).toEqual(['STEPS: is not JSON']);
  });

  it('checks STEPS and POLICY whatever else is wrong — nothing waits for the next restart', () => {
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

  it.each([
    ['POLL_ALERTS', 'true'],
    ['Streams__fullyQualifiedNamespace', 'evhns.servicebus.windows.net'],
    ['Streams', 'Endpoint=sb://evhns/;SharedAccessKeyName=n;SharedAccessKey=eA=='],
  ])('refuses %s without a topic — what it finds would go nowhere', (name, value) => {
    expect(problemsOf({ ...good, [name]: value })).toEqual([
      `${name}: has nowhere to publish to; EventGrid__topicEndpointUri is missing`,
    ]);
    const topic = 'https://reclaim.westeurope-1.eventgrid.azure.net/api/events';
    expect(problemsOf({ ...good, [name]: value, EventGrid__topicEndpointUri: topic })).toEqual([]);
    expect(problemsOf({ ...good, POLL_ALERTS: 'false' })).toEqual([]);
  });

  it('never repeats a value — it may be a secret in the wrong place', () => {
    const secret = 'Endpoint=sb://x;SharedAccessKey=c2VjcmV0';
    expect(
      problemsOf({ ...good, MAIL_TO: secret, BASE_URL: secret, TENANT_ID: secret }).join('\n'),
    ).not.toContain('c2VjcmV0');
  });
});

describe('a setting that is wrong', () => {
  it.each([
    ['TENANT_ID', 'contoso', /^TENANT_ID: /],
    ['TENANT_ID', 'common', /^TENANT_ID: /],
    ['MAIL_FROM', 'reclaim', /^MAIL_FROM: /],
    ['MAIL_TO', 'oncall@contoso.com, nobody', /^MAIL_TO \(at 1\): /],
    ['MAIL_TO', ' , ;', /^MAIL_TO: names no address$/],
    ['BASE_URL', 'reclaim.contoso.com', /^BASE_URL: /],
    ['TIME_ZONE', 'Berlin time', /^TIME_ZONE: .*Europe\/Berlin/],
    ['GRAPH_URL', 'graph', /^GRAPH_URL: /],
    ['AUTH', 'none', /^AUTH \(at 0\): /],
    ['AUTH', 'entra', /^API_CLIENT_ID: is missing/],
    ['AUTH', 'key, entra', /^AUTH: key stands alone/],
    ['API_CLIENT_ID', 'reclaim', /^API_CLIENT_ID: /],
    ['STEPS', '[]', /^STEPS: .*expected record/],
    ['STEPS', '"block-sign-in"', /^STEPS: .*expected record/],
    ['STEPS', 'null', /^STEPS: .*expected record/],
    ['STEPS', '{"block-sign-in":"off"}', /^STEPS: block-sign-in: /],
    ['STEPS', '{"block-sign-in":{"mode":"off","until":"noon"}}', /^STEPS: block-sign-in: .*until/],
    ['POLICY', '{', /^POLICY: is not JSON$/],
    ['POLICY', '{"high":"maximal"}', /^POLICY\.high: /],
    [
      'PROTECTED_ACCOUNTS',
      'breakglass@contoso.com, breakglass',
      /^PROTECTED_ACCOUNTS \(at 1\): is neither an object id nor a UPN$/,
    ],
    ['SERVICE_ACCOUNTS', 'svc', /^SERVICE_ACCOUNTS \(at 0\): is neither/],
    ['VIP_ACCOUNTS', 'the-ceo', /^VIP_ACCOUNTS \(at 0\): is neither/],
    ['DRY_RUN', 'perhaps', /^DRY_RUN: /],
    ['DEADLINE_SECONDS', '2', /^DEADLINE_SECONDS: /],
    ['DEADLINE_SECONDS', 'soon', /^DEADLINE_SECONDS: /],
    ['ServiceBus', 'reclaim.servicebus.windows.net', /^ServiceBus: is no connection string of Service Bus/],
    [
      'ServiceBus__fullyQualifiedNamespace',
      'https://reclaim.servicebus.windows.net/',
      /^ServiceBus__fullyQualifiedNamespace: is no host name/,
    ],
    ['Progress', 'reclaimstorage', /^Progress: is no connection string of a storage account/],
    ['Progress__tableServiceUri', 'reclaim', /^Progress__tableServiceUri: /],
  ])('%s as %j is reported by its name, and only once', (name, value, problem) => {
    expect(problemsOf({ ...good, [name]: value })).toEqual([expect.stringMatching(problem)]);
  });

  it('is reported with all others, one line each', () => {
    const problems = problemsOf({ MAIL_TO: 'nobody', DRY_RUN: 'perhaps', STEPS: '{"x":{}}', POLICY: '{' });
    expect(problems.map((line) => line.split(/[ :.]/)[0]).toSorted()).toEqual([
      'DRY_RUN',
      'MAIL_FROM',
      'MAIL_TO',
      'POLICY',
      'Progress__tableServiceUri',
      'STEPS',
      'ServiceBus__fullyQualifiedNamespace',
      'TENANT_ID',
    ]);
  });

  it('reveals no secret, whichever setting it was put into', () => {
    const secret = 'Endpoint=sb://x/;SharedAccessKey=c2VjcmV0';
    for (const name of settingNames) {
      expect(problemsOf({ [name]: secret }).join(), name).not.toContain('c2VjcmV0');
      expect(problemsOf({ [name]: `{"block-sign-in":{"mode":"${secret}"}}` }).join(), name).not.toContain(
        'c2VjcmV0',
      );
    }
  });
});

describe('a setting that is right', () => {
  const settingsOf = (more: Record<string, string>) => {
    const read = readSettings({ ...good, ...more }, playbook);
    if ('problems' in read) throw new Error(read.problems.join());
    return read.settings;
  };

  it('may have blanks and line ends around it — it was pasted', () => {
    expect(
      settingsOf({ TENANT_ID: ` ${good.TENANT_ID}\n`, BASE_URL: 'https://reclaim.contoso.com/ ' }),
    ).toMatchObject({
      TENANT_ID: good.TENANT_ID,
      BASE_URL: 'https://reclaim.contoso.com',
    });
  });

  it('may list accounts by object id or UPN, guests too, with commas, semicolons, blanks or lines between', () => {
    const id = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';
    const guest = 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com';
    expect(
      settingsOf({ PROTECTED_ACCOUNTS: `${id}; breakglass@contoso.com,\n${guest}` }).PROTECTED_ACCOUNTS,
    ).toEqual([id, 'breakglass@contoso.com', guest]);
  });

  it('may name connection strings instead of identities, in any order of their parts', () => {
    const { ServiceBus__fullyQualifiedNamespace: _, Progress__tableServiceUri: __, ...rest } = good;
    for (const Progress of [
      'UseDevelopmentStorage=true',
      'DefaultEndpointsProtocol=https;AccountName=x;AccountKey=eA==',
    ]) {
      const given = {
        ...rest,
        Progress,
        ServiceBus: 'SharedAccessKeyName=n;SharedAccessKey=eA==;Endpoint=sb://x/',
      };
      expect(problemsOf(given)).toEqual([]);
    }
  });

  it('gives a function less time than its lease — a slow step must not be done twice', () => {
    expect(settingsOf({}).DEADLINE_SECONDS).toBeLessThan(timing.leaseSeconds);
    expect(settingsOf({ DEADLINE_SECONDS: '110' }).DEADLINE_SECONDS).toBe(110);
    expect(problemsOf({ ...good, DEADLINE_SECONDS: String(timing.leaseSeconds) })).toHaveLength(1);
  });

  it('may be one that this app does not know: Azure sets many of its own', () => {
    expect(problemsOf({ ...good, WEBSITE_SITE_NAME: 'reclaim', PATH: '/usr/bin' })).toEqual([]);
  });
});

describe('local.settings.sample.json', () => {
  const sample = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL('../local.settings.sample.json', import.meta.url), 'utf8')));

  /** What the host reads for itself. */
  const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
  /** Azure sets it. */
  const ofAzure = ['WEBSITE_HOSTNAME', 'WEBSITE_AUTH_ENABLED'];

  it('has every setting that exists, and no other', () => {
    const expected = settingNames.filter((name) => !ofAzure.includes(name));
    expect(Object.keys(sample.Values).toSorted()).toEqual([...expected, ...ofTheHost].toSorted());
  });

  it('shows the defaults, if there are any', () => {
    const read = readSettings(sample.Values, playbook);
    const bare = readSettings({ ...good, DRY_RUN: 'true' }, playbook);
    if ('problems' in read || 'problems' in bare) throw new Error('refused');
    for (const name of [
      'AUTH',
      'LOGIN_URL',
      'GRAPH_URL',
      'EXCHANGE_URL',
      'DEFENDER_URL',
      'DEADLINE_SECONDS',
      'STEPS',
      'POLICY',
    ] as const) {
      expect(read.settings[name]).toEqual(bare.settings[name]);
    }
  });

  it('names nobody real and holds no key', () => {
    expect(Object.values(sample.Values).join()).not.toMatch(/AccountKey=|SharedAccessKey=(?!SAS_KEY_VALUE)/);
    expect(sample.Values['TENANT_ID']).toBe('00000000-0000-0000-0000-000000000000');
  });

  it('is accepted as it is, and only looks until somebody decides otherwise', () => {
    const read = readSettings(sample.Values, playbook);
    expect('settings' in read && read.settings.DRY_RUN).toBe(true);
  });
});
