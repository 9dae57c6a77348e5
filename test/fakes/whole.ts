// The local stack with a scenario in it, for tests of the whole.
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, inject } from 'vitest';
import { buildApp } from '../../infra/build.ts';
import type { LogLine } from '../../local/functions-host/start-functions-host.ts';
import { type Followed, follow } from '../../local/live.ts';
import { publish } from '../../local/publish.ts';
import { type LoadedScenario, loadScenario } from '../../local/scenario.ts';
import { type Stack, startStack } from '../../local/stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Whole {
  scenario: LoadedScenario;
  stack: Stack;
  /** What the app has logged so far. */
  log: readonly LogLine[];
  /** Publishes events, by default the scenario's, and waits until the story is over. */
  live(events?: readonly unknown[]): Promise<Followed>;
  /** A request to the app's own API, with its key. */
  /** `operator`: who holds the key this time. */
  ask(
    method: string,
    path: string,
    body?: string,
    operator?: string,
  ): Promise<{ status: number; type: string; json: unknown }>;
}

/** Several files need the app at once: the first of them builds it, and the others wait. */
async function buildOnce(folder: string): Promise<void> {
  const done = `${folder}.done`;
  while (!existsSync(done)) {
    if (!taken(`${folder}.building`)) {
      await setTimeout(50);
      continue;
    }
    try {
      await buildApp(join(root, 'functions', 'index.ts'), folder);
      writeFileSync(done, '');
    } finally {
      rmdirSync(`${folder}.building`);
    }
  }
}

function taken(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns a function that starts a stack, hands it over and stops it, whatever happens. */
export function builtStack() {
  const built = join(inject('built'), 'app');
  beforeAll(() => buildOnce(built));

  return async function within<T>(
    name: string,
    work: (whole: Whole) => Promise<T>,
    settings: Readonly<Record<string, string>> = {},
    change: (tenant: unknown) => unknown = (tenant) => tenant,
  ): Promise<T> {
    const scenario = await loadScenario(join(root, 'local', 'scenarios', `${name}.json`), new Date());
    const log: LogLine[] = [];
    const stack = await startStack({
      tenant: change(scenario.tenant),
      bundle: join(built, 'index.cjs'),
      settings: { ...scenario.settings, ...settings },
      timers: false,
      onLog: (line) => log.push(line),
    });
    const live = async (events = scenario.events) => {
      if (events.length > 0) await publish(stack, events);
      return follow(stack, { alerts: events.length, timeoutSeconds: 120 });
    };
    try {
      return await work({ scenario, stack, log, live, ask: (...given) => ask(stack, ...given) });
    } finally {
      await stack.close();
    }
  };
}

async function ask({ host }: Stack, method: string, path: string, body?: string, operator = 'first') {
  const answer = await fetch(`${host?.url}${path}`, {
    method,
    headers: {
      'x-functions-key': host?.keys.default ?? '',
      'content-type': 'application/json',
      'x-reclaim-operator': operator,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', json };
}
