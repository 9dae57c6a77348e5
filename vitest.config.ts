import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test leaves anything behind in its process, so files share one: to load everything anew for each takes longer
    // than most of them run.
    isolate: false,
    // Whole runs over real sockets take their time on a small machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // By default a core is left idle. Whole runs wait for sockets and clocks, so one more than there are keeps all at work.
    maxWorkers: availableParallelism() + 1,
    globalSetup: './test/built-once.ts',
    reporters: ['default', './test/closing-line.ts'],
  },
});
