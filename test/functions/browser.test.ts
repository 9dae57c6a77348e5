// What a browser gets, and what no other site can make it send.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiRequest, answerOf, Problem, parseBody } from '../../functions/runs/api.ts';
import { forBrowser, refuseOtherSites } from '../../functions/runs/respond.ts';

const run = '0f2a6c1e-1111-4a4a-8b8b-000000000001.2026-11-20-8M2P';
const form = 'application/x-www-form-urlencoded';
const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const ask = (headers: Record<string, string>, text = ''): ApiRequest => ({
  params: { id: run },
  query: {},
  url: `https://reclaim.contoso.com/api/runs/${run}/undo`,
  headers,
  text,
  who: 'on-call',
});
const refused = (headers: Record<string, string>): boolean => {
  try {
    refuseOtherSites(ask(headers));
    return false;
  } catch (thrown) {
    return answerOf(thrown).status === 403;
  }
};

describe('a request that changes something', () => {
  it.each([
    ['a program', { 'content-type': 'application/json' }],
    ['a button of the page', { 'content-type': form, 'sec-fetch-site': 'same-origin' }],
    ['a button in an old browser', { 'content-type': form, origin: 'https://reclaim.contoso.com' }],
  ])('is taken from %s', (_from, headers) => {
    expect(refused(headers)).toBe(false);
  });

  it.each([
    ['another site', { 'content-type': form, 'sec-fetch-site': 'cross-site' }],
    ['a neighbour under the same domain', { 'content-type': form, 'sec-fetch-site': 'same-site' }],
    [
      'another site that sends JSON as text',
      { 'content-type': 'text/plain', origin: 'https://evil.example' },
    ],
    ['a sandboxed frame', { 'content-type': form, origin: 'null' }],
    ['a form from an unknown place', { 'content-type': form }],
    ['a link typed into another program', { 'content-type': form, 'sec-fetch-site': 'none' }],
  ])('is refused from %s — a cookie alone gives no order', (_from, headers) => {
    expect(refused(headers)).toBe(true);
  });
});

describe('a form', () => {
  const schema = z.strictObject({ steps: z.array(z.string()).optional(), reason: z.string() });

  it('is read like JSON — one schema for both', () => {
    const asked = ask({ 'content-type': form }, 'steps%5B%5D=a&steps%5B%5D=b&reason=role+granted');
    expect(parseBody(asked, schema)).toEqual({ steps: ['a', 'b'], reason: 'role granted' });
  });

  it.each([
    ['twice the same name', 'reason=one&reason=two'],
    ['a field that nobody asked for', 'reason=one&level=full'],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseBody(ask({ 'content-type': form }, text), schema)).toThrow(Problem);
  });

  it('redirects to its run’s page — a reload then sends nothing again', () => {
    const asked = ask({ 'content-type': form, accept: page });
    const answer = forBrowser(asked, { status: 202, json: { id: run } });
    expect(answer).toMatchObject({ status: 303, headers: { location: `/api/runs/${run}` } });
  });
});

describe('a form of the hand-back page', () => {
  const url = `https://reclaim.contoso.com/api/runs/${run}/hand-back?seen=1`;
  const asked = { ...ask({ 'content-type': form, accept: page }), url };

  it('redirects to that page, and not to the run', () => {
    const answer = forBrowser(asked, { status: 202, json: {} });
    expect(answer).toMatchObject({ status: 303, headers: { location: `/api/runs/${run}/hand-back` } });
  });

  it('that makes a pass shows it in the answer — after a redirect nobody would ever see it', () => {
    const shown = { status: 201, html: '<p>the pass</p>' };
    expect(forBrowser(asked, shown)).toBe(shown);
  });
});

describe('a refusal', () => {
  const problem = new Problem(400, 'Invalid body', 'reason: "<b>" is too short').answer;

  it('is a page for a person, with every value escaped', () => {
    const answer = forBrowser(ask({ accept: page }), problem);
    expect(answer.status).toBe(400);
    expect(answer.headers?.['content-security-policy']).toContain("default-src 'none'");
    expect(answer.html).toContain('reason: &quot;&lt;b&gt;&quot; is too short');
  });

  it.each(['*/*', 'application/json', 'application/json, text/html'])(
    'stays problem details for a program that accepts %s',
    (accept) => {
      expect(forBrowser(ask({ accept }), problem)).toBe(problem);
    },
  );
});
