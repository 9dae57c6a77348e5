// One call of one function, through the app's own programming model and its hooks, as the Node.js worker does it.
// The host sends no cancellation: past functionTimeout the whole process ends, and its neighbours with it.
import { randomBytes, randomUUID } from 'node:crypto';
import type { App, HookName, RegisteredFunction } from './core-api.ts';
import type { LogLine } from './protocol.ts';

/** A value on its way to the worker: exactly one of these is set. */
export interface RpcData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  stream?: Uint8Array;
  http?: unknown;
}

interface Call {
  function: RegisteredFunction;
  data: RpcData;
  triggerMetadata?: Readonly<Record<string, RpcData>>;
  /** Why it is called, for the log: "message 42 in alerts". */
  reason: string;
}

/** Resolves with what the library answers; rejects when the function threw or the process is about to end. */
export type Invoke = (call: Call) => Promise<unknown>;
export type Log = (line: Omit<LogLine, 'at'>) => void;

export interface Invoker {
  invoke: Invoke;
  /** Rejects every call that is under way. */
  failAll(reason: string): void;
}

interface Options {
  app: App;
  log: Log;
  /** Milliseconds, or null for without end. */
  timeout: number | null;
  /** A call has taken longer than that. */
  onTimeout(name: string): void;
  now: () => Date;
}

/** What the library is handed for one call. */
interface CoreContext {
  invocationId: string;
  request: object;
  metadata: object;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLine['level'], category: string, message: string): void;
}

const describe = (thrown: unknown) =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);

export function createInvoker({ app, log, timeout, onTimeout, now }: Options): Invoker {
  const underWay = new Set<(reason: Error) => void>();
  const appHookData = {};

  async function run(call: Call, invocation: string): Promise<unknown> {
    if (app.model === null) throw new Error('The app has set no programming model.');
    const { name, metadata, callback } = call.function;
    const hookData = {};
    const runHooks = async (hook: HookName, context: object) => {
      for (const callback of app.hooks[hook]) await callback(context);
    };
    let invocationContext: unknown;
    const core: CoreContext = {
      invocationId: invocation,
      request: {
        invocationId: invocation,
        functionId: name,
        inputData: [{ name: call.function.trigger.name, data: call.data }],
        triggerMetadata: call.triggerMetadata ?? {},
        traceContext: {
          traceParent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`,
          traceState: '',
          attributes: {},
        },
      },
      metadata,
      state: undefined,
      log(level, category, message) {
        const hookContext = { level, message, category, invocationContext, hookData, appHookData };
        if (category === 'user') for (const hook of app.hooks.log) hook(hookContext);
        const source = category === 'user' ? 'app' : 'host';
        log({ level: hookContext.level, source, function: name, invocation, message: hookContext.message });
      },
    };
    const model = await app.model.getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    invocationContext = context;

    const before = { hookData, appHookData, invocationContext, functionCallback: callback, inputs };
    core.state = 'preInvocationHooks';
    await runHooks('preInvocation', before);

    const after: { result: unknown; error: unknown; [key: string]: unknown } = {
      ...{ hookData, appHookData, invocationContext, inputs: before.inputs },
      ...{ result: null, error: null },
    };
    core.state = 'invocation';
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error ?? new Error('The function threw nothing.');
    }
    core.state = 'postInvocationHooks';
    await runHooks('postInvocation', after);
    core.state = undefined;
    if (after.error !== null) throw after.error;
    return model.getResponse(context, after.result);
  }

  async function invoke(call: Call): Promise<unknown> {
    const invocation = randomUUID();
    const { name } = call.function;
    const say = (level: LogLine['level'], message: string) =>
      log({ level, source: 'host', function: name, invocation, message });
    const startedAt = now().getTime();
    const took = () => `${now().getTime() - startedAt} ms`;
    say('information', `started (${call.reason})`);
    const end = Promise.withResolvers<never>();
    underWay.add(end.reject);
    const deadline = timeout === null ? undefined : setTimeout(onTimeout, timeout, name);
    try {
      const response = await Promise.race([run(call, invocation), end.promise]);
      say('information', `succeeded in ${took()}`);
      return response;
    } catch (error) {
      say('error', `failed in ${took()}: ${describe(error)}`);
      throw error;
    } finally {
      clearTimeout(deadline);
      underWay.delete(end.reject);
    }
  }

  return {
    invoke,
    failAll(reason) {
      for (const reject of [...underWay]) reject(new Error(reason));
    },
  };
}
