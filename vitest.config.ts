import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Pure, or with everything that they talk to in the same process: what one of them loads does no harm to the next. */
const together = [
  ...['alerts', 'auth', 'cli', 'clients', 'functions', 'intruder', 'mail', 'microsoft365', 'model', 'page'],
  ...['preflight', 'rails', 'run', 'steps', 'store', 'summary'],
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Whole runs over real sockets take their time on a small machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // By default a core is left idle. Whole runs wait for sockets and clocks, so one more than there are keeps all at work.
    maxWorkers: availableParallelism() + 1,
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: together },
      },
      // A worker for each of these files would take longer to start than most of them run.
      { extends: true, test: { name: 'together', include: together, isolate: false } },
    ],
  },
});
