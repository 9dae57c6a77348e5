// A drill in memory: the real drill, the real check and the real responder on a simulated tenant, under one clock.
import { z } from 'zod';
import { type DrillDeps, drill, type Responder } from '../../functions/drill/drill.ts';
import { changeDrill, type DrillServices, drillBodySchema, drillOn } from '../../functions/drill/drills.ts';
import { overhear, overhearTriage } from '../../functions/drill/overhear.ts';
import { type Recording, recorder } from '../../functions/drill/recording.ts';
import { declaredPermissions, grantedOf } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import { advance } from '../../shared/run/advance.ts';
import { type DrillRecordings, type DrillRow, type Drills, noDrill } from '../../shared/run/drills.ts';
import { openRun, runUnderWay } from '../../shared/run/open-run.ts';
import { undo } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runDocument } from '../../shared/summary/run-document.ts';
import { told } from '../fakes/told.ts';

export const group = '9a2c0c3e-6f0f-4f3d-9a51-0d6c4b1f7d01';
export const account = 'drill@contoso.com';
export const drillSettings = { DRILL_GROUP: group, DRILL_SINK: 'sink@contoso.com' };

/** A tenant with an account made for drills; `change` is merged on top. */
export const drillTenant = (change: object = {}, user: object = {}) => ({
  users: [
    { userPrincipalName: account, mailbox: {}, ...user },
    { userPrincipalName: 'sink@contoso.com', mailbox: {} },
    { userPrincipalName: 'admin@contoso.com' },
  ],
  groups: [{ id: group, displayName: 'Drill accounts', members: [account] }],
  roleAssignments: [{ principalId: 'admin@contoso.com', roleDefinitionId: 'Global Administrator' }],
  servicePrincipals: [{ displayName: 'Microsoft Graph', appId: '00000003-0000-0000-c000-000000000000' }],
  ...change,
});

function memoryDrills(): Drills & { row: () => DrillRow } {
  let row = noDrill;
  let version = 0;
  return {
    row: () => row,
    read: async () => ({ row, etag: version === 0 ? undefined : String(version) }),
    async write(next, etag) {
      if (etag !== (version === 0 ? undefined : String(version))) return false;
      version += 1;
      row = next;
      return true;
    },
  };
}

