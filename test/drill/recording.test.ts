import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { changeDrill } from '../../functions/drill/drills.ts';
import { overhear, overheard, overhearTriage } from '../../functions/drill/overhear.ts';
import { ours } from '../../functions/drill/plantings.ts';
import {
  cmdletIn,
  differencesIn,
  type Exchange,
  expectationOf,
  isAlias,
  recordingSchema,
  strippedOf,
} from '../../functions/drill/recording.ts';
import type { Decision } from '../../shared/alerts/decisions.ts';
import { account, drillTenant, rehearsal, stateOf } from './rehearsal.ts';

describe('a recording', () => {
  it('of the simulated tenant equals expected.generated.json, with which tenants are compared', async () => {
    const { recorded } = await rehearsal();
    const { recording, report } = await recorded();
    expect(report.verdict).toBe('passed');
    // If the responder only looks, the drill has more to remove.
    const looking = await rehearsal(drillTenant(), {
      STEPS: JSON.stringify({ 'remove-auth-methods': { mode: 'report' } }),
    });
    const more = (await looking.recorded()).recording;
    const expectation = expectationOf({
      ...recording,
      exchanges: [...recording.exchanges, ...more.exchanges],
    });
    const text = `${JSON.stringify(expectation, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../functions/drill/expected.generated.json');
    expect(differencesIn(recording, expectationOf(recording))).toEqual([]);
    expect(recordingSchema.parse(JSON.parse(JSON.stringify(recording)))).toEqual(recording);
  });

  it('contains no name, id, address, number or date of its tenant, and no token', async () => {
    const { recorded, story } = await rehearsal();
    const text = JSON.stringify((await recorded()).recording).toLowerCase();
    for (const one of valuesIn(story.tenant.state())) expect(text).not.toContain(one.toLowerCase());
    for (const secret of story.tenant.secrets) expect(text).not.toContain(secret.toLowerCase());
    for (const { url } of story.tenant.requests)
      for (const id of url.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [])
        if (!id.startsWith('00000003-0000')) expect(text).not.toContain(id);
  });

  it('contains nothing from answers that no stand-in has ever given, either', () => {
    const secret = fc.oneof(
      fc.emailAddress(),
      fc.uuid(),
      fc.webUrl(),
      fc.integer({ min: 100_000, max: 999_999_999 }).map(String),
      fc.string({ minLength: 6, maxLength: 30 }).map((text) => `S${text}e`),
      fc
        .date({ noInvalidDate: true, min: new Date(2001, 0), max: new Date(2100, 0) })
        .map((at) => at.toISOString()),
    );
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 6 }), fc.json(), (secrets, other) => {
        const [first = ''] = secrets;
        const rest: z.infer<ReturnType<typeof z.json>> = z.json().parse(JSON.parse(other));
        const answer = {
          id: first,
          '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#users('${first}')`,
          nested: [{ emailAddress: { name: secrets.at(-1) ?? '', address: first } }, ...secrets],
          [`extension_0123456789abcdef0123456789abcdef_x`]: true,
          rest,
        };
        const raw: Exchange[] = [
          {
            ...{ by: 'drill' as const, service: 'graph' as const, method: 'GET' },
            path: `/v1.0/users/${encodeURIComponent(first)}/messages?$filter=subject eq '${encodeURIComponent(first)}'`,
            request: { userIds: secrets },
            status: 200,
            answer,
          },
          {
            ...{ by: 'drill' as const, service: 'graph' as const, method: 'GET' },
            path: `/v1.0/users/${encodeURIComponent(first)}`,
            status: 404,
            answer: {
              error: { code: 'NotFound', message: `no ${first}`, innerError: { 'request-id': first } },
            },
          },
        ];
        const text = JSON.stringify(strippedOf(raw));
        for (const one of secrets) {
          expect(text).not.toContain(JSON.stringify(one).slice(1, -1));
          expect(text).not.toContain(encodeURIComponent(one));
        }
        expect(text).not.toContain('0123456789abcdef');
      }),
      { numRuns: 3000 },
    );
  });

  it.each(
    [
      ...['bob@contoso.com', "O'Brien@contoso.com", 'Ünïcode Näme', 'read\u0000me', '%zz', '$&', 'a~id~b'],
      ...['6F9619FF-8B86-D011-B42D-00CF4FC964FF', '{6f9619ff-8b86-d011-b42d-00cf4fc964ff}'],
      ...['6f9619ff8b86d011b42d00cf4fc964ff', 'urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
      ...['/xpZ/4aLEdC0LQDPT8lk/w==', '_xmWb4aLEdC0LQDPT8lk_w', '198.51.100.7', '2001:db8::7'],
      ...['+49 30 901820', '13.404954', 'contoso.onmicrosoft.com', 'eyJhbGciOiJub25lIn0.eyJ1cG4iOiJib2IifQ.'],
    ].map((secret) => ({ secret })),
  )('holds nothing of $secret, wherever it stands and however it is written', ({ secret }) => {
    const escaped = [...secret]
      .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    const forms = [
      secret,
      encodeURIComponent(secret),
      [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      escaped,
    ];
    const exchanges = forms.flatMap((form): Exchange[] => {
      const common = { by: 'responder' as const, service: 'graph' as const, method: 'GET' };
      const path = `/v1.0/users/${form.replaceAll(/[?/#]/g, '')}/messages('${encodeURIComponent(form)}')?$filter=from/emailAddress/address eq '${form}'&$search="${form}"&${form}=1`;
      const answer = {
        value: [{ id: form, [secret]: form, [`${secret}@odata.type`]: [form] }],
        '@odata.id': form,
      };
      const error = { code: secret, message: form, innerError: { [secret]: form } };
      return [
        { ...common, path, status: 200, request: { CmdletInput: { CmdletName: form } }, answer },
        { ...common, path, status: 400, answer: { error } },
      ];
    });
    const text = JSON.stringify(strippedOf(exchanges));
    for (const form of forms) {
      expect(text).not.toContain(form);
      expect(text).not.toContain(JSON.stringify(form).slice(1, -1));
    }
    const bare = secret.replaceAll(/[-{}]/g, '').toLowerCase();
    expect(text.replaceAll('-', '').toLowerCase()).not.toContain(bare);
  });

  it('holds no place in numbers, and no property that a tenant named', () => {
    const answer = {
      location: { geoCoordinates: { latitude: 52, longitude: 13.404954 } },
      ...{ contoso_badge: 'x', 'megan@contoso.com': 1, 'Guid@odata.type': '#Guid', count: 7 },
    };
    const raw = { by: 'drill' as const, service: 'graph' as const, method: 'GET', path: '/v1.0/users' };
    const [kept] = strippedOf([{ ...raw, status: 200, answer }]).exchanges;
    expect(kept?.answer).toEqual({
      location: { geoCoordinates: { latitude: 0.5, longitude: 0.5 } },
      ...{ 'Guid@odata.type': 'text-1', count: 7 },
    });
  });

  it('says where another tenant answers differently: statuses, missing or new fields, other kinds', async () => {
    const { recorded } = await rehearsal();
    const { recording } = await recorded();
    const expects = expectationOf(recording);
    const changed = structuredClone(recording);
    for (const one of changed.exchanges) {
      if (one.method === 'POST' && one.path.endsWith('/messageRules')) {
        one.status = 400;
        one.answer = { error: { code: 'ErrorInvalidRecipients' } };
      }
      if (one.method === 'POST' && one.path.endsWith('/calendarPermissions'))
        one.answer = { id: 7, role: 'write', colour: 'blue' };
    }
    const said = differencesIn(changed, expects).join('\n');
    expect(said).toContain(
      'POST /users/{id}/mailFolders/inbox/messageRules: answered 400 (ErrorInvalidRecipients), expected 201',
    );
    expect(said).toContain('POST /users/{id}/calendar/calendarPermissions: id is number, expected string');
    expect(said).toContain('POST /users/{id}/calendar/calendarPermissions: colour is new');
    expect(said).toContain('POST /users/{id}/calendar/calendarPermissions: isRemovable is missing');
  });
});

