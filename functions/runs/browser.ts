// What differs when a person's browser asks: answers are pages, a form that was taken leads back to the page of its
// run, and no other site may press a button here. Programs send none of the headers that are looked at.
import { z } from 'zod';
import { problemPage } from '../../shared/page/problem-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import { type ApiAnswer, type ApiRequest, isForm, Problem } from './api.ts';

/** A browser asks for a page first; a program asks for JSON or for anything. */
export const wantsPage = ({ headers }: ApiRequest): boolean =>
  /^\s*(text\/html|application\/xhtml\+xml)\s*([,;]|$)/i.test(headers['accept'] ?? '');

/**
 * Throws a Problem 403 when a page of another site had a browser send this. Browsers say so themselves, in
 * Sec-Fetch-Site or at least in Origin (https://www.w3.org/TR/fetch-metadata/); a form of which neither is known is
 * refused too, so that no cookie alone ever gives an order.
 */
export function refuseOtherSites(request: ApiRequest): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers['origin'];
  const ownPage =
    site !== undefined
      ? site === 'same-origin'
      : origin !== undefined
        ? URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
        : !isForm(request);
  if (ownPage) return;
  throw new Problem(
    403,
    'Another site asked',
    'This request came from a page of another site, so nothing was done. Open the run itself and press the button there.',
  );
}

const problemSchema = z.object({ title: z.string(), detail: z.string() });

/** The answer as a browser shows it; programs get it as it is. */
export function forBrowser(request: ApiRequest, answer: ApiAnswer): ApiAnswer {
  if (answer.html !== undefined || !wantsPage(request)) return answer;
  const id = request.params['id'];
  const run = id === undefined ? '/api/runs' : `/api/runs/${encodeURIComponent(id)}`;
  const back = /\/hand-back$/.test(new URL(request.url).pathname) ? `${run}/hand-back` : run;
  if (isForm(request) && answer.status < 300) return { status: 303, headers: { location: back }, html: '' };
  const problem = problemSchema.safeParse(answer.json);
  if (answer.status < 400 || !problem.success) return answer;
  const html = problemPage({ ...problem.data, back });
  return { ...answer, headers: { ...answer.headers, ...pageHeaders }, html };
}
