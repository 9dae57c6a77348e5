// What a step may ask of Microsoft 365. `find` gets Readers, `fix` and `undo` get Clients: the type system guarantees
// that a look never writes. Answers are parsed with zod where they come in.
import type { z } from 'zod';

/** Microsoft Graph, read only. Paths are relative to /v1.0 and already encoded (see `path`). */
export interface GraphReader {
  /** One object. Throws PermanentError with status 404 if it doesn't exist. */
  get<T>(path: string, schema: z.ZodType<T>, options?: GraphOptions): Promise<T>;
  /** A collection, all pages; if a page fails, the whole read fails, since a partial list proves nothing. */
  list<T>(path: string, item: z.ZodType<T>, options?: GraphOptions): Promise<T[]>;
  /** Starts a search, which an investigation must declare in `leaves`. Never repeated after a lost answer. */
  search<T>(path: SearchPath, body: object, schema: z.ZodType<T>): Promise<T>;
}

/** Lists too long to hold in memory, one page at a time. */
export interface GraphPages {
  pages<T>(path: string, item: z.ZodType<T>, options?: GraphOptions): AsyncIterable<readonly T[]>;
}

/** Searches that a service makes on request: they change nothing but remain in its list. */
type SearchPath = '/security/auditLog/queries';

export interface GraphOptions {
  /** `beta` only if v1.0 lacks the path or the property. */
  version?: 'v1.0' | 'beta';
  headers?: Readonly<Record<string, string>>;
  /** Stop after this many items; the caller must say that the list was cut. */
  most?: number;
}

/** Everything that may be deleted. `/users/{id}` and `/groups/{id}/members/{id}` are not included. */
type DeletablePath =
  | `/users/${string}/authentication/${string}Methods/${string}`
  | `/users/${string}/appRoleAssignments/${string}`
  | `/oauth2PermissionGrants/${string}`
  | `/roleManagement/directory/roleAssignments/${string}`
  | RefPath;

declare const ref: unique symbol;
/** Made only by `refPath`: without `/$ref` the same DELETE would delete the user. */
export type RefPath = string & { readonly [ref]: true };

export interface GraphClient extends GraphReader {
  patch(path: string, body: object, options?: GraphOptions): Promise<void>;
  /** Never repeated after a lost answer. An answer without a body (202, 204) reaches the schema as undefined. */
  post<T>(path: string, body: object, schema: z.ZodType<T>, options?: GraphOptions): Promise<T>;
  /** A MIME message, which Graph takes in base64 as text/plain. Never repeated after a lost answer. */
  postMime(path: string, mime: string): Promise<void>;
  delete(path: DeletablePath): Promise<void>;
}

/** A cmdlet's parameters. null is sent as null; an empty Identity, Mailbox or SenderAddress is refused. */
export type CmdletParameters = Readonly<Record<string, CmdletValue>>;
export type CmdletValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly add?: readonly string[]; readonly remove?: readonly string[] };

export interface CmdletOptions {
  /** The mailbox (UPN) that the request is routed to; left out for cmdlets about the tenant. */
  anchor?: string;
  /** Properties to ask for. */
  select?: readonly string[];
  /** Address of Security & Compliance in the tenant's region, for its role groups; left out: Exchange Online. */
  compliance?: string;
}

/** Exchange Online, read only: cmdlets that begin with Get-. Returns all pages. */
export interface ExchangeReader {
  get<T>(
    cmdlet: `Get-${string}`,
    parameters: CmdletParameters,
    item: z.ZodType<T>,
    options?: CmdletOptions,
  ): Promise<T[]>;
}

/** The same, one page at a time; with ResultSize Unlimited for the whole tenant too. */
export interface ExchangePages {
  pages<T>(
    cmdlet: `Get-${string}`,
    parameters: CmdletParameters,
    item: z.ZodType<T>,
    options?: CmdletOptions,
  ): AsyncIterable<readonly T[]>;
}

export interface ExchangeClient extends ExchangeReader {
  /** Runs a cmdlet that changes something; the service's warnings go to the log. */
  run(cmdlet: WritingCmdlet, parameters: CmdletParameters, options?: CmdletOptions): Promise<void>;
}
export type WritingCmdlet = `${'Set' | 'Add' | 'Remove' | 'Enable' | 'Disable' | 'New'}-${string}`;

/** Defender for Endpoint, paths relative to /api. */
export interface DefenderReader {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
}

export interface DefenderClient extends DefenderReader {
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>;
}

export interface Readers {
  graph: GraphReader;
  exchange: ExchangeReader;
  defender: DefenderReader;
}

export interface Clients extends Readers {
  graph: GraphClient;
  exchange: ExchangeClient;
  defender: DefenderClient;
}

export type ClientName = keyof Readers;
