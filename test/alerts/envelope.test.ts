import { describe, expect, it } from 'vitest';
import { largestMessageBytes, readEvents } from '../../shared/alerts/envelope.ts';
import { cloudEvent, payload } from './samples.ts';

const event = cloudEvent('Reclaim.RiskDetection', payload('risk-detection/anomalous-token'));

describe('readEvents', () => {
  it('reads an object, its text and its bytes alike — the host may hand over any of them', () => {
    const text = JSON.stringify(event);
    for (const body of [event, text, Buffer.from(text)]) {
      const { events, refused } = readEvents(body);
      expect(refused).toEqual([]);
      expect(events).toEqual([{ id: event.id, type: event.type, source: event.source, data: event.data }]);
    }
  });

  it('reads data that is text or base64 — the format allows both', () => {
    const text = JSON.stringify(event.data);
    const asText = readEvents({ ...event, data: text });
    const asBase64 = readEvents({
      ...event,
      data: undefined,
      data_base64: Buffer.from(text).toString('base64'),
    });
    expect(asText.events[0]?.data).toEqual(event.data);
    expect(asBase64.events[0]?.data).toEqual(event.data);
  });

  it('reads the good events of a list and reports the bad ones — one bad event must not cost the others', () => {
    const { events, refused } = readEvents([event, { hello: 'world' }, { ...event, id: 'second' }]);
    expect(events.map(({ id }) => id)).toEqual([event.id, 'second']);
    expect(refused).toEqual([
      expect.stringMatching(/^event 2: not a CloudEvent 1.0 \(specversion is not 1.0, /),
    ]);
  });

  it.each([
    ['nothing', undefined, 'the message is empty'],
    ['an empty text', '', 'the message is empty'],
    [
      'no JSON',
      '<html>\n502 Bad Gateway</html>',
      'the message is no JSON: it begins with "<html> 502 Bad Gateway</html>"',
    ],
    ['a truncated message', JSON.stringify(event).slice(0, 80), expect.stringContaining('is no JSON')],
    ['a number', 42, expect.stringContaining('not a CloudEvent')],
    ['another version', { ...event, specversion: '0.3' }, 'not a CloudEvent 1.0 (specversion is not 1.0)'],
    ['no type', { ...event, type: undefined }, 'not a CloudEvent 1.0 (type is missing)'],
    ['no data', { ...event, data: undefined }, `the event ${event.id} carries no data`],
    ['data that is no JSON', { ...event, data: 'alert!' }, expect.stringContaining('is no JSON')],
  ])('refuses %s, with the reason — it is kept in dead-letters', (_, body, reason) => {
    expect(readEvents(body)).toEqual({ events: [], refused: [reason], empty: [] });
  });

  it.each([
    ['an empty list', []],
    ['an empty page', { value: [] }],
    ['an empty list as text', '[]'],
  ])('takes %s for what it is, which is no fault', (_, body) => {
    expect(readEvents(body)).toEqual({ events: [], refused: [], empty: ['the message is an empty list'] });
  });

  it.each([
    ['text with a byte-order mark', `\ufeff${JSON.stringify(event)}`],
    ['bytes with one', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(event))])],
    ['UTF-16', Buffer.from(`\ufeff${JSON.stringify(event)}`, 'utf16le')],
    ['UTF-16 of the other order', Buffer.from(`\ufeff${JSON.stringify(event)}`, 'utf16le').swap16()],
    ['JSON in a text', JSON.stringify(JSON.stringify(event))],
    ['data with a byte-order mark', { ...event, data: `\ufeff${JSON.stringify(event.data)}` }],
  ])('reads %s like the same without it', (_, body) => {
    expect(readEvents(body)).toEqual(readEvents(event));
  });

  it('refuses what no queue could have carried — the size is checked before anything is parsed', () => {
    const large = { ...event, data: { id: 'x', filler: 'A'.repeat(largestMessageBytes) } };
    for (const body of [large, JSON.stringify(large)]) {
      const { events, refused } = readEvents(body);
      expect(events).toEqual([]);
      expect(refused[0]).toMatch(/^the message has \d+ bytes, more than the 262144 that are read$/);
    }
  });

  it('survives an event nested too deeply to serialise — a hostile message is refused, not fatal', () => {
    let nested: unknown = 'core';
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
    expect(readEvents({ ...event, data: nested }).refused[0]).toContain('bytes');
  });

  it('keeps hostile names on one line — they go into the log', () => {
    const { events } = readEvents({ ...event, type: 'Reclaim.Alert\nfull: ceo@contoso.com' });
    expect(events[0]?.type).toBe('Reclaim.Alert full: ceo@contoso.com');
  });
});
