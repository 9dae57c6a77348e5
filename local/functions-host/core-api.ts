// `@azure/functions-core`, the module that the unmodified `@azure/functions` asks the Node.js worker for. Here as
// there it exists only at run time: `require` is taught its name. What an app registers is kept in `App`.
import Module from 'node:module';
import { z } from 'zod';
import type { LogLevel } from './protocol.ts';

type Callback = (...inputs: unknown[]) => unknown;

const bindingSchema = z.looseObject({ type: z.string(), direction: z.string().optional() });
type Binding = z.infer<typeof bindingSchema>;

const metadataSchema = z.looseObject({
  name: z.string().min(1),
  functionId: z.string().optional(),
  bindings: z.record(z.string(), bindingSchema),
  retryOptions: z.unknown(),
});

export interface RegisteredFunction {
  name: string;
  /** As the app registered them, by binding name. */
  bindings: Readonly<Record<string, Binding>>;
  /** Name and content of the binding that triggers it. */
  trigger: { name: string; binding: Binding };
  retry: boolean;
  metadata: z.infer<typeof metadataSchema>;
  callback: Callback;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(coreContext: unknown): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof hookNames)[number];

/** What the app has registered so far. */
export interface App {
  functions: Map<string, RegisteredFunction>;
  hooks: Readonly<Record<HookName, Callback[]>>;
  model: ProgrammingModel | null;
  /** Set once the app is loaded: from then on nothing can be registered. */
  locked: boolean;
}

export type CoreLog = (level: LogLevel, message: string) => void;

/** As the worker marks the errors that are its own. */
function systemError(message: string): Error {
  return Object.assign(new Error(message), { isAzureFunctionsSystemError: true });
}

const isCallback = (value: unknown): value is Callback => typeof value === 'function';

function isModel(value: unknown): value is ProgrammingModel {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getInvocationModel' in value &&
    isCallback(value.getInvocationModel)
  );
}

class Disposable {
  static from(...others: { dispose: () => unknown }[]) {
    return new Disposable(() => {
      for (const other of others) other.dispose();
    });
  }
  readonly #callOnDispose: () => unknown;

  constructor(callOnDispose: () => unknown) {
    this.#callOnDispose = callOnDispose;
  }

  dispose() {
    return this.#callOnDispose();
  }
}

/** Makes `require('@azure/functions-core')` work in this process, once and for all. */
export function provideCoreApi(log: CoreLog): App {
  const app: App = {
    functions: new Map(),
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    model: null,
    locked: false,
  };

  function registerFunction(given: unknown, callback: unknown): Disposable {
    if (app.locked) throw systemError('A function can only be registered while the app is loaded.');
    const metadata = metadataSchema.parse(given);
    const id = metadata.functionId ?? metadata.name;
    const trigger = Object.entries(metadata.bindings).find(([, { type }]) => /trigger$/i.test(type));
    if (!isCallback(callback)) throw systemError(`Function "${id}" has no handler.`);
    if (trigger === undefined) throw systemError(`Function "${id}" has no trigger.`);
    if (app.functions.has(id)) throw systemError(`A function with id "${id}" is already registered.`);
    const [name, binding] = trigger;
    app.functions.set(id, {
      name: metadata.name,
      bindings: metadata.bindings,
      trigger: { name, binding },
      retry: metadata.retryOptions !== undefined,
      metadata,
      callback,
    });
    return new Disposable(() => app.functions.delete(id));
  }

  function registerHook(given: unknown, callback: unknown): Disposable {
    const name = hookNames.find((known) => known === given);
    if (name === undefined) {
      throw Object.assign(new RangeError(`Unrecognized hook "${given}"`), {
        isAzureFunctionsSystemError: true,
      });
    }
    if (!isCallback(callback)) throw systemError(`The ${name} hook is no function.`);
    const hooks = app.hooks[name];
    hooks.push(callback);
    return new Disposable(() => hooks.splice(hooks.indexOf(callback), 1));
  }

  const coreApi = {
    version: 'local',
    hostVersion: '4.1000.0',
    registerFunction,
    registerHook,
    setProgrammingModel(model: unknown) {
      if (!isModel(model)) throw systemError('This is no programming model.');
      app.model = model;
    },
    getProgrammingModel: () => app.model,
    log: (level: LogLevel, _category: string, message: string) => log(level, message),
    Disposable,
  };

  const { require } = Module.prototype;
  Module.prototype.require = function (id: string) {
    return id === '@azure/functions-core' ? coreApi : require.call(this, id);
  };
  return app;
}
