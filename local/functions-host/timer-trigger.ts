// Timer triggers. The next occurrence is worked out when a call has ended, so a timer never overlaps itself. Nothing
// is persisted: after a restart no occurrence counts as missed (`isPastDue` is always false).
import { z } from 'zod';
import type { RegisteredFunction } from './core-api.ts';
import { dotnetTime } from './dotnet-time.ts';
import type { Invoke, Log, RpcData } from './invoke.ts';
import { parseNcrontab } from './ncrontab.ts';
import { resolveSettings } from './settings.ts';

const bindingSchema = z.object({
  schedule: z.string(),
  runOnStartup: z.boolean().default(false),
  useMonitor: z.boolean().optional(),
});

interface Options {
  settings: Readonly<Record<string, string | undefined>>;
  invoke: Invoke;
  log: Log;
  now: () => Date;
}

// Beyond this Node fires at once.
const longestWait = 2 ** 31 - 1;
const never = '0001-01-01T00:00:00';

export interface Timer {
  /** What the function is handed, now. */
  data(): RpcData;
  start(): void;
  /** After the clock was moved: fires at once if it is due. */
  catchUp(): void;
  stop(): void;
}

/** Throws when the schedule cannot be read; the timer waits until it is started. */
export function createTimer(called: RegisteredFunction, { settings, invoke, log, now }: Options): Timer {
  const { schedule, runOnStartup, useMonitor } = bindingSchema.parse(called.trigger.binding);
  const nextAfter = parseNcrontab(resolveSettings(schedule, settings));
  let last: Date | null = null;
  let next = nextAfter(now());
  let waiting: NodeJS.Timeout | undefined;
  let stopped = false;
  // By default only what happens less than once a minute is monitored.
  const monitored = useMonitor ?? nextAfter(next).getTime() - next.getTime() >= 60_000;

  const data = (): RpcData => ({
    json: JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: monitored
        ? {
            Last: last ? dotnetTime(last) : never,
            Next: dotnetTime(next),
            LastUpdated: dotnetTime(last ?? now()),
          }
        : null,
      IsPastDue: false,
    }),
  });

  async function fire(reason: string) {
    waiting = undefined;
    try {
      await invoke({ function: called, data: data(), reason });
    } catch {
      // The call has logged it; the schedule goes on.
    }
    last = now();
    wait();
  }

  function wait() {
    if (stopped) return;
    next = nextAfter(now());
    arm();
  }

  function arm() {
    const milliseconds = next.getTime() - now().getTime();
    if (milliseconds > longestWait) waiting = setTimeout(arm, longestWait);
    else waiting = setTimeout(() => void fire(`timer, due ${next.toISOString()}`), Math.max(0, milliseconds));
  }

  return {
    data,
    start() {
      if (called.retry) {
        const message = 'has a retry policy, which is not driven here: a failed call waits for its next turn';
        log({ level: 'warning', source: 'host', function: called.name, invocation: null, message });
      }
      if (runOnStartup) void fire('timer, at startup');
      else wait();
    },
    catchUp() {
      if (waiting === undefined) return;
      clearTimeout(waiting);
      arm();
    },
    stop() {
      stopped = true;
      clearTimeout(waiting);
    },
  };
}
