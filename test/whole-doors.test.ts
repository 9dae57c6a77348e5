// Our own doors in the built app: the timer finds alerts by itself, and the stream is read only if there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decisionSchema } from '../shared/alerts/decisions.ts';
import { Table } from '../shared/store/table-client.ts';
import { TableDeadLetters } from '../shared/store/table-dead-letters.ts';
import { fromEntity } from '../shared/store/table-entity.ts';
import { payload } from './alerts/samples.ts';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();

describe('poll-alerts', () => {
  it('contains an account whose alert nobody has published, and asks again without another run', async () => {
    await within(
      'business-email-compromise',
      async ({ stack, live }) => {
        await stack.host?.fire('poll-alerts');
        await stack.topic.settled();
        await stack.host?.fire('poll-alerts');
        await stack.topic.settled();
        const { runs, decisions, deadLetters } = await live([]);
        expect(runs.map(({ run }) => [run.row.account.userPrincipalName, run.row.level])).toEqual([
          ['adele@contoso.com', 'full'],
        ]);
        expect(decisions.filter(({ action }) => action === 'refused')).toEqual([]);
        expect(deadLetters).toBe(0);
      },
      { POLL_ALERTS: 'true' },
    );
  }, 120_000);
});

describe('triage', () => {
  it('accounts for every message that reaches the queue — decided, or with a reason among the dead letters', async () => {
    const folder = new URL('./events/', import.meta.url);
    const bodies = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        readdirSync(new URL(`${name}/`, folder)).map((file) =>
          readFileSync(new URL(`${name}/${file}`, folder), 'utf8'),
        ),
      )
      .filter((_, index) => index % 3 === 0);
    await within('false-alarm', async ({ stack }) => {
      const sent = bodies.flatMap((body, index) => {
        // Every third is cut off, every fifth comes twice.
        const id = `message-${index}`;
        const given = index % 3 === 0 ? body.slice(0, (index * 37) % body.length) : body;
        return index % 5 === 0
          ? [
              { id, body: given },
              { id, body: given },
            ]
          : [{ id, body: given }];
      });
      for (const { id, body } of sent) stack.serviceBus.enqueue('alerts', { messageId: id, body });
      const service = { connectionString: stack.azurite.connectionString };
      const decisions = new Table(service, 'decisions');
      const deadLetters = new TableDeadLetters(service);
      const told = new Set<string>();
      const ids = new Set(sent.map(({ id }) => id));
      const until = Date.now() + 60_000;
      const waiting = () => {
        const { active, locked, scheduled } = stack.serviceBus.queue('alerts');
        return [...active, ...locked, ...scheduled].map(({ messageId }) => messageId);
      };
      while ((told.size < ids.size || waiting().length > 0) && Date.now() < until) {
        for (const entity of await decisions.query('')) {
          const { message } = fromEntity('decisions', entity, decisionSchema);
          if (message !== null) told.add(message.replace(/~\d+$/, ''));
        }
        for (const { id } of await deadLetters.since(new Date(0))) told.add(id.replace(/~\d+$/, ''));
      }
      expect([...ids].filter((id) => !told.has(id))).toEqual([]);
      expect(waiting()).toEqual([]);
    });
  }, 120_000);
});

describe('forward-stream', () => {
  const connection =
    'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=eA==;UseDevelopmentEmulator=true';
  const listed = z.array(
    z.looseObject({ name: z.string(), config: z.looseObject({ bindings: z.array(z.looseObject({})) }) }),
  );

  it('is registered if there is a hub, reads what the host hands over, and reports every bad record', async () => {
    await within(
      'false-alarm',
      async ({ stack, log }) => {
        const { host } = stack;
        const answer = await fetch(`${host?.url}/admin/functions`, {
          headers: { 'x-functions-key': host?.keys.master ?? '' },
        });
        const stream = listed.parse(await answer.json()).find(({ name }) => name === 'forward-stream');
        expect(stream?.config.bindings).toEqual([
          expect.objectContaining({
            type: 'eventHubTrigger',
            direction: 'in',
            connection: 'Streams',
            eventHubName: 'logs',
            cardinality: 'many',
          }),
        ]);
        await host?.fire('forward-stream', JSON.stringify([payload('diagnostic-records/mixed')]));
        await stack.topic.settled();
        expect(log.map(({ message }) => message)).toContainEqual(
          expect.stringContaining('2 published, 1 refused, 1 of SignInLogs left'),
        );
      },
      { Streams: connection },
    );
  });

  it('is not registered if no hub is configured — the host could not connect it', async () => {
    await within('false-alarm', async ({ stack }) => {
      expect(stack.host?.functions).not.toContain('forward-stream');
      expect(stack.host?.functions).not.toContain('poll-alerts');
    });
  });
});
