// The doors of our own in the built app: the timer finds alerts by itself, and the stream is read only where there is one.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
  });
});

describe('forward-stream', () => {
  const connection =
    'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=eA==;UseDevelopmentEmulator=true';
  const listed = z.array(
    z.looseObject({ name: z.string(), config: z.looseObject({ bindings: z.array(z.looseObject({})) }) }),
  );

  it('is registered where there is a hub, reads what the host hands over, and leaves no bad record untold', async () => {
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

  it('is not there where no hub is configured — the host could not connect it', async () => {
    await within('false-alarm', async ({ stack }) => {
      expect(stack.host?.functions).not.toContain('forward-stream');
      expect(stack.host?.functions).not.toContain('poll-alerts');
    });
  });
});
