// Every door of the HTTP API in one list: what is registered, who may come in, what is taken and what is answered. The
// triggers and the OpenAPI document are both made of it, so that neither knows a door that the other does not.
import { z } from 'zod';
import { reportSchema } from '../../shared/preflight/preflight.ts';
import { handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { decisionListSchema, decisionQuerySchema, listDecisions } from '../alerts/list-decisions.ts';
import { alertBodySchema, triagedSchema, triageNow } from '../alerts/triage-now.ts';
import type { Services } from '../services.ts';
import type { ApiAnswer, ApiRequest } from './api.ts';
import { approveRun, approveSchema } from './approve-run.ts';
import { getFile } from './get-file.ts';
import { getRun } from './get-run.ts';
import { getHandBack, postHandBack } from './hand-back.ts';
import { handBackSchema, passAnswerSchema } from './hand-back-shapes.ts';
import { listQuerySchema, listRuns, runListSchema } from './list-runs.ts';
import { answerOpenApi } from './openapi.ts';
import { answerPreflight } from './preflight.ts';
import { retryRun, retrySchema } from './retry-run.ts';
import { startRun, startSchema } from './start-run.ts';
import { tickSchema, tickTask } from './tick-task.ts';
import { undoRun, undoSchema } from './undo-run.ts';

export interface Route {
  /** Of the function in Azure, and the operation in the OpenAPI document. */
  name: string;
  /** GET changes nothing, whatever else it does. */
  method: 'GET' | 'POST';
  /** Below /api; `{id}` is a run. */
  path: string;
  /** What it does, in the imperative; a sentence of the OpenAPI document. */
  summary: string;
  /** A reader looks, an operator decides. */
  access: 'reader' | 'operator';
  query?: z.ZodType;
  body?: z.ZodType;
  /** By status; problems (RFC 9457) need not be named. `null`: no JSON, such as a page. */
  answers: Readonly<Record<number, z.ZodType | null>>;
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
    body: handBackSchema,
    answers: { 201: passAnswerSchema, 202: handBackViewSchema },
    handle: ({ engine }, request) => postHandBack(engine, request),
  },
];
