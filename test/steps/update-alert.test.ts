import { describe, expect, it } from 'vitest';
import { updateAlert } from '../../functions/steps/update-alert/update-alert.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RawContext, RunView } from '../../shared/model/step.ts';
import { context } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, signal } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const tenant = (given: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }],
  alerts: [{ id: 'da-1', title: 'Stolen session cookie was used', severity: 'high', incidentId: '42' }],
  incidents: [{ id: '42', displayName: 'Multi-stage incident', severity: 'high' }],
  ...given,
});
const ofAlert = signal({ source: 'alert', sourceId: 'da-1' });
const told = (run: Partial<RunView> = {}, settings?: object): RawContext => ({
  ...context({
    run: {
      signals: [ofAlert],
      verdict: 'CONTAINED',
      ended: {
        'block-sign-in': 'done',
        'reset-password': 'done',
        'disable-devices': 'failed',
        'scan-devices': 'skipped',
      },
      ...run,
    },
  }),
  settings,
});

async function fixAll(world: ReturnType<typeof simulated>, given: RawContext) {
  for (const change of changesOf(await updateAlert.find(given, world.clients))) {
    await updateAlert.fix(change, given, world.clients);
  }
}
const alertIn = (world: ReturnType<typeof simulated>) => world.tenant.state().alerts?.[0];

