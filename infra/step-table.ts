// The table of steps in docs/steps.md, generated from the playbook between two marks; the rest is written by hand.
import type { Step } from '../shared/model/step.ts';
import { markdownTable } from './markdown-table.ts';

const marks = ['<!-- steps: made by npm run generate -->', '<!-- /steps -->'] as const;

export function withStepTable(page: string, playbook: readonly Step[]): string {
  const [start, end] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (start < 0 || end < start)
    throw new Error(`docs/steps.md has lost the marks ${marks.join(' … ')}: put them back`);
  return `${page.slice(0, start)}${marks[0]}\n\n${stepTable(playbook)}\n\n${page.slice(end)}`;
}

function stepTable(playbook: readonly Step[]): string {
  const head = ['step', 'removes or collects', 'stage', 'undo', 'guide'];
  const rows = playbook.map((step) => [
    step.name,
    about(step),
    step.stage,
    undoOf(step),
    step.guide.join(', ') || '–',
  ]);
  return markdownTable([head, ...rows]).join('\n');
}

const about = (step: Step) => (step.kind === 'remediation' ? step.removes : step.collects);

/** If a sentence stands in place of an undo, the run's page shows it in full. */
const undoOf = (step: Step) => {
  if (step.kind === 'investigation') return '–';
  return typeof step.undo === 'string' ? 'no' : 'yes';
};
