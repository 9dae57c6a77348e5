// The resources as they would be deployed, evaluated by the real compiler: what is granted, named and closed.
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { playbook } from '../../functions/steps/index.ts';
import { place, type Resource, type Snapshot, snapshot } from '../../infra/bicep.ts';
import { minimalProfile } from '../../infra/generate.ts';
import { queueShapes } from '../../shared/run/bus.ts';
import { readSettings, settingNames } from '../../shared/settings.ts';
import { tableNames } from '../../shared/store/table-client.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const needed = {
  environmentName: 'sample',
  mailFrom: 'reclaim@contoso.com',
  mailTo: ['oncall@contoso.com', 'security@contoso.com'],
};

let usual: Snapshot;
/** With everything that is off by default, and the smallest playbook. */
let other: Snapshot;
beforeAll(async () => {
  [usual, other] = await Promise.all([
    snapshot('main.bicep', needed),
    snapshot('main.bicep', {
      ...needed,
      profile: 'minimal',
      steps: '{"revoke-sessions":{"mode":"report"}}',
      streams: true,
      signInClientId: '6c6d6e6f-0000-4000-8000-707172737475',
      alwaysReadyInstances: 0,
      nodeVersion: '22',
      scaleByQueueLength: true,
      publisherPrincipalIds: ['0a0b0c0d-0000-4000-8000-0e0f10111213'],
    }),
  ]);
}, 240_000);

const ofType = (from: Snapshot, type: string): Resource[] =>
  from.predictedResources.filter((resource) => resource.type.toLowerCase() === type.toLowerCase());

const one = <T>(from: Snapshot, type: string, properties: z.ZodType<T>, ending = ''): T => {
  const found = ofType(from, type).filter((resource) => (resource.name ?? '').endsWith(ending));
  expect(found.map((resource) => resource.name)).toHaveLength(1);
  return properties.parse(found[0]?.properties);
};

const last = (name: string | undefined) => name?.split('/').at(-1) ?? '';

