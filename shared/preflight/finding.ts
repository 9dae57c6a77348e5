// What one check of preflight found. Preflight looks at everything a run will need, before there is one, and changes
// nothing in the tenant; how a failed look is to be taken is decided here.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../errors.ts';

export const findingSchema = z.object({
  /** The same from day to day, so that a change is seen: `graph-permission User.Read.All`. */
  check: z.string(),
  area: z.enum([
    'permissions',
    'roles',
    'graph',
    'exchange',
    'defender',
    'licences',
    'mail',
    'accounts',
    'app',
  ]),
  /** `problem`: something will fail in an incident. `warning`: less will be done, or it could not be told. */
  is: z.enum(['ok', 'warning', 'problem']),
  /** What is so. */
  what: z.string(),
  /** What a person does now; null where there is nothing to do. */
  now: z.string().nullable(),
  /** Steps and functions that it concerns. */
  concerns: z.array(z.string()),
});
export type Finding = Readonly<z.infer<typeof findingSchema>>;
export type Area = Finding['area'];

type Told = Pick<Finding, 'check' | 'area' | 'what'> & { concerns?: readonly string[] };

const finding =
  (is: Finding['is']) =>
  ({ check, area, what, concerns = [] }: Told, now: string | null): Finding => ({
    check,
    area,
    is,
    what,
    now,
    concerns: [...concerns],
  });
export const problem = finding('problem');
export const warning = finding('warning');
export const ok = (told: Told): Finding => finding('ok')(told, null);

/** What to do about a refusal, or undefined for one that this check does not know. */
export type Reading = (refused: PermanentError) => ReturnType<typeof problem> | undefined;

const staleToken =
  'A permission or role that was granted less than a day ago may still be missing in the token that the managed identity keeps; then wait until tomorrow';

/**
 * One look. A refusal for want of a right is a problem; a service that is busy, or says what nobody expected, proves
 * nothing, and is a warning: on-call is not called for it.
 */
export async function look(
  told: Told & { rights: string },
  asking: () => Promise<unknown>,
  reading: Reading = () => undefined,
): Promise<Finding> {
  try {
    await asking();
    return ok(told);
  } catch (thrown) {
    const { message, status } = toFailure(thrown);
    if (thrown instanceof PermanentError) {
      const read = reading(thrown);
      if (read !== undefined) return read;
      if (status === 403 || status === 401) {
        return problem(
          { ...told, what: `${told.what}: refused (${message})` },
          `Give the app ${told.rights}. ${staleToken}.`,
        );
      }
    }
    const why =
      thrown instanceof RetryableError ? 'could not be tried now' : 'answered what was not expected';
    return warning(
      { ...told, what: `${told.what}: ${why} (${message})` },
      'Start preflight again later; if it stays so, look at the health of the service.',
    );
  }
}
