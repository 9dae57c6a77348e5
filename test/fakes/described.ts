// Compares an answer with the API's own description: the schema in its OpenAPI document.
import { z } from 'zod';

const documentSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
        responses: z.record(
          z.string(),
          z.looseObject({
            content: z
              .record(z.string(), z.looseObject({ schema: z.looseObject({ $ref: z.string() }) }))
              .optional(),
          }),
        ),
      }),
    ),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), z.json()) }),
});
export type Described = z.infer<typeof documentSchema>;

/** As it is served: what JSON loses is lost. */
export const readDescription = (document: unknown): Described =>
  documentSchema.parse(JSON.parse(JSON.stringify(document)));

/** The schema of one answer; throws if the document has none. */
export function schemaOf(document: Described, operation: string, status: number): z.ZodType {
  const found = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .find(({ operationId }) => operationId === operation);
  const [content] = Object.values(found?.responses[String(status)]?.content ?? {});
  if (content === undefined) throw new Error(`${operation} is not said to answer ${status}`);
  const local = (value: unknown): string =>
    JSON.stringify(value).replaceAll('"#/components/schemas/', '"#/$defs/');
  const whole = { ...content.schema, $defs: document.components.schemas };
  return z.fromJSONSchema(JSON.parse(local(whole)));
}
