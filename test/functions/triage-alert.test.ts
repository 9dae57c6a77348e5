import { describe, expect, it } from 'vitest';
import { createTriageAlert, type TriageDeps } from '../../functions/alerts/triage-alert.ts';
import { type Decision, decisionSchema } from '../../shared/alerts/decisions.ts';
import { classifier, detectorsSchema } from '../../shared/alerts/detector-settings.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Account } from '../../shared/model/account.ts';
import { type OpenRequest, openRun } from '../../shared/run/open-run.ts';
import { type Answers, fakeGraph, forbidden, missing } from '../alerts/fake-graph.ts';
import { account, adele, cloudEvent, idOf, now, payload, tenantId } from '../alerts/samples.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDecisions } from '../fakes/memory-stores.ts';

const detection = payload('risk-detection/anomalous-token');
const detectionsPath = '/identityProtection/riskDetections';
const detectionPath = `${detectionsPath}/${idOf('risk-detection/anomalous-token')}`;
const disruption = payload('alert-v2/attack-disruption');
const disruptionPath = `/security/alerts_v2/${idOf('alert-v2/attack-disruption')}`;
const megan = '0a3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a21';
const grady = 'd1f0a3c2-58b7-4c8e-9a64-2b1e7f905c33';

interface World {
  answers?: Answers;
  accounts?: Readonly<Record<string, Account | Error>>;
  settings?: Partial<TriageDeps['settings']>;
  openRun?: (request: OpenRequest) => Promise<never>;
  deps?: Pick<TriageDeps, 'classify' | 'unknown' | 'heard'>;
}

function world({ answers = {}, accounts = { [adele]: account() }, settings = {}, ...given }: World = {}) {
  const progress = new MemoryProgress();
  const bus = new MemoryBus({ now: () => now });
  const engine = { progress, bus, playbook: [], stepSettings: {}, now: () => now, random: Math.random };
  const requests: OpenRequest[] = [];
  const lines: string[] = [];
  const decisions = memoryDecisions();
  const graph = fakeGraph(answers);
  const triage = createTriageAlert({
    graph,
    settings: {
      TENANT_ID: tenantId,
      DRY_RUN: false,
      PROTECTED_ACCOUNTS: [],
      SERVICE_ACCOUNTS: [],
      VIP_ACCOUNTS: [],
      ...settings,
    },
    policy: defaultPolicy,
    async readAccount(id) {
      const found = accounts[id] ?? missing(`/users/${id}`);
      if (found instanceof Error) throw found;
      return found;
    },
    lastRun: async () => undefined,
    async openRun(request) {
      requests.push(request);
      return (given.openRun ?? ((asked: OpenRequest) => openRun(engine, asked)))(request);
    },
    decisions,
    now: () => now,
    log: (line) => lines.push(line),
    ...given.deps,
  });
  return { triage, requests, lines, decisions, asked: graph.asked, progress };
}

const risk = (changes: Readonly<Record<string, unknown>> = {}) =>
  cloudEvent('Reclaim.RiskDetection', { ...detection, ...changes });

const actions = (made: readonly Decision[]) => made.map(({ action, userId }) => `${action} ${userId ?? '-'}`);

