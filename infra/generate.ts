// `npm run generate` writes what the deployment must know about the playbook. Permissions and queues are named only in
// the steps' declarations; a test fails if the generated files are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { coveredBy, declaredPermissions } from '../functions/permissions.ts';
import { playbook } from '../functions/steps/index.ts';
import type { Step } from '../shared/model/step.ts';
import { queueShapes } from '../shared/run/bus.ts';
import { tableNames } from '../shared/store/table-client.ts';
import { permissionsPage } from './permissions-page.ts';
import { withStepTable } from './step-table.ts';

const file = new URL('./bicep/playbook.json', import.meta.url);
const page = new URL('../docs/permissions.md', import.meta.url);
const stepsPage = new URL('../docs/steps.md', import.meta.url);

/** Steps 1 to 4 of Microsoft's guide; 5 and later are optional there. */
const mandatory = /^MS [1-4]$/;

/** The steps for the guide's mandatory ones, and the steps they wait for. */
export function minimalProfile(steps: readonly Step[]): string[] {
  const kept = new Set(steps.filter((step) => step.guide.some((row) => mandatory.test(row))).map(nameOf));
  // In topological order a step comes after what it waits for, so one pass from the end finds all.
  for (const step of steps.toReversed()) {
    if (kept.has(step.name)) for (const name of [...step.requires, ...step.after]) kept.add(name);
  }
  return steps.map(nameOf).filter((name) => kept.has(name));
}

const nameOf = (step: Step) => step.name;

export function playbookDocument(): string {
  const { graph, exchange, defender } = declaredPermissions(playbook);
  const document = {
    steps: playbook.map(({ name, title, stage, kind, guide }) => ({ name, title, stage, kind, guide })),
    minimalProfile: minimalProfile(playbook),
    queues: queueShapes(playbook.map((step) => step.name)),
    tables: tableNames,
    graphApplicationPermissions: graph,
    exchangeCmdlets: exchange,
    defenderPermissions: defender,
    coveredBy: Object.fromEntries(
      Object.entries(coveredBy).filter(([read, write]) => read in graph && write in graph),
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export const permissionsDocument = () => permissionsPage(playbook, minimalProfile(playbook));

export const stepsDocument = () => withStepTable(readFileSync(stepsPage, 'utf8'), playbook);

if (import.meta.main) {
  // Generate everything before writing the first file: if one fails, none is changed.
  const made = [
    [file, playbookDocument()],
    [page, permissionsDocument()],
    [stepsPage, stepsDocument()],
  ] as const;
  mkdirSync(new URL('./bicep/', import.meta.url), { recursive: true });
  for (const [path, text] of made) writeFileSync(path, text);
}
