import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAuditLog } from '../../functions/steps/collect-audit-log/collect-audit-log.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { actsIn, auditLogIn, parameterOf } from '../../shared/intruder/acts.ts';
import { horizonsIn } from '../../shared/intruder/horizon.ts';
import type { GraphReader } from '../../shared/model/clients.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import type { Collected, RawContext } from '../../shared/model/step.ts';
import type { Json } from '../../shared/model/words.ts';
import { delegated, directoryAudit, intruder, record, session } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { memoryAuditSearches } from '../fakes/memory-stores.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, attacker, office, signal } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';
import { noClients } from '../run/no-clients.ts';

const tenant = (given: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', mailbox: {} }],
  auditRecords: [
    delegated('intruder', 'x@evil.example'),
    delegated('owner', 'diego@contoso.com'),
    ...Array.from({ length: 160 }, () => record('intruder', 'MailItemsAccessed')),
    record('intruder', 'New-InboxRule', { createdDateTime: '2026-11-21T09:00:00Z' }),
    { ...record('intruder', 'FileDownloaded'), userPrincipalName: 'diego@contoso.com' },
  ],
  directoryAudits: [directoryAudit('intruder', 'User registered security info')],
  ...given,
});

const run = { signals: [signal({ activityAt: '2026-11-20T09:12:04Z' })] };

/** Runs the step as the engine does, until it has an end. */
async function look(file: object, given: Parameters<typeof context>[0] = {}) {
  const world = simulated(collectAuditLog, file);
  const waits: number[] = [];
  let memo: Json = null;
  for (;;) {
    const result = await collectAuditLog.collect(
      context({ run, intruder, now: world.now(), ...given }),
      world.clients,
      memo,
    );
    if (!('laterSeconds' in result)) return { ...world, result, waits };
    waits.push(result.laterSeconds);
    memo = result.memo;
    world.advance(result.laterSeconds);
  }
}

async function collected(file: object, given: Parameters<typeof context>[0] = {}) {
  const { result, ...rest } = await look(file, given);
  if ('skip' in result || 'laterSeconds' in result) throw new Error('nothing was collected');
  return { ...rest, ...result };
}
const whats = ({ findings }: Collected) => findings.map(({ what }) => what);
const actsOf = ({ facts }: Collected) =>
  actsIn({ ...context().run, ...(facts === undefined ? {} : { facts: { acts: facts } }) }) ?? [];