const siteSchema = z.object({
  httpsOnly: z.literal(true),
  functionAppConfig: z.object({
    runtime: z.object({ name: z.literal('node'), version: z.string() }),
    scaleAndConcurrency: z.object({
      instanceMemoryMB: z.literal(512),
      alwaysReady: z.array(z.object({ name: z.string(), instanceCount: z.number() })),
    }),
    siteUpdateStrategy: z.object({ type: z.literal('RollingUpdate') }),
  }),
  siteConfig: z.object({
    minTlsVersion: z.enum(['1.2', '1.3']),
    ftpsState: z.literal('Disabled'),
    appSettings: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
});
const site = (from: Snapshot) => one(from, 'Microsoft.Web/sites', siteSchema);
const appSettings = (from: Snapshot) =>
  new Map(site(from).siteConfig.appSettings.map(({ name, value }) => [name, value]));

/** Read by the Functions host, never by the code. */
const readByTheHost =
  /^(AzureWebJobsStorage|ServiceBus|Streams)__|^APPLICATIONINSIGHTS_|^FUNCTIONS_REQUEST_BODY_SIZE_LIMIT$|^OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID$|^WEBSITE_AUTH_AAD_ALLOWED_TENANTS$/;

/** Not set by the deployment, and why. */
const notGiven: Readonly<Record<string, string>> = {
  ServiceBus: 'a connection string: the local stack only',
  Progress: 'a connection string: the local stack only',
  EventGrid__topicKey: 'a key: the local stack only',
  Streams: 'a connection string: the local stack only',
  Streams__fullyQualifiedNamespace: 'only where logs are streamed',
  WEBSITE_HOSTNAME: 'set by the platform',
  WEBSITE_AUTH_ENABLED: 'set by the platform',
  LOGIN_URL: 'the default is the service',
  GRAPH_URL: 'the default is the service',
  EXCHANGE_URL: 'the default is the service',
  DEFENDER_URL: 'the default is the service',
};

describe('the app settings', () => {
  it('are exactly those that the code reads — a setting nobody reads is a promise nobody keeps', () => {
    const given = [...appSettings(usual).keys()].filter(
      (name) => settingNames.includes(name) || !readByTheHost.test(name),
    );
    const expected = settingNames.filter((name) => !(name in notGiven));
    expect(given.toSorted()).toEqual([...expected].toSorted());
  });

  it('are accepted by the code as they stand, once the platform has filled in what only it knows', () => {
    const filled = Object.fromEntries(
      [...appSettings(usual)].map(([name, value]) => [
        name,
        value.startsWith('[') ? (/Uri$|_URL$/.test(name) ? 'https://x.example' : 'filled-in') : value,
      ]),
    );
    expect(readSettings(filled, playbook)).toMatchObject({
      settings: { TENANT_ID: place.tenantId, MAIL_TO: needed.mailTo, DRY_RUN: false },
    });
  });

  it('keep the second channel’s address out of the deployment history — anybody who knows it may post', async () => {
    const webhookUrl = 'https://prod-1.westeurope.logic.azure.com/workflows/x?sig=S3cr3t';
    const from = await snapshot('main.bicep', { ...needed, webhookUrl });
    expect(JSON.stringify(from)).not.toContain('S3cr3t');
    expect(appSettings(from).get('WEBHOOK_URL')).toMatch(/^\[parameters\(/);
  }, 240_000);

  it('hold no secret — reading the configuration must not open anything', () => {
    for (const from of [usual, other]) {
      const text = JSON.stringify([...appSettings(from), from.outputs]);
      expect(text).not.toMatch(
        /AccountKey|SharedAccess|listKeys|listSecrets|primaryKey|password|secret(?!SettingName)/i,
      );
    }
  });

  it('turn off what the minimal profile leaves out, but settings by hand take precedence', () => {
    const kept = minimalProfile(playbook);
    const off = playbook
      .filter(({ name }) => !kept.includes(name))
      .map(({ name }) => [name, { mode: 'off' }]);
    expect(off.length).toBeGreaterThan(0);
    expect(JSON.parse(appSettings(other).get('STEPS') ?? '')).toEqual({
      ...Object.fromEntries(off),
      'revoke-sessions': { mode: 'report' },
    });
    expect(appSettings(usual).get('STEPS')).toBe('{}');
  });
});

describe('the function app', () => {
  it('keeps triage and every contain step warm, by the names the code registers — a misspelt one would start cold', () => {
    const contain = playbook.filter((step) => step.stage === 'contain');
    const names = ['triage-alert', ...contain.map((step) => `step-${step.name}`)];
    expect(site(usual).functionAppConfig.scaleAndConcurrency.alwaysReady).toEqual(
      names.map((name) => ({ name: `function:${name}`, instanceCount: 1 })),
    );
    expect(site(other).functionAppConfig.scaleAndConcurrency.alwaysReady).toEqual([]);
  });

  it('runs the Node.js that was asked for', () => {
    expect([usual, other].map((from) => site(from).functionAppConfig.runtime.version)).toEqual(['24', '22']);
  });

  it('accepts no deployment by password', () => {
    const doors = ofType(usual, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(doors.map((door) => [last(door.name), door.properties])).toEqual([
      ['ftp', { allow: false }],
      ['scm', { allow: false }],
    ]);
  });

  it('lets nobody in who has not signed in, and signs in without a secret', () => {
    const signIn = z.object({
      platform: z.object({ enabled: z.literal(true) }),
      globalValidation: z.object({ requireAuthentication: z.literal(true) }),
      identityProviders: z.object({
        azureActiveDirectory: z.object({
          registration: z.object({
            clientSecretSettingName: z.literal('OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'),
          }),
        }),
      }),
    });
    one(other, 'Microsoft.Web/sites/config', signIn);
    expect(ofType(usual, 'Microsoft.Web/sites/config')).toEqual([]);
  });
});

const queueSchema = z.object({
  maxDeliveryCount: z.number(),
  requiresDuplicateDetection: z.boolean(),
  duplicateDetectionHistoryTimeWindow: z.string().optional(),
  forwardDeadLetteredMessagesTo: z.string().optional(),
  lockDuration: z.string(),
});

describe('the queues', () => {
  it('are those of the playbook, with everything that the code relies on', () => {
    const shapes = ofType(usual, 'Microsoft.ServiceBus/namespaces/queues').map((resource) => {
      const properties = queueSchema.parse(resource.properties);
      const seconds = /^PT(\d+)S$/.exec(properties.duplicateDetectionHistoryTimeWindow ?? '')?.[1];
      return {
        name: last(resource.name),
        duplicateSeconds: properties.requiresDuplicateDetection ? Number(seconds) : 0,
        maxDeliveryCount: properties.maxDeliveryCount,
        forwardsDeadLettersTo: properties.forwardDeadLetteredMessagesTo ?? null,
      };
    });
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(shapes.toSorted(byName)).toEqual(queueShapes(playbook.map(({ name }) => name)).toSorted(byName));
  });

  it('lock a message for no longer than the host renews it — a dead worker’s message comes back', () => {
    const host = z.object({
      extensions: z.object({ serviceBus: z.object({ maxAutoLockRenewalDuration: z.string() }) }),
    });
    const renewed = host.parse(JSON.parse(read('host.json'))).extensions.serviceBus
      .maxAutoLockRenewalDuration;
    expect(renewed).toBe('00:05:00');
    for (const resource of ofType(usual, 'Microsoft.ServiceBus/namespaces/queues')) {
      expect(queueSchema.parse(resource.properties).lockDuration).toBe('PT5M');
    }
  });

  it('get events under the event’s own id — with Event Grid’s id, a repetition could not be told from an escalation', () => {
    const subscription = z.object({
      deliveryWithResourceIdentity: z.object({
        destination: z.object({
          properties: z.object({
            resourceId: z.string().endsWith('/queues/alerts'),
            deliveryAttributeMappings: z.unknown(),
          }),
        }),
      }),
      deadLetterWithResourceIdentity: z.object({
        deadLetterDestination: z.object({ endpointType: z.literal('StorageBlob') }),
      }),
    });
    const made = one(usual, 'Microsoft.EventGrid/topics/eventSubscriptions', subscription);
    expect(made.deliveryWithResourceIdentity.destination.properties.deliveryAttributeMappings).toEqual([
      { name: 'MessageId', type: 'Dynamic', properties: { sourceField: 'id' } },
    ]);
  });
});

describe('storage', () => {
  it('has the tables that the code opens — the app has no right to create one', () => {
    const sources = ['shared', 'functions']
      .flatMap((folder) =>
        readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map(
          (file) => `${folder}/${file}`,
        ),
      )
      .filter((file) => file.endsWith('.ts'))
      .map(read);
    const opened = sources.flatMap((text) =>
      [...text.matchAll(/new Table\(\s*\w+,\s*'(\w+)'/g)].map(([, name]) => name),
    );
    const tables = ofType(usual, 'Microsoft.Storage/storageAccounts/tableServices/tables');
    expect(tables.map((table) => last(table.name)).toSorted()).toEqual([...new Set(opened)].toSorted());
  });

  it('leaves a locked policy alone when told to — it can’t be set again, and the deployment would fail', async () => {
    const left = await snapshot('main.bicep', { ...needed, setEvidencePolicy: false });
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies';
    expect([ofType(usual, type).length, ofType(left, type).length]).toEqual([1, 0]);
  }, 240_000);

  it('keeps evidence as it was written, and deletes it in the end', () => {
    const policy = z.object({ immutabilityPeriodSinceCreationInDays: z.literal(180) });
    one(usual, 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies', policy);
    expect(JSON.stringify(ofType(usual, 'Microsoft.Storage/storageAccounts/managementPolicies'))).toContain(
      '"daysAfterCreationGreaterThan":181',
    );
  });
});

describe('every door', () => {
  it('is shut to keys, to the public and to old TLS', () => {
    const account = z.object({
      allowSharedKeyAccess: z.literal(false),
      allowBlobPublicAccess: z.literal(false),
      minimumTlsVersion: z.enum(['TLS1_2', 'TLS1_3']),
      supportsHttpsTrafficOnly: z.literal(true),
    });
    const container = z.object({ publicAccess: z.literal('None') });
    const namespace = z.object({
      disableLocalAuth: z.literal(true),
      minimumTlsVersion: z.enum(['1.2', '1.3']),
    });
    const topic = z.object({
      disableLocalAuth: z.literal(true),
      minimumTlsVersionAllowed: z.enum(['1.2', '1.3']),
    });
    const component = z.object({ DisableLocalAuth: z.literal(true) });
    const workspace = z.object({ features: z.object({ disableLocalAuth: z.literal(true) }) });
    const checks: [string, z.ZodType, number][] = [
      ['Microsoft.Storage/storageAccounts', account, 2],
      ['Microsoft.Storage/storageAccounts/blobServices/containers', container, 3],
      ['Microsoft.ServiceBus/namespaces', namespace, 1],
      ['Microsoft.EventGrid/topics', topic, 1],
      ['Microsoft.Insights/components', component, 1],
      ['Microsoft.OperationalInsights/workspaces', workspace, 1],
    ];
    for (const from of [usual, other]) {
      for (const [type, schema, count] of checks) {
        const found = ofType(from, type);
        expect(found, type).toHaveLength(count);
        for (const resource of found) expect(schema.safeParse(resource.properties).error).toBeUndefined();
      }
    }
  });

  it('is, except one: Entra ID can stream to an event hub only with a key, so the hub exists only on request', () => {
    expect(ofType(usual, 'Microsoft.EventHub/namespaces')).toEqual([]);
    one(other, 'Microsoft.EventHub/namespaces', z.object({ disableLocalAuth: z.literal(false) }));
  });
});

const roleNames: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0': 'Azure Service Bus Data Receiver',
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39': 'Azure Service Bus Data Sender',
  '090c5cfd-751d-490a-894a-3ce6f1109419': 'Azure Service Bus Data Owner',
  'd5a91429-5739-47e2-a06b-3470a27159e7': 'EventGrid Data Sender',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde': 'Azure Event Hubs Data Receiver',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
};

const assignmentSchema = z.object({
  principalId: z.string(),
  principalType: z.literal('ServicePrincipal'),
  roleDefinitionId: z.string(),
});

/** "who: role on what", without the parts that differ from one deployment to the next. */
const grants = (from: Snapshot) =>
  ofType(from, 'Microsoft.Authorization/roleAssignments').map((resource) => {
    const { principalId, roleDefinitionId } = assignmentSchema.parse(resource.properties);
    const who = /id-reclaim-(app|delivery)/.exec(principalId)?.[1] ?? 'publisher';
    const [, scope = ''] =
      /\/providers\/(.*)\/providers\/Microsoft\.Authorization/.exec(resource.id ?? '') ?? [];
    const on = scope.replace(/^Microsoft\./, '').replace(/-?[a-z0-9]{13}(?=\/|$)/g, '');
    return `${who}: ${roleNames[last(roleDefinitionId)] ?? roleDefinitionId} on ${on}`;
  });

describe('the role assignments', () => {
  const queueNames = queueShapes(playbook.map(({ name }) => name)).map(({ name }) => name);
  const bus = 'ServiceBus/namespaces/sb-reclaim/queues';
  const data = 'Storage/storageAccounts/stdata';
  const outside = [
    'app: EventGrid Data Sender on EventGrid/topics/evgt-reclaim',
    'app: Monitoring Metrics Publisher on Insights/components/appi-reclaim',
    'app: Storage Blob Data Owner on Storage/storageAccounts/sthost',
    `app: Storage Blob Data Contributor on ${data}/blobServices/default/containers/evidence`,
    ...tableNames.map(
      (table) => `app: Storage Table Data Contributor on ${data}/tableServices/default/tables/${table}`,
    ),
    `delivery: Azure Service Bus Data Sender on ${bus}/alerts`,
    `delivery: Storage Blob Data Contributor on ${data}/blobServices/default/containers/undelivered`,
  ];

  it('are exactly these, each on the one thing it is for', () => {
    const queues = queueNames.flatMap((name) => [
      `app: Azure Service Bus Data Receiver on ${bus}/${name}`,
      `app: Azure Service Bus Data Sender on ${bus}/${name}`,
    ]);
    expect(grants(usual).toSorted()).toEqual([...outside, ...queues].toSorted());
  });

  it('differ only by what was requested: scaling by queue length, a stream, another publisher', () => {
    const queues = queueNames.map((name) => `app: Azure Service Bus Data Owner on ${bus}/${name}`);
    const asked = [
      'app: Azure Event Hubs Data Receiver on EventHub/namespaces/evhns-reclaim/eventhubs/logs',
      'publisher: EventGrid Data Sender on EventGrid/topics/evgt-reclaim',
    ];
    expect(grants(other).toSorted()).toEqual([...outside, ...queues, ...asked].toSorted());
  });

  it('are all in one file — one page says who may do what', () => {
    const folder = new URL('infra/bicep/', root);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.bicep'),
    );
    const granting = files.filter((file) =>
      readFileSync(new URL(file, folder), 'utf8').includes('Microsoft.Authorization/roleAssignments@'),
    );
    // The pipeline’s identities and Sentinel’s playbook are separate deployments, by an administrator.
    expect(granting.toSorted()).toEqual(['modules/roles.bicep', 'pipeline.bicep', 'sentinel.bicep']);
  });
});

describe('the alert rules', () => {
  it('watch from outside for dead letters, late messages, failed and held runs, and silence', () => {
    const names = ['Microsoft.Insights/metricAlerts', 'Microsoft.Insights/scheduledQueryRules'].flatMap(
      (type) => ofType(usual, type).map((rule) => rule.name ?? ''),
    );
    expect(names.toSorted()).toEqual(
      [
        'dead-letters',
        'failed-runs',
        'failing-functions',
        'held-runs',
        'late-messages',
        'no-heartbeat',
        'no-signal',
        'preflight-problems',
        'stuck-messages',
      ].map((name) => `reclaim-${name}`),
    );
  });

  it('name a timer that exists and the words that the code logs — a rule on a misspelt word never fires', () => {
    const queries = ofType(usual, 'Microsoft.Insights/scheduledQueryRules').map(({ properties }) =>
      JSON.stringify(properties),
    );
    expect(queries.some((query) => query.includes('sweep-runs'))).toBe(true);
    expect(read('functions/index.ts')).toContain("onTimer('sweep-runs'");
    expect(queries.some((query) => query.includes('no-signal:'))).toBe(true);
    expect(read('shared/alerts/silence.ts')).toContain('log(`no-signal:');
    expect(queries.some((query) => query.includes('preflight-problem:'))).toBe(true);
    expect(read('functions/runs/preflight.ts')).toContain('log(`preflight-problem:');
    expect(queries.filter((query) => query.includes('run-verdict'))).toHaveLength(2);
    expect(read('shared/run/send-summary.ts')).toContain("engine.log('run-verdict'");
    const said = read('shared/run/verdict.ts');
    for (const word of ['NOT CONTAINED', 'REVERTED', 'HELD', 'DECIDE']) {
      expect(queries.some((query) => query.includes(word))).toBe(true);
      expect(said).toContain(`'${word}'`);
    }
  });
});
