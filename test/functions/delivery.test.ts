// What becomes of a message if its handler fails, and what can be read from the worker's envelope.
import { describe, expect, it } from 'vitest';
import {
  type Delivery,
  deliveryNumber,
  deliveryOf,
  handled,
  putOff,
  revived,
} from '../../functions/delivery.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Letter } from '../../shared/run/bus.ts';

const now = new Date('2026-11-20T09:12:00.000Z');
const alert = { specversion: '1.0', type: 'Reclaim.RiskDetection', data: { id: 'd1' } };
const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  queue: 'alerts',
  id: 'riskDetection:d1:2026-11-20T09:11:58Z',
  deliveryCount: 1,
  attempt: 0,
  source: null,
  reason: null,
  description: null,
  ...changes,
});

/** Handles one message; `work` fails with the given failure, or not at all. */
async function handle(given: Delivery, failure?: unknown, body: unknown = alert, random = 0.5) {
  const letters: Letter[] = [];
  const lines: string[] = [];
  const around = {
    post: { post: async (letter: Letter) => void letters.push(letter) },
    wait: async () => {},
    now: () => now,
    random: () => random,
    error: (line: string) => void lines.push(line),
  };
  await handled(given, body, around, async () => {
    if (failure !== undefined) throw failure;
  });
  return { letters, lines, letter: letters[0] };
}

const busy = new RetryableError('Microsoft Graph is throttled', { status: 429 });
const waitOf = (letter: Letter | undefined) => ((letter?.at?.getTime() ?? 0) - now.getTime()) / 1000;

describe('a message that was handled', () => {
  it('leaves nothing behind', async () => {
    expect(await handle(delivery())).toMatchObject({ letters: [], lines: [] });
  });
});

describe('a failure that may pass', () => {
  it('is tried again later as a new message with the same body', async () => {
    const { letters, lines } = await handle(delivery(), busy);
    expect(letters).toEqual([
      {
        queue: 'alerts',
        id: 'riskDetection:d1:2026-11-20T09:11:58Z~1',
        body: alert,
        properties: { attempt: 1 },
        at: new Date('2026-11-20T09:12:04.000Z'),
      },
    ]);
    expect(lines).toEqual(['alerts: Microsoft Graph is throttled']);
  });

  it('gets a new id each time — Service Bus drops a message whose id it has seen', async () => {
    const ids: string[] = [];
    let given = delivery();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const { letter } = await handle(given, busy);
      ids.push(letter?.id ?? '');
      given = deliveryOf('alerts', { messageId: letter?.id, applicationProperties: letter?.properties });
    }
    expect(ids).toEqual([1, 2, 3, 4, 5].map((attempt) => `riskDetection:d1:2026-11-20T09:11:58Z~${attempt}`));
  });

  it('waits longer each time, up to five minutes', async () => {
    const waits = await Promise.all(
      [0, 1, 2, 5, 8, 20].map(async (attempt) => waitOf((await handle(delivery({ attempt }), busy)).letter)),
    );
    expect(waits).toEqual([4, 8, 16, 128, 300, 300]);
  });

  it('waits at least as long as the service asked for', async () => {
    const asked = new RetryableError('throttled', { retryAfterSeconds: 90 });
    expect(waitOf((await handle(delivery(), asked)).letter)).toBe(90);
  });

  it('includes everything not called permanent: a bug of ours, or a thrown value that is no error', async () => {
    for (const failure of [new TypeError('x is not a function'), 'text', null]) {
      expect((await handle(delivery(), failure)).letter).toMatchObject({
        queue: 'alerts',
        properties: { attempt: 1 },
      });
    }
  });

  it('keeps an id that merely ends like one of ours — two messages must not become one', async () => {
    const one = await handle(delivery({ id: 'order~5' }), busy);
    const other = await handle(delivery({ id: 'order~7' }), busy);
    expect([one.letter?.id, other.letter?.id]).toEqual(['order~5~1', 'order~7~1']);
    expect((await handle(delivery({ id: 'order~5~1', attempt: 1 }), busy)).letter?.id).toBe('order~5~2');
  });

  it('does not merge two messages without an id', async () => {
    const ids = await Promise.all(
      [0.1, 0.9].map(async (random) => (await handle(delivery({ id: '' }), busy, alert, random)).letter?.id),
    );
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]+-[0-9a-z]+~1$/);
  });

  it('stays within 128 characters, and long ids that differ anywhere stay different', async () => {
    const middle = 'x'.repeat(200);
    const ids = await Promise.all(
      [`a${middle}z`, `b${middle}z`, `a${middle}y`, `a${'x'.repeat(100)}-${'x'.repeat(99)}z`].map(
        async (id) => (await handle(delivery({ id, attempt: 0 }), busy)).letter?.id ?? '',
      ),
    );
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(128);
  });
});

