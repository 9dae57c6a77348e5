import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole runs over real sockets take their time on a small machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // By default a core is left idle, and of two that is half of all there is.
    maxWorkers: '100%',
    reporters: ['default', './test/closing-line.ts'],
  },
});
