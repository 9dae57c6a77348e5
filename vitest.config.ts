import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * What these look at belongs to their whole process: its clock, its open sockets, what its libraries trace, and the
 * tokens that the identity library keeps for all that ask in it.
 */
const apart = [
  'test/functions/connect.test.ts',
  'test/local/clock.test.ts',
  'test/local/event-grid.test.ts',
  'test/local/functions-host/queues.test.ts',
  'test/local/service-bus/rough-clients.test.ts',
  'test/local/tenant/serve.test.ts',
  'test/look-back/command.test.ts',
  'test/whole-drill.test.ts',
];

export default defineConfig({
  test: {
    // Whole runs over real sockets take their time on a small machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // By default a core is left idle. Whole runs wait for sockets and clocks, so one more than there are keeps all at work.
    maxWorkers: availableParallelism() + 1,
    reporters: ['default', './test/closing-line.ts'],
    globalSetup: './test/built-once.ts',
    projects: [
      { extends: true, test: { name: 'apart', include: apart } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: apart,
          // To load everything anew for each file would take longer than most of them run.
          isolate: false,
        },
      },
    ],
  },
});
