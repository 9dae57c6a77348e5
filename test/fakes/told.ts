// A story played through in memory: alerts through the real triage, every step with real clients on the simulated
// tenant, and the mail to on-call, under a clock that jumps to the next message. For sockets and the host, see
// whole.ts.
import { fileURLToPath } from 'node:url';
import { createTriageAlert, type TriageAlert } from '../../functions/alerts/triage-alert.ts';
import { connect } from '../../functions/connect.ts';
import { overheard } from '../../functions/drill/overhear.ts';
import { drillPermissions } from '../../functions/drill/plantings.ts';
import type { Recording } from '../../functions/drill/recording.ts';
import { declaredPermissions, grantedOf } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { type LoadedScenario, loadScenario } from '../../local/scenario.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { resolveTimes } from '../../local/tenant/times.ts';
import { intrudersOf, lastRunOf } from '../../shared/alerts/earlier-runs.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import { type Apply, advance } from '../../shared/run/advance.ts';
import { type Outgoing, queues, stepMessageSchema, summaryMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { undo } from '../../shared/run/operate.ts';
import { type RunRef, runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { sendSummary } from '../../shared/run/send-summary.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { readSettings } from '../../shared/settings.ts';
import { createMailer } from '../../shared/summary/mail.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { MemoryBus, type MemoryMessage } from './memory-bus.ts';
import { MemoryProgress } from './memory-progress.ts';
import { memoryAuditSearches, memoryDecisions } from './memory-stores.ts';

const start = new Date('2026-11-20T09:15:00.400Z');
const baseUrl = 'https://reclaim.contoso.example';

/** A scenario of local/scenarios under the story's own clock. */
export const scenarioCalled = (name: string): Promise<LoadedScenario> =>
  loadScenario(fileURLToPath(new URL(`../../local/scenarios/${name}.json`, import.meta.url)), start);

interface Told {
  type: string;
  data: { id: string };
}

/**
 * A test's own tenant, with times as in a file, and its alerts: risk detections, which are put into the tenant, and
 * others.
 */
export function tenantWith(
  tenant: object,
  detections: readonly { id: string }[],
  others: readonly Told[] = [],
) {
  const all = [...detections.map((data) => ({ type: 'Reclaim.RiskDetection', data })), ...others];
  const events = all.map(({ type, data }) => ({
    specversion: '1.0',
    id: data.id,
    source: 'test',
    type,
    time: start.toISOString(),
    data: resolveTimes(data, start),
  }));
  return { tenant: resolveTimes({ riskDetections: detections, ...tenant }, start), events, settings: {} };
}

export async function told(
  given: Pick<LoadedScenario, 'tenant' | 'events' | 'settings'> & {
    replay?: Recording;
    /** Stands around triage, as in the services. */
    triaged?: (triage: TriageAlert) => TriageAlert;
  },
  more: Readonly<Record<string, string>> = {},
  /** Which of the deliverable messages are handled next, side by side; left out: only the first. */
  next: (ready: readonly MemoryMessage[]) => readonly MemoryMessage[] = (ready) => ready.slice(0, 1),
) {
  let at = start.getTime();
  const now = () => new Date(at);
  const { graph, defender } = declaredPermissions(playbook);
  const permissions = [...grantedOf(graph), ...Object.keys(defender), 'Exchange.ManageAsApp'];
  const tenant = createTenant(given.tenant, {
    now,
    permissions,
    drillPermissions,
    ...(given.replay ? { replay: given.replay } : {}),
    mailFrom: 'reclaim@contoso.com',
  });
  const read = readSettings(
    {
      TENANT_ID: tenant.tenantId,
      MAIL_FROM: 'reclaim@contoso.com',
      MAIL_TO: 'oncall@contoso.com',
      ServiceBus: 'Endpoint=sb://127.0.0.1',
      Progress: 'UseDevelopmentStorage=true',
      ...given.settings,
      ...more,
    },
    playbook,
  );
  if ('problems' in read) throw new Error(read.problems.join('\n'));
  const { settings } = read;
  const clients = connect(settings, {
    credential: tenant.credential,
    fetch: overheard(tenant.fetch),
    now,
    wait: async () => undefined,
  });
  const quiet = () => clients(new AbortController().signal);

  const bus = new MemoryBus({ now });
  const progress = new MemoryProgress();
  const decisions = memoryDecisions();
  const published: { id: string; type: string; data: unknown }[] = [];
  const batches: (readonly Outgoing[])[] = [];
  const incoming: unknown[] = [...given.events];
  const log: string[] = [];
  const engine: Engine = {
    progress,
    bus: {
      send: async (messages) => {
        batches.push(messages);
        await bus.send(messages);
      },
    },
    playbook,
    stepSettings: settings.STEPS,
    clients,
    searches: memoryAuditSearches(),
    publish: async (alerts) => {
      const anew = alerts.filter(({ id }) => !published.some((old) => old.id === id));
      published.push(...anew);
      incoming.push(
        ...anew.map((alert) => ({
          specversion: '1.0',
          source: 'reclaim/steps',
          time: now().toISOString(),
          ...alert,
        })),
      );
    },
    now,
    random: () => 0.5,
    deadlineSeconds: 60,
    log: (line) => log.push(line),
  };
  const mailer = createMailer(
    { from: settings.MAIL_FROM, to: settings.MAIL_TO, baseUrl },
    { graph: () => quiet().graph, playbook, now },
  );
  const plainTriage = createTriageAlert({
    graph: quiet().graph,
    settings,
    policy: settings.POLICY,
    readAccount: (id, time) => readAccount({ ...quiet(), tenantId: tenant.tenantId, id, now: time }),
    lastRun: (userId) => lastRunOf(progress, userId),
    intruders: (since) => intrudersOf(progress, since),
    openRun: (request) => openRun(engine, request),
    decisions,
    now,
    log: (line) => log.push(line),
  });
  const triage = given.triaged?.(plainTriage) ?? plainTriage;

  /** Until nothing is left to do, or this time is up. */
  async function live(seconds = 600) {
    const end = at + seconds * 1000;
    for (;;) {
      const alert = incoming.shift();
      if (alert !== undefined) {
        at += 20;
        await triage(alert, `message-${at}`);
        continue;
      }
      const taken = next(bus.ready()).flatMap((message) => bus.take(message) ?? []);
      if (taken.length === 0) {
        const due = bus.nextAt()?.getTime();
        if (due === undefined || due > end) break;
        at = Math.max(at + 1, due);
        continue;
      }
      at += 20;
      await Promise.all(taken.map(work));
    }
  }

  async function work(message: MemoryMessage) {
    if (message.queue === queues.summaries)
      await sendSummary(engine, mailer, summaryMessageSchema.parse(message.body));
    else await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
    bus.complete(message);
  }

  async function rowsOf(ref: RunRef) {
    const found = await progress.read(ref);
    if (found === undefined) throw new Error(`run ${ref.runId} is gone`);
    const rows = { run: found.run.row, steps: found.steps.map(({ row }) => row) };
    const runUrl = `${baseUrl}/api/runs/${rows.run.id}`;
    const zone = settings.TIME_ZONE === undefined ? {} : { timeZone: settings.TIME_ZONE };
    return { ...rows, summary: summaryOf({ ...rows, playbook, runUrl, now: now(), ...zone }) };
  }
  const refs = () => progress.list(new Date(0), 100);
  /** Every run, oldest first. */
  const runs = async () =>
    (await Promise.all((await refs()).map(rowsOf))).toSorted((a, b) =>
      a.run.openedAt.localeCompare(b.run.openedAt),
    );
  async function operate(apply: Apply) {
    for (const ref of await refs()) await advance(engine, runRef(ref.runId), apply);
    await live();
  }

  const before = tenant.state();
  await live();
  return {
    tenant,
    engine,
    settings,
    /** Lets time pass, and does what is due by then. */
    async pass(seconds: number) {
      const end = at + seconds * 1000;
      await live(seconds);
      at = Math.max(at, end);
    },
    before,
    decisions,
    published,
    /** What was sent, in batches as it was sent. */
    batches,
    log,
    runs,
    live,
    operate,
    /** The run of one account, or the only run. */
    async run(user?: string) {
      const found = (await runs()).find(
        ({ run }) => user === undefined || run.account.userPrincipalName === user,
      );
      if (found === undefined) throw new Error(`no run for ${user}: ${decisions.all.map(({ why }) => why)}`);
      return found;
    },
    undo: () => operate(undo(playbook, undefined, { who: 'on-call', reason: 'false alarm', now: now() })),
    /** Alerts that come in later. */
    async alert(...events: readonly unknown[]) {
      incoming.push(...events);
      await live();
    },
    /** The later checks. */
    async later(minutes: number) {
      at += minutes * 60_000;
      await sweepRuns(engine);
      await live();
    },
  };
}
