// The answer to a cmdlet, page by page. The link to the next page expires after some minutes.
import type { Row, TenantAnswer } from '../answers.ts';
import type { Store } from '../store.ts';
import { type Cmdlet, cmdletRefusal } from './cmdlet.ts';

interface Paged {
  url: URL;
  base: string;
  path: string;
  headers: Headers;
}

const linkMinutes = 10;

/** One page of what a cmdlet returned; the next one comes by the same POST to its link. */
export function paged(
  request: Paged,
  store: Store,
  cmdlet: Cmdlet,
  rows: Row[],
  warnings: readonly string[],
): TenantAnswer {
  const size = Number(/odata\.maxpagesize=(\d+)/.exec(request.headers.get('prefer') ?? '')?.[1] ?? 1000);
  const token = request.url.searchParams.get('$skiptoken');
  const [offset = 0, issued = 0] =
    token === null ? [] : Buffer.from(token, 'base64url').toString().split(':').map(Number);
  const now = store.now().getTime();
  if (token !== null && now - issued > linkMinutes * 60_000) {
    throw cmdletRefusal(
      404,
      'NotFound',
      'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
      'The next link has expired.',
    );
  }
  const select = request.url.searchParams
    .get('$select')
    ?.split(',')
    .map((name) => name.trim());
  const page = rows.slice(offset, offset + Math.min(size, 1000));
  const end = offset + page.length;
  const link = new URL(request.url);
  link.searchParams.set('$skiptoken', Buffer.from(`${end}:${now}`).toString('base64url'));
  const shown = select
    ? page.map((row) =>
        Object.fromEntries(select.filter((name) => name in row).map((name) => [name, row[name]])),
      )
    : page;
  const annotations = warnings.length > 0 ? { '@adminapi.warnings': warnings } : {};
  if (!cmdlet.name.startsWith('Get-'))
    return { status: 200, ...(warnings.length > 0 ? { body: { value: [], ...annotations } } : {}) };
  return {
    status: 200,
    body: {
      '@odata.context': `${request.base}${request.path.replace(/\/InvokeCommand$/, '')}/$metadata#Collection(Exchange.GenericHashTable)`,
      ...annotations,
      ...(end < rows.length ? { '@odata.nextLink': `${request.base}${request.path}${link.search}` } : {}),
      value: shown,
    },
  };
}
