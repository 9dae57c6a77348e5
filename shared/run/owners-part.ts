// What only the owner of an account can set up again, or whoever is master of it. Pure, from the rows of the run.
import { z } from 'zod';
import type { RunRow } from '../model/rows.ts';
import type { RunState } from './plan.ts';
import { handBackTasks } from './verdict.ts';

export const ownersThingSchema = z.object({
  what: z.string(),
  instruction: z.string(),
  link: z.string().nullable(),
});
type OwnersThing = z.infer<typeof ownersThingSchema>;

/** What cannot be given back by the app. */
export function ownersPart({ run, steps }: RunState): OwnersThing[] {
  const tasks = steps.flatMap(handBackTasks);
  const removed = steps.find(({ part }) => part === 'methods')?.changes ?? [];
  const gone = removed.filter(({ fixedAt }) => fixedAt !== null).map(({ what }) => what);
  const methods =
    gone.length === 0
      ? 'Methods that are theirs were left as they are.'
      : `Removed as the intruder’s: ${gone.join(', ')}.`;
  return [
    ...(run.account.guest
      ? []
      : [
          {
            what: 'sign in with the Temporary Access Pass, register a method, and set a new password',
            instruction: `At https://aka.ms/mysecurityinfo, with the pass in place of the password. ${methods}`,
            link: 'https://aka.ms/mysecurityinfo',
          },
        ]),
    ...atTheSource(run.account),
    ...tasks.map(({ what, instruction, link }) => ({ what, instruction, link })),
    {
      what: 'sign in again on every device and in every application',
      instruction: 'All sessions have ended. Passwords that were saved for this account anywhere are void.',
      link: null,
    },
  ];
}

/** What is mastered elsewhere is given back there. */
function atTheSource({ synced, federated, userPrincipalName }: RunRow['account']): OwnersThing[] {
  if (!synced && !federated) return [];
  const where = synced
    ? 'Active Directory'
    : `the identity provider of ${userPrincipalName.split('@')[1] ?? ''}`;
  return [
    {
      what: `enable the account in ${where}, and set the new password there`,
      instruction: `Have the team of ${where} enable it where it was disabled by hand, and give the owner a new password there: one that is set in the cloud is not known there, and the next change there replaces it.`,
      link: null,
    },
  ];
}
