// Moves the clock of a whole process ahead, so that a day passes in seconds even for libraries that use `Date` directly.
// Timers are not affected: after moving the clock, trigger what has become due.

const real = Date;
let ahead = 0;
let installed = false;

/** Milliseconds by which this process's clock is ahead of the machine's. */
export const aheadBy = (): number => ahead;

/** Sets this process's clock this many milliseconds ahead of the machine's. */
export function moveAhead(milliseconds: number): void {
  if (!installed) install();
  ahead = milliseconds;
}

function install(): void {
  installed = true;
  const now = () => real.now() + ahead;
  // A proxy rather than a subclass, so that dates made earlier, or by Node itself, are still instances of it.
  globalThis.Date = new Proxy(real, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
}
