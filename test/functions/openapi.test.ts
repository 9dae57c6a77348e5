// The description of the API: complete, consistent, and true to the answers.
import { describe, expect, it } from 'vitest';
import { type ApiRequest, answerOf, Problem } from '../../functions/runs/api.ts';
import { retryRun, undoRun } from '../../functions/runs/change-run.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { listRuns } from '../../functions/runs/list-runs.ts';
import { openApi } from '../../functions/runs/openapi.ts';
import { routes } from '../../functions/runs/routes.ts';
import { readDescription, schemaOf } from '../fakes/described.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';

const raw = openApi(routes);
const document = readDescription(raw);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('is of version 3.1 and has every route, and no other', () => {
    expect(raw.openapi).toMatch(/^3\.1\./);
    const described = operations.map(({ path, method, operation }) => [operation.operationId, method, path]);
    const listed = routes.map(({ name, method, path }) => [name, method.toLowerCase(), `/api/${path}`]);
    expect(described.toSorted()).toEqual(listed.toSorted());
  });

  it('has no dangling references', () => {
    const refs = [...JSON.stringify(raw).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '');
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs)
      expect(Object.keys(document.components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
  });

  it('names every parameter of every path, and who may call it', () => {
    for (const { path, operation } of operations) {
      const named = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      expect(named).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(operation['description']).toMatch(/operators/);
    }
  });

  it('says what may be sent to each deciding route, and that it can be sent twice', () => {
    for (const { name, method, body } of routes.filter((route) => route.method === 'POST')) {
      const found = operations.find(({ operation }) => operation.operationId === name)?.operation;
      expect([name, 'requestBody' in (found ?? {})]).toEqual([name, body !== undefined]);
      expect([method, found?.parameters.map((one) => one.name)]).toEqual([
        'POST',
        expect.arrayContaining(['Idempotency-Key']),
      ]);
    }
  });
});

describe('what is answered', () => {
  it.each([
    ['get-run', 200, getRun, {}],
    ['list-runs', 200, listRuns, {}],
    ['retry-run', 202, retryRun, { reason: 'the role is granted' }],
    ['undo-run', 202, undoRun, { reason: 'false alarm' }],
  ] as const)('by %s is what the document says', async (name, status, ask, body) => {
    const things = { 'block-sign-in': ['lock'], 'disable-inbox-rules': ['rule'] };
    const simulation = new Simulation(
      { things, refused: [], level: 'full' },
      chaosOf(() => 0.5),
    );
    const id = await simulation.open();
    await simulation.live((rows) => rows.run.row.state === 'finished');
    const url = `http://127.0.0.1:7071/api/runs/${id}`;
    const request: ApiRequest = {
      params: { id },
      query: {},
      url,
      headers: {},
      text: JSON.stringify(body),
      who: 'x',
    };
    const answer = await ask(simulation.engine, request);
    expect(answer.status).toBe(status);
    const json: unknown = JSON.parse(JSON.stringify(answer.json));
    const schema = schemaOf(document, name, status);
    expect(schema.safeParse(json).error?.issues).toBeUndefined();
    expect(schema.safeParse({ ...Object(json), id: 7, runs: 7 }).success).toBe(false);
  });

  it('to a bad request is a problem in the documented form', () => {
    const problem = answerOf(new Problem(409, 'A run is under way', 'Look at that one.', { run: 'x' })).json;
    expect(schemaOf(document, 'start-run', 409).safeParse(problem).success).toBe(true);
    expect(schemaOf(document, 'start-run', 409).safeParse({ detail: 7 }).success).toBe(false);
  });
});
