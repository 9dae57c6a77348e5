// What every page is put into: one style, no script, and a content security policy that lets nothing else in.
// Without JavaScript nothing that a hostile name could smuggle in would ever run.
import { createHash } from 'node:crypto';
import { escapeHtml } from '../summary/plain.ts';
import { css } from './style.ts';

export interface Page {
  title: string;
  /** HTML of which every value is escaped already. */
  body: string;
  /** Seconds after which the browser loads it anew; left out: never. */
  refreshSeconds?: number;
}

const styleHash = createHash('sha256').update(css).digest('base64');

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export function shell({ title, body, refreshSeconds }: Page): string {
  const refresh =
    refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">`;
  return `<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">${refresh}<title>${escapeHtml(title)}</title>
<style>${css}</style></head>
<body>${body}</body></html>`;
}