describe('collect-audit-log', () => {
  it('searches all of the account’s activities since the day before the first known one — what is not asked for is not seen', async () => {
    const { tenant: service, asked } = await look(tenant());
    expect(service.requests[0]?.body).toEqual({
      '@odata.type': '#microsoft.graph.security.auditLogQuery',
      displayName: 'Reclaim 8M2P adele@contoso.com',
      filterStartDateTime: '2026-11-19T08:12:04Z',
      filterEndDateTime: '2026-11-20T09:15:01Z',
      userPrincipalNameFilters: ['adele@contoso.com'],
    });
    expect(asked().map((line) => line.replace(/queries\/[\w-]+/, 'queries/…'))).toEqual([
      'POST /v1.0/security/auditLog/queries (AuditLogsQuery.Read.All)',
      'GET /v1.0/security/auditLog/queries/… (AuditLogsQuery.Read.All)',
      'GET /v1.0/security/auditLog/queries/…/records?$top=999 (AuditLogsQuery.Read.All)',
      `GET /v1.0/auditLogs/directoryAudits?$filter=activityDateTime ge 2026-11-19T08:12:04Z and initiatedBy/user/id eq '${adele}'&$top=1000 (AuditLog.Read.All)`,
      `GET /v1.0/auditLogs/directoryAudits?$filter=activityDateTime ge 2026-11-19T08:12:04Z and targetResources/any(t: t/id eq '${adele}')&$top=1000 (AuditLog.Read.All)`,
    ]);
  });

  it('waits longer each time while the search runs — a real one takes minutes', async () => {
    const { waits, result } = await look(tenant({ behaviour: { auditSearchPolls: 3 } }));
    expect(waits).toEqual([3, 6, 12, 24]);
    expect(result).toHaveProperty('findings');
  });

  it('reports what the intruder did by kind, changes first, and counts the rest', async () => {
    const result = await collected(tenant());
    expect(whats(result)).toEqual([
      '1 × User registered security info (Core Directory), 2026-11-20 09:13 UTC: adele@contoso.com',
      '1 × Add-MailboxPermission (Exchange), 2026-11-20 09:13 UTC: contoso.onmicrosoft.com\\adele',
      '160 × MailItemsAccessed (Exchange), 2026-11-20 09:13 UTC to 2026-11-20 09:13 UTC',
      '1 other record of this account',
    ]);
  });

  it('hands the intruder’s acts to other steps, and nothing of the owner’s — evidence removes things', async () => {
    const acts = actsOf(await collected(tenant()));
    const delegates = acts.filter(({ activity }) => activity === 'Add-MailboxPermission');
    expect(delegates.map((act) => [parameterOf(act, 'user'), act.evidence])).toEqual([
      ['x@evil.example', `made in the intruder's session ${session} at 2026-11-20 09:13 UTC`],
    ]);
    expect(acts).toHaveLength(162);
  });

  it('attaches every record as a table, and the intruder’s as they were written', async () => {
    const { attachments = [] } = await collected(tenant());
    expect(attachments.map(({ name, content }) => [name, content.trim().split('\r\n').length])).toEqual([
      ['audit-log.csv', 164],
      ['audit-log-intruder.json', 1],
    ]);
    expect(attachments[0]?.content).toContain(office);
    expect(attachments[1]?.content).toContain('x@evil.example');
    expect(attachments[1]?.content).not.toContain('diego@contoso.com');
  });

  it('learns sessions and addresses that the sign-in log does not show', async () => {
    const elsewhere = { clientIp: '192.0.2.99', auditData: { UserAgent: 'axios/1.7.9' } };
    const second = { auditData: { AppAccessContext: { AADSessionId: 'intruder-2' } } };
    const result = await collected(
      tenant({
        auditRecords: [
          record('intruder', 'FileDownloaded', elsewhere),
          record('intruder', 'Set-Mailbox', second),
        ],
      }),
    );
    const likely = { verdict: 'intruder', certainty: 'likely', source: 'audit log' };
    expect(result.intruder).toEqual({
      ...intruder,
      sessions: [session, 'intruder-2'],
      addresses: [attacker, '192.0.2.99'],
      marks: [
        expect.objectContaining({ kind: 'session', value: 'intruder-2', ...likely }),
        expect.objectContaining({ kind: 'address', value: '192.0.2.99', ...likely }),
      ],
    });
  });

  it.each([
    [
      'a session that the owner uses too',
      [record('owner', 'Send', { clientIp: attacker }), record('owner', 'Send')],
    ],
    [
      'an address from which the owner works too',
      [
        record('intruder', 'Send', { clientIp: office, auditData: { UserAgent: 'axios/1.7.9' } }),
        record('owner', 'Send'),
      ],
    ],
    [
      'a server of Microsoft',
      [
        record('intruder', 'Send', {
          clientIp: '2603:10a6:20b:1::7',
          auditData: { UserAgent: 'axios/1.7.9' },
        }),
      ],
    ],
  ])(
    'does not take %s for the intruder’s — the owner’s things would be removed',
    async (_what, auditRecords) => {
      expect((await collected(tenant({ auditRecords }))).intruder).toBeUndefined();
    },
  );

  it('says that nothing was found, and that this proves nothing', async () => {
    const { findings, attachments, facts } = await collected(
      tenant({ auditRecords: [], directoryAudits: [] }),
    );
    expect(findings).toEqual([
      { what: 'no record', why: 'the log lags by minutes, up to a day: no proof that nothing was done' },
    ]);
    expect(attachments).toEqual([]);
    expect(facts).toMatchObject({ acts: [], rulesOfOthers: [], unified: false });
  });

  it('does not trust an empty search: it asks once more, and says that the log is not known', async () => {
    const { facts, tenant: service } = await collected(tenant({ auditRecords: [], directoryAudits: [] }));
    expect(service.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    const handedOn = { ...context().run, facts: { acts: facts ?? null } };
    expect(auditLogIn(handedOn)).toBe('unread');
    expect(horizonsIn(handedOn)).toContainEqual({ log: 'unified audit log', completeUntil: null });
  });

  it('says until when the log is complete: an hour and a half before it was asked', async () => {
    const { facts, now } = await collected(tenant());
    const [, unified] = horizonsIn({ facts: { acts: facts ?? null } });
    expect(unified).toEqual({
      log: 'unified audit log',
      completeUntil: new Date(now().getTime() - 90 * 60_000).toISOString(),
    });
  });

  it('reports what the intruder did after the lock — a token lives on for an hour', async () => {
    const { findings } = await collected(
      tenant({
        auditRecords: [
          record('intruder', 'New-InboxRule', { createdDateTime: '2026-11-20T09:12:00Z' }),
          record('intruder', 'Send', { createdDateTime: '2026-11-20T09:14:00Z' }),
        ],
        directoryAudits: [],
      }),
      { run: { ...run, fixedAt: { 'block-sign-in': '2026-11-20T09:13:00.000Z' } } },
    );
    expect(findings[0]?.what).toBe(
      '1 act of the intruder after the lock, the last at 2026-11-20 09:14 UTC: Send',
    );
  });

  describe('when the log is read again', () => {
    const early = record('intruder', 'New-InboxRule', { createdDateTime: '2026-11-20T09:12:00Z' });
    const late = record('intruder', 'Send', { createdDateTime: '2026-11-20T09:14:00Z' });
    const readOnce = async (given: object = {}, by = intruder) => {
      const { facts } = await collected(tenant({ auditRecords: [early], directoryAudits: [], ...given }), {
        intruder: by,
      });
      return { ...run, facts: { acts: facts ?? null } };
    };
    const activities = (result: Collected) => actsOf(result).map(({ activity }) => activity);

    it('what came in late joins what was there, each record once', async () => {
      const again = await collected(tenant({ auditRecords: [late, early, late], directoryAudits: [] }), {
        run: await readOnce(),
      });
      expect(activities(again)).toEqual(['Send', 'New-InboxRule']);
    });

    it('what an earlier reading found is kept where a later one misses it', async () => {
      const again = await collected(tenant({ auditRecords: [late], directoryAudits: [] }), {
        run: await readOnce(),
      });
      expect(activities(again)).toEqual(['Send', 'New-InboxRule']);
    });

    it('a reading that finds nothing at all takes nothing away', async () => {
      const again = await collected(tenant({ auditRecords: [], directoryAudits: [] }), {
        run: await readOnce(),
      });
      expect(activities(again)).toEqual(['New-InboxRule']);
      expect(again.facts).toMatchObject({ unified: true });
    });

    it('an act is no longer the intruder’s once the mark it rested on is the owner’s', async () => {
      const again = await collected(tenant({ auditRecords: [late], directoryAudits: [] }), {
        run: await readOnce(),
        intruder: nobodyKnown,
      });
      expect(activities(again)).toEqual([]);
    });

    it('a search that does not answer leaves what is known — an error, not an empty result', async () => {
      const failing = look(tenant({ behaviour: { auditSearchFails: true } }), { run: await readOnce() });
      expect(await thrownBy(failing)).toBeInstanceOf(PermanentError);
    });
  });

  it.each([1, 2, 3, 4, 5])('finds the same whatever the order of the records (%i)', async (seed) => {
    const records = [
      ...['New-InboxRule', 'Send', 'Set-Mailbox', 'FileDownloaded'].map((operation, index) =>
        record('intruder', operation, { createdDateTime: `2026-11-20T09:1${index}:00Z` }),
      ),
      record('owner', 'New-InboxRule'),
    ];
    const shuffled =
      fc.sample(fc.shuffledSubarray(records, { minLength: records.length }), { numRuns: 1, seed })[0] ?? [];
    const [plain, mixed] = await Promise.all(
      [records, [...shuffled, ...shuffled.slice(0, 2)]].map((auditRecords) =>
        collected(tenant({ auditRecords, directoryAudits: [] })),
      ),
    );
    expect(mixed?.facts).toEqual(plain?.facts);
    expect(mixed?.intruder).toEqual(plain?.intruder);
  });

  it('leaves out what has no id or no time, and says so — the rest still counts', async () => {
    const good = record('intruder', 'New-InboxRule');
    const graph: GraphReader = {
      get: async (_path, schema) => schema.parse({ id: 's1', status: 'succeeded' }),
      search: async (_path, _body, schema) => schema.parse({ id: 's1' }),
      list: async (path, item) =>
        path.includes('/auditLog/')
          ? [good, { ...good, id: null }, { ...good, id: 'x', createdDateTime: 'soon' }, 7, null].map((one) =>
              item.parse(one),
            )
          : [],
    };
    const memo = { search: 's1', polls: 1, searches: 1 };
    const result = await collectAuditLog.collect(context({ run, intruder }), { ...noClients, graph }, memo);
    if (!('findings' in result)) throw new Error('nothing was collected');
    expect(actsOf(result)).toHaveLength(1);
    expect(whats(result)).toContain('4 records of the audit log could not be read');
  });

  it('a search that fails is started once more, and then left to a person', async () => {
    const { result, tenant: service } = await look(tenant({ behaviour: { auditSearchFails: true } }));
    expect(service.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    expect(result).toMatchObject({ tasks: [{ id: 'audit-log' }] });
  });

  it('a search that never ends is left to a person after hours — a run must end', async () => {
    const { result, waits } = await look(tenant({ behaviour: { auditSearchPolls: 1000 } }));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(2 * 3600);
    expect(result).toMatchObject({ tasks: [{ link: 'https://purview.microsoft.com/audit/auditsearch' }] });
  });

  it('waits and asks again while the service takes no more searches, and leaves it to a person after hours', async () => {
    const refusal = { on: 'POST /v1.0/security/auditLog/queries', status: 429, retryAfter: 60 };
    const busy = await collected(tenant({ behaviour: { faults: [{ ...refusal, times: 3 }] } }));
    expect(actsOf(busy)).not.toEqual([]);
    const { result } = await look(tenant({ behaviour: { auditSearchesADay: 0 } }));
    expect(result).toMatchObject({
      tasks: [{ instruction: expect.stringContaining('Microsoft Purview took no more searches') }],
    });
    expect(result).not.toHaveProperty('facts');
  });

  it('gives its place back each time the service refuses it — hours of asking would use up the day of all others', async () => {
    const told: string[] = [];
    const searches = {
      start: async () => {
        told.push('start');
        return 'started' as const;
      },
      end: async (how: 'ended' | 'refused') => void told.push(how),
    };
    const refusal = { on: 'POST /v1.0/security/auditLog/queries', status: 429, retryAfter: 60, times: 2 };
    const world = simulated(collectAuditLog, tenant({ behaviour: { faults: [refusal] } }));
    let memo: Json = null;
    for (;;) {
      const given = { ...context({ run, intruder, now: world.now() }), searches };
      const result = await collectAuditLog.collect(given, world.clients, memo);
      if (!('laterSeconds' in result)) break;
      memo = result.memo;
      world.advance(result.laterSeconds);
    }
    expect(told).toEqual(['start', 'refused', 'start', 'refused', 'start', 'ended']);
  });

  it.each([0, 4])(
    'thirty accounts at once share ten searches, and each log is read (%i polls each)',
    async (auditSearchPolls) => {
      const names = Array.from({ length: 30 }, (_, index) => `person${index}@contoso.com`);
      const world = simulated(collectAuditLog, {
        users: names.map((userPrincipalName) => ({ userPrincipalName })),
        auditRecords: names.map((name) => ({ ...record('owner', 'Send'), userPrincipalName: name })),
        behaviour: { auditSearchPolls },
      });
      const shared = memoryAuditSearches();
      const looking = names.map((userPrincipalName) => {
        const searches = {
          start: (which: 'first' | 'later') => shared.start(userPrincipalName, which, world.now()),
          end: (how: 'ended' | 'refused') => shared.end(userPrincipalName, how, world.now()),
        };
        return { userPrincipalName, searches, memo: null as Json, ended: undefined as unknown };
      });
      for (
        let seconds = 0;
        seconds < 3600 && looking.some(({ ended }) => ended === undefined);
        seconds += 10
      ) {
        for (const one of looking.filter(({ ended }) => ended === undefined)) {
          const { userPrincipalName, searches } = one;
          const given = { ...context({ account: { userPrincipalName }, now: world.now() }), searches };
          const result = await collectAuditLog.collect(given, world.clients, one.memo);
          if ('laterSeconds' in result) one.memo = result.memo;
          else one.ended = result;
        }
        world.advance(10);
      }
      for (const { ended } of looking) expect(ended).toMatchObject({ facts: { unified: true } });
      expect(world.tenant.requests.filter(({ status }) => status === 429)).toEqual([]);
    },
  );

  it('does not call a log clean when the day’s searches are used up: a person is asked, and what was read before stands', async () => {
    const searches = { start: async () => 'day' as const, end: async () => {} };
    const memo = { search: null, polls: 40, searches: 1 };
    const world = simulated(collectAuditLog, tenant());
    const asked = (facts: object) =>
      collectAuditLog.collect(
        { ...context({ run: { ...run, ...facts }, intruder, now: world.now() }), searches },
        world.clients,
        memo,
      );
    expect(await asked({})).toEqual({
      findings: [],
      tasks: [
        expect.objectContaining({
          instruction: expect.stringContaining('as many searches as it may in a day'),
        }),
      ],
    });
    const read = await collected(tenant());
    const before = { facts: { acts: read.facts ?? null } };
    expect(String(await thrownBy(asked(before)))).toContain('known as it was read before');
    expect(world.tenant.requests).toEqual([]);
  });

  it('is skipped if the tenant has no audit log to search — a missing licence is no failure', async () => {
    const { result } = await look(tenant({ servicePlans: ['AAD_PREMIUM_P2'] }));
    expect(result).toHaveProperty('skip', expect.stringContaining('not licensed'));
  });

  it.each([
    ['with the service down', 503, RetryableError],
    ['without the permission', 403, PermanentError],
  ])('%s, it fails with the right kind of error', async (_what, status, kind) => {
    const faults = [{ on: 'POST /v1.0/security/auditLog/queries', status }];
    expect(await thrownBy(look(tenant({ behaviour: { faults } })))).toBeInstanceOf(kind);
  });

  it('applies to every account, and is left out of dry runs — it leaves a search behind', () => {
    const applies = (given: RawContext['account']) => collectAuditLog.appliesTo(given);
    expect(applies(context({ account: { guest: true, hasMailbox: false } }).account)).toBe(true);
    expect(collectAuditLog.leaves).toBe('a search in the list of Microsoft Purview');
  });

  it('uses each permission it declares', async () => {
    const { used } = await look(tenant());
    expect([...used()].toSorted()).toEqual([...(collectAuditLog.permissions.graph ?? [])].toSorted());
  });
});
