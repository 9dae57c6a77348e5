import { describe, expect, it } from 'vitest';
import { collectSignIns } from '../../functions/steps/collect-sign-ins/collect-sign-ins.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Collected, RunView } from '../../shared/model/step.ts';
import { context } from '../fakes/context.ts';
import { type Request, type Script, scriptedGraph } from '../fakes/scripted-graph.ts';
import {
  adele,
  attacker,
  edge,
  firefox,
  office,
  rawDetection,
  rawSignIn,
  signal,
} from '../fakes/sign-ins.ts';
import { noClients } from '../run/no-clients.ts';

const amsterdam = { city: 'Amsterdam', countryOrRegion: 'NL' };
const usual = ['13', '16', '17', '18', '19'].map((day) =>
  rawSignIn({ createdDateTime: `2026-11-${day}T08:02:00Z`, ipAddress: office, sessionId: `owner-${day}` }),
);
const risky = rawSignIn({
  createdDateTime: '2026-11-20T09:12:04Z',
  id: 'request-1',
  ipAddress: attacker,
  userAgent: firefox,
  sessionId: 'intruder-1',
  location: amsterdam,
});
const silent = rawSignIn({
  createdDateTime: '2026-11-20T09:13:30Z',
  ipAddress: attacker,
  userAgent: firefox,
  sessionId: 'intruder-1',
  location: amsterdam,
  isInteractive: false,
  appDisplayName: 'Contoso Payroll',
  authenticationRequirement: 'singleFactorAuthentication',
});

interface Log {
  interactive?: readonly unknown[];
  silent?: readonly unknown[];
  detections?: readonly unknown[];
  others?: readonly unknown[];
  audits?: readonly unknown[];
}

/** The logs as Microsoft Graph distinguishes them. */
const answer =
  (log: Log): Script =>
  ({ path, version }) => {
    if (path.startsWith('/identityProtection/riskDetections')) return log.detections ?? [];
    if (path.startsWith('/auditLogs/directoryAudits')) return log.audits ?? [];
    if (path.includes('ipAddress eq')) return log.others ?? [];
    if (version === 'v1.0') return log.interactive ?? [];
    return path.includes("'nonInteractiveUser'") ? (log.silent ?? []) : (log.interactive ?? []);
  };

async function look(script: Script, run: Partial<RunView> = {}) {
  const graph = scriptedGraph(script);
  const result = await collectSignIns.collect(
    context({ run: { signals: [signal({ requestId: 'request-1' })], ...run } }),
    { ...noClients, graph },
    null,
  );
  return { result, requests: graph.requests };
}

async function collected(
  script: Script,
  run: Partial<RunView> = {},
): Promise<Collected & { requests: Request[] }> {
  const { result, requests } = await look(script, run);
  if ('skip' in result || 'laterSeconds' in result) throw new Error('nothing was collected');
  return { ...result, requests };
}
const whats = ({ findings }: Collected) => findings.map(({ what }) => what);

