// Rail 8, for every step: a read that lost its identity returns the whole tenant, and nothing in that answer may be
// written to.
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { path, refPath } from '../../shared/clients/path.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Clients, ExchangeClient, GraphClient } from '../../shared/model/clients.ts';
import { context } from '../fakes/context.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';
import { noClients } from '../run/no-clients.ts';

const megan = '0a3b5a4e-2cf1-4fd0-9b8e-5c8f6b7f1a21';

/** A mailbox with everything that a step would remove. */
const laden = (id: string, address: string) => ({
  ExternalDirectoryObjectId: id,
  Identity: id,
  Guid: id,
  Name: address,
  PrimarySmtpAddress: address,
  ForwardingSmtpAddress: 'smtp:collector@evil.example',
  ForwardingAddress: null,
  DeliverToMailboxAndForward: false,
  ImapEnabled: true,
  PopEnabled: true,
  SmtpClientAuthenticationDisabled: false,
  GrantSendOnBehalfTo: ['collector@evil.example'],
});

/** Answers each Get-Mailbox and Get-CASMailbox with these, whatever was asked; everything else with nothing. */
function exchangeThatAnswers(mailboxes: readonly object[]) {
  const written: string[] = [];
  const exchange: ExchangeClient = {
    async get(cmdlet, _parameters, item) {
      const own = cmdlet === 'Get-Mailbox' || cmdlet === 'Get-CASMailbox';
      return (own ? mailboxes : []).map((mailbox) => item.parse(mailbox));
    },
    async run(cmdlet, parameters) {
      written.push(`${cmdlet} ${JSON.stringify(parameters)}`);
    },
  };
  return { exchange, written };
}

const quietGraph = (): GraphClient & { requests: { method: string; path: string }[] } =>
  scriptedGraph(({ path: asked }) => (asked.includes('/users/') ? { proxyAddresses: [] } : []));

const inMailboxes = playbook.flatMap((step) =>
  step.kind === 'remediation' && step.permissions.exchange?.includes('Get-Mailbox') ? [step] : [],
);

describe('a mailbox that is not surely the account’s', () => {
  it('matters to several steps', () => {
    expect(inMailboxes.length).toBeGreaterThan(1);
  });

  it('would be altered if it were the account’s — so the tests below can’t pass for another reason', async () => {
    const { exchange } = exchangeThatAnswers([laden(context().account.id, 'adele@contoso.com')]);
    const clients: Clients = { ...noClients, exchange, graph: quietGraph() };
    const finds = await Promise.allSettled(inMailboxes.map((step) => step.find(context(), clients)));
    const altering = finds.filter(
      (one) => one.status === 'fulfilled' && 'changes' in one.value && one.value.changes.length > 0,
    );
    expect(altering.length).toBeGreaterThan(0);
  });

  it.each(
    inMailboxes.flatMap((step) =>
      [
        ['another one', [laden(megan, 'megan@contoso.com')]],
        [
          'the whole tenant',
          [laden(megan, 'megan@contoso.com'), laden(context().account.id, 'adele@contoso.com')],
        ],
        ['one without an id', [laden('', 'adele@contoso.com')]],
      ].map(([what, mailboxes]) => [step.name, what, step, mailboxes] as const),
    ),
  )('is left alone by %s: %s', async (_name, _what, step, mailboxes) => {
    const { exchange, written } = exchangeThatAnswers(Array.isArray(mailboxes) ? mailboxes : []);
    const graph = quietGraph();
    const clients: Clients = { ...noClients, exchange, graph };
    const found = await step.find(context(), clients).then(
      (answer) => ('changes' in answer ? answer.changes.length : 0),
      (thrown: unknown) => {
        expect(thrown).toBeInstanceOf(PermanentError);
        return 0;
      },
    );
    expect(found).toBe(0);
    expect(written).toEqual([]);
    expect(graph.requests.filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([]);
  });
});

describe('a path', () => {
  it.each(['', ' ', '.', '..'])(
    'is refused with %j for an id — that would be everybody, or something else',
    (id) => {
      expect(() => path`/users/${id}`).toThrow(PermanentError);
      expect(() => path`/users/${id}/messages?$top=1`).toThrow('nothing was sent');
      expect(() => path`/users?$filter=id eq '${id}'`).toThrow(PermanentError);
    },
  );

  it('leads nowhere else, whatever an id contains', () => {
    expect(path`/users/${'../groups/x?$select=id#'}`).toBe('/users/..%2Fgroups%2Fx%3F%24select%3Did%23');
    expect(path`/users?$filter=userPrincipalName eq '${"o'neill' or 1 eq 1"}'`).toContain("'o''neill''%20or");
  });

  it('to a member ends in $ref or is refused — without it the same request deletes the user', () => {
    expect(() => refPath('groups', 'tier-0', 'members', '')).toThrow('not a reference path');
  });
});
