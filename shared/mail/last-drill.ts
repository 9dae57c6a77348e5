// What every mail and page says about the last drill: only a drill shows whether all of this works here.
import { clock } from './plain.ts';

export const lastDrillLine = (passedAt: string | null): string =>
  passedAt === null
    ? 'No drill has passed in this tenant yet.'
    : `The last drill passed on ${clock(passedAt).replace(/:\d\d UTC$/, ' UTC')}.`;

/** undefined if it can't be read: no mail waits for it. */
export type LastDrill = () => Promise<string | undefined>;
