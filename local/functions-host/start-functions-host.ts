// Runs the built app as Azure Functions would: the unmodified `@azure/functions`, in a process of its own with an
// environment of its own. A crash of the app ends that process only, and another one takes its place.
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { aheadBy } from '../clock.ts';
import { formatLine, fromHostSchema, type Keys, type LogLine, type ToHost } from './protocol.ts';

export type { Keys, LogLevel, LogLine } from './protocol.ts';
export { formatLine } from './protocol.ts';

export interface FunctionsHostOptions {
  /** The built app, such as dist/index.cjs, with host.json beside it. */
  bundle: string;
  /** App settings: the whole environment of the app, save PATH and the like. */
  settings: Readonly<Record<string, string>>;
  /** Keys that are left out are made up. */
  keys?: Partial<Keys>;
  /** A free one by default. */
  port?: number;
  /** false: timers wait to be fired by hand. */
  timers?: boolean;
  /** How far its clock is ahead of this machine's; default: as far as this process's. */
  aheadMs?: number;
  /** By default each line is written to stdout. */
  onLog?: (line: LogLine) => void;
}

export interface FunctionsHost {
  /** http://127.0.0.1:PORT, without the route prefix. */
  url: string;
  keys: Keys;
  /** Names of the functions that run; none when the app could not be loaded. */
  functions: readonly string[];
  /** Why the app could not be loaded, or null. */
  loadError: string | null;
  /** Calls a timer or queue function by hand; settles when it has ended, and rejects when it threw. */
  fire(name: string, input?: string): Promise<void>;
  /** Resolves when no function is running. */
  rest(): Promise<void>;
  /** Sets its clock to this process's; timers that are due by then fire at once. */
  followClock(): Promise<void>;
  /** SIGKILL, as a machine dies: nothing is settled, no lock is given back, no process takes over. */
  kill(): Promise<void>;
  /** Accepts nothing new, waits up to 5 seconds for running calls, and ends the process. */
  close(): Promise<void>;
}

const childFile = fileURLToPath(new URL('./child.ts', import.meta.url));
const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
/** A process that ends sooner than this after its start is restarted at most this often in a row. */
const shortLifeMilliseconds = 5000;
const mostShortLives = 3;
const stopMilliseconds = 8000;

/** Resolves when every trigger listens. Rejects when the host itself cannot start, with its last words. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { settings, timers = true, onLog = (line) => console.log(formatLine(line)) } = options;
  const bundle = resolve(options.bundle);
  const keys: Keys = {
    master: options.keys?.master ?? randomUUID(),
    default: options.keys?.default ?? randomUUID(),
    functions: options.keys?.functions ?? {},
  };
  const env: Record<string, string> = {
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AzureWebJobsScriptRoot: dirname(bundle),
    // Node's own default place; halves the time from start to the first message.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  };
  for (const name of kept) if (process.env[name] !== undefined) env[name] = process.env[name];
  Object.assign(env, settings);

  let port = options.port ?? 0;
  let child: ChildProcess;
  /** Once ready; before that an end is an error for the caller, not a reason to start another process. */
  let up = false;
  let over = false;
  let shortLives = 0;
  let calls = 0;
  const waiting = new Map<number, (error: string | null) => void>();
  const tell = (message: ToHost) => child.send(message, () => {});

  function write(level: LogLine['level'], message: string, source: LogLine['source'] = 'host') {
    onLog({ at: new Date().toISOString(), level, source, function: null, invocation: null, message });
  }

  function run(): Promise<{ functions: string[]; loadError: string | null }> {
    const ready = Promise.withResolvers<{ functions: string[]; loadError: string | null }>();
    const startedAt = Date.now();
    let lastWords = 'it gave no reason';
    const started = fork(childFile, [], {
      env,
      cwd: dirname(bundle),
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    for (const [stream, level] of [
      [started.stdout, 'information'],
      [started.stderr, 'error'],
    ] as const) {
      if (stream) createInterface(stream).on('line', (text) => write(level, text, 'console'));
    }
    started.on('message', (given) => {
      const message = fromHostSchema.parse(given);
      if (message.is === 'log') {
        if (message.line.level === 'critical') lastWords = message.line.message;
        onLog(message.line);
      } else if (message.is === 'done') {
        waiting.get(message.id)?.(message.error);
      } else {
        port = message.port;
        ready.resolve(message);
      }
    });
    // Not `exit`: until `close` there can be log lines on their way.
    started.once('close', (code, signal) => {
      const how = signal ?? `code ${code}`;
      ready.reject(new Error(`The Functions host ended (${how}) before it was ready: ${lastWords}`));
      for (const settle of waiting.values()) settle(`The host process ended (${how}).`);
      if (over || !up) return;
      shortLives = Date.now() - startedAt < shortLifeMilliseconds ? shortLives + 1 : 0;
      if (shortLives > mostShortLives)
        return write('critical', `the host process ended (${how}) too often: it stays down`);
      write('critical', `the host process ended (${how}); another one is started`);
      run().catch((error: Error) => write('critical', error.message));
    });
    started.once('error', ready.reject);
    // A process that ended before it could listen is told of by `close`.
    const ahead = options.aheadMs ?? aheadBy();
    started.send({ is: 'start', bundle, keys, port, timers, ahead } satisfies ToHost, () => {});
    return ready.promise;
  }

  async function end(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  }

  async function ask(message: (id: number) => ToHost): Promise<void> {
    const id = calls++;
    const done = new Promise<string | null>((settle) => waiting.set(id, settle));
    tell(message(id));
    const error = await done;
    waiting.delete(id);
    if (error !== null) throw new Error(error);
  }

  const { functions, loadError } = await run();
  up = true;

  return {
    url: `http://127.0.0.1:${port}`,
    keys,
    functions,
    loadError,
    fire: (name, input = '') => ask((id) => ({ is: 'fire', id, name, input })),
    rest: () => ask((id) => ({ is: 'rest', id })),
    followClock: () => ask((id) => ({ is: 'move', id, ahead: aheadBy() })),
    async kill() {
      over = true;
      child.kill('SIGKILL');
      await end();
    },
    async close() {
      over = true;
      if (child.connected) tell({ is: 'stop' });
      const late = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
      await end();
      clearTimeout(late);
    },
  };
}
