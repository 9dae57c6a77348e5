// What the identity that plants a drill is granted: what the plantings declare; the app gets none of it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drillPermissions as declared, plantings } from '../../functions/drill/plantings.ts';
import { drillPermissions } from '../../infra/drill-permissions.ts';

const read = (file: string) => readFileSync(new URL(`../../infra/${file}`, import.meta.url), 'utf8');

describe('the permissions of a drill', () => {
  it('are those that the plantings declare, each once, in the tenant or in one mailbox', () => {
    const { graph, mailbox } = drillPermissions;
    expect([...graph, ...mailbox].toSorted()).toEqual(declared);
  });

  it('add nothing to what the app is granted', () => {
    const document = read('bicep/playbook.json');
    for (const name of [
      'Application.ReadWrite.OwnedBy',
      'Files.ReadWrite.All',
      'Calendars.ReadWrite',
      'Mail.ReadWrite"',
    ])
      expect(document).not.toContain(name);
  });

  it('are granted by the script from the same file, and can be left out for each planting', () => {
    const script = read('setup-drill.ps1');
    expect(script).toContain("'drill.json'");
    const lines = [...script.matchAll(/^ {2}'([\w-]+)'\s+= @\((.*)\)$/gm)];
    const left = Object.fromEntries(
      lines.map(([, name = '', list = '']) => [name, list.split(', ').map((one) => one.slice(1, -1))]),
    );
    expect(left).toEqual(
      Object.fromEntries(plantings.map(({ name, permissions }) => [name, [...permissions]])),
    );
  });
});