describe('collect-sign-ins', () => {
  it('asks little and in order, for two weeks before the activity', async () => {
    const { requests } = await collected(answer({ interactive: [...usual, risky], silent: [silent] }));
    const mine = `userId eq '${adele}' and createdDateTime ge 2026-11-06T09:12:00Z`;
    expect(requests).toEqual([
      {
        method: 'GET',
        version: 'beta',
        path: `/auditLogs/signIns?$filter=${mine} and signInEventTypes/any(t: t eq 'interactiveUser')&$top=1000`,
      },
      {
        method: 'GET',
        version: 'beta',
        path: `/auditLogs/signIns?$filter=${mine} and signInEventTypes/any(t: t eq 'nonInteractiveUser')&$top=1000`,
      },
      {
        method: 'GET',
        version: 'v1.0',
        path: `/identityProtection/riskDetections?$filter=userId eq '${adele}'&$top=500`,
      },
      {
        method: 'GET',
        version: 'v1.0',
        path: `/auditLogs/directoryAudits?$filter=activityDateTime ge 2026-11-06T09:12:00Z and initiatedBy/user/id eq '${adele}'&$top=1000`,
      },
      {
        method: 'GET',
        version: 'beta',
        path: `/auditLogs/signIns?$filter=ipAddress eq '${attacker}' and createdDateTime ge 2026-11-06T09:12:00Z and createdDateTime le 2026-11-19T09:12:00Z and signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')&$top=1000`,
      },
    ]);
  });

  it('reports what was done, in lines for a person', async () => {
    const { findings, intruder, tasks } = await collected(
      answer({ interactive: [...usual, risky], silent: [silent] }),
    );
    expect(findings).toEqual([
      {
        what: '2 sign-ins from 203.0.113.7 (Amsterdam, NL), first 2026-11-20 09:12 UTC, last 2026-11-20 09:13 UTC: Office 365 Exchange Online, Contoso Payroll',
        why: 'named by the alert (unfamiliarFeatures), with an address and a client the owner is not known to use',
      },
      {
        what: 'applications opened: Office 365 Exchange Online, Contoso Payroll',
        why: 'look there for what was read or changed',
      },
      { what: 'no legacy protocol used', why: 'every sign-in came through a modern client' },
      {
        what: 'two factors were satisfied in 1 of 2 sign-ins',
        why: "a token that carries them was taken, or the second factor is the intruder's",
      },
      { what: '1 session of the intruder', why: 'intruder-1' },
    ]);
    expect(intruder).toMatchObject({
      since: '2026-11-20T08:12:00.000Z',
      sessions: ['intruder-1'],
      addresses: [attacker],
    });
    expect(tasks).toEqual([]);
  });

  it('names old protocols, failed tries and whether the password was right', async () => {
    const imap = rawSignIn({
      createdDateTime: '2026-11-20T09:20:00Z',
      ipAddress: attacker,
      clientAppUsed: 'IMAP4',
      userAgent: 'BAV2ROPC',
      authenticationRequirement: 'singleFactorAuthentication',
    });
    const failed = (errorCode: number, failureReason: string, createdDateTime: string) =>
      rawSignIn({ createdDateTime, ipAddress: attacker, status: { errorCode, failureReason } });
    const result = await collected(
      answer({
        interactive: [
          ...usual,
          imap,
          failed(50126, 'Invalid username or password.', '2026-11-20T09:00:00Z'),
          failed(50076, 'MFA required.', '2026-11-20T09:05:00Z'),
        ],
      }),
    );
    expect(whats(result)).toContain('legacy protocols used: IMAP4');
    expect(whats(result)).toContain('no second factor was asked for');
    expect(result.findings).toContainEqual({
      what: '2 failed sign-ins from 203.0.113.7 (Seattle, US), last 2026-11-20 09:05 UTC',
      why: 'the password was right in 1 of them, and something else stopped it',
    });
  });

  it('says that nothing found is no proof', async () => {
    const result = await collected(answer({ interactive: usual }), {
      signals: [signal({ detector: 'leakedCredentials', title: 'Leaked credentials', address: null })],
    });
    expect(result.findings[0]).toMatchObject({
      what: 'no successful sign-in of the intruder',
      why: expect.stringContaining('no proof of a clean account'),
    });
    expect(result.intruder).toMatchObject({ since: null, addresses: [] });
    expect(result.requests).toHaveLength(3);
  });

  it('finds the intruder through a detection if the alert names nothing', async () => {
    const result = await collected(
      answer({ interactive: [...usual, risky], detections: [rawDetection({ requestId: 'request-1' })] }),
      { signals: [signal({ detector: 'leakedCredentials', title: 'Leaked credentials', address: null })] },
    );
    expect(result.intruder).toMatchObject({ addresses: [attacker] });
  });

  it('has the owner asked if it may have been them', async () => {
    const { tasks, intruder } = await collected(
      answer({ interactive: [...usual, { ...risky, userAgent: edge }] }),
      { signals: [signal({ detector: 'unlikelyTravel', title: 'Atypical travel', requestId: 'request-1' })] },
    );
    expect(tasks).toMatchObject([
      {
        id: 'ask-owner',
        instruction: expect.stringContaining('2026-11-20 09:12 UTC from 203.0.113.7 (Amsterdam, NL)'),
        link: expect.stringContaining(adele),
      },
    ]);
    expect(intruder).toMatchObject({ addresses: [], sharedAddresses: [attacker] });
  });

  it('treats an address that colleagues use every day as the company’s — victims don’t make it one, however long they were in', async () => {
    const by = (userId: string, days: readonly string[], userAgent: string, errorCode = 0) =>
      days.map((day) =>
        rawSignIn({
          createdDateTime: `2026-11-${day}T10:00:00Z`,
          userId,
          ipAddress: attacker,
          userAgent,
          status: { errorCode },
        }),
      );
    const addresses = async (others: readonly ReturnType<typeof rawSignIn>[]) => {
      const script: Script = (request) => {
        const asked = /userId eq '([^']+)'/.exec(request.path)?.[1];
        if (asked !== undefined && asked !== adele) return others.filter(({ userId }) => userId === asked);
        return answer({ interactive: [...usual, risky], others })(request);
      };
      const { intruder } = await collected(script);
      return { alone: intruder?.addresses, shared: intruder?.sharedAddresses };
    };
    const week = ['13', '15', '17', '19'];
    const alone = { alone: [attacker], shared: [] };
    expect(await addresses([...by('alex', week, edge), ...by('megan', week, 'Outlook/16.0')])).toEqual({
      alone: [],
      shared: [attacker],
    });
    expect(await addresses([...by('alex', week, firefox), ...by('megan', week, firefox)])).toEqual(alone);
    expect(await addresses([...by('alex', ['17'], edge), ...by('megan', ['17'], edge)])).toEqual(alone);
    expect(await addresses([...by('alex', week, edge), ...by(adele, week, edge)])).toEqual(alone);
    expect(await addresses([...by('alex', week, edge, 50126), ...by('megan', week, edge, 50126)])).toEqual(
      alone,
    );
  });

  it('follows a device that the intruder registered to wherever it signs in from', async () => {
    const registered = {
      id: 'Directory_1',
      activityDateTime: '2026-11-20T09:14:00Z',
      activityDisplayName: 'Register device',
      result: 'success',
      initiatedBy: { user: { id: adele, ipAddress: attacker } },
      targetResources: [{ type: 'Device', id: 'object-9' }],
      additionalDetails: [{ key: 'Device Id', value: 'dev-9' }],
    };
    const later = rawSignIn({
      createdDateTime: '2026-11-20T09:40:00Z',
      ipAddress: '198.51.100.222',
      sessionId: 'from-the-device',
      deviceDetail: { deviceId: 'dev-9', isManaged: false, isCompliant: false },
    });
    const log = { interactive: [...usual, risky, later] };
    const { intruder } = await collected(answer({ ...log, audits: [registered] }));
    expect(intruder).toMatchObject({
      sessions: ['intruder-1', 'from-the-device'],
      devices: expect.arrayContaining(['dev-9', 'object-9']),
    });
    expect(intruder?.marks).toContainEqual(
      expect.objectContaining({
        value: 'dev-9',
        verdict: 'intruder',
        certainty: 'certain',
        source: 'audit log',
      }),
    );
    const owners = { ...registered, initiatedBy: { user: { id: adele, ipAddress: office } } };
    expect((await collected(answer({ ...log, audits: [owners] }))).intruder?.sessions).toEqual([
      'intruder-1',
    ]);
  });

  it('says until when it has read everything', async () => {
    const { facts } = await collected(answer({ interactive: usual }));
    expect(facts).toMatchObject({
      horizons: [{ log: 'sign-ins', completeUntil: expect.stringMatching(/^2026-11-20T09:00/) }],
    });
  });

  it('goes back no further than Entra ID keeps', async () => {
    const { requests } = await collected(answer({}), {
      signals: [signal({ activityAt: '2026-10-24T00:00:00Z' })],
    });
    expect(requests[0]?.path).toContain('createdDateTime ge 2026-10-21T09:15:02Z');
  });

  it('starts from the activity and not from its late detection', async () => {
    const { requests } = await collected(answer({}), {
      signals: [signal({ activityAt: '2026-11-18T14:00:00Z', detectedAt: '2026-11-20T09:14:00Z' })],
    });
    expect(requests[0]?.path).toContain('createdDateTime ge 2026-11-04T14:00:00Z');
  });

  it('says so when the log was longer than what was read', async () => {
    const many = Array.from({ length: 5000 }, () => usual[0]);
    expect(whats(await collected(answer({ silent: many })))).toContain(
      'only the latest 5000 sign-ins were read',
    );
  });

  it('asks nobody about the time before the log begins', async () => {
    const early = { ...risky, createdDateTime: '2026-11-06T10:00:00Z' };
    const { requests } = await collected(answer({ interactive: [...usual, early, risky] }), {
      signals: [signal({})],
    });
    expect(requests.filter(({ path }) => path.includes('ipAddress eq'))).toEqual([]);
  });

  it('ends after twenty lines, and a line after eight names', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      ...risky,
      id: `request-${index}`,
      ipAddress: `203.0.113.${index}`,
      appDisplayName: `Application ${index}`,
    }));
    const result = await collected(answer({ interactive: [...usual, ...many] }));
    expect(result.findings).toHaveLength(21);
    expect(result.findings.at(-1)?.what).toBe('14 more lines');
    const one = await collected(
      answer({ interactive: [...usual, ...many.map((each) => ({ ...each, ipAddress: attacker }))] }),
    );
    expect(one.findings[0]?.what).toContain(' and 22 more');
  });

  it('warns when the lock does not hold', async () => {
    const late = rawSignIn({
      createdDateTime: '2026-11-20T09:50:00Z',
      ipAddress: attacker,
      sessionId: 'intruder-1',
      userAgent: firefox,
    });
    const lock = (at: string) => ({ fixedAt: { 'block-sign-in': at } });
    const script = answer({ interactive: [...usual, risky, late] });
    expect(whats(await collected(script, lock('2026-11-20T09:15:01Z')))[0]).toBe(
      "1 of the intruder's sign-ins succeeded after sign-in was blocked, first at 2026-11-20 09:50 UTC",
    );
    expect(whats(await collected(script, lock('2026-11-20T09:40:00Z')))[0]).toBe(
      "1 of the intruder's sign-ins succeeded in the minutes after the lock, first at 2026-11-20 09:50 UTC",
    );
    expect(whats(await collected(script, lock('2026-11-20T09:55:00Z')))[0]).toContain('2 sign-ins from');
  });

  describe('when part of the log is missing', () => {
    const refused = (status: number, code: string) =>
      new PermanentError(`refused (${status} ${code})`, { status, code });
    const failing =
      (when: (request: Request) => boolean, error: Error, log: Log): Script =>
      (request) => {
        if (when(request)) throw error;
        return answer(log)(request);
      };
    const log = { interactive: [...usual, risky] };
    const signInLog = ({ path }: Request) => path.startsWith('/auditLogs');

    it('is skipped without a licence', async () => {
      const noLicence = refused(403, 'Authentication_RequestFromNonPremiumTenantOrB2CTenant');
      const skip = {
        skip: 'the tenant has no Entra ID P1 licence, without which the sign-in log cannot be read',
      };
      const { result, requests } = await look(failing(signInLog, noLicence, log));
      expect(result).toEqual(skip);
      expect(requests).toHaveLength(1);
      const onlyThere = failing(
        (request) => signInLog(request) && request.version === 'v1.0',
        noLicence,
        log,
      );
      const script: Script = (request) => {
        if (request.version === 'beta') throw refused(400, 'BadRequest');
        return onlyThere(request);
      };
      expect((await look(script)).result).toEqual(skip);
    });

    it('falls back to v1.0 if beta refuses, and says what that hides', async () => {
      const result = await collected(
        failing(({ version }) => version === 'beta', refused(400, 'BadRequest'), log),
      );
      expect(result.requests[1]).toEqual({
        method: 'GET',
        version: 'v1.0',
        path: `/auditLogs/signIns?$filter=userId eq '${adele}' and createdDateTime ge 2026-11-06T09:12:00Z&$top=1000`,
      });
      expect(whats(result)).toContain('only interactive sign-ins could be read, and no sessions');
      expect(result.intruder).toMatchObject({ addresses: [attacker] });
    });

    it('fails for good without the permission, and is tried again when throttled', async () => {
      await expect(
        look(failing(signInLog, refused(403, 'Authorization_RequestDenied'), log)),
      ).rejects.toMatchObject({
        status: 403,
      });
      const busy = new RetryableError('throttled', { status: 429, retryAfterSeconds: 10, tookEffect: 'no' });
      await expect(look(failing(signInLog, busy, log))).rejects.toBe(busy);
      await expect(look(failing(({ version }) => version === 'beta', busy, log))).rejects.toBe(busy);
    });

    it.each([
      ['refused', refused(403, 'Forbidden')],
      ['throttled', new RetryableError('throttled', { status: 429 })],
    ])('reports the sign-ins without risk detections that are %s', async (_how, error) => {
      const result = await collected(failing(({ path }) => path.includes('riskDetections'), error, log));
      expect(whats(result)).toContain('the risk detections of this account could not be read');
      expect(result.intruder).toMatchObject({ addresses: [attacker] });
    });

    it('says that nobody could be asked who else uses an address', async () => {
      const result = await collected(
        failing(
          ({ path }) => path.includes('ipAddress eq'),
          new RetryableError('throttled', { status: 429 }),
          log,
        ),
      );
      expect(whats(result)).toContain('who else uses 203.0.113.7 could not be read');
    });

    it('does not hide a mistake of ours', async () => {
      const mistake = new TypeError('undefined is not a function');
      await expect(look(failing(({ path }) => path.includes('riskDetections'), mistake, log))).rejects.toBe(
        mistake,
      );
    });
  });
});
