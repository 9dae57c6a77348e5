import { describe, expect, it } from 'vitest';
import { forwardStream } from '../../functions/alerts/forward-stream.ts';
import { readStream } from '../../shared/alerts/stream.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { OutgoingAlert } from '../../shared/model/step.ts';
import type { Letter } from '../../shared/run/bus.ts';
import { adele, payload, tenantId } from './samples.ts';

const batch = (name: string) => payload(`diagnostic-records/${name}`);

describe('readStream', () => {
  it('makes an event of each record about risk, whatever the format of its times', () => {
    const { events, bad, others } = readStream([batch('user-risk-events'), batch('risky-users')]);
    expect(events.map(({ id, type }) => `${type} ${id.slice(0, 20)}… ${id.slice(-24)}`)).toEqual([
      expect.stringMatching(/^Reclaim\.RiskDetection riskDetection:\w{6}… 20\d\d-.*Z$/),
      expect.stringMatching(/^Reclaim\.RiskyUser riskyUser:87d349ed-4… 20\d\d-.*Z$/),
    ]);
    expect(events[0]?.data).toMatchObject({ tenantId, userId: adele });
    expect({ bad, others }).toEqual({ bad: [], others: {} });
  });

  it('gives a detection the same id as the poller does — duplicates through both ways are one', () => {
    const { events } = readStream([batch('user-risk-events')]);
    const again = JSON.parse(JSON.stringify(batch('user-risk-events')).replaceAll('T9:', 'T09:'));
    expect(readStream([again]).events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('publishes an alert once, however many rows are about it', () => {
    const { events } = readStream([batch('defender-streaming'), batch('defender-streaming')]);
    expect(events.map(({ type }) => type)).toEqual(['Reclaim.Alert']);
  });

  it('counts unrelated records, and returns unreadable ones', () => {
    const { events, bad, others } = readStream([batch('mixed')]);
    expect(events).toHaveLength(2);
    expect(others).toEqual({ SignInLogs: 1 });
    expect(bad).toEqual([expect.objectContaining({ why: expect.stringContaining('no diagnostic record') })]);
  });

  it.each([
    ['text that is no JSON', '{"records":[{"category":"UserRiskEve'],
    ['bytes that are no JSON', Buffer.from([0xff, 0xfe, 0x00])],
    ['a number', 7],
    ['nothing', null],
    ['an alert without its id', { records: [{ category: 'AdvancedHunting-AlertInfo', properties: {} }] }],
    [
      'a detection without its id',
      { records: [{ category: 'UserRiskEvents', properties: { riskLevel: 'high' } }] },
    ],
  ])('hands back %s, with the reason', (_, message) => {
    const { events, bad } = readStream([message]);
    expect(events).toEqual([]);
    expect(bad).toHaveLength(1);
  });

  it.each([
    ['[]', []],
    ['a batch without records', { records: [] }],
  ])('passes over %s, which a hub sends as well — it is nobody’s to look into', (_, message) => {
    expect(readStream([message])).toEqual({ events: [], bad: [], others: {} });
  });

  it('reads a batch as text or bytes, and records without a batch, as some hosts hand them over', () => {
    const text = JSON.stringify(batch('user-risk-events'));
    const { records } = JSON.parse(text);
    for (const message of [text, Buffer.from(text), records, records[0]]) {
      expect(readStream([message]).events).toHaveLength(1);
    }
  });
});

describe('forwardStream', () => {
  function door(publish?: () => Promise<void>) {
    const published: OutgoingAlert[] = [];
    const letters: Letter[] = [];
    const deps = {
      publish: publish ?? (async (alerts: readonly OutgoingAlert[]) => void published.push(...alerts)),
      post: { post: async (letter: Letter) => void letters.push(letter) },
      log: () => {},
    };
    return { deps, published, letters };
  }

  it('publishes what it can, and dead-letters the rest with the reason', async () => {
    const { deps, published, letters } = door();
    await forwardStream(deps, [batch('mixed'), '{']);
    expect(published).toHaveLength(2);
    expect(letters).toEqual([
      expect.objectContaining({
        queue: 'dead-letters',
        properties: expect.objectContaining({ source: 'event hub logs', reason: 'Refused' }),
      }),
    ]);
    expect(letters[0]?.body).toMatchObject({ refused: [{}, { why: 'the message is no JSON' }] });
  });

  it('accepts a single message, as the host hands it over without batching', async () => {
    const { deps, published } = door();
    await forwardStream(deps, batch('user-risk-events'));
    expect(published).toHaveLength(1);
  });

  it('fails as a whole if the topic accepts nothing — the hub keeps what was not forwarded', async () => {
    const { deps, letters } = door(() => Promise.reject(new RetryableError('the topic is busy')));
    await expect(forwardStream(deps, [batch('mixed')])).rejects.toThrow('the topic is busy');
    expect(letters).toEqual([]);
  });

  it('fails as a whole if a refused record can’t be kept — the hub hands it over again', async () => {
    const { deps } = door();
    const post = { post: () => Promise.reject(new RetryableError('the queue is busy')) };
    await expect(forwardStream({ ...deps, post }, [batch('mixed'), '{'])).rejects.toThrow(
      'the queue is busy',
    );
  });

  it.each(['é"', '漢', '\\'])(
    'fits thousands of bad records of %s into letters that the queue takes',
    async (part) => {
      const { deps, letters } = door();
      await forwardStream(
        deps,
        Array.from({ length: 1000 }, () => `{"x":"${part.repeat(9000)}`),
      );
      expect(letters.length).toBeLessThan(60);
      for (const { body } of letters) expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(250_000);
    },
  );
});
