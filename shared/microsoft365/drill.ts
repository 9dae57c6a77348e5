// What a fire drill plants has a name and a number of its own. In a run that a drill opened, these are evidence: nobody
// signed in for a drill, so no session and no address could tie anything to the intruder. Only these count, and only on
// the drill's account: nobody can use a drill to have anything else removed.
import type { RunView } from '../model/step.ts';
import type { ServicePrincipal } from './app-access.ts';
import type { App } from './judge-app-access.ts';

/**
 * Part of every planted name, so that anybody who finds one knows what it is, and one drill recognises what another
 * planted.
 */
export const drillMarker = 'Reclaim drill';
/** Reserved for fiction, so that it rings nowhere (https://nationalnanpa.com). */
export const drillNumber = '+1 2025550143';

/** Ends the sentence "It is the intruder's: …". */
const evidence = 'the fire drill under way planted it';

/** undefined if no drill opened the run, or if it is not what a drill plants. */
const drilled = ({ drill }: RunView, isIt: (sink: string) => boolean): { evidence: string } | undefined =>
  drill !== undefined && isIt(drill.sink.toLowerCase()) ? { evidence } : undefined;

const digits = (text: string) => text.replaceAll(/\D/g, '');

export const isDrillNumber = (text: string | null | undefined): boolean =>
  digits(text ?? '') === digits(drillNumber);

export const methodOfDrill = (run: RunView, method: { kind: string | null; value: string | null }) =>
  drilled(run, () => method.kind === 'phone' && isDrillNumber(method.value));

/** `names`: those of the people who were given access. */
export const delegateOfDrill = (run: RunView, kind: string, names: readonly string[]) =>
  drilled(run, (sink) => kind === 'folder' && names.some((name) => name.toLowerCase() === sink));

/**
 * Only its consent is withdrawn. Anybody could choose the name, so the application itself is left to the drill; and one
 * with credentials, which the drill's application never has, is judged like any other.
 */
export function consentOfDrill(
  run: RunView,
  { name, credentials }: Pick<ServicePrincipal, 'name' | 'credentials'>,
): Partial<Pick<App, 'verdict' | 'brought' | 'abuse'>> {
  const planted = drilled(run, () => name === drillMarker && credentials.length === 0);
  if (planted === undefined) return {};
  return { verdict: { is: 'intruders', ...planted }, brought: false, abuse: null };
}
