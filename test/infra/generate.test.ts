// Generated files are committed, so that a deployment needs no build; and they must not grow stale.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { permissionsDocument, playbookDocument, stepsDocument } from '../../infra/generate.ts';
import { schemaFiles } from '../../local/schemas.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('generated files', () => {
  it('infra/bicep/playbook.json says what the steps declare — run npm run generate', () => {
    expect(read('infra/bicep/playbook.json')).toBe(playbookDocument());
  });

  it('docs/permissions.md says what would be granted, and for what — run npm run generate', () => {
    expect(read('docs/permissions.md')).toBe(permissionsDocument());
  });

  it('docs/steps.md lists every step — run npm run generate', () => {
    expect(read('docs/steps.md')).toBe(stepsDocument());
  });

  it.each(Object.entries(schemaFiles))(
    'local/%s says what the schema is — run npm run generate',
    (name, text) => {
      expect(read(`local/${name}`)).toBe(text);
    },
  );
});