describe('update-alert', () => {
  it('comments once on the alert and on its incident, in words an analyst can use', async () => {
    const world = simulated(updateAlert, tenant());
    await fixAll(world, told());
    const text =
      `[Reclaim 8M2P] CONTAINED: adele@contoso.com (${adele}), level full. Done: block-sign-in, reset-password. ` +
      'Did not end well: disable-devices. Only looked: none.';
    expect(world.tenant.state()).toMatchObject({
      alerts: [{ comments: [{ comment: text }] }],
      incidents: [{ comments: [{ comment: text }] }],
    });
    expect(changesOf(await updateAlert.find(told(), world.clients))).toEqual([]);
    expect([...world.used()].toSorted()).toEqual([...(updateAlert.permissions.graph ?? [])].toSorted());
  });

  it('comments again only when the outcome changes, each time as a new change', async () => {
    const world = simulated(updateAlert, tenant({ alerts: [{ id: 'da-1', title: 'x', severity: 'high' }] }));
    const identities: unknown[] = [];
    for (const verdict of ['LOCKED', 'LOCKED', 'CONTAINED', 'LOCKED']) {
      identities.push(
        ...changesOf(await updateAlert.find(told({ verdict }), world.clients)).map(({ before }) => before),
      );
      await fixAll(world, told({ verdict }));
    }
    expect(alertIn(world)?.comments).toHaveLength(3);
    expect(new Set(identities.map((before) => JSON.stringify(before))).size).toBe(3);
  });

  it('comments once of its own even if another run already did', async () => {
    const comments = [{ comment: '[Reclaim AAAA] CONTAINED: another run' }, { comment: 'looks bad' }];
    const alerts = [{ id: 'da-1', title: 'x', severity: 'high', comments }];
    const { clients } = simulated(updateAlert, tenant({ alerts }));
    expect(changesOf(await updateAlert.find(told(), clients))).toHaveLength(1);
  });

  const everything = {
    status: 'resolved',
    classification: 'truePositive',
    determination: 'compromisedAccount',
  };

  it('moves on as configured once the account is secured, in the words of Microsoft’s metadata', async () => {
    const world = simulated(updateAlert, tenant());
    await fixAll(world, told({}, everything));
    expect(world.tenant.state()).toMatchObject({ alerts: [everything], incidents: [everything] });
    expect(changesOf(await updateAlert.find(told({}, everything), world.clients))).toEqual([]);
  });

  it.each([
    ['only locked', { level: 'contain' as const, verdict: 'DECIDE' }],
    ['not contained', { verdict: 'NOT CONTAINED' }],
  ])('%s, it claims nothing and resolves nothing', async (_what, run) => {
    const world = simulated(updateAlert, tenant());
    await fixAll(world, told(run, everything));
    expect(alertIn(world)).toMatchObject({ status: 'inProgress' });
    expect(alertIn(world)).not.toHaveProperty('classification');
  });

  it('never replaces what a person said, and never reopens', async () => {
    const alerts = [
      {
        id: 'da-1',
        title: 'x',
        severity: 'high',
        status: 'resolved',
        classification: 'falsePositive',
        determination: 'notMalicious',
      },
    ];
    const { clients } = simulated(updateAlert, tenant({ alerts }));
    const given = told({}, { ...everything, status: 'inProgress' });
    expect(changesOf(await updateAlert.find(given, clients)).map(({ id }) => id)).toEqual([
      'comment:alert da-1',
    ]);
  });

  it('follows an incident that was merged into another', async () => {
    const incidents = [
      { id: '41', displayName: 'a', severity: 'high', status: 'redirected', redirectIncidentId: '42' },
      { id: '42', displayName: 'b', severity: 'high' },
    ];
    const { clients } = simulated(updateAlert, tenant({ incidents }));
    const run = { signals: [signal({ source: 'incident', sourceId: '41' })] };
    expect(changesOf(await updateAlert.find(told(run), clients)).map(({ id }) => id)).toEqual([
      'comment:incident 42',
    ]);
  });

  it.each([
    ['no alert is behind the run', { signals: [signal({})] }],
    ['the alert is gone', { signals: [signal({ source: 'alert', sourceId: 'da-9' })] }],
  ])('says nothing if %s', async (_what, run) => {
    const { clients } = simulated(updateAlert, tenant());
    const { changes, kept } = found(await updateAlert.find(told(run), clients));
    expect([changes, kept]).toEqual([[], [{ what: 'alerts in Defender', why: 'none is behind this run' }]]);
  });

  it('only reads while it looks', async () => {
    const { clients, tenant: simulation } = simulated(updateAlert, tenant());
    await updateAlert.find(told(), clients);
    expect(simulation.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('applies to every account, and says why nothing is undone', () => {
    expect(updateAlert.appliesTo(context({ account: { guest: true, hasMailbox: false } }).account)).toBe(
      true,
    );
    expect(updateAlert.undo).toEqual(expect.any(String));
  });

  it.each([
    ['throttled', 429, RetryableError],
    ['without the permission', 403, PermanentError],
  ])('%s, it fails in the right kind', async (_what, status, kind) => {
    const faults = [{ on: 'GET /v1.0/security/alerts_v2/*', status }];
    const { clients } = simulated(updateAlert, tenant({ behaviour: { faults } }));
    expect(await thrownBy(updateAlert.find(told(), clients))).toBeInstanceOf(kind);
  });
});

describe('a false alarm', () => {
  const asSettings = {
    status: 'inProgress',
    classification: 'truePositive',
    determination: 'compromisedAccount',
  };
  const falseAlarm = (settings?: object) => told({ falseAlarm: true, verdict: 'UNDONE' }, settings);

  it('closes the alert and its incident as a false positive, whatever the settings would have them say', async () => {
    const world = simulated(updateAlert, tenant());
    await fixAll(world, told({}, asSettings));
    await fixAll(world, falseAlarm(asSettings));
    const closed = { status: 'resolved', classification: 'falsePositive', determination: 'notMalicious' };
    expect(world.tenant.state()).toMatchObject({ alerts: [closed], incidents: [closed] });
    expect(JSON.stringify(alertIn(world))).toContain('[Reclaim 8M2P] FALSE ALARM: adele@contoso.com');
    expect(changesOf(await updateAlert.find(falseAlarm(asSettings), world.clients))).toEqual([]);
  });

  it('leaves an analyst’s word as it is', async () => {
    const analyst = { classification: 'truePositive', determination: 'phishing' };
    const alerts = [{ id: 'da-1', title: 'x', severity: 'high', ...analyst }];
    const world = simulated(updateAlert, tenant({ alerts, incidents: [] }));
    await fixAll(world, falseAlarm());
    expect(alertIn(world)).toMatchObject({ status: 'resolved', ...analyst });
  });
});