describe('triageAlert', () => {
  it('opens a contained run for a high risk, and says so', async () => {
    const { triage, requests, lines, decisions } = world({ answers: { [detectionPath]: detection } });
    const made = await triage(risk(), 'message-1');
    expect(requests).toEqual([
      {
        account: account(),
        signals: [expect.objectContaining({ userId: adele, address: '203.0.113.7' })],
        level: 'contain',
        held: null,
        why: 'Anomalous token (high) calls for a lock; evidence calls for more',
      },
    ]);
    expect(made).toEqual(decisions.all);
    expect(decisionSchema.strict().safeParse(made[0]).success).toBe(true);
    expect(made).toMatchObject([
      {
        at: now.toISOString(),
        message: 'message-1',
        source: 'riskDetection',
        sourceId: detection['id'],
        userId: adele,
        action: 'contain',
        row: 'high',
        runId: expect.stringContaining(`${adele}.20261120T100500-`),
        joined: false,
      },
    ]);
    expect(lines).toEqual([
      expect.stringMatching(
        /^contain: adele@contoso.com, Anomalous token \(high\) calls for a lock.* \[high\] \(run 87d3/,
      ),
    ]);
  });

  it('is not delayed by thousands of empty entries in one message — the one that counts is judged', async () => {
    const { triage, decisions, requests } = world({ answers: { [detectionPath]: detection } });
    const nothings = Array.from({ length: 5000 }, () => ({}));
    await expect(triage([...nothings, risk()])).rejects.toThrow('4950 more events of this message');
    expect(decisions.all.filter(({ action }) => action === 'refused')).toHaveLength(51);
    expect(requests).toHaveLength(1);
  });

  it('asks Graph one question on the way to a lock — one second must be enough for everything', async () => {
    const { triage, asked } = world({ answers: { [detectionPath]: detection } });
    await triage(risk());
    expect(asked).toEqual([detectionPath]);
  });

  it('joins the run on the second delivery — a message may come twice', async () => {
    const { triage, decisions } = world({ answers: { [detectionPath]: detection } });
    await triage(risk());
    await triage(risk());
    const [first, second] = decisions.all;
    expect(second).toMatchObject({ joined: true, raised: false, runId: first?.runId });
  });

  it('opens one run for two alerts at the same instant', async () => {
    const certain = { ...detection, id: 'aitm', riskEventType: 'attackerInTheMiddle' };
    const { triage, decisions } = world({
      answers: { [detectionPath]: detection, [`${detectionsPath}/aitm`]: certain },
    });
    await Promise.all([triage(risk()), triage(cloudEvent('Reclaim.RiskDetection', certain))]);
    expect(new Set(decisions.all.map(({ runId }) => runId)).size).toBe(1);
    expect(decisions.all.filter(({ joined }) => joined)).toHaveLength(1);
  });

  it('raises a contained run when a certain signal follows', async () => {
    const certain = { ...detection, id: 'aitm', riskEventType: 'attackerinTheMiddle' };
    const { triage } = world({
      answers: { [detectionPath]: detection, [`${detectionsPath}/aitm`]: certain },
    });
    await triage(risk());
    expect(await triage(cloudEvent('Reclaim.RiskDetection', certain))).toMatchObject([
      { action: 'full', row: 'certain', joined: true, raised: true },
    ]);
  });

  it('acts on what Graph says, not on what the event says', async () => {
    const forged = risk({ userId: megan, userPrincipalName: 'megan@contoso.com' });
    const { triage, requests } = world({
      answers: { [detectionPath]: detection },
      accounts: { [adele]: account(), [megan]: account({ id: megan }) },
    });
    const made = await triage(forged);
    expect(requests.map((request) => request.account.id)).toEqual([adele]);
    expect(made[0]).toMatchObject({
      action: 'none',
      why: expect.stringContaining('megan@contoso.com is named by the event'),
    });
  });

  it('records why there is no run', async () => {
    const closed = { ...detection, riskState: 'dismissed', riskDetail: 'adminDismissedAllRiskForUser' };
    const { triage, requests } = world({ answers: { [detectionPath]: closed } });
    const made = await triage(risk());
    expect(decisionSchema.strict().safeParse(made[0]).success).toBe(true);
    expect(made).toMatchObject([
      {
        action: 'none',
        row: 'closed',
        why: expect.stringContaining('adminDismissedAllRiskForUser'),
        runId: null,
      },
    ]);
    expect(requests).toEqual([]);
  });

  it('counts a recorded medium as the first of two', async () => {
    const medium = (id: string, riskEventType: string) => ({
      ...detection,
      id,
      riskEventType,
      riskLevel: 'medium',
    });
    const [first, second] = [medium('one', 'anomalousToken'), medium('two', 'unfamiliarFeatures')];
    const entry = {
      id: detection['requestId'],
      createdDateTime: '2026-11-20T09:12:04Z',
      status: { errorCode: 0 },
    };
    const answers: Record<string, unknown> = {
      [`${detectionsPath}/one`]: first,
      [`${detectionsPath}/two`]: second,
      [detectionsPath]: [first],
      '/beta/auditLogs/signIns': [entry],
    };
    const { triage } = world({ answers });
    expect(await triage(cloudEvent('Reclaim.RiskDetection', first))).toMatchObject([{ action: 'none' }]);
    answers[detectionsPath] = [first, second];
    expect(await triage(cloudEvent('Reclaim.RiskDetection', second))).toMatchObject([
      { action: 'contain', row: 'two-detectors' },
    ]);
  });

  it('does not change a deleted account', async () => {
    const { triage, requests } = world({ answers: { [detectionPath]: detection }, accounts: {} });
    expect(await triage(risk())).toMatchObject([{ action: 'none', row: 'no-account' }]);
    expect(requests).toEqual([]);
  });

  it('only looks when the settings say so', async () => {
    const { triage, requests } = world({
      answers: { [detectionPath]: detection },
      settings: { DRY_RUN: true },
    });
    await triage(risk());
    expect(requests).toMatchObject([{ dryRun: true }]);
  });

  it('believes the settings about what a detection is, and records it', async () => {
    const classify = classifier(detectorsSchema.parse([{ detector: 'anomalousToken', kind: 'ignored' }]));
    const { triage, decisions, requests } = world({
      answers: { [detectionPath]: detection },
      deps: { classify },
    });
    expect(await triage(risk())).toMatchObject([{ action: 'none', row: 'ignored' }]);
    expect(decisions.all[0]?.signal?.kind).toBe('ignored');
    expect(requests).toEqual([]);
  });

  it('reports detections that no catalogue knows, and no others', async () => {
    const unknown: string[] = [];
    const deps = { unknown: ({ title }: { title: string }) => unknown.push(title) };
    const renamed = { ...detection, riskEventType: 'quantumTravel' };
    await world({ answers: { [detectionPath]: detection }, deps }).triage(risk());
    await world({ answers: { [detectionPath]: renamed }, deps }).triage(risk());
    expect(unknown).toEqual(['Quantum travel']);
  });

  it('reports an unknown alert even if it names nobody to act on', async () => {
    const unknown: string[] = [];
    const nobody = payload('alert-v2/nobody-compromised', {
      title: 'Contoso: token replay',
      detectorId: null,
    });
    const { triage } = world({
      answers: { [`/security/alerts_v2/${String(nobody['id'])}`]: nobody },
      deps: { unknown: ({ title, source }) => unknown.push(`${source} ${title}`) },
    });
    expect(await triage(cloudEvent('Reclaim.Alert', nobody))).toMatchObject([{ row: 'left-alone' }]);
    expect(unknown).toEqual(['alert Contoso: token replay']);
  });

  it('counts a source as alive only for what Graph confirms — a forged event must not hide that a source is dead', async () => {
    const heard: string[] = [];
    const deps = { heard: (source: string) => heard.push(source) };
    await world({ answers: { [detectionPath]: forbidden(detectionPath) }, deps })
      .triage(risk())
      .catch(() => {});
    await world({ deps })
      .triage(risk())
      .catch(() => {});
    expect(heard).toEqual([]);
    await world({ answers: { [detectionPath]: detection }, deps }).triage(risk());
    expect(heard).toEqual(['riskDetection']);
  });

  it('holds a run for a protected account, with the reason', async () => {
    const { triage, requests } = world({
      answers: { [detectionPath]: detection },
      settings: { PROTECTED_ACCOUNTS: ['adele@contoso.com'] },
    });
    expect(await triage(risk())).toMatchObject([{ action: 'hold', row: 'protected' }]);
    expect(requests).toMatchObject([{ held: expect.stringContaining('is a protected account') }]);
  });

  describe('with several accounts in one alert', () => {
    const answers = {
      [disruptionPath]: disruption,
      '/users': [{ id: grady, userPrincipalName: 'grady@contoso.com' }],
    };
    const accounts = {
      [adele]: account(),
      [grady]: account({ id: grady, userPrincipalName: 'grady@contoso.com', synced: true }),
    };
    const alert = cloudEvent('Reclaim.Alert', disruption);

    it('opens a run for each, and leaves the others alone by name', async () => {
      const { triage } = world({ answers, accounts });
      const made = await triage(alert);
      expect(actions(made)).toEqual(['none -', `full ${adele}`, `full ${grady}`]);
      expect(made[0]?.why).toBe(
        'left alone: lee@contoso.com is listed as contextual, not as compromised; partner@fabrikam.com belongs to another tenant',
      );
    });

    it('loses none because another fails, and joins open runs when the message comes again', async () => {
      const broken: Record<string, Account | Error> = {
        ...accounts,
        [adele]: new RetryableError('throttled', { status: 429, retryAfterSeconds: 9 }),
      };
      const { triage, decisions, requests } = world({ answers, accounts: broken });
      await expect(triage(alert)).rejects.toMatchObject({ name: 'RetryableError', retryAfterSeconds: 9 });
      expect(actions(decisions.all)).toContain(`full ${grady}`);
      broken[adele] = account();
      expect(await triage(alert)).toMatchObject([
        {},
        { userId: adele, joined: false },
        { userId: grady, joined: true },
      ]);
      expect(requests.map((request) => request.account.id)).toEqual([grady, adele, grady]);
    });
  });

  describe('refuses, records why, and lets the message go to dead-letters', () => {
    const foreign = {
      ...payload('alert-v2/anomalous-token'),
      tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
    };

    it.each([
      ['no JSON', 'alert!', /is no JSON/],
      ['a truncated event', JSON.stringify(risk()).slice(0, 200), /is no JSON/],
      ['an oversized event', risk({ filler: 'A'.repeat(300_000) }), /more than the 262144/],
      ['another format', { eventType: 'x' }, /not a CloudEvent/],
      ['an unknown type', cloudEvent('Microsoft.Storage.BlobCreated', { url: 'x' }), /no source is known/],
      ['a forged id', risk({ id: 'made-up' }), /Microsoft Graph knows no risk detection made-up/],
      ['an id that leads elsewhere', risk({ id: '../../users' }), /an id that no source gives/],
      ['another tenant’s alert', cloudEvent('Reclaim.Alert', foreign), /is of another tenant/],
    ])('%s', async (_, body, reason) => {
      const { triage, requests, decisions, lines } = world({ accounts: { [adele]: account() } });
      await expect(triage(body)).rejects.toThrow(PermanentError);
      await expect(triage(body)).rejects.toThrow(reason);
      expect(requests).toEqual([]);
      expect(decisions.all).toHaveLength(2);
      expect(decisions.all[0]).toMatchObject({ action: 'refused', why: expect.stringMatching(reason) });
      expect(lines[0]).toMatch(/^refused: /);
    });

    it('what is wrong in a list, after acting on what is right', async () => {
      const { triage, requests } = world({ answers: { [detectionPath]: detection } });
      await expect(triage([{ hello: 'world' }, risk()])).rejects.toThrow(/^event 1: not a CloudEvent/);
      expect(requests).toHaveLength(1);
    });

    it('hostile text, which stays on one line of the log — a forged line would mislead on-call', async () => {
      const { triage, lines } = world();
      const type = `x\ncontain: ceo@contoso.com\u202e ${'A'.repeat(5000)}`;
      await expect(triage(cloudEvent(type, { id: 'x' }))).rejects.toThrow(PermanentError);
      expect(lines.join('')).not.toMatch(/[\n\u202e]/);
      expect(lines[0]?.length).toBeLessThan(1000);
    });
  });

  describe('when Graph cannot be asked about the alert', () => {
    const closed = { [detectionPath]: forbidden(detectionPath) };
    const riskyPath = `/identityProtection/riskyUsers/${adele}`;
    const risky = { id: adele, riskLevel: 'high', riskState: 'atRisk', riskDetail: 'none' };

    it('holds the run, without what a forged event would make the intruder’s', async () => {
      const { triage, requests } = world({ answers: { ...closed, [riskyPath]: forbidden(riskyPath) } });
      expect(await triage(risk())).toMatchObject([{ action: 'hold', row: 'unconfirmed', signal: null }]);
      expect(requests).toMatchObject([
        {
          held: expect.stringContaining("Microsoft Graph can't be asked"),
          signals: [{ userId: adele, address: null, requestId: null, correlationId: null, version: '' }],
        },
      ]);
    });

    it('contains when Graph itself calls the account high risk', async () => {
      const { triage, requests } = world({ answers: { ...closed, [riskyPath]: risky } });
      expect(await triage(risk())).toMatchObject([{ action: 'contain', row: 'high' }]);
      expect(requests).toMatchObject([{ held: null, signals: [{ address: null }, { source: 'riskyUser' }] }]);
    });

    it.each([
      [{ riskLevel: 'low' }],
      [{ riskLevel: 'medium' }],
      [{ riskState: 'remediated' }],
      [{ riskState: 'dismissed' }],
    ])('holds the run if Graph says no more about the account than %j', async (changes) => {
      const { triage } = world({ answers: { ...closed, [riskyPath]: { ...risky, ...changes } } });
      expect(await triage(risk())).toMatchObject([{ action: 'hold' }]);
    });

    it('refuses an event that is only an id — nobody knows which account it is about', async () => {
      const { triage, decisions } = world({ answers: closed });
      await expect(triage(cloudEvent('Reclaim.RiskDetection', { id: detection['id'] }))).rejects.toThrow(
        PermanentError,
      );
      expect(decisions.all).toMatchObject([{ action: 'refused', sourceId: detection['id'] }]);
    });

    it('does nothing if even the event calls it closed', async () => {
      const { triage, requests } = world({ answers: closed });
      expect(await triage(risk({ riskState: 'remediated' }))).toMatchObject([
        { action: 'none', row: 'closed' },
      ]);
      expect(requests).toEqual([]);
    });

    it('disturbs nobody if even the event calls it low, unless its kind counts at every level', async () => {
      const { triage } = world({ answers: { ...closed, [riskyPath]: forbidden(riskyPath) } });
      const low = (riskEventType: string) => triage(risk({ riskLevel: 'low', riskEventType }));
      expect(await low('unfamiliarFeatures')).toMatchObject([{ action: 'none' }]);
      expect(await low('nationStateIP')).toMatchObject([{ action: 'hold', row: 'unconfirmed' }]);
    });

    it('opens the held run when the same alert can be confirmed later', async () => {
      const answers: Record<string, unknown> = { ...closed };
      const { triage } = world({ answers });
      await triage(risk());
      answers[detectionPath] = detection;
      expect(await triage(risk())).toMatchObject([{ action: 'contain', joined: true, raised: true }]);
    });
  });

  describe('when something is busy', () => {
    const busy = new RetryableError('throttled', { status: 429 });
    const restricted = { ...payload('alert-v2/restricted-sender') };
    const restrictedPath = `/security/alerts_v2/${idOf('alert-v2/restricted-sender')}`;
    const adeleUser = { '/users/adele@contoso.com': { id: adele, userPrincipalName: 'adele@contoso.com' } };

    it('tries the message again, and has done nothing', async () => {
      const { triage, requests, decisions } = world({ answers: { [detectionPath]: busy } });
      await expect(triage(risk())).rejects.toThrow(RetryableError);
      expect(requests).toEqual([]);
      expect(decisions.all).toEqual([]);
    });

    it('tries it again even if another event in it is refused — dead-letters are for finished messages', async () => {
      const { triage } = world({ answers: { [detectionPath]: busy } });
      await expect(triage([{ hello: 'world' }, risk()])).rejects.toThrow(RetryableError);
    });

    it('locks without the sign-in log if the lock is due anyway — it does not wait', async () => {
      const { triage } = world({
        answers: { [restrictedPath]: restricted, ...adeleUser, '/beta/auditLogs/signIns': busy },
      });
      expect(await triage(cloudEvent('Reclaim.Alert', restricted))).toMatchObject([
        {
          action: 'contain',
          row: 'restricted-sender',
          why: expect.stringContaining('could not be read (throttled)'),
        },
      ]);
    });

    it('waits for the sign-in log if it would otherwise do too little', async () => {
      const spray = payload('risk-detection/password-spray');
      const { triage, requests } = world({
        answers: { [`${detectionsPath}/${spray['id']}`]: spray, '/beta/auditLogs/signIns': busy },
      });
      await expect(triage(cloudEvent('Reclaim.RiskDetection', spray))).rejects.toThrow(RetryableError);
      expect(requests).toEqual([]);
    });

    it('does not mistake a fault of its own for a refusal — such a message is tried again', async () => {
      const { triage } = world({
        answers: { [detectionPath]: detection },
        openRun: () => Promise.reject(new TypeError('undefined is not a function')),
      });
      await expect(triage(risk())).rejects.toThrow(RetryableError);
    });

    it('leaves a missing permission to a person', async () => {
      const { triage } = world({
        answers: { [detectionPath]: detection },
        accounts: { [adele]: forbidden(`/users/${adele}`) },
      });
      await expect(triage(risk())).rejects.toThrow(/refused GET \/users/);
    });
  });
});
