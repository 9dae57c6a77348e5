// The only file with side effects: reads the settings, makes the services on first use, registers every trigger. It
// never throws at import, because Azure would then silently index no function; instead, each function says what is
// wrong with the settings.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import { app, type HttpMethod, type InvocationContext } from '@azure/functions';
import { authLevelOf } from '../shared/auth/authenticate.ts';
import { createGraph } from '../shared/clients/graph.ts';
import { PermanentError } from '../shared/errors.ts';
import { oneLine } from '../shared/mail/plain.ts';
import {
  cardMessageSchema,
  queues,
  stepMessageSchema,
  stepQueue,
  summaryMessageSchema,
} from '../shared/run/bus.ts';
import { keptLetter, settleDeadLetter } from '../shared/run/dead-letter.ts';
import { runStep } from '../shared/run/run-step.ts';
import { sendCard, sendSummary } from '../shared/run/send-summary.ts';
import { sweepRuns } from '../shared/run/sweep.ts';
import { readSettings, type Settings } from '../shared/settings.ts';
import { ServiceBusBus } from '../shared/store/service-bus.ts';
import { forwardStream, streamTrigger } from './alerts/forward-stream.ts';
import { pollAlerts } from './alerts/poll-alerts.ts';
import { createCredential } from './connect.ts';
import { type Delivery, deliveryNumber, deliveryOf, handled, putOff, revived } from './delivery.ts';
import { drillByTimer } from './drill/weekly.ts';
import { createPriority, ofOneInstance } from './priority.ts';
import { type ApiAnswer, type ApiRequest, Problem } from './runs/api.ts';
import { once } from './runs/idempotency.ts';
import { type Incoming, respond } from './runs/respond.ts';
import { type Route, refuseUnknown, routes, unknownRoute } from './runs/routes.ts';
import { busNamespace, createServices, type Services } from './services.ts';
import { playbook } from './steps/index.ts';
import { toIncoming, toResponse } from './wire.ts';

const read = readSettings(process.env, playbook);
const priority = createPriority(ofOneInstance, () => Date.now());
let made: Services | undefined;
/** The invocation that a log line belongs to: all invocations that run at the same time share the services. */
const invocations = new AsyncLocalStorage<InvocationContext>();

const wrongSettings = (problems: readonly string[]) =>
  `the app's settings are wrong, and nothing can be done until they are corrected:\n  ${problems.join('\n  ')}`;

let bare: ServiceBusBus | undefined;
/** The bus, whatever else is wrong with the settings: even then, a message can be put off. */
function busAlone(): ServiceBusBus {
  bare ??= new ServiceBusBus(busNamespace(process.env));
  return bare;
}

/** Ends a call with one error that lists everything wrong with the settings, in its log and its answer. */
function ready(context: InvocationContext): Services {
  if ('problems' in read) {
    const message = wrongSettings(read.problems);
    context.error(message);
    throw new Problem(500, 'Wrong settings', message, { problems: read.problems });
  }
  return servicesOf(read.settings);
}

function servicesOf(settings: Settings): Services {
  made ??= createServices(
    settings,
    (line, facts) => {
      // These lines contain names written by strangers; none of them may begin another line.
      invocations.getStore()?.log(oneLine(facts === undefined ? line : `${line} ${JSON.stringify(facts)}`));
    },
    priority,
  );
  return made;
}

const linesOf = (context: InvocationContext) => ({
  log: (line: string) => context.log(oneLine(line)),
  error: (line: string) => context.error(oneLine(line)),
});

/** Service Bus delivers and takes back; `handled` deals with everything that can go wrong in between. */
function onQueue(
  name: string,
  queueName: string,
  work: (services: Services, body: unknown, delivery: Delivery, context: InvocationContext) => Promise<void>,
): void {
  app.serviceBusQueue(name, {
    connection: 'ServiceBus',
    queueName,
    handler: (body, context) =>
      invocations.run(context, async () => {
        const delivery = deliveryOf(queueName, context.triggerMetadata);
        const around = {
          now: () => new Date(),
          random: Math.random,
          wait: (seconds: number) => setTimeout(seconds * 1000),
          error: (line: string) => context.error(oneLine(line)),
        };
        if ('problems' in read) {
          context.error(wrongSettings(read.problems));
          return await putOff(delivery, body, { ...around, post: busAlone() });
        }
        const services = ready(context);
        await handled(delivery, body, { ...around, post: services.bus }, () =>
          work(services, body, delivery, context),
        );
      }),
  });
}

function onTimer(
  name: string,
  schedule: string,
  work: (services: Services, context: InvocationContext) => Promise<unknown>,
): void {
  app.timer(name, {
    schedule,
    handler: (_timer, context) => invocations.run(context, () => work(ready(context), context)),
  });
}

onQueue('triage-alert', queues.alerts, (services, body, delivery, context) =>
  priority.urgent(async () => {
    await services.triage((line) => context.log(oneLine(line)))(body, delivery.id);
  }),
);

const given = 'settings' in read ? read.settings : undefined;

// Registered with wrong settings too, so that it says what is wrong.
if (given === undefined || (given.POLL_ALERTS ?? given.EventGrid__topicEndpointUri !== undefined)) {
  // Not at the same second as the sweep, which begins every minute.
  onTimer('poll-alerts', '20 * * * * *', ({ doors }, context) => pollAlerts(doors(linesOf(context))));
}

