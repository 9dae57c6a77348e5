// What the public reference says of each cmdlet: its parameters, in which sets they go together, and their values.
// `read-reference.ts` writes it.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const documentedSchema = z.strictObject({
  types: z.record(z.string(), z.string()),
  /** Names of parameters; with a ! behind it, one that this set demands. */
  sets: z.array(z.array(z.string())),
  values: z.record(z.string(), z.array(z.string())),
});
export type Documented = z.infer<typeof documentedSchema>;

const reference = z
  .record(z.string(), documentedSchema)
  .parse(JSON.parse(readFileSync(new URL('reference.generated.json', import.meta.url), 'utf8')));

/** Throws where the reference was not read for this cmdlet: then nothing it is given can be judged. */
export function documentedOf(cmdlet: string): Documented {
  const found = reference[cmdlet];
  if (found === undefined)
    throw new Error(`reference.generated.json has no ${cmdlet}: see read-reference.ts`);
  return found;
}
