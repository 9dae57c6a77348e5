// Which files go along with the mail: those of a step that asks somebody to act and needs the file for it. All others
// are large, or full of other people's mail, and stay with the run.
import type { StepRow } from '../model/rows.ts';
import type { Attachment } from '../model/step.ts';
import { handBackTasks, openTasks } from '../run/verdict.ts';

/** sendMail takes 4 MB, and MIME is in base64 twice (https://learn.microsoft.com/graph/outlook-large-attachments). */
const mostBytes = 1_500_000;

export function attachedTo(steps: readonly StepRow[]): Attachment[] {
  let left = mostBytes;
  return steps
    .filter((row) => openTasks(row).length + handBackTasks(row).length > 0)
    .flatMap((row) => row.attachments)
    .filter(({ content }) => {
      const bytes = Buffer.byteLength(content);
      if (bytes > left) return false;
      left -= bytes;
      return true;
    });
}
