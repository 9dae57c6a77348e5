// Everything that the functions work with, made once for the life of the process from the settings alone. Long, so that
// one place shows what depends on what.

import { createBreaker } from '../shared/alerts/breaker.ts';
import { tellOfStorms } from '../shared/alerts/breaker-notice.ts';
import { bookOf } from '../shared/alerts/breaker-places.ts';
import { classifier } from '../shared/alerts/detector-settings.ts';
import { intrudersOf, lastRunOf } from '../shared/alerts/earlier-runs.ts';
import { gatherDetections } from '../shared/alerts/gather-detections.ts';
import type { PollDeps } from '../shared/alerts/poll.ts';
import {
  noProtections,
  protectedBecause,
  protectedGroups,
  protectionOf,
  readProtections,
} from '../shared/alerts/protection.ts';
import { tryTopic } from '../shared/alerts/publisher.ts';
import { watchSources } from '../shared/alerts/silence.ts';
import type { SourceHealth } from '../shared/alerts/source-health.ts';
import { unknownLine } from '../shared/alerts/unknown-titles.ts';
import { type Authenticate, createAuthenticate } from '../shared/auth/authenticate.ts';
import { reachesFurther } from '../shared/auth/reach.ts';
import { secondOperatorBecause } from '../shared/auth/second-operator.ts';
import { remembering } from '../shared/clients/remember.ts';
import { sharingReads } from '../shared/clients/shared-reads.ts';
import { toFailure } from '../shared/errors.ts';
import { lastDrillLine } from '../shared/mail/last-drill.ts';
import { createNoticeMailer } from '../shared/mail/notice-mailer.ts';
import { createNotices, type Notices } from '../shared/mail/notices.ts';
import { memberCount } from '../shared/microsoft365/count-members.ts';
import { readAccount } from '../shared/microsoft365/read-account.ts';
import type { Account } from '../shared/model/account.ts';
import type { GraphReader } from '../shared/model/clients.ts';
import { userNamed } from '../shared/preflight/mail.ts';
import { queues, stepQueue } from '../shared/run/bus.ts';
import type { DeadLetters } from '../shared/run/dead-letter.ts';
import type { Engine } from '../shared/run/engine.ts';
import { firstMove } from '../shared/run/first-move.ts';
import { openRun, runUnderWay } from '../shared/run/open-run.ts';
import type { RequestKeys } from '../shared/run/request-keys.ts';
import { askForCard, type Mailer } from '../shared/run/send-summary.ts';
import { sharingProgress } from '../shared/run/sharing-progress.ts';
import { paceBy } from '../shared/run/tenant-rate.ts';
import type { Settings } from '../shared/settings.ts';
import { Blobs } from '../shared/store/blobs.ts';
import { TableNotices } from '../shared/store/notice-store.ts';
import { ServiceBusBus, type ServiceBusNamespace } from '../shared/store/service-bus.ts';
import { StorageClock } from '../shared/store/storage-clock.ts';
import { TableAuditSearches } from '../shared/store/table-audit-searches.ts';
import { TableBreakerPlaces } from '../shared/store/table-breaker-places.ts';
import { TableBreakerStages } from '../shared/store/table-breaker-stages.ts';
import type { TableService } from '../shared/store/table-client.ts';
import { TableDeadLetters } from '../shared/store/table-dead-letters.ts';
import { TableDecisions } from '../shared/store/table-decisions.ts';
import { TableDepartures } from '../shared/store/table-departures.ts';
import { TableDrillRecordings, TableDrills } from '../shared/store/table-drills.ts';
import { TableFeedPositions } from '../shared/store/table-feed-positions.ts';
import { TableProgress } from '../shared/store/table-progress.ts';
import { TableRequestKeys } from '../shared/store/table-request-keys.ts';
import { TableRetention } from '../shared/store/table-retention.ts';
import { TableSourceHealth } from '../shared/store/table-source-health.ts';
import { TableTenantRate } from '../shared/store/table-tenant-rate.ts';
import { TableUnknownTitles } from '../shared/store/table-unknown-titles.ts';
import { createMailer } from '../shared/summary/mail.ts';
import { createWebhook, type Webhook } from '../shared/summary/webhook.ts';
import type { listDecisions } from './alerts/list-decisions.ts';
import { createTriageAlert, type TriageAlert } from './alerts/triage-alert.ts';
import { connect, createCredential } from './connect.ts';
import { type DrillServices, drillOn } from './drill/drills.ts';
import { overhear, overheard, overhearTriage } from './drill/overhear.ts';
import { holdingBack, type Priority } from './priority.ts';
import { reportDaily } from './runs/daily-report.ts';
import type { HandBackServices } from './runs/hand-back.ts';
import { createPreflight, type Preflight } from './runs/preflight.ts';
import type { StartDependencies } from './runs/start-run.ts';
import { playbook } from './steps/index.ts';
import { doorTo, publisherOf, topicOf } from './topic.ts';

