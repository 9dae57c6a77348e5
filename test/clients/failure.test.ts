import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPublisher } from '../../shared/alerts/publisher.ts';
import { connectionFault, failureOf, noAnswer, passes } from '../../shared/clients/failure.ts';
import { refusalOf } from '../../shared/clients/refusal.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';

const now = new Date('2026-11-24T09:00:00Z');

describe('status → kind', () => {
  it('is the same for Microsoft 365 and for the topic — one list, not one for each service', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 300, max: 599 }), async (status) => {
        const ours = failureOf('x', { status, now }).name;
        const graph = refusalOf({
          service: 'Microsoft Graph',
          request: 'GET /users',
          status,
          headers: new Headers(),
          fault: {},
          rights: 'a permission',
          now,
        });
        const publish = createPublisher({
          endpoint: 'https://topic.example/api/events',
          access: { key: 'k' },
          source: 'reclaim/test',
          now: () => now,
          fetch: async () => new Response(null, { status }),
        });
        const topic: unknown = await publish([{ id: '1', type: 'Reclaim.Alert', data: { id: '1' } }]).catch(
          (error: unknown) => error,
        );
        expect(graph.name).toBe(ours);
        expect(topic).toMatchObject({ name: ours, status });
      }),
    );
  });

  it('lets a conflict pass only where the service says so by it that it is busy', () => {
    expect(failureOf('x', { status: 409, now })).toBeInstanceOf(PermanentError);
    expect(failureOf('x', { status: 409, conflictPasses: true, now })).toBeInstanceOf(RetryableError);
    expect(passes(409)).toBe(false);
  });

  it('reads Retry-After for every service — the topic and the webhook throttle as well', () => {
    expect(failureOf('x', { status: 429, retryAfter: '7', now })).toMatchObject({
      retryAfterSeconds: 7,
      tookEffect: 'no',
    });
  });
});

const error = (given: object) => Object.assign(new Error('fetch failed'), given);

describe('a connection that failed', () => {
  it.each([
    ['refused', { code: 'ECONNREFUSED' }],
    ['name unknown', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }],
    ['connecting took too long', { code: 'ETIMEDOUT', syscall: 'connect' }],
    ['connecting took too long, says undici', { code: 'UND_ERR_CONNECT_TIMEOUT' }],
    ['certificate out of date', { code: 'CERT_HAS_EXPIRED' }],
    ['certificate of somebody else', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    ['no resolver', { code: 'EAI_AGAIN' }],
  ])('had no effect when it was never made: %s', (_, fault) => {
    for (const thrown of [
      error(fault),
      error({ cause: error(fault) }),
      error({ cause: { errors: [error(fault)] } }),
    ])
      expect(noAnswer('x', thrown)).toMatchObject({ tookEffect: 'no', code: fault.code });
  });

  it.each([
    ['reset', { code: 'ECONNRESET' }],
    ['timed out while it was read', { code: 'ETIMEDOUT', syscall: 'read' }],
    ['no headers', { code: 'UND_ERR_HEADERS_TIMEOUT' }],
    ['closed', { code: 'UND_ERR_SOCKET' }],
    ['broken pipe', { code: 'EPIPE', syscall: 'write' }],
    ['nothing known', {}],
  ])('may have had one when it broke later: %s — a mail must not go out twice', (_, fault) => {
    expect(noAnswer('x', error({ cause: error(fault) })).tookEffect).toBe('unknown');
  });

  it('may have had one when only some of the addresses were never reached', () => {
    const errors = [error({ code: 'ENETUNREACH' }), error({ code: 'ECONNRESET' })];
    expect(connectionFault(error({ cause: { errors } })).reached).toBe('unknown');
  });

  it('is judged whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(['no', 'unknown']).toContain(connectionFault(thrown).reached);
      }),
    );
  });
});
