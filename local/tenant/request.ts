// What a simulated service is asked, once the token is known to be good.
import type { Claims } from './identity.ts';

export interface TenantRequest {
  method: string;
  url: URL;
  /** Address of the service up to the version, for links. */
  base: string;
  /** Path behind the base: /v1.0/users/{id}. */
  path: string;
  headers: Headers;
  body: unknown;
  claims: Claims;
}
