// A run as programs read it: everything that the rows know and may show, and nothing else.
import { describe, expect, it } from 'vitest';
import type { LogRow } from '../../shared/model/rows.ts';
import { runDocument } from '../../shared/summary/run-document.ts';
import { names } from './read.ts';
import { adele, at, done, having, playbook, signIns, step } from './rows.ts';
import { situations } from './situations.ts';

const log: LogRow[] = [
  { at: at('09:12:00'), who: 'policy', what: 'run opened at level contain', why: 'high' },
];
const documentOf = (given: ReturnType<(typeof situations)[(typeof names)[number]]>) =>
  runDocument(
    {
      run: { row: given.run, etag: 'W/"run"' },
      steps: given.steps.map((row) => ({ row, etag: 'W/"step"' })),
    },
    log,
    playbook,
  );
const tasks = documentOf(situations['contained with tasks']());

describe('a run document', () => {
  it('names the account by object id and UPN, so that nobody acts on the wrong person', () => {
    expect(tasks.account).toMatchObject({ id: adele, userPrincipalName: 'adele.vance@contoso.com' });
  });

  it('says what the email says: the same verdict, and the tasks in the order of the playbook', () => {
    expect(tasks.verdict).toBe('CONTAINED, 2 TASKS');
    expect(tasks.tasks.map(({ step: name, id }) => `${name} ${id}`)).toEqual([
      'reset-password password-at-the-source',
      'collect-sign-ins ask-owner',
    ]);
  });

  it('has the tasks for now before those that are done with the owner at hand-back', () => {
    const from = situations['contained with tasks']();
    const steps = from.steps.map((row) =>
      row.name === 'reset-password'
        ? { ...row, tasks: row.tasks.map((one) => ({ ...one, atHandBack: true as const })) }
        : row,
    );
    expect(documentOf({ ...from, steps }).tasks.map(({ id, atHandBack }) => [id, atHandBack])).toEqual([
      ['ask-owner', false],
      ['password-at-the-source', true],
    ]);
  });

  it('has every step with its title, in the order of the playbook', () => {
    const listed = tasks.steps.map(({ name }) => name);
    expect(tasks.steps.map(({ name, title }) => `${name}: ${title}`)).toEqual(
      playbook.filter(({ name }) => listed.includes(name)).map(({ name, title }) => `${name}: ${title}`),
    );
  });

  it('derives what may be said of each change', () => {
    const changes = tasks.steps.flatMap((entry) => entry.changes);
    expect(changes.map(({ id, verification }) => `${id} ${verification}`)).toEqual([
      'sign-in verified',
      'sessions verified',
      'password unverified',
      'AAMkAGI2 verified',
    ]);
    expect(changes[0]).not.toHaveProperty('once');
  });

  it('has the log of who did what', () => {
    expect(tasks.log).toEqual(log);
  });

  it('names attachments without what is in them, and leaves out what steps remember for themselves', () => {
    const csv = { name: 'recipients.csv', type: 'text/csv', content: 'megan@fabrikam.com' } as const;
    const given = situations.contained();
    const steps = having(given.steps, signIns({ attachments: [csv], memo: { query: 'q1' } }));
    const document = documentOf({ ...given, steps });
    expect(document.steps.flatMap((entry) => entry.attachments)).toEqual([
      { name: 'recipients.csv', type: 'text/csv' },
    ]);
    expect(JSON.stringify(document)).not.toMatch(/megan@fabrikam\.com|"memo"|"q1"|etag/);
  });

  it('shows a failed try and an unknown step as they are', () => {
    const lastError = { message: 'throttled', status: 429, code: null, requestId: null };
    const given = situations.contained();
    const document = documentOf({ ...given, steps: [step('format-disk', done, { lastError })] });
    expect(document.steps).toMatchObject([{ name: 'format-disk', title: 'format-disk', lastError }]);
  });

  it('is valid JSON throughout, in every situation', () => {
    for (const name of names) {
      const document = documentOf(situations[name]());
      expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    }
  });
});
