// Writes what the deployment must know of the playbook: `npm run generate`. The steps' declarations are the only place
// where a permission or a queue is named; a test fails when this file is out of date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { declaredPermissions } from '../functions/permissions.ts';
import { playbook } from '../functions/steps/index.ts';
import { queueShapes } from '../shared/run/queues.ts';

const file = new URL('./bicep/playbook.json', import.meta.url);

export function playbookDocument(): string {
  const { graph, exchange, defender } = declaredPermissions(playbook);
  const document = {
    steps: playbook.map(({ name, title, stage, kind, guide }) => ({ name, title, stage, kind, guide })),
    queues: queueShapes(playbook.map((step) => step.name)),
    graphApplicationPermissions: graph,
    exchangeCmdlets: exchange,
    defenderPermissions: defender,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(new URL('./bicep/', import.meta.url), { recursive: true });
  writeFileSync(file, playbookDocument());
}
