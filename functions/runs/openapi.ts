// GET /api/openapi.json: the API as OpenAPI 3.1, built from the list of routes and the schemas that parse requests.
// Nothing in it is written twice.
import { z } from 'zod';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { type ApiAnswer, mostCharacters } from './api.ts';

/** What the document says of a route. */
export interface Described {
  /** Name of the function in Azure and of the operation here. */
  name: string;
  /** GET never changes anything. */
  method: 'GET' | 'POST';
  /** Below /api; `{id}` is a run. */
  path: string;
  /** What it does, in the imperative. */
  summary: string;
  /** Readers look, operators decide. */
  access: 'reader' | 'operator';
  /** Only a person who has signed in: no application, and no function key outside the local stack. */
  personal?: true;
  query?: z.ZodType;
  body?: z.ZodType;
  /** By status, without the problems. `null`: not JSON. */
  answers: Readonly<Record<number, z.ZodType | null>>;
}

type Json = z.infer<ReturnType<typeof z.json>>;

const problemSchema = z.looseObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.number(),
  /** What happened, to what, and what to do now. */
  detail: z.string(),
});

/** Schemas that several routes share. */
const named = new Map<z.ZodType, string>([
  [runDocumentSchema, 'Run'],
  [problemSchema, 'Problem'],
]);

const problems: Readonly<Record<string, string>> = {
  400: 'The body or the query is invalid; `detail` says where.',
  401: 'The caller is not signed in.',
  403: 'The caller lacks the role, or the request came from another site.',
  404: 'There is no such run, step or task.',
  409: "It can't be done at this moment; `detail` says why.",
  412: 'Somebody else decided since the run was read; `changes` says what.',
  413: `The body holds more than ${mostCharacters} characters.`,
  415: 'The body is not JSON.',
  422: 'The Idempotency-Key was used for another request.',
  503: 'Microsoft 365 or the storage is busy; Retry-After says when to ask again.',
};

const ofChanges = ['409', '412', '413', '415', '422'];

export function openApi(routes: readonly Described[]) {
  const components: Record<string, Json> = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output', fallback: string): Json => {
    const name = named.get(schema) ?? fallback;
    components[name] ??= hoisted(name, z.toJSONSchema(schema, { io, unrepresentable: 'any' }), components);
    return { $ref: `#/components/schemas/${name}` };
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = `/api/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemaOf) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Reclaim',
      version: '1',
      description:
        'Takes a compromised Microsoft 365 account back. Every decision of an operator carries a reason, which is kept in the log of the run.',
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An access token of Entra ID for this API, with the role Responder.Operator or Responder.Reader.',
        },
        key: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'Only where nobody signs in: the local stack.',
        },
      },
    },
    security: [{ entra: [] }, { key: [] }],
  };
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output', fallback: string) => Json;

function operation(route: Described, schemaOf: SchemaOf): Json {
  const changes = route.method !== 'GET';
  const inRun = route.path.includes('{id}');
  const codes = Object.keys(problems).filter(
    (code) => (changes || !ofChanges.includes(code)) && (inRun || !['404', '412'].includes(code)),
  );
  const parameters = [...pathParameters(route.path), ...queryParameters(route.query)];
  if (changes) parameters.push(headerParameter('Idempotency-Key', idempotencyKey));
  if (changes && inRun) parameters.push(headerParameter('If-Match', ifMatch));
  return {
    operationId: route.name,
    summary: route.summary,
    description: whoMay(route),
    parameters,
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(route.body, 'input', `${route.name}-body`) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, schema]) => [
          status,
          schema === null
            ? { description: route.summary }
            : {
                description: route.summary,
                ...(inRun ? { headers: { ETag: { schema: { type: 'string' } } } } : {}),
                content: {
                  'application/json': { schema: schemaOf(schema, 'output', `${route.name}-answer`) },
                },
              },
        ]),
      ),
      ...Object.fromEntries(
        codes.map((code) => [
          code,
          {
            description: problems[code] ?? '',
            content: { 'application/problem+json': { schema: schemaOf(problemSchema, 'output', 'Problem') } },
          },
        ]),
      ),
    },
  };
}

const whoMay = ({ access, personal }: Described): string => {
  if (access === 'reader') return 'For operators and readers.';
  return personal ? 'For operators who have signed in as a person.' : 'For operators.';
};

const idempotencyKey =
  'If the same key is sent again within 24 hours, nothing is done again and the first answer is repeated.';
const ifMatch =
  'The ETag of the run as you read it: refused with 412 if somebody else has decided since. It changes with decisions, not with the progress of steps.';

const headerParameter = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', maxLength: 200 },
});

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.json()).default({}),
  required: z.array(z.string()).default([]),
});

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (query === undefined) return [];
  const { properties, required } = objectSchema.parse(
    z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** Moves a schema's own `$defs` to the components: inside the document `#/$defs` would point nowhere. */
function hoisted(name: string, schema: unknown, components: Record<string, Json>): Json {
  const text = JSON.stringify(schema, (key, value: unknown) => (key === '$schema' ? undefined : value));
  const renamed = text
    .replaceAll('"#/$defs/', `"#/components/schemas/${name}-`)
    .replaceAll('"$ref":"#"', `"$ref":"#/components/schemas/${name}"`);
  const { $defs = {}, ...rest } = z
    .looseObject({ $defs: z.record(z.string(), z.json()).optional() })
    .parse(JSON.parse(renamed));
  for (const [key, definition] of Object.entries($defs)) components[`${name}-${key}`] = definition;
  return z.json().parse(rest);
}

export const answerOpenApi = (routes: readonly Described[]): ApiAnswer => ({
  status: 200,
  json: openApi(routes),
});
