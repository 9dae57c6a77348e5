// What the audit log names and no step undoes becomes a task.
import { describe, expect, it } from 'vitest';
import { kinds, reviewLeftBehind } from '../../functions/steps/review-left-behind/review-left-behind.ts';
import { answered, intruder, record } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { noClients } from '../run/no-clients.ts';

async function look(records: readonly object[] | undefined) {
  const run = records === undefined ? {} : answered(records);
  const result = await reviewLeftBehind.collect(context({ run, intruder }), noClients, null);
  if (!('findings' in result)) throw new Error('nothing was collected');
  return { tasks: [], ...result };
}

const did = (operation: string, given: object = {}, by: 'intruder' | 'owner' = 'intruder') =>
  record(by, operation, { service: 'MicrosoftFlow', ...given });

describe('review-left-behind', () => {
  it.each(
    kinds.flatMap(({ id, operations, link, only }) =>
      only ? [] : operations.map((operation) => [operation, id, link] as const),
    ),
  )('makes %s by the intruder a task (%s), with the place to undo it', async (operation, id, link) => {
    const { tasks, findings } = await look([did(operation, { objectId: 'thing-1' })]);
    expect(tasks).toMatchObject([
      {
        id: `${id}:thing-1`,
        link: link.replace('{owner}', 'adele%40contoso.com'),
        what: expect.stringMatching(/^[A-Z]\w+ .*\w/),
      },
    ]);
    expect(tasks[0]?.what).not.toMatch(/[{}]| {2}| ,|:$/);
    expect(findings).toEqual([]);
  });

  it('has each operation once, so that nothing is asked for twice', () => {
    const all = kinds.flatMap(({ operations }) => operations.map((operation) => operation.toLowerCase()));
    expect(all.filter((operation, index) => all.indexOf(operation) !== index)).toEqual([]);
  });

  it('makes flow and connection one task each, with the names from the record', async () => {
    const flow = 'https://make.powerautomate.com/environments/x/flows/7';
    const { tasks } = await look([
      did('CreateFlow', { auditData: { FlowDetailsUrl: flow } }),
      did('EditFlow', { auditData: { FlowDetailsUrl: flow } }),
      did('PutConnection', { auditData: { FlowConnectorNames: 'Office 365 Outlook' } }),
    ]);
    expect(tasks.map(({ what }) => what)).toEqual([
      `Delete the flow "${flow}", which runs on without the intruder`,
      'Delete the connection "Office 365 Outlook", which keeps a sign-in of the account',
    ]);
  });

  it('leaves alone what the owner made, what was refused, and what only looks', async () => {
    const { tasks, findings } = await look([
      did('CreateFlow', {}, 'owner'),
      did('CreateFlow', { auditData: { ResultStatus: 'Failed' } }),
      did('MessageRead'),
      did('FileAccessed'),
    ]);
    expect(tasks).toEqual([]);
    expect(findings).toMatchObject([{ what: 'nothing set up in other services' }]);
  });

  it('asks about an act that makes something and is in no table, but not about what other steps handle', async () => {
    const { tasks } = await look([
      did('CreateMarvel', { service: 'NewService' }),
      did('New-InboxRule'),
      did('AnonymousLinkCreated'),
      did('Add-MailboxPermission'),
      did('Send'),
    ]);
    expect(tasks.map(({ what }) => what)).toEqual([
      'Find out what the intruder set up by CreateMarvel (NewService), and undo it',
    ]);
  });

  it.each([
    'MarvelCreated',
    'MarvelPublish',
    'StreamCreateVideo',
    'GuestInvited',
    'MarvelAdded',
    'ShareMarvel',
  ])('asks about %s, wherever the verb is in the name', async (operation) => {
    expect((await look([did(operation)])).tasks).toMatchObject([{ id: 'unknown-operations' }]);
  });

  it.each(['SharePointSearched', 'MarvelOpened', 'TeamsSessionStarted', 'LinkCreated', 'AppUninstalled'])(
    'does not ask about %s, which leaves nothing or is handled elsewhere',
    async (operation) => {
      expect((await look([did(operation)])).tasks).toEqual([]);
    },
  );

  it('names a few things of one kind and counts the rest', async () => {
    const many = Array.from({ length: 9 }, (_, index) => did('CreateFlow', { objectId: `flow-${index}` }));
    const { tasks } = await look(many);
    expect(tasks).toHaveLength(6);
    expect(tasks.at(-1)?.what).toContain('4 more');
  });

  it('says that nothing is known while the audit log has not answered — no proof that nothing was left', async () => {
    expect(await look(undefined)).toMatchObject({
      findings: [{ what: 'what the intruder set up in other services is not known' }],
      tasks: [],
    });
  });

  it('knows an operation of the directory with its full stop', async () => {
    const { tasks } = await look([did('Add application.', { objectId: 'Backup sync' })]);
    expect(tasks).toMatchObject([{ id: 'registrations:Backup sync' }]);
  });
});
