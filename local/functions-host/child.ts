// The host process: loads one built app and drives its triggers until it is told to stop, its parent is gone, or the
// app crashes. Only `startFunctionsHost` starts it, and restarts it after a crash.
import { createRequire } from 'node:module';
import { moveAhead } from '../clock.ts';
import { type App, provideCoreApi, type RegisteredFunction } from './core-api.ts';
import { readHostJson } from './host-json.ts';
import { type Hosted, listen } from './http.ts';
import { createInvoker, type Invoke, type Log } from './invoke.ts';
import './no-delay.ts';
import { type FromHost, logLevels, type Start, type ToHost, toHostSchema } from './protocol.ts';
import { bySpecificity, parseRoute, type Route } from './routes.ts';
import { openQueues } from './service-bus-trigger.ts';
import { isDisabled } from './settings.ts';
import { createTimer, type Timer } from './timer-trigger.ts';

const now = () => new Date();
const send = (message: FromHost) => process.send?.(message);
/** Level and message come from the app, its hooks included, which may say anything. */
const log: Log = (line) => {
  const level = logLevels.find((known) => known === line.level) ?? 'information';
  send({ is: 'log', line: { at: now().toISOString(), ...line, level, message: String(line.message) } });
};
const say = (
  level: 'information' | 'warning' | 'error' | 'critical',
  message: string,
  name: string | null = null,
) => log({ level, source: 'host', function: name, invocation: null, message });
const describe = (thrown: unknown) =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);

const working = new Set<Promise<unknown>>();
function track(work: Promise<unknown>): void {
  working.add(work);
  work.finally(() => working.delete(work)).catch(() => undefined);
}

/** Waits for it, but no longer than this. */
function within(milliseconds: number, work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
}
const idle = () => Promise.allSettled([...working]);
async function atRest(): Promise<void> {
  while (working.size > 0) await idle();
}

/** Ends what only this process can end; replaced once the app runs. */
let failAll = (_reason: string) => {};
let stopReceiving = async () => {};
let stopAll = async () => {};
let catchUp = () => {};
let fire: Hosted['fire'] = async () => {
  throw new Error('The app is not loaded yet.');
};

let ending = false;
/** Every running call fails, so that its message is abandoned, as when the service loses a worker. */
async function die(reason: string): Promise<void> {
  if (ending) return;
  ending = true;
  say('critical', reason);
  // First, or an abandoned message would come straight back to this process.
  await within(500, stopReceiving());
  failAll('the worker process ended');
  await within(1000, idle());
  process.exit(1);
}

process.on('uncaughtException', (error) => void die(`the app crashed: ${describe(error)}`));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => {});

/** Loads the app as the worker does: a throw at import leaves it without any function. */
async function load(app: App, bundle: string): Promise<string | null> {
  try {
    createRequire(import.meta.url)(bundle);
    for (const hook of app.hooks.appStart)
      await hook({ functionAppDirectory: process.cwd(), hookData: {}, appHookData: {} });
    const capabilities = (await app.model?.getCapabilities?.({})) ?? {};
    if ('HttpUri' in capabilities)
      throw new Error('enableHttpStream is on; this host only drives whole bodies');
  } catch (error) {
    app.functions.clear();
    return describe(error);
  } finally {
    app.locked = true;
  }
  return app.functions.size === 0 ? 'it registered no function' : null;
}

function byTrigger(functions: readonly RegisteredFunction[], type: string): RegisteredFunction[] {
  return functions.filter(({ trigger }) => trigger.binding.type.toLowerCase() === type.toLowerCase());
}

/** Collects what `make` returns. A function for which it throws is left out with an error in the log; the others run. */
function forEachFunction<T>(
  functions: readonly RegisteredFunction[],
  make: (called: RegisteredFunction) => T,
): T[] {
  return functions.flatMap((called) => {
    try {
      return [make(called)];
    } catch (error) {
      say('error', `does not run: ${describe(error)}`, called.name);
      return [];
    }
  });
}

