// What one preflight check found. Preflight checks everything a run will need and changes nothing in the tenant. What a
// failed check means is decided here.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../errors.ts';

export const findingSchema = z.object({
  /** Stable from day to day, so that changes show: `graph-permission User.Read.All`. */
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
  /** `problem`: something will fail in an incident. `warning`: less will be done, or it could not be checked. */
  is: z.enum(['ok', 'warning', 'problem']),
  /** What was found. */
  what: z.string(),
  /** What a person does now; null if there is nothing to do. */
  now: z.string().nullable(),
  /** The steps and functions affected. */
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

/** What to do about a refusal, or undefined if this check doesn't recognise it. */
export type Reading = (refused: PermanentError) => ReturnType<typeof problem> | undefined;

const staleToken =
  'A permission or role that was granted less than a day ago may still be missing in the token that the managed identity keeps; then wait until tomorrow';

/**
 * One check. A refusal for lack of a right is a problem. A busy service, or an unexpected answer, proves nothing: that is
 * only a warning, and on-call isn't called for it.
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
