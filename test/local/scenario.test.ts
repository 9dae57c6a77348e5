import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadAlert, loadScenario, merge } from '../../local/scenario.ts';
import { schemaFiles } from '../../local/schemas.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { sources } from '../../shared/alerts/sources.ts';
import { temporaryFile } from './temporary-file.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const folder = new URL('../../local/scenarios/', import.meta.url).pathname;
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.looseObject({ id: z.string() }),
});

describe('the scenarios that are included', () => {
  it.each(names)('%s names a valid tenant, and alerts that the tenant knows', async (name) => {
    const scenario = await loadScenario(`${folder}${name}`, now);
    createTenant(scenario.tenant, { now: () => now });
    expect(scenario.events.map((event) => eventSchema.parse(event).type)).toSatisfy((types: string[]) =>
      types.every((type) => sources.some(({ eventTypes }) => eventTypes.includes(type))),
    );
  });

  it('publishes what Microsoft Graph would return, with fresh times — nobody acts on last year’s alert', async () => {
    const { events } = await loadScenario(`${folder}business-email-compromise.json`, now);
    expect(events).toEqual([
      {
        specversion: '1.0',
        id: expect.any(String),
        source: 'reclaim/local',
        type: 'Reclaim.RiskDetection',
        time: now.toISOString(),
        datacontenttype: 'application/json',
        data: expect.objectContaining({
          userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          userPrincipalName: 'adele@contoso.com',
          riskEventType: 'anomalousToken',
          riskLevel: 'high',
          riskState: 'atRisk',
          detectedDateTime: '2026-11-20T11:58:00.000Z',
        }),
      },
    ]);
  });

  it('passes on settings as an environment holds them', async () => {
    const { settings } = await loadScenario(`${folder}guide-order.json`, now);
    expect(settings).toEqual({ STEPS: '{"block-sign-in":{"mode":"off"}}' });
  });
});

describe('what somebody else wrote', () => {
  it('may expect nothing, and then runs once — any ending is accepted for what is left out', async () => {
    const tenant = temporaryFile({
      users: [{ userPrincipalName: 'megan@contoso.com' }],
      riskDetections: [
        { id: 'd1', userPrincipalName: 'megan@contoso.com', riskEventType: 'x', riskLevel: 'high' },
      ],
    });
    const story = { title: 'x', description: 'y', tenant, alerts: [{ riskDetection: 'd1' }] };
    const plain = await loadScenario(temporaryFile(story), now);
    expect([plain.expect, plain.later]).toEqual([undefined, false]);
    const asked = await loadScenario(temporaryFile({ ...story, later: true, expect: {} }), now);
    expect([asked.expect, asked.later]).toEqual([{}, true]);
  });

  it('lists every mistake of a scenario with its place', async () => {
    const file = temporaryFile({ title: 'x', alerts: [], expect: { run: 'over' }, colour: 'red' });
    const failed = await loadScenario(file, now).catch((error: unknown) => String(error));
    for (const word of ['description', 'tenant', 'alerts', 'expect.run', 'colour'])
      expect(failed).toContain(word);
  });

  it('wraps an object of Microsoft Graph and leaves everything else alone — bad input must arrive as it is', () => {
    const detection = { id: 'd1', riskEventType: 'anomalousToken', detectedDateTime: 'now-5m' };
    const event = { specversion: '1.0', id: 'e1', type: 'x', source: 'y', data: {} };
    const [wrapped, ...rest] = loadAlert(temporaryFile([detection, event, 'no object', { id: 7 }]), now);
    expect(wrapped).toMatchObject({
      type: 'Reclaim.RiskDetection',
      data: { ...detection, detectedDateTime: '2026-11-20T11:55:00.000Z' },
    });
    expect(rest).toEqual([event, 'no object', { id: 7 }]);
  });

  it('names the file that is no JSON', () => {
    const file = temporaryFile('');
    expect(() => loadAlert(`${file}.missing`, now)).toThrow(`${file}.missing can't be read`);
  });

  it('applies an overlay to the tenant as a JSON merge patch', () => {
    const target = { a: { b: 1, c: 2 }, list: [1, 2], gone: true };
    expect(merge(target, { a: { c: 3 }, list: [4], gone: null })).toEqual({ a: { b: 1, c: 3 }, list: [4] });
  });
});

it.each(Object.entries(schemaFiles))(
  '%s is what the code generates — run: node local/schemas.ts',
  (name, content) => {
    expect(readFileSync(new URL(`../../local/${name}`, import.meta.url), 'utf8')).toBe(content);
  },
);