async function start({ bundle, keys, port, timers: timersFire, ahead }: Start): Promise<void> {
  if (ahead > 0) moveAhead(ahead);
  const settings = process.env;
  const host = readHostJson(bundle);
  const loaded = Promise.withResolvers<Hosted>();
  const http = await listen({ port, keys, loaded: loaded.promise, track });
  process.env['WEBSITE_HOSTNAME'] ??= `127.0.0.1:${http.port}`;

  const app = provideCoreApi((level, message) =>
    log({ level, source: 'host', function: null, invocation: null, message }),
  );
  const loadError = await load(app, bundle);
  if (loadError) say('critical', `NO FUNCTION RUNS: ${bundle} could not be loaded: ${loadError}`);
  const functions = [...app.functions.values()].filter(({ name }) => !isDisabled(name, settings));

  const { invoke: call, failAll: failCalls } = createInvoker({
    ...{ app, log, now },
    timeout: host.functionTimeout,
    onTimeout: (name) => void die(`${name} ran longer than functionTimeout; the worker process is restarted`),
  });
  failAll = failCalls;
  const invoke: Invoke = (given) => {
    const called = call(given);
    track(called);
    return called;
  };

  const { routePrefix } = host.extensions.http;
  const routes: Route[] = forEachFunction(byTrigger(functions, 'httpTrigger'), (called) =>
    parseRoute(called, routePrefix),
  ).sort(bySpecificity);
  const timers = new Map<string, Timer>(
    forEachFunction(byTrigger(functions, 'timerTrigger'), (called) => [
      called.name,
      createTimer(called, { settings, invoke, log, now }),
    ]),
  );
  const queues = await openQueues(byTrigger(functions, 'serviceBusTrigger'), {
    ...{ settings, invoke, log, track },
    limits: host.extensions.serviceBus,
  });
  for (const { name, trigger } of functions) {
    if (!/^(http|timer|serviceBus)Trigger$/i.test(trigger.binding.type)) {
      say('warning', `is registered, but ${trigger.binding.type} is not driven here`, name);
    }
  }

  fire = (name, input) => {
    const called = functions.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (called === undefined) return Promise.reject(new Error(`There is no function ${name}.`));
    if (routes.some((route) => route.function === called)) {
      return Promise.reject(new Error(`${name} is called by HTTP, not by hand.`));
    }
    const data = timers.get(called.name)?.data() ?? { string: input };
    return invoke({ function: called, data, reason: 'by hand' });
  };
  loaded.resolve({ routes, functions, invoke, fire });
  if (timersFire) for (const timer of timers.values()) timer.start();

  catchUp = () => {
    if (timersFire) for (const timer of timers.values()) timer.catchUp();
  };
  stopReceiving = queues.stop;
  stopAll = async () => {
    http.close();
    for (const timer of timers.values()) timer.stop();
    await within(1000, queues.stop());
    await within(5000, idle());
    for (const hook of app.hooks.appTerminate) await hook({ hookData: {}, appHookData: {} });
    await within(1000, queues.close());
  };
  send({ is: 'ready', port: http.port, functions: functions.map(({ name }) => name), loadError });
}

async function asked(message: Exclude<ToHost, { is: 'start' | 'stop' }>): Promise<void> {
  if (message.is === 'fire') await fire(message.name, message.input);
  else if (message.is === 'rest') await atRest();
  else {
    moveAhead(message.ahead);
    catchUp();
  }
}

process.on('message', async (given) => {
  const message = toHostSchema.parse(given);
  if (message.is === 'start') {
    await start(message).catch((error) => die(`the host could not start: ${describe(error)}`));
  } else if (message.is !== 'stop') {
    const error = await asked(message).then(
      () => null,
      (thrown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    send({ is: 'done', id: message.id, error });
  } else {
    ending = true;
    await stopAll().catch((error) => say('error', `did not stop cleanly: ${describe(error)}`));
    process.exit(0);
  }
});
