// The rails against somebody who can forge events, read a mailbox, or choose names: they may make this app ask a
// person, but never make it act on somebody else, and never make it silently ignore their victim.
import { describe, expect, it } from 'vitest';
import { createTriageAlert } from '../../functions/alerts/triage-alert.ts';
import { type BreakerSettings, createBreaker, heldMails } from '../../shared/alerts/breaker.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { noProtections, protectedBecause } from '../../shared/alerts/protection.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Account } from '../../shared/model/account.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { fakeGraph, forbidden } from '../alerts/fake-graph.ts';
import { account, adele, cloudEvent, idOf, now, payload, tenantId } from '../alerts/samples.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryBreakerPlaces, memoryDecisions, memoryTrips } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';

const ceo = '11111111-1111-4111-8111-111111111111';
const userId = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const limits = { BREAKER_FULL_PER_HOUR: 20, BREAKER_RUNS_PER_HOUR: 100, BREAKER_SHARE: 20 };
const protection = {
  PROTECTED_ACCOUNTS: [],
  PROTECTED_GROUPS: [],
  MAIL_FROM: 'reclaim@contoso.com',
  MAIL_TO: ['oncall@contoso.com'],
};

function world(
  answers: Readonly<Record<string, unknown>>,
  accountOf: (id: string) => Account = (id) => account({ id }),
  breakerSettings: BreakerSettings = limits,
) {
  const progress = new MemoryProgress();
  const bus = new MemoryBus({ now: () => now });
  // Without steps a run that is not held is over at once.
  const engine = { progress, bus, playbook: [], stepSettings: {}, now: () => now, random: Math.random };
  const breaker = createBreaker({
    places: memoryBreakerPlaces(),
    trips: memoryTrips(),
    settings: breakerSettings,
    users: async () => 2000,
    now: () => now,
  });
  const decisions = memoryDecisions();
  const triage = createTriageAlert({
    graph: fakeGraph(answers),
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async (id) => accountOf(id),
    lastRun: async () => undefined,
    protection: async () => (given) => protectedBecause(given, noProtections, protection),
    openRun: (request) => openRun(engine, { ...request, admit: breaker.admit }),
    decisions,
    now: () => now,
    log: () => undefined,
  });
  const runs = async () => {
    const refs = await progress.list(now, 1000);
    const rows = await Promise.all(refs.map((ref) => progress.read(ref)));
    return rows.flatMap((read) => (read === undefined ? [] : [read.run.row]));
  };
  return { triage, decisions, runs };
}

const alert = payload('alert-v2/classified-as-compromised');
const alertPath = `/security/alerts_v2/${idOf('alert-v2/classified-as-compromised')}`;
const evidenceOf = (id: string) => ({
  '@odata.type': '#microsoft.graph.security.userEvidence',
  roles: ['compromised'],
  verdict: 'malicious',
  userAccount: { azureAdUserId: id, userPrincipalName: null },
});
const detection = payload('risk-detection/anomalous-token');
const detectionPath = `/identityProtection/riskDetections/${idOf('risk-detection/anomalous-token')}`;

describe('an event with the id of a real alert', () => {
  it('touches only whom Microsoft Graph names there, whomever else it accuses', async () => {
    const high = { ...alert, severity: 'high' };
    const { triage, runs, decisions } = world({ [alertPath]: high });
    await triage(cloudEvent('Reclaim.Alert', { ...high, evidence: [evidenceOf(ceo)] }));
    expect((await runs()).map((run) => run.account.id)).toEqual([adele]);
    expect(decisions.all.map(({ why }) => why).join('\n')).toContain(
      `${ceo} is named by the event, but not by Microsoft Graph`,
    );
  });

  it('may repeat it as often as it likes, and opens no second run', async () => {
    const { triage, runs } = world({ [detectionPath]: detection });
    for (let times = 0; times < 20; times += 1) {
      await triage(
        cloudEvent('Reclaim.RiskDetection', { ...detection, riskLevel: 'high' }, { id: `e${times}` }),
      );
    }
    expect(await runs()).toHaveLength(1);
    expect((await runs())[0]?.signals).toHaveLength(1);
  });

  it('cannot make it worse than Graph says', async () => {
    const low = { ...detection, riskLevel: 'low' };
    const { triage, runs } = world({ [detectionPath]: low });
    await triage(
      cloudEvent('Reclaim.RiskDetection', {
        ...low,
        riskLevel: 'high',
        riskEventType: 'attackerInTheMiddle',
      }),
    );
    expect(await runs()).toEqual([]);
  });
});

