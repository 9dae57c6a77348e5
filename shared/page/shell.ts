// The frame of every page: one style, no script, and a content security policy that allows nothing else. Pages refresh
// themselves by a header, and only until the reader stops it.

import { createHash } from 'node:crypto';
import { type Html, html, nothing } from '../mail/html.ts';
import type { Tone } from '../summary/verdict-colour.ts';
import { css } from './style.ts';

export interface Page {
  title: string;
  tone: Tone;
  heading: string;
  under: Html;
  main: Html;
  /** Who is looking, as far as the app can tell. */
  who?: string;
  /** What is known about the last drill. */
  lastDrill?: string | undefined;
}

const styleHash = createHash('sha256').update(css.text).digest('base64');

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept',
} as const;

export const runsPath = '/api/runs';
export const runPath = (runId: string): string => `${runsPath}/${encodeURIComponent(runId)}`;

export function shell({ title, tone, heading, under, main, who, lastDrill }: Page): string {
  const you = who === undefined ? nothing : html`<footer>You are ${who}.</footer>`;
  const drilled = lastDrill === undefined ? nothing : html`<footer>${lastDrill}</footer>`;
  const page = html`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title>
<style>${css}</style></head>
<body><a class="skip" href="#main">Skip to the content</a>
<header class="band ${tone}"><div><nav aria-label="Site"><a href="${runsPath}">All runs</a></nav><h1>${heading}</h1>${under}</div></header>
<main id="main">${main}${you}${drilled}</main></body></html>`;
  return page.text;
}
