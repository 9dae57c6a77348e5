// Translates between Azure Functions' HTTP types and our own, which know nothing of Azure.
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { ApiAnswer } from './runs/api.ts';
import type { Incoming } from './runs/respond.ts';

export const toIncoming = (request: HttpRequest): Incoming => ({
  method: request.method,
  url: request.url,
  params: request.params,
  query: Object.fromEntries(request.query),
  headers: Object.fromEntries(request.headers),
  text: () => request.text(),
});

export const toResponse = ({ status, headers, json, html }: ApiAnswer): HttpResponseInit => ({
  status,
  headers: {
    'content-type': html === undefined ? 'application/json' : 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  },
  body: html ?? (json === undefined ? '' : JSON.stringify(json, null, 2)),
});