function memoryRecordings() {
  const parts: { drill: string; exchanges: readonly unknown[] }[] = [];
  const recordings: DrillRecordings = {
    keep: async (drill, exchanges) => {
      parts.push(structuredClone({ drill, exchanges }));
    },
    kept: async (drill) => parts.filter((part) => part.drill === drill).flatMap(({ exchanges }) => exchanges),
    forgetOthers: async (drill) => {
      for (const part of parts.filter((one) => one.drill !== drill)) parts.splice(parts.indexOf(part), 1);
    },
  };
  return { ...recordings, all: () => parts };
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export async function rehearsal(
  tenant: object = drillTenant(),
  more: Readonly<Record<string, string>> = {},
  replay?: Recording,
) {
  const drills = memoryDrills();
  // What services.ts provides in the app.
  const recordings = memoryRecordings();
  const around = { drills, recordings, now: (): Date => story.engine.now(), log: () => undefined };
  const story = await told({
    triaged: (triage) => overhearTriage(around, triage),
    tenant,
    events: [],
    settings: { ...drillSettings, ...more },
    ...(replay ? { replay } : {}),
  });
  const { settings } = story;
  const { now } = story.engine;
  const engine = Object.assign(story.engine, drillOn(settings, drills, now), overhear(around));
  const readers = () => engine.clients(new AbortController().signal);
  const services: DrillServices = {
    readers,
    settings,
    drills,
    recordings,
    clientId: undefined,
    readAccount: (id) => readAccount({ ...readers(), tenantId: story.tenant.tenantId, id, now: now() }),
    runOf: (userId) => runUnderWay(engine.progress, userId),
    now,
  };
  const responder: Responder = {
    drill: (body) => changeDrill(services, drillBodySchema.parse(body)),
    raise: async (alert) => await story.alert({ specversion: '1.0', source: 'test', ...alert }),
    async start(userId, reason) {
      const signals = [] as const;
      const opened = await services.readAccount(userId);
      await openRun(engine, { account: opened, signals, level: 'full', held: null, why: reason });
      await story.live();
    },
    async runsOf(userId, since) {
      const refs = await engine.progress.list(new Date(since), 100);
      const rows = await Promise.all(
        refs.filter((ref) => ref.userId === userId).map((ref) => engine.progress.read(ref)),
      );
      return rows.flatMap((one) => (one && one.run.row.openedAt >= since ? [one.run.row.id] : []));
    },
    async run(id) {
      const rows = await engine.progress.read(runRef(id));
      if (rows === undefined) throw new Error('the run is gone');
      return runDocument(rows, [], playbook);
    },
    async undo(id, reason) {
      const order = { who: 'drill', reason, now: now() };
      await advance(engine, runRef(id), undo(playbook, undefined, order, true));
      await story.live();
    },
    async problems() {
      const token = await story.tenant.credential.getToken('https://graph.microsoft.com/.default');
      const scans = await story.tenant.credential.getToken(
        'https://api.securitycenter.microsoft.com/.default',
      );
      const held = [token, scans].flatMap((one) => claimsOf(one?.token ?? '')?.roles ?? []);
      const { graph, defender } = declaredPermissions(playbook);
      return [...grantedOf(graph), ...Object.keys(defender)]
        .filter((name) => !held.includes(name))
        .map((name) => `${name} is not granted`);
    },
  };
  const credential = story.tenant.drill.credential;
  /** A process of its own; `through` stands between it and the tenant. */
  const deps = (given: Partial<DrillDeps> = {}, through: (fetch: Fetch) => Fetch = (fetch) => fetch) => ({
    responder,
    graph: createGraph({
      baseUrl: 'https://graph.microsoft.com',
      credential,
      fetch: through((url, init) => story.tenant.fetch(url, init)),
      now,
      wait: async () => undefined,
    }),
    identity: async () => {
      const token = await credential.getToken('https://graph.microsoft.com/.default');
      const claims = claimsOf(token?.token ?? '');
      return { clientId: claims?.appid ?? '', permissions: claims?.roles ?? [] };
    },
    without: [],
    now,
    sleep: async (seconds: number) => await story.pass(seconds),
    ended: new AbortController().signal,
    tell: () => undefined,
    ...given,
  });
  /** A drill with its requests and answers recorded. */
  const recorded = async (given: Partial<DrillDeps> = {}) => {
    const kept = recorder((url, init) => story.tenant.fetch(url, init));
    const report = await drill(
      deps(given, () => kept.fetch),
      account,
    );
    const answer = await responder.drill({ do: 'recorded', id: report.id ?? '' });
    const heard = answer.is === 'recorded' ? answer.exchanges : [];
    return { report, recording: kept.recording(heard, report.id ?? '') };
  };
  return {
    story,
    services,
    drills,
    recordings,
    responder,
    deps,
    recorded,
    drill: (given = deps()) => drill(given, account),
  };
}

const fileSchema = z.looseObject({ users: z.array(z.looseObject({ userPrincipalName: z.string() })) });

/** Empty lists count as missing, and what the services keep of the past is left out: dates, logs, sent summaries. */
export function stateOf(file: unknown): unknown {
  const { users, ...rest } = fileSchema.parse(file);
  const people = users.filter(({ userPrincipalName }) => userPrincipalName !== 'reclaim@contoso.com');
  return withoutPast({ ...rest, users: people });
}

const past =
  /^(outbox|riskyUsers|auditRecords|directoryAudits|lastPasswordChangeDateTime|signInSessionsValidFromDateTime|passwordProfile)$/;

function withoutPast(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPast);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, entry]) => !past.test(name) && !(Array.isArray(entry) && entry.length === 0))
      .map(([name, entry]) => [name, withoutPast(entry)]),
  );
}
