// What a simulated service answers, before it becomes a Response.

export type Row = Record<string, unknown>;

export interface TenantAnswer {
  status: number;
  /** Left out: an empty body. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** What allowed the request besides the application permission: a directory role, an Exchange role group. */
  role?: string;
}

/** A refusal in the words and shape of the service. Thrown from anywhere below its endpoint. */
export class TenantRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Exchange names the class of the exception; an empty one stands for an empty body. */
  readonly exception: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { headers?: Readonly<Record<string, string>>; exception?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.exception = more.exception;
  }
}

/** The connection broke: the request may have taken effect, but no answer arrives. */
export class ConnectionLost extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) });
  }
}

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
