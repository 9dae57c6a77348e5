// Every route of the HTTP API in one list: path, access, request and answers. Both the triggers and the OpenAPI document
// come from it, so neither can have a route that the other lacks.
import { z } from 'zod';
import { reportSchema } from '../../shared/preflight/preflight.ts';
import { handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { decisionListSchema, decisionQuerySchema, listDecisions } from '../alerts/list-decisions.ts';
import { alertBodySchema, triagedSchema, triageNow } from '../alerts/triage-now.ts';
import {
  drillAnswerSchema,
  drillBodySchema,
  drillViewSchema,
  getDrills,
  postDrill,
} from '../drill/drills.ts';
import type { Services } from '../services.ts';
import { type ApiAnswer, type ApiRequest, Problem } from './api.ts';
import {
  approveRun,
  approveSchema,
  retryRun,
  retrySchema,
  tickSchema,
  tickTask,
  undoRun,
  undoSchema,
} from './change-run.ts';
import { getFile } from './get-file.ts';
import { getRun } from './get-run.ts';
import { getHandBack, handBackSchema, passAnswerSchema, postHandBack } from './hand-back.ts';
import { listQuerySchema, listRuns, runListSchema } from './list-runs.ts';
import { answerOpenApi, type Described } from './openapi.ts';
import { answerPreflight } from './preflight.ts';
import { startRun, startSchema } from './start-run.ts';

export interface Route extends Described {
  handle: (services: Services, request: ApiRequest) => Promise<ApiAnswer>;
}

const run = runDocumentSchema;

export const routes: readonly Route[] = [
  {
    name: 'start-run',
    method: 'POST',
    path: 'runs',
    summary: 'Open a run for an account, or join the one that it has.',
    access: 'operator',
    body: startSchema,
    answers: { 200: run, 201: run },
    handle: ({ engine, start }, request) => startRun(engine, request, start),
  },
  {
    name: 'list-runs',
    method: 'GET',
    path: 'runs',
    summary: 'List the runs of the last days, newest first.',
    access: 'reader',
    query: listQuerySchema,
    answers: { 200: runListSchema },
    handle: ({ engine }, request) => listRuns(engine, request),
  },
  {
    name: 'get-run',
    method: 'GET',
    path: 'runs/{id}',
    summary: 'Show a run as it stands now.',
    access: 'reader',
    answers: { 200: run },
    handle: ({ engine }, request) => getRun(engine, request),
  },
  {
    name: 'get-file',
    method: 'GET',
    path: 'runs/{id}/files/{step}/{file}',
    summary: 'Download a file that a step has kept.',
    access: 'operator',
    answers: { 200: null },
    handle: ({ engine }, request) => getFile(engine, request),
  },
  {
    name: 'retry-run',
    method: 'POST',
    path: 'runs/{id}/retry',
    summary: 'Run again what did not end well, or the steps that are named.',
    access: 'operator',
    body: retrySchema,
    answers: { 202: run },
    handle: ({ engine }, request) => retryRun(engine, request),
  },
  {
    name: 'approve-run',
    method: 'POST',
    path: 'runs/{id}/approve',
    summary: 'Let a held run begin at a level, or make a contained run full.',
    access: 'operator',
    body: approveSchema,
    answers: { 202: run },
    handle: ({ engine, start }, request) => approveRun(engine, request, start.count),
  },
  {
    name: 'undo-run',
    method: 'POST',
    path: 'runs/{id}/undo',
    summary: 'Restore what the run changed, newest first: all of it, or what the named steps did.',
    access: 'operator',
    body: undoSchema,
    answers: { 202: run },
    handle: ({ engine }, request) => undoRun(engine, request),
  },
  {
    name: 'tick-task',
    method: 'POST',
    path: 'runs/{id}/tasks/{step}/{task}',
    summary: 'Tick a task off, or take the tick back.',
    access: 'operator',
    body: tickSchema,
    answers: { 200: run },
    handle: ({ engine }, request) => tickTask(engine, request),
  },
  {
    name: 'triage-now',
    method: 'POST',
    path: 'alerts',
    summary: 'Judge an alert at once, and show what became of it with every run that it led to.',
    access: 'operator',
    body: alertBodySchema,
    answers: { 200: triagedSchema },
    handle: ({ engine, triage }, request) => triageNow(engine, triage, request),
  },
  {
    name: 'list-decisions',
    method: 'GET',
    path: 'decisions',
    summary: 'List what became of every alert, newest first, with the reason.',
    access: 'reader',
    query: decisionQuerySchema,
    answers: { 200: decisionListSchema },
    handle: ({ decided }, request) => listDecisions(decided, request),
  },
  {
    name: 'preflight',
    method: 'POST',
    path: 'preflight',
    summary: 'Look at everything that a run will need, and say what would fail; nothing is changed.',
    access: 'operator',
    answers: { 200: reportSchema },
    handle: ({ preflight }) => answerPreflight(preflight),
  },
  {
    name: 'get-drills',
    method: 'GET',
    path: 'drills',
    summary: 'Show the drill that is under way, and when the last one passed.',
    access: 'reader',
    answers: { 200: drillViewSchema },
    handle: ({ drill }) => getDrills(drill),
  },
  {
    name: 'drill',
    method: 'POST',
    path: 'drills',
    summary: 'Check an account for a drill and note that one begins, goes on or ends; plants nothing.',
    access: 'operator',
    body: drillBodySchema,
    answers: { 200: drillAnswerSchema },
    handle: ({ drill }, request) => postDrill(drill, request),
  },
  {
    name: 'describe-api',
    method: 'GET',
    path: 'openapi.json',
    summary: 'Describe this API (OpenAPI 3.1).',
    access: 'reader',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    handle: async () => answerOpenApi(routes),
  },
  {
    name: 'get-hand-back',
    method: 'GET',
    path: 'runs/{id}/hand-back',
    summary: 'Show how far the account is on its way back to its owner, and what is in the way.',
    access: 'reader',
    answers: { 200: handBackViewSchema },
    handle: ({ engine }, request) => getHandBack(engine, request),
  },
  {
    name: 'hand-back',
    method: 'POST',
    path: 'runs/{id}/hand-back',
    summary:
      'Give the account back to its owner: begin, make a pass, go on once the owner is back, approve roles.',
    access: 'operator',
    personal: true,
    body: handBackSchema,
    answers: { 201: passAnswerSchema, 202: handBackViewSchema },
    handle: postHandBack,
  },
];

/** Everything else: without it, the Functions host would answer 404 without saying why. */
export const unknownRoute = {
  name: 'unknown-route',
  path: '{*rest}',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
} as const;

/** Always throws. */
export function refuseUnknown(routes: readonly Route[], method: string, path: string): never {
  const taken = routes.filter((route) => fits(route.path, path)).map((route) => route.method);
  if (taken.length === 0) {
    throw new Problem(
      404,
      'Unknown path',
      'There is nothing here. GET /api/openapi.json says what there is.',
    );
  }
  throw new Problem(
    405,
    'Method not allowed',
    `${method} is not taken here; ${taken.join(', ')} is.`,
    {},
    {
      allow: taken.join(', '),
    },
  );
}

/** The host ignores case in the fixed parts of a path, so this does too. */
function fits(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/').filter((segment) => segment !== '');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => {
      const there = given[index] ?? '';
      return segment.startsWith('{') || segment.toLowerCase() === there.toLowerCase();
    })
  );
}
