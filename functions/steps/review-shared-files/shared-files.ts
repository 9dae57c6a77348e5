// Files and sharing as SharePoint and OneDrive write them in the audit log. Pure; which acts matter is for the step.
// https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema#sharepoint-sharing-schema
import { z } from 'zod';
import type { Act } from '../../../shared/intruder/acts.ts';
import type { Kept } from '../../../shared/model/step.ts';

const text = (act: Act | undefined, name: string) => z.string().safeParse(act?.data[name]).data || null;

/** Its name if the log has one, otherwise its address. */
export const fileOf = (act: Act | undefined): string =>
  text(act, 'SourceFileName') ?? act?.object ?? 'a file without a name';

/** Who it was shared with: a person, a group, or everybody who has the link. */
export function readerOf(act: Act): string | null {
  const target = text(act, 'TargetUserOrGroupName');
  if (target !== null) return target;
  if (/^Anonymous/.test(act.activity)) return 'anybody who has the link';
  return /^Company/.test(act.activity) ? 'anybody in the company who has the link' : null;
}

const mostNames = 10;

/** One line, with the first names; the rest is in the table. */
export function describeFiles(acts: readonly Act[], done: string): Kept[] {
  const names = [...new Set(acts.map(fileOf))];
  const [latest] = acts;
  if (latest === undefined) return [];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return [
    {
      what: `${names.length} file${names.length === 1 ? '' : 's'} ${done}: ${names.slice(0, mostNames).join(', ')}${more}`,
      why: latest.evidence,
    },
  ];
}
