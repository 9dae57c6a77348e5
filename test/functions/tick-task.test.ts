// A task over HTTP: ticked off by a program or a form, kept in the rows, and taken back.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiRequest, answerOf, documentOf } from '../../functions/runs/api.ts';
import { tickTask } from '../../functions/runs/change-run.ts';
import { advance } from '../../shared/run/advance.ts';
import { runRef } from '../../shared/run/progress.ts';
import { taskKey } from '../../shared/run/tick-off.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';
import { task } from '../summary/rows.ts';

const key = taskKey('link:/sites/a b.docx');
const documentSchema = z.object({
  tasks: z.array(z.looseObject({ key: z.string(), what: z.string() })),
  log: z.array(z.looseObject({ who: z.string(), what: z.string(), why: z.string().nullable() })),
});

async function world() {
  const things = { 'block-sign-in': ['lock'], 'disable-inbox-rules': ['rule'] };
  const simulation = new Simulation(
    { things, refused: [], level: 'contain' },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  const { engine } = simulation;
  await simulation.live((rows) => rows.run.row.state === 'finished');
  const named = task('link:/sites/a b.docx', 'the link to a b.docx');
  await advance(engine, runRef(id), (state) => ({
    ...state,
    steps: state.steps.map((row) => (row.name === 'block-sign-in' ? { ...row, tasks: [named] } : row)),
  }));
  const post = async (body: unknown, more: Partial<ApiRequest> = {}) => {
    const params = { id, step: 'block-sign-in', task: key, ...more.params };
    const request: ApiRequest = {
      query: {},
      url: 'http://127.0.0.1:7071/api/runs',
      headers: {},
      text: typeof body === 'string' ? body : JSON.stringify(body),
      who: 'megan@contoso.com',
      ...more,
      params,
    };
    try {
      return await tickTask(engine, request);
    } catch (thrown) {
      return answerOf(thrown);
    }
  };
  return { engine, post, rows: () => simulation.rows() };
}

const reason = 'the link was deleted with the owner';

describe('POST …/tasks/{step}/{task}', () => {
  it('ticks a task off by the key that the run names, whatever its id looks like', async () => {
    const { post, rows } = await world();
    const answer = await post({ done: true, reason });
    expect(answer.status).toBe(200);
    const document = documentSchema.parse(answer.json);
    expect(document.tasks).toEqual([]);
    expect(document.log.at(-1)).toMatchObject({
      who: 'megan@contoso.com',
      what: 'ticked off: the link to a b.docx (block-sign-in)',
      why: reason,
    });
    const row = rows().steps.find((entry) => entry.row.name === 'block-sign-in')?.row;
    expect(row?.tasks[0]?.doneAt).not.toBeNull();
  });

  it('takes a tick back, from a form as well as from a program', async () => {
    const { post } = await world();
    await post({ done: true, reason });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await post('done=false&reason=it+is+there+again', { headers });
    expect(documentSchema.parse(answer.json).tasks).toMatchObject([{ key: key }]);
  });

  it('ticks off a mail that could not be sent, which is among the tasks — it is then no longer tried', async () => {
    const { engine, post, rows } = await world();
    const { id } = rows().run.row;
    await advance(engine, runRef(id), (state) => ({
      ...state,
      run: { ...state.run, summary: { ...state.run.summary, state: 'waiting', attempt: 9, until: null } },
    }));
    const before = documentSchema.parse(await documentOf(engine, rows()));
    expect(before.tasks.at(-1)).toMatchObject({ step: 'summary', key: 'unsent-mail' });
    const params = { id, step: 'summary', task: 'unsent-mail' };
    const answer = await post({ done: true, reason: 'told by phone' }, { params });
    expect(answer.status).toBe(200);
    expect(documentSchema.parse(answer.json).tasks).toMatchObject([{ key }]);
    expect(rows().run.row.summary).toMatchObject({ state: 'sent', attempt: 0 });
    expect((await post({ done: true, reason }, { params })).status).toBe(404);
  });

  it.each([
    ['without a reason', { done: true }],
    ['with an empty reason', { done: true, reason: ' ' }],
    ['without saying what', { reason }],
    ['with another word', { done: 'maybe', reason }],
    ['with a key too many', { done: true, reason, step: 'x' }],
  ])('refuses a tick %s', async (_what, body) => {
    const { post, rows } = await world();
    const before = structuredClone(rows());
    expect((await post(body)).status).toBe(400);
    expect(rows()).toEqual(before);
  });

  it.each([
    ['task', { id: '', step: 'block-sign-in', task: 'no-such-task' }],
    ['step', { id: '', step: '__proto__', task: key }],
  ])('knows no %s that is not in the run', async (_what, params) => {
    const { post, rows } = await world();
    const answer = await post({ done: true, reason }, { params: { ...params, id: rows().run.row.id } });
    expect(answer).toMatchObject({ status: 404, json: { title: 'Unknown task' } });
  });
});
