// A false alarm after a full run: everything is restored as it was, byte for byte, and on-call reads what is not.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playbook } from '../functions/steps/index.ts';
import { toUndo } from '../shared/run/changes.ts';
import { ofConcern } from '../shared/run/verdict.ts';
import { scenarioCalled, told } from './fakes/told.ts';
import { undoable } from './fakes/undoable.ts';

const folder = fileURLToPath(new URL('../local/scenarios', import.meta.url));
// That story is about waiting, and goes through the same steps as the first.
const stories = readdirSync(folder)
  .map((file) => basename(file, '.json'))
  .filter((name) => name !== 'throttled' && name !== 'false-alarm');

const canUndo = (name: string) => {
  const step = playbook.find((one) => one.name === name);
  return step?.kind === 'remediation' && typeof step.undo !== 'string';
};

describe('undo of a whole run', () => {
  it.each(stories)('%s: the tenant is as it was, and what is not is named', async (name) => {
    const story = await told(await scenarioCalled(name));
    const earlier = await story.run();
    const changed = undoable(story.tenant.state()) !== undoable(story.before);
    expect(changed).toBe(earlier.steps.some((row) => toUndo(row.changes).length > 0 && canUndo(row.name)));
    await story.undo();
    const { run, steps, summary } = await story.run();
    expect(undoable(story.tenant.state())).toBe(undoable(story.before));
    expect(run.endsAs).toBe('undone');
    const failed = ofConcern(run, steps).filter(({ outcome }) => outcome?.is === 'failed');
    expect(failed.map((row) => row.name)).toEqual([]);
    expect(summary.text).not.toMatch(/by hand\. This app could not|waits for|NOT everything/);
    const [, stays = ''] = summary.text.split('WHAT STAYS AS IT IS\n');
    for (const row of steps) {
      const step = playbook.find((one) => one.name === row.name);
      for (const { what } of toUndo(row.changes)) {
        expect(stays).toContain(step?.title);
        expect(stays).toContain(what);
      }
    }
  });

  it('does not claim to restore a role that only its holder can activate', async () => {
    const story = await told(await scenarioCalled('privileged-administrator'));
    await story.undo();
    const { summary } = await story.run();
    const role = 'the role Exchange Administrator, activated in PIM of nestor@contoso.com';
    expect(summary.text).toContain(`Was not put back (see what you do now): Remove admin roles: ${role}`);
    const [, back = ''] = summary.text.split('PUT BACK\n');
    expect(back.split('\n\n')[0]).not.toContain(role);
  });
});