describe('an alert that names 500 users', () => {
  it('changes no more of them than any storm may, and each is accounted for', async () => {
    const users = Array.from({ length: 500 }, (_, index) => userId(index));
    const large = { ...alert, severity: 'high', evidence: users.map(evidenceOf) };
    const { triage, runs, decisions } = world({ [alertPath]: large });
    await triage(cloudEvent('Reclaim.Alert', large));
    const opened = await runs();
    expect(opened).toHaveLength(500);
    expect(opened.filter(({ state }) => state !== 'held')).toHaveLength(100);
    expect(new Set(decisions.all.map((one) => one.userId)).size).toBe(500);
    expect(opened.filter((run) => run.state === 'held' && run.toldInList !== true)).toHaveLength(heldMails);
  });
});

describe('a storm of events that Microsoft Graph can’t confirm', () => {
  it('changes nobody, takes no place from a real attack, and sends ten mails', async () => {
    const forged = Array.from({ length: 150 }, (_, index) => ({
      ...detection,
      id: `forged-${index}`,
      userId: userId(index),
    }));
    const closed = Object.fromEntries(
      forged.flatMap(({ id, userId: user }) => [
        [`/identityProtection/riskDetections/${id}`, forbidden(id)],
        [`/identityProtection/riskyUsers/${user}`, forbidden(user)],
      ]),
    );
    const { triage, runs } = world({ ...closed, [detectionPath]: detection });
    for (const event of forged) await triage(cloudEvent('Reclaim.RiskDetection', event));
    await triage(cloudEvent('Reclaim.RiskDetection', detection));
    const opened = await runs();
    expect(opened.filter(({ state }) => state === 'held')).toHaveLength(150);
    expect(opened.filter((run) => run.state === 'held' && run.toldInList !== true)).toHaveLength(heldMails);
    const real = opened.filter(({ state }) => state !== 'held');
    expect(real.map((run) => run.account.id)).toEqual([adele]);
    expect(real[0]?.limitedBecause).toBeUndefined();
  });

  it('does not keep a later real alert’s run held', async () => {
    const closed: Record<string, unknown> = {
      [detectionPath]: forbidden(detectionPath),
      [`/identityProtection/riskyUsers/${adele}`]: forbidden(adele),
    };
    const { triage, runs } = world(closed);
    await triage(cloudEvent('Reclaim.RiskDetection', detection));
    expect((await runs()).map(({ state }) => state)).toEqual(['held']);
    closed[detectionPath] = detection;
    await triage(cloudEvent('Reclaim.RiskDetection', detection));
    expect(await runs()).toMatchObject([{ state: 'finished', level: 'contain', heldBecause: null }]);
  });
});

describe('a name that was chosen to deceive', () => {
  const events = { [detectionPath]: detection };
  it.each([
    ['on-call with a letter of another script', 'оncall@contoso.com', 'finished'],
    ['on-call of another domain', 'oncall@contoso.com.evil.example', 'finished'],
    ['on-call with a space behind it', 'oncall@contoso.com ', 'held'],
    ['on-call in capitals and with a plus', 'OnCall+x@Contoso.com', 'held'],
    ['what synchronises the directory', 'Sync_DC01_0123456789ab@contoso.onmicrosoft.com', 'finished'],
  ])('%s leaves the run %s as it should be', async (_, userPrincipalName, state) => {
    const { triage, runs } = world(events, (id) => account({ id, userPrincipalName }));
    await triage(cloudEvent('Reclaim.RiskDetection', detection));
    expect((await runs()).map((run) => run.state)).toEqual([state]);
  });
});

describe('an alert about on-call’s own mailbox', () => {
  it('locks nobody out of this app’s mails, and asks', async () => {
    const { triage, runs } = world({ [detectionPath]: detection }, (id) =>
      account({ id, userPrincipalName: 'oncall@contoso.com' }),
    );
    await triage(cloudEvent('Reclaim.RiskDetection', { ...detection, riskEventType: 'attackerInTheMiddle' }));
    expect(await runs()).toMatchObject([
      { state: 'held', heldBecause: expect.stringContaining('by which on-call is told') },
    ]);
  });
});

describe('what nobody can believe', () => {
  it.each([
    ['an id that was made up', { ...detection, id: 'made-up' }, 'Reclaim.RiskDetection'],
    ['another tenant', { ...alert, tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee' }, 'Reclaim.Alert'],
    ['an id that leads elsewhere', { ...detection, id: '../../users' }, 'Reclaim.RiskDetection'],
  ])('is refused for good: %s', async (_, data, type) => {
    const { triage, runs, decisions } = world({ [alertPath]: alert, [detectionPath]: detection });
    await expect(triage(cloudEvent(type, data))).rejects.toThrow(PermanentError);
    expect(await runs()).toEqual([]);
    expect(decisions.all).toMatchObject([{ action: 'refused' }]);
  });
});