describe('a failure that will not pass', () => {
  const refused = new PermanentError('the event is of another tenant', { status: 403 });

  it('goes to the dead letters at once, with its source, reason and body — nothing is lost', async () => {
    const { letters, lines } = await handle(delivery(), refused);
    expect(letters).toEqual([
      {
        queue: 'dead-letters',
        id: 'riskDetection:d1:2026-11-20T09:11:58Z',
        body: alert,
        properties: { source: 'alerts', reason: 'Refused', description: 'the event is of another tenant' },
      },
    ]);
    expect(lines).toEqual(['alerts: the event is of another tenant']);
  });

  it('includes one that has been tried for two hours', async () => {
    expect((await handle(delivery({ attempt: 28 }), busy)).letter?.queue).toBe('alerts');
    expect((await handle(delivery({ attempt: 29 }), busy)).letter).toMatchObject({
      queue: 'dead-letters',
      properties: {
        source: 'alerts',
        reason: 'AttemptsExhausted',
        description: 'Microsoft Graph is throttled',
      },
    });
  });

  it.each([
    ['text', 'x'.repeat(261_500)],
    ['an object', { specversion: '1.0', pad: 'x'.repeat(261_500) }],
    ['bytes', Buffer.from('x'.repeat(261_500))],
    ['text that grows as JSON', '\u0001'.repeat(100_000)],
    ['letters of three bytes', '漢'.repeat(87_000)],
  ])('is cut to fit if the message is as large as it may be: %s', async (_, body) => {
    const { letter } = await handle(delivery(), refused, body);
    expect(letter).toMatchObject({
      queue: 'dead-letters',
      body: { cut: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      properties: { reason: 'Refused' },
    });
    expect(Buffer.byteLength(JSON.stringify(letter))).toBeLessThan(250_000);
  });

  it('keeps a body that is not an object as it came', async () => {
    expect((await handle(delivery(), refused, 'alert!')).letter?.body).toBe('alert!');
  });

  it('cuts an error to what a property takes', async () => {
    const { letter } = await handle(delivery(), new PermanentError('A'.repeat(100_000)));
    expect(String(letter?.properties['description'])).toHaveLength(1000);
  });
});

describe('a message that cannot even be sent again', () => {
  it.each([
    ['busy', busy],
    ['refused', new PermanentError('refused')],
  ])('is left with the service: the handler throws (%s)', async (_, failure) => {
    const down = new RetryableError('queue dead-letters: no answer');
    const around = {
      post: { post: () => Promise.reject(down) },
      wait: async () => {},
      now: () => now,
      random: () => 0.5,
      error: () => {},
    };
    const handling = handled(delivery(), alert, around, () => Promise.reject(failure));
    await expect(handling).rejects.toBe(down);
  });
});

describe('the envelope', () => {
  it('is read as the worker hands it over', () => {
    expect(
      deliveryOf('alerts', {
        messageId: 'm1',
        deliveryCount: 3,
        deadLetterSource: 'step-block-sign-in',
        deadLetterReason: 'MaxDeliveryCountExceeded',
        deadLetterErrorDescription: 'ten times',
        applicationProperties: { attempt: 2 },
        sequenceNumber: 17,
      }),
    ).toEqual({
      queue: 'alerts',
      id: 'm1',
      deliveryCount: 3,
      attempt: 2,
      source: 'step-block-sign-in',
      reason: 'MaxDeliveryCountExceeded',
      description: 'ten times',
    });
  });

  it('prefers what we wrote ourselves to what the service wrote', () => {
    const given = deliveryOf('dead-letters', {
      deadLetterSource: 'alerts',
      applicationProperties: { source: 'summaries', reason: 'Refused', description: 'no JSON' },
    });
    expect(given).toMatchObject({ source: 'summaries', reason: 'Refused', description: 'no JSON' });
  });

  it('finds the reason that Service Bus forwards, whatever the worker did to the property’s first letter', () => {
    for (const key of ['DeadLetterReason', 'deadLetterReason']) {
      expect(deliveryOf('dead-letters', { applicationProperties: { [key]: 'TTLExpired' } }).reason).toBe(
        'TTLExpired',
      );
    }
  });

  it.each([
    ['a number', 20261120, '20261120'],
    ['true', true, 'true'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['null', null, ''],
    ['nothing', undefined, ''],
  ])('has an id that was parsed into %s', (_, messageId, id) => {
    expect(deliveryOf('alerts', { messageId }).id).toBe(id);
  });

  it('reads a reason and a description that were parsed on the way', () => {
    const given = deliveryOf('dead-letters', {
      deadLetterReason: 42,
      deadLetterErrorDescription: { error: 'x' },
    });
    expect(given).toMatchObject({ reason: '42', description: '{"error":"x"}' });
  });

  it.each([
    ['3', 3],
    [0, 1],
    [-1, 1],
    ['many', 1],
    [null, 1],
    [2.5, 1],
  ])('with a delivery count of %j counts as delivery %i', (deliveryCount, expected) => {
    expect(deliveryOf('alerts', { deliveryCount }).deliveryCount).toBe(expected);
  });

  it.each([
    ['2', 2],
    ['x', 0],
    [-3, 0],
    [1.5, 0],
    [{}, 0],
  ])('with attempt %j counts as attempt %i', (attempt, expected) => {
    expect(deliveryOf('alerts', { applicationProperties: { attempt } }).attempt).toBe(expected);
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [7],
    [[]],
    [{ applicationProperties: 'text' }],
    [{ applicationProperties: null }],
  ])('counts as empty if it is %j — the message is handled anyway', (metadata) => {
    expect(deliveryOf('alerts', metadata)).toEqual(delivery({ id: '' }));
  });
});

describe('a dead letter', () => {
  const letterOf = {
    queue: 'dead-letters',
    source: 'step-block-sign-in',
    reason: 'Refused',
    description: 'why',
  };

  it('is tried again later with what is known about it — no run is lost if storage does not answer', async () => {
    const { letter } = await handle(delivery(letterOf), busy);
    expect(letter).toMatchObject({
      queue: 'dead-letters',
      properties: { attempt: 1, source: 'step-block-sign-in' },
    });
    const next = deliveryOf('dead-letters', {
      messageId: letter?.id,
      applicationProperties: letter?.properties,
    });
    expect(next).toMatchObject({ ...letterOf, attempt: 1 });
  });

  it.each([
    ['refused', delivery(letterOf), new PermanentError('kept for a person')],
    ['tried often enough', delivery({ ...letterOf, attempt: 29 }), busy],
  ])(
    'stays among its queue’s own dead letters if it is %s — sent once more, it would go round for ever',
    async (_why, given, failure) => {
      await expect(handle(given, failure)).rejects.toBe(failure);
    },
  );
});

describe('while not even a later try can be posted', () => {
  const outage = async (failures: number) => {
    const waits: number[] = [];
    let left = failures;
    const letters: Letter[] = [];
    const around = {
      post: {
        post: async (letter: Letter) => {
          left -= 1;
          if (left >= 0) throw new RetryableError('the bus is down');
          letters.push(letter);
        },
      },
      wait: async (seconds: number) => void waits.push(seconds),
      now: () => now,
      random: () => 0.5,
      error: () => {},
    };
    const end = await handled(delivery(), alert, around, () => Promise.reject(busy)).then(
      () => 'completed',
      () => 'thrown',
    );
    return { end, waits, letters };
  };

  it('the message is held back — thrown at once, ten deliveries would be over in seconds', async () => {
    expect(await outage(3)).toMatchObject({
      end: 'completed',
      waits: [2, 5, 10],
      letters: [{ queue: 'alerts' }],
    });
  });

  it('it is returned before its lock is over', async () => {
    const { end, waits } = await outage(99);
    expect(end).toBe('thrown');
    const sum = waits.reduce((all, one) => all + one, 0);
    expect(sum).toBeGreaterThan(120);
    expect(sum).toBeLessThan(280);
  });
});

describe('a message that comes while the settings are wrong', () => {
  it('comes back as often as it takes, without a try being counted', async () => {
    const letters: Letter[] = [];
    let time = now.getTime();
    const around = {
      post: { post: async (letter: Letter) => void letters.push(letter) },
      wait: async () => {},
      now: () => new Date(time),
      random: () => 0.5,
      error: () => {},
    };
    let next = delivery({ attempt: 2, id: 'd1~2' });
    for (let round = 0; round < 500; round += 1) {
      await putOff(next, alert, around);
      const letter = letters.at(-1);
      next = deliveryOf('alerts', {
        messageId: letter?.id,
        deliveryCount: 1,
        applicationProperties: letter?.properties,
      });
      time += 60_000;
    }
    expect(new Set(letters.map(({ id }) => id)).size).toBe(500);
    expect(next.attempt).toBe(2);
    expect(letters.every(({ id }) => id.length <= 128 && id.startsWith('d1~'))).toBe(true);
    expect(letters.every(({ body }) => body === alert)).toBe(true);
  });
});

describe('an alert that died of too many deliveries', () => {
  const dead = (more: Partial<Delivery> = {}) =>
    delivery({
      queue: 'dead-letters',
      source: 'alerts',
      reason: 'MaxDeliveryCountExceeded',
      id: 'd1',
      ...more,
    });

  it('comes back later under an id of its own — nobody has judged it', () => {
    expect(revived(dead(), alert, now)).toEqual({
      queue: 'alerts',
      id: 'd1~d1',
      body: alert,
      properties: {},
      at: new Date(now.getTime() + 60_000),
    });
    expect(revived(dead({ id: 'd1~d1' }), alert, now)?.id).toBe('d1~d2');
  });

  it('does not come back for ever, or after it was refused, or from another queue', () => {
    expect(revived(dead({ id: 'd1~d40' }), alert, now)).toBeUndefined();
    expect(revived(dead({ reason: 'Refused' }), alert, now)).toBeUndefined();
    expect(revived(dead({ source: 'summaries' }), alert, now)).toBeUndefined();
  });
});

describe('the number of a delivery', () => {
  it('grows with each try and each delivery, so that a later one takes over', () => {
    const numbers = [0, 1, 2].flatMap((attempt) =>
      [1, 2, 10, 500].map((deliveryCount) => deliveryNumber(delivery({ attempt, deliveryCount }))),
    );
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  });
});
