// The playbook as it would be deployed, evaluated by the real compiler. Its expressions are evaluated here as in Logic
// Apps, so that what it publishes can be read as triage reads it.
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Snapshot, snapshot } from '../../infra/bicep.ts';
import { readEvents } from '../../shared/alerts/envelope.ts';
import { claimsOf } from '../../shared/alerts/sources.ts';
import { payload } from '../alerts/samples.ts';

const topicEndpoint = 'https://evgt-reclaim.westeurope-1.eventgrid.azure.net/api/events';
const sentinelPrincipalId = '0a0b0c0d-0000-4000-8000-0e0f10111213';
let given: Snapshot;
beforeAll(async () => {
  given = await snapshot('sentinel.bicep', { workspaceName: 'law-sec', topicEndpoint, sentinelPrincipalId });
}, 240_000);

const ofType = (type: string) => given.predictedResources.filter((resource) => resource.type === type);

const publishSchema = z.object({
  definition: z.object({
    actions: z.object({
      Accounts: z.object({ type: z.literal('Query') }),
      Publish: z.object({
        inputs: z.object({
          method: z.literal('POST'),
          uri: z.string(),
          headers: z.record(z.string(), z.string()),
          authentication: z.object({ type: z.literal('ManagedServiceIdentity'), audience: z.string() }),
          body: z.json(),
        }),
      }),
    }),
  }),
});
const publish = () =>
  publishSchema.parse(ofType('Microsoft.Logic/workflows')[0]?.properties).definition.actions.Publish.inputs;

type Json = z.infer<ReturnType<typeof z.json>>;
const objectSchema = z.record(z.string(), z.json());

const at = (value: unknown, path: string): Json =>
  [...path.matchAll(/\['(\w+)'\]/g)].reduce<Json>(
    (all, [, name = '']) => objectSchema.safeParse(all).data?.[name] ?? null,
    z.json().parse(value),
  );

/** Replaces expressions by what the trigger puts out. */
function worked(template: Json, trigger: unknown): Json {
  if (Array.isArray(template)) return template.map((one) => worked(one, trigger));
  const object = objectSchema.safeParse(template);
  if (object.success) {
    return Object.fromEntries(
      Object.entries(object.data).map(([name, value]) => [name, worked(value, trigger)]),
    );
  }
  if (typeof template !== 'string') return template;
  const entities = z
    .array(z.json())
    .catch([])
    .parse(at(trigger, "['object']['properties']['relatedEntities']"));
  if (template === "@body('Accounts')") {
    return entities.filter((one) => /^(account|mailbox)$/i.test(String(objectSchema.parse(one)['kind'])));
  }
  if (template.startsWith('@triggerBody()')) return at(trigger, template);
  return template.replaceAll(/@\{([^}]*)\}/g, (_, expression: string) =>
    expression.startsWith('triggerBody()') ? String(at(trigger, expression)) : '2026-11-20T10:04:59Z',
  );
}

describe('the playbook', () => {
  it.each([
    'analytics-rule',
    'from-defender',
    'closed',
    'account-by-cloud-sid',
    'mailbox-entity',
    'two-accounts',
  ])('publishes %s so that triage reads the same as in the whole incident', (name) => {
    const trigger = payload(`sentinel/${name}`);
    const { events, refused } = readEvents(worked(publish().body, trigger));
    expect(refused).toEqual([]);
    const [claim] = events.flatMap((event) => claimsOf(event));
    const [whole] = claimsOf({ id: 'whole', type: '', data: trigger });
    // The names of its alerts are left out; the title tells people the same.
    const read = (one: typeof claim) => {
      if (one === undefined || !('source' in one)) throw new Error(JSON.stringify(one));
      const { id, tenantId, subjects, left } = one.claim;
      const signals = subjects.map(({ signal: { detector: _, product: __, ...rest }, ...more }) => ({
        ...rest,
        ...more,
      }));
      return { source: one.source.name, id, tenantId, signals, left };
    };
    expect(read(claim)).toEqual(read(whole));
  });

  it('names an incident by source, id and version, within what a queue takes', () => {
    const trigger = payload('sentinel/analytics-rule');
    const event = z.object({ id: z.string(), type: z.string() }).parse(worked(publish().body, trigger));
    expect(event.id).toMatch(/^sentinel:[0-9a-f-]{36}:2026-11-20T10:02:00/);
    expect(event.id.length).toBeLessThanOrEqual(128);
    expect(event.type).toBe('Reclaim.SentinelIncident');
  });

  it('publishes to the topic with its own identity, and needs no key', () => {
    expect(publish()).toMatchObject({
      uri: `${topicEndpoint}?api-version=2018-01-01`,
      headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
      authentication: { audience: 'https://eventgrid.azure.net' },
    });
    expect(JSON.stringify(given)).not.toMatch(/aeg-sas|SharedAccess|listKeys|password|secret/i);
  });

  it('may read Sentinel and nothing else here; the topic grants the right to publish', () => {
    const roles = ofType('Microsoft.Authorization/roleAssignments').map(({ properties }) =>
      JSON.stringify(properties),
    );
    expect(roles).toHaveLength(2);
    expect(roles.filter((text) => text.includes('8d289c81-5878-46d4-8554-54e1e3d8b5cb'))).toHaveLength(1);
    expect(roles.filter((text) => text.includes(sentinelPrincipalId))).toEqual([
      expect.stringContaining('f4c81013-99ee-4d62-a7ee-b3f1f648599a'),
    ]);
  });

  it('runs when an incident is created and when it grows', () => {
    const rule = z.object({
      triggeringLogic: z.object({ triggersWhen: z.string(), isEnabled: z.literal(true) }),
    });
    const rules = ofType('Microsoft.SecurityInsights/automationRules').map(({ properties }) =>
      rule.parse(properties),
    );
    expect(rules.map(({ triggeringLogic }) => triggeringLogic.triggersWhen)).toEqual(['Created', 'Updated']);
  });
});
