// A terminal that keeps what is written to it; a test says what differs.
import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../../cli/terminal.ts';

export function keepingTerminal(changes: Partial<Terminal> = {}) {
  let out = '';
  let error = '';
  const terminal: Terminal = {
    env: {},
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    columns: undefined,
    sleep: async () => {},
    ended: new AbortController().signal,
    ...changes,
  };
  /** Without what only colours or moves the cursor. */
  const written = () => ({ out: stripVTControlCharacters(out), error });
  return { terminal, written };
}