describe('the responder’s side of a drill', () => {
  it('is in the recording: each request of its run, with only names and ids left out of its paths', async () => {
    const { recorded, story } = await rehearsal();
    const { recording } = await recorded();
    const own = recording.exchanges.filter(({ by }) => by === 'responder');
    const cmdlets = own.flatMap(({ request }) => cmdletIn(request) ?? []);
    expect(cmdlets).toEqual(
      expect.arrayContaining(['Disable-InboxRule', 'Get-Mailbox', 'Remove-MailboxFolderPermission']),
    );
    const asked = story.tenant.requests.flatMap(({ method, route }) =>
      route === null ? [] : [route.startsWith(method) ? route : `${method} ${route}`],
    );
    const shapes = new Set(
      own
        .filter(({ service }) => service === 'graph')
        .map(({ method, path }) => {
          const segments = (path.split('?')[0] ?? '').split('/').slice(2);
          return `${method} /${segments.map((one) => (isAlias(decodeURIComponent(one)) ? '{id}' : one)).join('/')}`;
        }),
    );
    // A word mistaken for a name would become an {id} where the service knows none.
    const known = asked.map((route) => route.replaceAll(/\{[^}]*\}/g, '{id}'));
    for (const shape of shapes)
      expect(known, shape).toContain(shape.replace('/mailFolders/sentitems/', '/mailFolders/{id}/'));
    expect(shapes).toContain('PATCH /users/{id}');
    expect(shapes).toContain('DELETE /users/{id}/authentication/phoneMethods/{id}');
    expect(shapes).toContain('POST /users/{id}/revokeSignInSessions');
  });

  it('includes what triage asks about the alert', async () => {
    const { recorded } = await rehearsal();
    const { recording } = await recorded();
    const asked = recording.exchanges
      .filter(({ by }) => by === 'responder')
      .map(({ path }) => path.split('?')[0] ?? '');
    const [first = ''] = asked.filter((path) => path.startsWith('/v1.0/identityProtection/'));
    // Before anything is locked.
    expect(asked.indexOf(first)).toBeLessThan(
      asked.findIndex((path) => path.endsWith('/revokeSignInSessions')),
    );
    expect(asked.some((path) => /^\/v1\.0\/identityProtection\/riskDetections(\/|$)/.test(path))).toBe(true);
  });

  it('is kept before the row is settled, and work goes on where it can’t be kept or takes too long', async () => {
    const { services, recordings, drills } = await rehearsal();
    const begun = await changeDrill(services, { do: 'begin', user: account });
    if (begun.is !== 'begun') throw new Error('a drill begins');
    const answer = async () => Response.json({ id: 'x' });
    const ask = () => overheard(answer)('https://graph.microsoft.com/v1.0/users', {});
    const around = { drills, recordings, now: services.now, log: () => undefined };
    const part = { id: begun.drill.id, sink: begun.sink };
    await overhear(around).overheard(part, ask);
    expect(recordings.all()).toHaveLength(1);
    const failing = { keep: () => Promise.reject(new Error('full')) };
    expect((await overhear({ ...around, recordings: failing }).overheard(part, ask)).status).toBe(200);
    const hanging = { keep: () => new Promise<never>(() => undefined) };
    expect((await overhear({ ...around, recordings: hanging }).overheard(part, ask)).status).toBe(200);
  });

  it('is not kept of an alert about somebody else while the drill is on', async () => {
    const { services, recordings, drills } = await rehearsal();
    const begun = await changeDrill(services, { do: 'begin', user: account });
    if (begun.is !== 'begun') throw new Error('a drill begins');
    const ask = overheard(async () => Response.json({ id: 'x' }));
    const decided = (userId: string | null) =>
      overhearTriage({ drills, recordings, now: services.now, log: () => undefined }, async () => {
        await ask('https://graph.microsoft.com/v1.0/users', {});
        return [decisionOn(userId)];
      });
    await decided('11111111-2222-4333-8444-555555555555')({});
    await decided(null)({});
    expect(recordings.all()).toEqual([]);
    await decided(begun.drill.userId)({});
    expect(recordings.all()).toHaveLength(1);
  });

  it('is not kept of any other run, or once the drill is over', async () => {
    const { story, responder, drill, recordings } = await rehearsal();
    await responder.start('admin@contoso.com', 'a run in earnest');
    const before = recordings.all().length;
    expect(before).toBe(0);
    await drill();
    const kept = recordings.all().length;
    expect(kept).toBeGreaterThan(0);
    await story.pass(3 * 3600);
    expect(recordings.all().length).toBe(kept);
  });
});

