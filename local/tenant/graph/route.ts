// One path of Microsoft Graph: what it takes, and what it answers. The endpoint does the rest: token, permission,
// query options, paging, the shape of errors.
import type { Row, TenantAnswer } from '../answers.ts';
import type { Claims } from '../identity.ts';
import type { EntityType, Query, QueryOptions } from '../odata.ts';
import type { TenantFile } from '../schema.ts';
import type { Store } from '../store.ts';

/** The service behind the path: each refuses in its own words. */
export type Behind = 'directory' | 'authentication' | 'exchange' | 'reports' | 'risk' | 'security';

export interface GraphCall {
  store: Store;
  /** To read from; with a read lag it is older than what is written to. */
  file: TenantFile;
  version: 'v1.0' | 'beta';
  parameters: Readonly<Record<string, string>>;
  query: Query;
  body: unknown;
  claims: Claims;
  /** Refuses with 403 unless a permission for this method and path (and what stands behind the #) is held. */
  require(aspect?: string): void;
  /** What else allowed the request, for the record. */
  allowedBy(role: string): void;
  /** Directory roles that the app holds. */
  directoryRoles: readonly string[];
}

interface RouteBase {
  path: string;
  behind: Behind;
  /** Default: both versions. */
  versions?: readonly ('v1.0' | 'beta')[];
  entity: EntityType;
  query?: QueryOptions;
  /** The route calls `require` itself, because it depends on what is written. */
  ownPermission?: true;
}

interface ReadOne extends RouteBase {
  method: 'GET';
  one(call: GraphCall): Row;
}
interface ReadMany extends RouteBase {
  method: 'GET';
  many(call: GraphCall): Row[];
}
export interface Act extends RouteBase {
  method: 'POST' | 'PATCH' | 'DELETE';
  act(call: GraphCall): TenantAnswer;
  /** Takes a MIME message too, in base64 as text/plain. */
  mime?: true;
}
export type GraphRoute = ReadOne | ReadMany | Act;
