// The page that an administrator reads before granting. Its notes are written by hand, so they are compared with the
// code and with Microsoft's own map of which permission allows which request.
import { describe, expect, it } from 'vitest';
import { declaredPermissions } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { cmdletRisks, notes } from '../../infra/permission-notes.ts';
import { offSetting, withoutIt } from '../../infra/permission-words.ts';
import { graphPermissions } from '../../local/tenant/permissions.ts';
import { readSettings } from '../../shared/settings.ts';

const { graph, exchange, defender } = declaredPermissions(playbook);

describe('the notes on permissions', () => {
  it('exist for exactly the declared permissions — a note on what is not granted would hide what is', () => {
    expect(Object.keys(notes).toSorted()).toEqual(
      [...Object.keys(graph), ...Object.keys(defender)].toSorted(),
    );
  });

  it('say for each cmdlet that writes what it would be worth to an attacker', () => {
    const writing = Object.keys(exchange).filter((cmdlet) => !cmdlet.startsWith('Get-'));
    expect(Object.keys(cmdletRisks).toSorted()).toEqual(writing.toSorted());
  });

  it('name only requests that the permission allows', () => {
    const wrong = Object.keys(graph).flatMap((permission) =>
      (notes[permission]?.requests ?? []).flatMap((request) => {
        const ways = Object.entries(graphPermissions).filter(
          ([key]) => key === request || key.startsWith(`${request}#`),
        );
        const allowed = ways.flatMap(([, alternatives]) => alternatives.flat());
        return allowed.includes(permission) ? [] : [`${permission}: ${request}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe('how to run without a permission', () => {
  it('is a setting that the app accepts', () => {
    const off = offSetting(['remove-app-access', 'disable-devices'], playbook);
    const value = /^`STEPS=(.*)`$/.exec(off)?.[1];
    const read = readSettings({ STEPS: value }, playbook);
    expect('problems' in read && read.problems.filter((problem) => problem.startsWith('STEPS'))).toEqual([]);
  });

  it('is not offered if the app itself needs it', () => {
    expect(offSetting(['triage-alert', 'block-sign-in'], playbook)).toMatch(/^not possible/);
  });

  it('is refused for a step that nobody has described', () => {
    expect(() => withoutIt(['poll-everything'], playbook)).toThrow(/poll-everything/);
  });
});
