// Writes the JSON Schemas of the tenant and scenario files, by which an editor checks them while they are written:
// `npm run generate`. A test fails when they are out of date.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { scenarioSchema } from './scenario.ts';
import { tenantSchema } from './tenant/schema.ts';

export const schemaFiles: Readonly<Record<string, string>> = {
  'tenant.generated.json': text(tenantSchema),
  'scenario.generated.json': text(scenarioSchema),
};

function text(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(schemaFiles)) {
    writeFileSync(new URL(name, import.meta.url), content);
  }
}
