// Applications that the intruder opened, as found by collect-sign-ins. Each keeps a session of its own that no revocation
// ends. Pure.
import { z } from 'zod';
import type { Trail } from '../intruder/find-intruder.ts';
import type { RunView } from '../model/step.ts';

const openedSchema = z.object({
  appId: z.string().nullable(),
  name: z.string(),
  first: z.string(),
  last: z.string(),
  count: z.number(),
  /** What makes the sign-in the intruder's. */
  tie: z.string(),
});
export type OpenedApp = z.infer<typeof openedSchema>;
const factsSchema = z.object({ opened: z.array(openedSchema) });

const mostApps = 100;

/** One entry for each application, the latest opened first. */
export function openedApps({ hits }: Trail): z.infer<typeof factsSchema> {
  const opened = new Map<string, OpenedApp>();
  for (const { signIn, tie } of hits) {
    const name = signIn.app ?? 'an application without a name';
    const key = signIn.appId ?? name;
    const before = opened.get(key);
    opened.set(
      key,
      before
        ? { ...before, last: signIn.at, count: before.count + 1 }
        : { appId: signIn.appId, name, first: signIn.at, last: signIn.at, count: 1, tie },
    );
  }
  return { opened: [...opened.values()].toReversed().slice(0, mostApps) };
}

/** undefined if the sign-ins have not been read, or can't be. */
export function openedIn(run: RunView): readonly OpenedApp[] | undefined {
  const facts = run.facts?.['sign-ins'];
  return facts === undefined ? undefined : factsSchema.parse(facts).opened;
}
