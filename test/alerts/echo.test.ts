import { describe, expect, it } from 'vitest';
import { heard } from '../../shared/alerts/echo.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { adele, mailAlert, signal } from './samples.ts';

const runId = `${adele}.20261120T095500-8M2P`;
const confirmedAt = '2026-11-20T10:00:29Z';
const ran = (changes: object = {}) => ({
  runId,
  level: 'contain' as const,
  confirmedAt,
  classified: [],
  ...changes,
});
const hear = (given: Signal, run: ReturnType<typeof ran> | undefined = ran()) =>
  heard(given, async () => run);

const detection = signal({
  detector: 'adminConfirmedUserCompromised',
  confirmedByPerson: true,
  activityAt: '2026-11-20T10:00:30Z',
  detectedAt: '2026-11-20T10:02:00Z',
});
const alert = mailAlert('Admin confirmed user compromised', {
  detector: 'AdminConfirmedUserCompromised',
  product: 'azureAdIdentityProtection',
  activityAt: '2026-11-20T10:00:30Z',
  detectedAt: '2026-11-20T10:09:00Z',
});
const user = signal({
  source: 'riskyUser',
  detector: 'riskyUser',
  title: 'Risky user',
  confirmedByPerson: true,
  activityAt: null,
  detectedAt: '2026-11-20T10:00:31Z',
});

describe('our own confirmation', () => {
  it('ends once the risk was dismissed: an account called compromised after that was called so by a person', async () => {
    const dismissed = ran({ dismissedAt: '2026-11-20T10:30:00Z' });
    const again = { ...user, version: '2026-11-20T10:31:00Z' };
    expect(await hear(again, dismissed)).toEqual({ is: 'news', signal: again });
    const late = { ...user, version: '2026-11-20T10:29:00Z' };
    expect(await hear(late, dismissed)).toMatchObject({ is: 'echo' });
  });

  it.each([
    ['a risk detection', detection],
    ['the state of the user', user],
    ['an alert of Defender, known by its detector', alert],
    [
      'an alert of Defender, known by its title',
      { ...alert, detector: '0f1c', title: 'Admin confirmed user compromised' },
    ],
    [
      'an incident of Sentinel about it',
      { ...alert, source: 'sentinel' as const, product: 'Azure Sentinel' },
    ],
    ['an alert that Defender makes hours later', { ...alert, detectedAt: '2026-11-20T21:00:00Z' }],
    ['an alert that tells no activity', { ...alert, activityAt: null, detectedAt: '2026-11-20T21:00:00Z' }],
    ['an alert without any time', { ...alert, activityAt: null, detectedAt: null }],
  ])(
    'joins the run that caused it when it returns as %s — it would raise it, or open another',
    async (_, given) => {
      expect(await hear(given)).toMatchObject({ is: 'echo', runId });
    },
  );

  it.each([
    ['no run was ever there', undefined],
    ['this app did not confirm anything', ran({ confirmedAt: null })],
    ['this app confirmed only afterwards', ran({ confirmedAt: '2026-11-20T10:30:00Z' })],
    ['this app confirmed long before', ran({ confirmedAt: '2026-11-20T08:00:00Z' })],
  ])('is a person’s word when %s', async (_, run) => {
    expect(await heard(detection, async () => run)).toEqual({ is: 'news', signal: detection });
    expect(await heard(alert, async () => run)).toEqual({ is: 'news', signal: alert });
  });

  it('marks every detection of the user as confirmed, and each then counts for what it was', async () => {
    const older = signal({ confirmedByPerson: true, version: '2026-11-20T10:00:40Z' });
    const { confirmedByPerson: _, ...before } = older;
    expect(await hear(older)).toEqual({ is: 'news', signal: before });
    // The service's clock may be behind, and an earlier try may have confirmed before the one on record.
    const justBefore = signal({ confirmedByPerson: true, version: '2026-11-20T09:58:00Z' });
    expect((await hear(justBefore)).is === 'news' && (await hear(justBefore))).not.toMatchObject({
      signal: { confirmedByPerson: true },
    });
    const earlier = signal({ confirmedByPerson: true, version: '2026-11-20T09:30:00Z' });
    expect(await hear(earlier)).toEqual({ is: 'news', signal: earlier });
    const dayAfter = signal({ confirmedByPerson: true, version: '2026-11-21T10:01:00Z' });
    expect(await hear(dayAfter)).toEqual({ is: 'news', signal: dayAfter });
  });
});

describe('our own classification', () => {
  const classified = mailAlert('Suspicious inbox manipulation rule', { confirmedByPerson: true });

  it('is not the word of a person', async () => {
    const { confirmedByPerson: _, ...before } = classified;
    const run = ran({ classified: [`alerts_v2/${classified.sourceId}`] });
    expect(await hear(classified, run)).toEqual({ is: 'news', signal: before });
  });

  it('does not apply if this app never touched the alert', async () => {
    expect(await hear(classified)).toEqual({ is: 'news', signal: classified });
  });
});

it('is the only reason to read the last run — a high risk does not wait for the table', async () => {
  const asked = async (): Promise<undefined> => {
    throw new Error('the table was asked');
  };
  for (const given of [signal(), mailAlert('Suspicious inbox manipulation rule')]) {
    expect(await heard(given, asked)).toEqual({ is: 'news', signal: given });
  }
  const closed = { ...detection, standing: false };
  expect(await heard(closed, asked)).toEqual({ is: 'news', signal: closed });
});