// Only if there is a hub to read: the host does not start with a trigger that it can't connect.
if (given?.Streams !== undefined || given?.Streams__fullyQualifiedNamespace !== undefined) {
  app.eventHub('forward-stream', {
    ...streamTrigger,
    handler: (messages, context) =>
      invocations.run(context, async () => {
        const services = ready(context);
        const { publish, log } = services.doors(linesOf(context));
        await forwardStream({ publish, post: services.bus, log }, messages);
        await services.health.answered('stream', services.engine.now());
      }),
  });
}

for (const step of playbook) {
  onQueue(stepQueue(step.name), stepQueue(step.name), async (services, body, delivery) => {
    const message = stepMessageSchema.safeParse(body);
    if (!message.success || message.data.step !== step.name) {
      throw new PermanentError(`this is no message for ${step.name}: it names a run, the step and its turn`);
    }
    const work = () => runStep(services.engine, message.data, deliveryNumber(delivery));
    await (step.stage === 'contain' ? priority.urgent(work) : priority.other(work));
  });
}

onQueue('send-summary', queues.summaries, async (services, body) => {
  const card = cardMessageSchema.safeParse(body);
  if (card.success) return await sendCard(services.engine, services.webhook, card.data);
  const message = summaryMessageSchema.safeParse(body);
  if (!message.success)
    throw new PermanentError('this is no message for the summary: it names a run and its turn');
  await sendSummary(services.engine, services.mailer, message.data);
});

onQueue('settle-dead-letter', queues.deadLetters, async ({ engine, bus, deadLetters }, body, delivery) => {
  const now = engine.now();
  const alert = revived(delivery, body, now);
  if (alert !== undefined) return await bus.post(alert);
  const { source, reason, description } = delivery;
  const letter = { body, source, reason, description };
  // What the engine does not know stays for a person; the morning report names it.
  if ((await settleDeadLetter(engine, letter)) === 'kept')
    await deadLetters.keep(keptLetter(delivery.id, letter, now));
});

onTimer('watch-breaker', '30 * * * * *', ({ storms }) => storms());
onTimer('sweep-runs', '0 * * * * *', ({ engine }) => sweepRuns(engine));

onTimer('watch-sources', '30 */5 * * * *', async ({ watchSources, notices }) => {
  await watchSources();
  await notices.tellWaiting();
});
// Three times a morning, in case the tables can't be read at first; the mail is sent once.
onTimer('daily-report', '0 0 7-9 * * *', ({ reportDaily }) => reportDaily());
onTimer('forget', '0 45 2 * * *', ({ forget }) => forget());
// Only if the settings name an account for it.
if (given?.DRILL_ACCOUNT !== undefined && given.DRILL_CLIENT_ID !== undefined) {
  const { DRILL_ACCOUNT: account, DRILL_CLIENT_ID: clientId, GRAPH_URL: baseUrl } = given;
  const credential = createCredential(clientId);
  onTimer('drill-by-timer', '0 */5 * * * *', (services, context) =>
    drillByTimer(services, {
      account,
      credential,
      graph: createGraph({ credential, baseUrl, now: services.engine.now }),
      sleep: (seconds) => setTimeout(seconds * 1000),
      log: linesOf(context).log,
    }),
  );
}
onTimer('daily-preflight', '0 30 6 * * *', ({ preflight }) => preflight.daily());

// The host doesn't wait for this: an alert that is already there goes first.
app.hook.appStart(() => {
  if ('settings' in read) void servicesOf(read.settings).warm();
});

type Door = Pick<Route, 'name' | 'path' | 'access' | 'personal'> & {
  methods: HttpMethod[];
  changes: boolean;
};
type Work = (services: Services, request: ApiRequest, incoming: Incoming) => Promise<ApiAnswer>;

/** The only way to register an HTTP function: every request goes through `respond`. */
function onHttp({ name, path, access, personal, methods, changes }: Door, work: Work): void {
  app.http(name, {
    methods,
    route: path,
    authLevel: authLevelOf(given),
    handler: (request, context) =>
      invocations.run(context, async () => {
        const incoming = toIncoming(request);
        const endpoint = {
          access,
          personal: personal === true,
          changes,
          work: (asked: ApiRequest) => work(ready(context), asked, incoming),
        };
        const around = {
          authenticate: () => ready(context).authenticate,
          // Wrong settings have been reported already.
          error: (line: string) => 'settings' in read && context.error(oneLine(line)),
        };
        return toResponse(await respond(endpoint, incoming, around));
      }),
  });
}

for (const route of routes) {
  const changes = route.method !== 'GET';
  const methods: HttpMethod[] = changes ? [route.method] : ['GET', 'HEAD'];
  onHttp({ ...route, methods, changes }, (services, request) => {
    const work = () => route.handle(services, request);
    return changes ? once(services, request, work) : work();
  });
}

const anything: Door = {
  ...unknownRoute,
  methods: [...unknownRoute.methods],
  access: 'reader',
  changes: false,
};
onHttp(anything, async (_, { params }, { method }) => refuseUnknown(routes, method, params['rest'] ?? ''));
