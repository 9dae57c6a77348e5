// What the command's exit codes mean; `reclaim --help` lists them and scripts rely on them.

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notAllowed: 3,
  unknown: 4,
  changed: 5,
  unreachable: 6,
  attention: 7,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeHelp: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, "refused: what was asked can't be done, and the message says why"],
  [2, 'asked wrongly: an option or a setting is missing or wrong; nothing was sent'],
  [3, 'not signed in, or without the role it takes'],
  [4, 'no such run'],
  [5, 'not now: somebody else decided meanwhile, or the run is not so far; look again, then decide'],
  [6, 'not reachable, or failing'],
  [7, 'a person must look at it: watch at a run that is over, look-back at what it found or could not see'],
];

/** Ends the command with a sentence and a code. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode) {
    super(message);
    this.code = code;
  }
}

export function codeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.notAllowed;
  if (status === 404) return exitCodes.unknown;
  if (status === 409 || status === 412) return exitCodes.changed;
  return status >= 500 ? exitCodes.unreachable : exitCodes.failed;
}
