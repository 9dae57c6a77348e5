// The time of a whole process, which can be moved ahead: what takes a day happens in seconds, for libraries too that
// ask nobody but `Date`. Waiting is not shortened: whoever moves the clock sees to what has become due by it.

const real = Date;
let ahead = 0;
let installed = false;

/** Milliseconds by which this process is ahead of the machine. */
export const aheadBy = (): number => ahead;

/** Moves the time of this process to so many milliseconds ahead of the machine. */
export function moveAhead(milliseconds: number): void {
  if (!installed) install();
  ahead = milliseconds;
}

function install(): void {
  installed = true;
  const now = () => real.now() + ahead;
  // A proxy and no subclass: a Date made before, or by Node itself, is still an instance of it.
  globalThis.Date = new Proxy(real, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
}