/** Where the bus is, as far as even wrong settings say so. */
export function busNamespace({
  ServiceBus,
  ServiceBus__fullyQualifiedNamespace,
  AZURE_CLIENT_ID,
}: Readonly<
  Partial<
    Record<'ServiceBus' | 'ServiceBus__fullyQualifiedNamespace' | 'AZURE_CLIENT_ID', string | undefined>
  >
>): ServiceBusNamespace {
  return ServiceBus
    ? { connectionString: ServiceBus }
    : {
        fullyQualifiedNamespace: ServiceBus__fullyQualifiedNamespace ?? '',
        credential: createCredential(AZURE_CLIENT_ID),
      };
}

export interface Services {
  engine: Engine;
  bus: ServiceBusBus;
  /** Dead letters that wait for a person. */
  deadLetters: DeadLetters;
  mailer: Mailer;
  /** The second channel; undefined if no address is set. */
  webhook: Webhook | undefined;
  /** When each source of alerts last answered and delivered. */
  health: SourceHealth;
  /** Mails to on-call about the responder itself, each sent once. */
  notices: Notices;
  /** Why a pass for this account takes a second operator, or null. */
  secondOperatorFor: HandBackServices['secondOperatorFor'];
  watchSources: () => Promise<unknown>;
  reportDaily: () => Promise<unknown>;
  /** Removes records that have been kept long enough. */
  forget: () => Promise<unknown>;
  preflight: Preflight;
  decided: Parameters<typeof listDecisions>[0];
  drill: DrillServices;
  triage: (log: (line: string) => void) => TriageAlert;
  start: StartDependencies;
  /** Requests that were answered already. */
  answered: RequestKeys;
  /** What our own doors need; they publish only if there is a topic. */
  doors: (lines: Pick<PollDeps, 'log' | 'error'>) => PollDeps;
  /**
   * Opens in advance what the first alert would wait for: connections, tables, a token. A failure will show again when
   * they are needed.
   */
  warm: () => Promise<unknown>;
  /** Tells on-call about the circuit breaker; called by a timer. */
  storms: () => Promise<unknown>;
  /** Who is asking at the HTTP API. */
  authenticate: Authenticate;
}

type Log = Engine['log'];

