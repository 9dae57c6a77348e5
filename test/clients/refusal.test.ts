import { describe, expect, it } from 'vitest';
import { exchangeFault } from '../../shared/clients/exchange-fault.ts';
import { retryAfterSeconds } from '../../shared/clients/failure.ts';
import { graphFault } from '../../shared/clients/graph-fault.ts';
import { refusalOf } from '../../shared/clients/refusal.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';

const now = new Date('2026-11-24T09:00:00Z');

const refused = (status: number, headers: Record<string, string> = {}, fault = {}) =>
  refusalOf({
    service: 'Microsoft Graph',
    request: 'PATCH /users/4f1c2d3e-0000-4000-8000-00000000adee',
    status,
    headers: new Headers(headers),
    fault: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.', ...fault },
    rights: 'the application permission for this request',
    now,
  });

describe('retryAfterSeconds', () => {
  it.each([
    ['17', 17],
    ['0', 0],
    ['1.2', 2],
    ['Tue, 24 Nov 2026 09:00:30 GMT', 30],
    ['Tue, 24 Nov 2026 08:59:00 GMT', 0],
    ['86400', 3600],
    ['soon', undefined],
    ['', undefined],
  ])('reads %j as %j', (text, seconds) => {
    expect(retryAfterSeconds(text, now)).toBe(seconds);
  });
});

describe('refusalOf', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 509])('takes %i for something that passes', (status) => {
    expect(refused(status)).toBeInstanceOf(RetryableError);
  });

  it.each([301, 400, 401, 403, 404, 405, 409, 410, 412, 423])(
    'takes %i for something that stays',
    (status) => {
      const failure = refused(status);
      expect(failure).toBeInstanceOf(PermanentError);
      expect(failure.status).toBe(status);
    },
  );

  it.each([
    [429, {}, 'no', undefined],
    [429, { 'retry-after': '30' }, 'no', 30],
    [503, { 'retry-after': '30' }, 'no', 30],
    [503, {}, 'unknown', undefined],
    [500, { 'retry-after': '30' }, 'unknown', 30],
    [504, {}, 'unknown', undefined],
  ])(
    'knows for %i %j whether it took effect: %s — a mail must not go out twice',
    (status, headers, effect, wait) => {
      expect(refused(status, headers)).toMatchObject({ tookEffect: effect, retryAfterSeconds: wait });
    },
  );

  it('explains a 403 with its code, and says in a separate sentence what to do — its reader is on call at 3 am', () => {
    const failure = refused(403, { 'request-id': 'c0ffee00-1111-4222-8333-444455556666' });
    expect(failure.message).toBe(
      "Microsoft Graph refused PATCH /users/4f1c2d3e-0000-4000-8000-00000000adee (403 Authorization_RequestDenied). Give this app the application permission for this request. What was granted less than a day ago counts once the managed identity's token is new: up to 24 hours, and restarting the app does not help. Microsoft Graph said: Insufficient privileges.",
    );
    expect(failure).toMatchObject({
      code: 'Authorization_RequestDenied',
      requestId: 'c0ffee00-1111-4222-8333-444455556666',
    });
  });

  it('trusts the service’s meaning before its status — Exchange sends 500 for "is not there"', () => {
    expect(refused(500, {}, { status: 404 })).toMatchObject({ name: 'PermanentError', status: 404 });
  });

  it.each([400, 403, 404, 409])(
    'takes %i that says when to come again for something that passes',
    (status) => {
      expect(refused(status, { 'retry-after': '20' })).toMatchObject({
        name: 'RetryableError',
        retryAfterSeconds: 20,
        tookEffect: 'no',
      });
      expect(refused(status, { 'retry-after': 'soon' })).toBeInstanceOf(PermanentError);
    },
  );

  it.each([
    [403, 'TooManyRequests', 429],
    [400, 'ApplicationThrottled', 429],
    [409, 'Directory_ConcurrencyViolation', 503],
    [404, 'ErrorMailboxStoreUnavailable', 503],
    [403, 'Authorization_RequestDenied', undefined],
  ])('takes %i %s as Microsoft Graph means it', (status, code, meant) => {
    const fault = graphFault({ error: { code, message: 'Try again later.' } });
    expect(fault.status).toBe(meant);
    const wanted =
      meant === undefined ? { name: 'PermanentError', status } : { name: 'RetryableError', status: meant };
    expect(refused(status, {}, fault)).toMatchObject(wanted);
  });

  it.each([
    'Microsoft.Exchange.Data.Directory.ADTransientException',
    'Microsoft.Exchange.Data.Storage.StorageTransientException',
    'Microsoft.Exchange.WorkloadManagement.ResourceUnhealthyException',
  ])('takes 400 with %s for something that passes', (type) => {
    const fault = exchangeFault({ error: { code: 'BadRequest', innererror: { type } } }, new Headers());
    expect(refused(400, {}, fault)).toMatchObject({ name: 'RetryableError', status: 503 });
  });

  it('cuts a long sentence of the service — a row holds only so much', () => {
    expect(refused(400, {}, { message: 'x'.repeat(5000) }).message.length).toBeLessThan(500);
  });

  it('works without a code and a sentence — a gateway has neither', () => {
    expect(refused(502, {}, { code: '', message: undefined })).toMatchObject({
      message: 'Microsoft Graph could not answer PATCH /users/4f1c2d3e-0000-4000-8000-00000000adee (502).',
      code: undefined,
    });
  });
});
