import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scenarioSchema } from '../../../local/scenario.ts';
import { createTenant } from '../../../local/tenant/tenant.ts';
import { callerOf, noon, row } from './caller.ts';

const text = readFileSync(new URL('../../../local/tenant/README.md', import.meta.url), 'utf8');
const [smallest = '', faults = '', story = ''] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, json]) => json ?? '',
);

describe('the examples of the README', () => {
  it('has a minimal tenant that is valid and answers — people start their own from it', async () => {
    const { get } = await callerOf(JSON.parse(smallest));
    expect(row(await get('/v1.0/identityProtection/riskDetections/d1'))).toMatchObject({
      userPrincipalName: 'adele@contoso.com',
      detectedDateTime: '2026-11-20T11:58:00.000Z',
    });
  });

  it('has a valid scenario', () => {
    expect(scenarioSchema.parse(JSON.parse(story)).alerts).toEqual([{ riskDetection: 'd1' }]);
  });

  it('has valid faults', () => {
    const tenant = { users: [], behaviour: JSON.parse(`{${faults}}`) };
    expect(() => createTenant(tenant, { now: () => noon })).not.toThrow();
  });
});