export function createServices(settings: Settings, log: Log, priority: Priority): Services {
  const credential = createCredential(settings.AZURE_CLIENT_ID);
  const clock = new StorageClock();
  const { now } = clock;
  // Triage doesn't wait for a rate limit: what it asks decides whether an account is locked.
  const atOnce = connect(settings, { credential, log });
  const soon = () => atOnce(AbortSignal.timeout(settings.DEADLINE_SECONDS * 1000));

  const tables: TableService = settings.Progress
    ? { connectionString: settings.Progress }
    : { tableServiceUri: settings.Progress__tableServiceUri ?? '', credential };

  const bus = new ServiceBusBus(busNamespace(settings));
  const deadLetters = new TableDeadLetters(tables);
  const blobs = new Blobs(
    settings.Progress
      ? { connectionString: settings.Progress }
      : { blobServiceUri: blobServiceUri(settings), credential },
  );
  const progress = sharingProgress(new TableProgress(tables, now, clock.options, blobs));
  const pace = paceBy(new TableTenantRate(tables), 'identity-protection', now);
  const clients = sharingReads(
    connect(settings, {
      ...{ credential, log, fetch: overheard(globalThis.fetch) },
      paces: { '/identityProtection/': pace },
    }),
    () => now().getTime(),
  );
  const decisions = new TableDecisions(tables);
  const marks = new TableFeedPositions(tables);
  const drills = new TableDrills(tables);
  const recordings = new TableDrillRecordings(tables);
  const lastDrill = () =>
    drills.read().then(
      ({ row }) => lastDrillLine(row.lastPassedAt),
      () => undefined,
    );
  const engine: Engine = {
    progress,
    lastDrill,
    ...drillOn(settings, drills, now),
    ...overhear({ drills, recordings, now, log }),
    bus: holdingBack(bus, priority, urgentQueues, now),
    playbook,
    stepSettings: settings.STEPS,
    ...(settings.TIME_ZONE === undefined ? {} : { timeZone: settings.TIME_ZONE }),
    clients,
    ...publisherOf('reclaim/steps', settings, credential, now),
    protects: (account) => protectedBecause(account, noProtections, settings),
    departures: new TableDepartures(tables, 'global-administrators'),
    searches: new TableAuditSearches(tables),
    now,
    random: Math.random,
    deadlineSeconds: settings.DEADLINE_SECONDS,
    log,
  };
  const accountOf = (
    graph: GraphReader,
    id: string,
    at: Date,
    likelyName?: string | null,
  ): Promise<Account> => {
    return readAccount({
      graph,
      exchange: soon().exchange,
      tenantId: settings.TENANT_ID,
      id,
      likelyName: likelyName ?? null,
      now: at,
    });
  };
  const gathered = gatherDetections(() => soon().graph, now);
  const classify = classifier(settings.DETECTORS);
  const unknownTitles = new TableUnknownTitles(tables);
  const health = new TableSourceHealth(tables);
  const notices = createNotices({
    store: new TableNotices(tables),
    mailer: createNoticeMailer(
      { from: settings.MAIL_FROM, to: settings.MAIL_TO, timeZone: settings.TIME_ZONE },
      () => soon().graph,
      lastDrill,
    ),
    now,
    log,
  });
  /** If it can't be noted that a source was heard, that is worth a log line, but no failure. */
  const noted = (note: Promise<unknown>): void => {
    note.catch((thrown: unknown) => log(toFailure(thrown).message));
  };
  const topic = topicOf('reclaim/preflight', settings, credential, now);
  const baseUrl = settings.BASE_URL ?? `https://${settings.WEBSITE_HOSTNAME ?? 'localhost'}`;
  const trips = new TableBreakerStages(tables);
  const users = memberCount(
    () => soon().graph,
    now,
    log,
    // More than could ever count before the breaker opens.
    async () => (await progress.list(new Date(now().getTime() - 7 * 86_400_000), 500)).length,
  );
  const places = new TableBreakerPlaces(tables, Math.random);
  const breaker = createBreaker({
    places,
    trips,
    settings,
    users,
    now,
  });

  const webhook =
    settings.WEBHOOK_URL === undefined
      ? undefined
      : createWebhook(
          { url: settings.WEBHOOK_URL, cases: settings.WEBHOOK_CASES, baseUrl, timeZone: settings.TIME_ZONE },
          { playbook, now, timeoutSeconds: 20 },
        );

  return {
    engine,
    bus,
    deadLetters,
    health,
    notices,
    watchSources: () =>
      watchSources({ health, notices, silentAfterHours: settings.NO_SIGNAL_HOURS, now, log }),
    decided: { decisions, now, idOf: async (name) => (await userNamed(soon().graph, name))?.id },
    preflight: createPreflight({
      ...{ settings, engine, bus, blobs, tables, credential, notices, health, readers: clients },
      tryTopic: topic && (() => tryTopic(topic)),
    }),
    forget: async () => {
      const kept = { runsDays: settings.KEEP_RUNS_DAYS, decisionsDays: settings.KEEP_DECISIONS_DAYS };
      const { runs, rows } = await new TableRetention(tables).forget(kept, now());
      log(`retention: ${runs} runs and ${rows} rows in all were removed`);
    },
    reportDaily: () => reportDaily(engine, { notices, unknownTitles, deadLetters }, baseUrl),
    webhook,
    mailer: {
      ...createMailer(
        { from: settings.MAIL_FROM, to: settings.MAIL_TO, baseUrl, timeZone: settings.TIME_ZONE },
        { graph: () => soon().graph, playbook, now, lastDrill },
      ),
      second: askForCard(webhook, bus, log),
    },
    drill: {
      readers: soon,
      settings,
      drills,
      recordings,
      clientId: settings.AZURE_CLIENT_ID,
      readAccount: (idOrName) => accountOf(soon().graph, idOrName, now()),
      runOf: (userId) => runUnderWay(progress, userId),
      now,
    },
    triage: (line) => {
      const known = remembering(soon().graph);
      const triage = createTriageAlert({
        graph: gathered,
        settings,
        policy: settings.POLICY,
        readAccount: (...asked) => {
          // The breaker asks for it next, and a lock waits for both.
          void users();
          return accountOf(known, ...asked);
        },
        lastRun: (userId) => lastRunOf(progress, userId),
        intruders: (since) => intrudersOf(progress, since),
        protection: async (userId) => {
          const marks = await readProtections(soon().graph, userId, protectedGroups(settings));
          return (account) => protectedBecause(account, marks, settings);
        },
        openRun: (request) =>
          openRun(engine, { ...request, admit: breaker.admit }, firstMove(engine, { graph: known })),
        decisions,
        classify,
        unknown(one, accuses) {
          noted(unknownTitles.isNew(one, now()).then((isNew) => isNew && log(unknownLine(one))));
          if (accuses) noted(unknownTitles.keep(one, now()));
        },
        heard: (source) => noted(health.delivered(source, now())),
        now,
        log: line,
      });
      // Without a drill group there is no drill, and an alert costs nothing extra.
      return settings.DRILL_GROUP === undefined
        ? triage
        : overhearTriage({ drills, recordings, now, log }, triage);
    },
    doors: (lines) => ({
      graph: soon().graph,
      marks,
      publish: doorTo(publisherOf('reclaim/doors', settings, credential, now).publish),
      now,
      // The remaining time is for the last slice and what it publishes.
      deadline: new Date(now().getTime() + settings.DEADLINE_SECONDS * 500),
      answered: (source, at) => noted(health.answered(source, at)),
      ...lines,
    }),
    authenticate: createAuthenticate(settings, now),
    secondOperatorFor: async (recorded) => {
      const { graph } = soon();
      const [account, reach] = await Promise.all([
        accountOf(graph, recorded.id, now()),
        reachesFurther(graph, recorded, settings.API_CLIENT_ID),
      ]);
      const protection = await protectionOf(graph, account, settings);
      return secondOperatorBecause(recorded, account, protection, reach, settings);
    },
    answered: new TableRequestKeys(tables),
    start: {
      readAccount: (idOrUpn) => accountOf(soon().graph, idOrUpn, now()),
      heldBecause: (account) => protectionOf(soon().graph, account, settings),
      count: breaker.count,
      decided: (decision) => noted(decisions.record(decision)),
    },
    warm: () =>
      Promise.allSettled([
        bus.warm([queues.summaries, ...playbook.map(({ name }) => stepQueue(name))]),
        progress.claimOf(settings.TENANT_ID),
        places.take(bookOf('breaker', now()), settings.TENANT_ID, []),
        users(),
      ]),
    storms: () => tellOfStorms({ trips, progress, notices, baseUrl, mailTo: settings.MAIL_TO, now, log }),
  };
}

/** Their messages lead to a lock. */
const urgentQueues = new Set([
  queues.alerts,
  ...playbook.flatMap(({ name, stage }) => (stage === 'contain' ? [stepQueue(name)] : [])),
]);

const blobServiceUri = ({ Progress__blobServiceUri, Progress__tableServiceUri = '' }: Settings): string =>
  Progress__blobServiceUri ?? Progress__tableServiceUri.replace('.table.', '.blob.');