describe('a recording that is replayed on another tenant', () => {
  const elsewhere = () => {
    const text = JSON.stringify(drillTenant()).replaceAll('sink@contoso.com', 'basin@contoso.com');
    return { ...z.looseObject({}).parse(JSON.parse(text)), tenantId: '7e0a1c7c-5b5e-4d0e-9c57-2f2f0b1a9d10' };
  };
  const settings = { DRILL_SINK: 'basin@contoso.com' };
  const faults = (...on: object[]) => drillTenant({ behaviour: { faults: on } });
  const outcome = ({ plantings }: { plantings: readonly { name: string; is: string }[] }) =>
    plantings.map(({ name, is }) => `${name}: ${is}`);

  it.each([
    ['as the stand-in answers anyway', drillTenant()],
    [
      'with a rule refused',
      faults({ on: 'POST /v1.0/users/*/messageRules', status: 400, code: 'ErrorInvalidRecipients' }),
    ],
    [
      'with a calendar refused',
      faults({ on: 'POST *calendarPermissions', status: 403, code: 'ErrorAccessDenied' }),
    ],
    ['without OneDrive', faults({ on: 'POST *drive/root/children', status: 404, code: 'ResourceNotFound' })],
    [
      'with the responder refused to disable a rule',
      faults({ on: 'Disable-InboxRule', status: 403, code: 'Forbidden', times: 30 }),
    ],
    ['with a telephone refused', faults({ on: 'POST *phoneMethods', status: 400, code: 'badRequest' })],
  ])('%s, affects the drill there as it did here', async (_, tenant) => {
    const first = await (await rehearsal(tenant)).recorded();
    const there = await rehearsal(elsewhere(), settings, first.recording);
    const second = await there.recorded();
    expect(outcome(second.report)).toEqual(outcome(first.report));
    expect(second.report.verdict).toBe(first.report.verdict);
    expect(differencesIn(second.recording)).toEqual(differencesIn(first.recording));
    expect(stateOf(there.story.tenant.state())).toEqual(stateOf(there.story.before));
  });

  it('teaches the stand-in how the responder is answered, too, with this tenant’s own values', async () => {
    const { recording } = await (await rehearsal()).recorded();
    const methods = recording.exchanges.filter(
      (one) => one.by === 'responder' && one.path.split('?')[0]?.endsWith('/authentication/methods'),
    );
    const list = z.looseObject({ value: z.array(z.record(z.string(), z.json())) });
    for (const one of methods) {
      const shape = list.parse(one.answer);
      one.answer = { ...shape, value: shape.value.map((row) => ({ ...row, colour: 'text-900' })) };
    }
    expect(methods.length).toBeGreaterThan(0);
    const there = await rehearsal(elsewhere(), settings, recording);
    const again = await there.recorded();
    expect(again.report).toMatchObject({ verdict: 'passed', left: [] });
    const asked = again.recording.exchanges.filter(
      (one) => one.by === 'responder' && one.path.split('?')[0]?.endsWith('/authentication/methods'),
    );
    const rows = asked.flatMap(({ answer }) => list.parse(answer).value);
    expect(rows.some(({ colour }) => colour !== undefined)).toBe(true);
    expect(stateOf(there.story.tenant.state())).toEqual(stateOf(there.story.before));
  });

  it('teaches the stand-in an answer of a different shape', async () => {
    const { recording } = await (await rehearsal()).recorded();
    const made = recording.exchanges.find(
      (one) => one.method === 'POST' && one.path.endsWith('/messageRules'),
    );
    const shape = z.record(z.string(), z.json()).parse(made?.answer);
    if (made !== undefined) made.answer = { ...shape, colour: 'text-900' };
    const there = await rehearsal(elsewhere(), settings, recording);
    const again = await there.recorded();
    expect(again.report.verdict).toBe('passed');
    expect(differencesIn(again.recording)).toEqual([
      'POST /users/{id}/mailFolders/inbox/messageRules: colour is new',
    ]);
  });
});

const decisionOn = (userId: string | null): Decision => ({
  ...{ action: 'none', row: 'no-alert', why: 'a test', at: '', message: null, source: null, sourceId: null },
  ...{
    version: null,
    userId,
    userPrincipalName: null,
    runId: null,
    joined: false,
    raised: false,
    signal: null,
  },
});

/** Names, ids and addresses of a tenant: all text in its file except words that every tenant has. */
function valuesIn(value: unknown): string[] {
  if (typeof value === 'string')
    return everyTenants.has(value) || ours.has(value) || value.length < 5 ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(valuesIn);
}
const everyTenants = new Set([
  'Microsoft Graph',
  '00000003-0000-0000-c000-000000000000',
  'Global Administrator',
  'confirmedCompromised',
  'dismissed',
  'adminDismissedAllRiskForUser',
  'SharedMailbox',
]);
