// Payloads as Microsoft's products send them, and the account and signals most tests are about.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Account } from '../../shared/model/account.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { sampleAccount } from '../fakes/account.ts';

export const tenantId = '6f2a1c0e-41d7-4a2b-9a34-0d5a8f3b7c11';
export const adele = '87d349ed-44d7-43e1-9a83-5f2406dee5bd';
export const now = new Date('2026-11-20T10:05:00.000Z');

/** 'risk-detection/anomalous-token': a file under test/events. */
export function payload(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const text = readFileSync(new URL(`../events/${name}.json`, import.meta.url), 'utf8');
  return { ...z.record(z.string(), z.unknown()).parse(JSON.parse(text)), ...changes };
}

export const idOf = (name: string) => z.string().parse(payload(name)['id']);

export const cloudEvent = (type: string, data: unknown, changes: Readonly<Record<string, unknown>> = {}) => ({
  specversion: '1.0',
  id: 'b0c1a6de-3a31-4a6e-8b85-1f6d2d6a4c01',
  type,
  source: 'reclaim/poll-alerts',
  time: '2026-11-20T10:04:59Z',
  datacontenttype: 'application/json',
  data,
  ...changes,
});

export const signal = (changes: Partial<Signal> = {}): Signal => ({
  source: 'riskDetection',
  sourceId: '6a5874ca9abcdd82',
  version: '2026-11-20T09:14:31.002Z',
  tenantId: null,
  userId: adele,
  userPrincipalName: 'adele@contoso.com',
  detector: 'anomalousToken',
  title: 'Anomalous token',
  product: 'IdentityProtection',
  level: 'high',
  standing: true,
  state: 'atRisk',
  activityAt: '2026-11-20T09:12:04.253Z',
  detectedAt: '2026-11-20T09:14:31.002Z',
  address: '203.0.113.7',
  sessionId: null,
  requestId: 'ee4f4c5d-0a8c-4f3a-8f1c-3b6f4d1b5300',
  correlationId: 'abc8a8b4-1b3f-4d56-9a77-0f6f5f0e3d21',
  deviceId: null,
  userAgent: null,
  link: null,
  ...changes,
});

/** An alert of Defender for Office 365 about the mailbox. */
export const mailAlert = (title: string, changes: Partial<Signal> = {}): Signal =>
  signal({
    source: 'alert',
    sourceId: 'fa5f9b2c1e-6d70-4d1c-8d2e-08dd0a1b2c3d',
    detector: title,
    title,
    product: 'microsoftDefenderForOffice365',
    implied: true,
    address: null,
    requestId: null,
    correlationId: null,
    ...changes,
  });

export const account = (changes: Partial<Account> = {}): Account =>
  sampleAccount({ id: adele, tenantId, ...changes });
