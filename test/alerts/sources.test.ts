import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ParsedEvent, readEvents } from '../../shared/alerts/envelope.ts';
import { alertPermissions, claimsOf, sources } from '../../shared/alerts/sources.ts';
import { cloudEvent, payload } from './samples.ts';

function event(type: string, data: unknown): ParsedEvent {
  const [only] = readEvents(cloudEvent(type, data)).events;
  if (only === undefined) throw new Error('no event');
  return only;
}

const sourceOf = (type: string, data: unknown) => {
  const [found] = claimsOf(event(type, data));
  if (found === undefined) throw new Error('no claim');
  if ('ignored' in found) return found.ignored;
  return 'refused' in found ? found.refused : found.source.name;
};

const detection = payload('risk-detection/anomalous-token');
const alert = payload('alert-v2/anomalous-token');

describe('claimOf', () => {
  it.each([
    ['Reclaim.RiskDetection', detection, 'riskDetection'],
    ['Reclaim.Alert', alert, 'alert'],
    ['reclaim.alert', alert, 'alert'],
    ['com.contoso.siem.alert', alert, 'alert'],
    ['Contoso.Risk', detection, 'riskDetection'],
    ['Reclaim.Alert', detection, 'riskDetection'],
  ])('knows the source of %s by what it holds — publishers call it what they like', (type, data, name) => {
    expect(sourceOf(type, data)).toBe(name);
  });

  it.each([
    ['Reclaim.RiskDetection', 'riskDetection'],
    ['Reclaim.Alert', 'alert'],
  ])('believes the type %s where there is only an id — the original is read from Graph', (type, name) => {
    const [found] = claimsOf(event(type, { id: 'ad702c56f4b1a3e8d0' }));
    expect(found).toMatchObject({ source: { name }, claim: { id: 'ad702c56f4b1a3e8d0', subjects: [] } });
  });

  it('says what it knows if it knows no source — that is the reason in dead-letters', () => {
    expect(sourceOf('Microsoft.Storage.BlobCreated', { url: 'https://contoso.example/x' })).toBe(
      'event b0c1a6de-3a31-4a6e-8b85-1f6d2d6a4c01: no source is known for events of type ' +
        '"Microsoft.Storage.BlobCreated", nor for what they hold (known: ' +
        `${sources.flatMap(({ eventTypes }) => eventTypes).join(', ')})`,
    );
  });

  it('says what is wrong with a payload of a known source', () => {
    expect(sourceOf('Reclaim.Alert', { ...alert, id: '../../users' })).toBe(
      'event b0c1a6de-3a31-4a6e-8b85-1f6d2d6a4c01: the alert cannot be read: id has an id that no source gives',
    );
  });
});

describe('sources', () => {
  it('have their own names, types and permissions', () => {
    const types = sources.flatMap(({ eventTypes }) => eventTypes);
    expect(new Set(types).size).toBe(types.length);
    expect(new Set(sources.map(({ name }) => name)).size).toBe(sources.length);
    expect(alertPermissions.graph).toEqual([
      'IdentityRiskEvent.Read.All',
      'SecurityAlert.Read.All',
      'SecurityIncident.Read.All',
      'IdentityRiskyUser.Read.All',
      'AuditLog.Read.All',
      'User.Read.All',
    ]);
  });

  it('show a real payload beside its schema — whoever changes one must see it', () => {
    for (const file of [
      'risk-detection',
      'alert-v2',
      'evidence',
      'envelope',
      'incident',
      'risky-user',
      'diagnostic-records',
      'sentinel',
      'azure-monitor',
      'graph-notification',
    ]) {
      const text = readFileSync(new URL(`../../shared/alerts/${file}.ts`, import.meta.url), 'utf8');
      expect(text, file).toMatch(/\* `\{"/);
      expect(text, file).toMatch(/https:\/\/learn\.microsoft\.com\//);
    }
  });
});
