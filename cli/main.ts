// The command as a process: its arguments, its terminal, its exit code. Everything that can be tested is in program.ts.
import { createInterface } from 'node:readline/promises';
import { run } from './program.ts';
import type { Terminal } from './terminal.ts';

const ended = new AbortController();
process.once('SIGINT', () => ended.abort());
process.once('SIGTERM', () => ended.abort());
// `reclaim runs | head -1` closes the pipe early; that is no error.
process.stdout.on('error', () => process.exit(0));

const terminal: Terminal = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  sleep: (seconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      ended.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
  ended: ended.signal,
};

/** Asks on stderr, so that stdout contains only the answer. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: ended.signal });
  } finally {
    lines.close();
  }
}

process.exitCode = await run(process.argv.slice(2), terminal);
