// What every mail and page says of the last drill: whether any of this works here is known by trying it.
import { clock } from './plain.ts';

export const lastDrillLine = (passedAt: string | null): string =>
  passedAt === null
    ? 'No drill has passed in this tenant yet.'
    : `The last drill passed on ${clock(passedAt).replace(/:\d\d UTC$/, ' UTC')}.`;

/** undefined where it can't be read: no mail waits for it. */
export type LastDrill = () => Promise<string | undefined>;
