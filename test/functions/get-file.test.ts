// The files of a run over HTTP: only as downloads, and only those that the run holds.
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../functions/runs/api.ts';
import { getFile } from '../../functions/runs/get-file.ts';
import { forBrowser } from '../../functions/runs/respond.ts';
import { runPage } from '../../shared/page/run-page.ts';
import { advance } from '../../shared/run/advance.ts';
import { runRef } from '../../shared/run/progress.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';
import { situations } from '../summary/situations.ts';

const content = '<script>alert(1)</script>,a@fabrikam.com\r\n';
const file = { name: 'recipients.csv', type: 'text/csv', content } as const;

async function world() {
  const simulation = new Simulation(
    { things: { 'block-sign-in': ['lock'] }, refused: [], level: 'contain' },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  await simulation.live((rows) => rows.run.row.state === 'finished');
  await advance(simulation.engine, runRef(id), (state) => ({
    ...state,
    steps: state.steps.map((row) => (row.name === 'block-sign-in' ? { ...row, attachments: [file] } : row)),
  }));
  const get = async (step: string, name: string) => {
    const request = {
      params: { id, step, file: name },
      query: {},
      url: `http://127.0.0.1:7071/api/runs/${id}/files/${step}/${name}`,
      headers: { accept: 'text/html' },
      text: '',
      who: 'megan@contoso.com',
    };
    try {
      return forBrowser(request, await getFile(simulation.engine, request));
    } catch (thrown) {
      return answerOf(thrown);
    }
  };
  return { get };
}

describe('GET …/files/{step}/{file}', () => {
  it('is a download, whatever is in it — a browser must not show it as a page', async () => {
    const { get } = await world();
    const answer = await get('block-sign-in', 'recipients.csv');
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="recipients.csv"',
        'content-security-policy': "default-src 'none'; sandbox",
      },
      html: content,
    });
  });

  it.each([
    ['block-sign-in', 'others.csv'],
    ['collect-sign-ins', 'recipients.csv'],
    ['__proto__', 'recipients.csv'],
    ['block-sign-in', '../../../host.json'],
  ])('knows no file %s/%s that the run does not hold', async (step, name) => {
    const { get } = await world();
    expect(await get(step, name)).toMatchObject({ status: 404, json: { title: 'Unknown file' } });
  });

  it('is linked on the page of the run', () => {
    const given = situations.contained();
    const steps = given.steps.map((row) =>
      row.name === 'collect-sign-ins' ? { ...row, attachments: [file] } : row,
    );
    const html = runPage({ given: { ...given, steps }, log: [], who: 'megan@contoso.com', still: false });
    expect(html).toContain(
      `href="/api/runs/${given.run.id}/files/collect-sign-ins/recipients.csv">recipients.csv</a>`,
    );
  });
});
