// One table as the progress uses it: all pages of an answer, every failure as one of the two kinds of error, and the
// table created if it is missing. It knows nothing about runs.
import {
  RestError,
  TableClient,
  type TableServiceClientOptions,
  type TransactionAction,
} from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { failureOf, noAnswer } from '../clients/failure.ts';
import { PermanentError, type RetryableError } from '../errors.ts';
import type { Entity } from './table-entity.ts';

/** Where the tables are: a connection string, or the service's address with an identity. */
export type TableService =
  | { connectionString: string }
  | { tableServiceUri: string; credential: TokenCredential };

/** Passed on to the SDK; a test loses answers with a policy of its own. */
export type TableOptions = Pick<TableServiceClientOptions, 'additionalPolicies' | 'retryOptions'>;

/** The SDK retries only for as long as a person would wait; longer waits belong to the queue. */
const retryOptions = { maxRetries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };
const answerWithinMs = 15_000;

/** The SDK reads an empty body as an empty list, which would make a run's rows disappear. */
const wholeAnswers: NonNullable<TableOptions['additionalPolicies']>[number] = {
  position: 'perRetry',
  policy: {
    name: 'wholeAnswers',
    async sendRequest(request, next) {
      const response = await next(request);
      if (request.method !== 'GET' || response.status !== 200 || response.bodyAsText) return response;
      throw new RestError('the answer is empty', { statusCode: response.status, request, response });
    },
  },
};

const columnsSchema = z.looseObject({ partitionKey: z.string(), rowKey: z.string(), etag: z.string() });
export type StoredEntity = z.infer<typeof columnsSchema>;

const named = z.object({ odataError: z.object({ code: z.string() }) });

/** Codes that an operation treats as an answer, not as a failure. */
type Expected = 'nothing' | 'missing' | 'conflict';

interface Put extends PromiseWithResolvers<void> {
  entity: Entity;
}

/** The service takes a hundred operations in a transaction of four megabytes. */
const mostTogether = 50;

export class Table {
  readonly name: string;
  readonly #client: TableClient;
  /** By partition, while one is being written to. */
  readonly #puts = new Map<string, Put[]>();

  constructor(service: TableService, name: string, options: TableOptions = {}) {
    this.name = name;
    const { additionalPolicies = [], ...rest } = options;
    const all = { retryOptions, ...rest, additionalPolicies: [...additionalPolicies, wholeAnswers] };
    this.#client =
      'connectionString' in service
        ? TableClient.fromConnectionString(service.connectionString, name, {
            ...all,
            allowInsecureConnection: /(^|;)(TableEndpoint|DefaultEndpointsProtocol)=http[:;]/i.test(
              service.connectionString,
            ),
          })
        : new TableClient(service.tableServiceUri, name, service.credential, all);
  }

  async get(partitionKey: string, rowKey: string, columns?: string[]): Promise<StoredEntity | undefined> {
    const found = await this.#attempt('missing', (requestOptions) =>
      this.#client.getEntity(partitionKey, rowKey, {
        requestOptions,
        ...(columns ? { queryOptions: { select: columns } } : {}),
      }),
    );
    return found === 'refused' ? undefined : columnsSchema.parse({ partitionKey, rowKey, ...found });
  }

  /** All that match, in key order. */
  async query(filter: string): Promise<StoredEntity[]> {
    const found: StoredEntity[] = [];
    for await (const page of this.pages(filter)) found.push(...page);
    return found;
  }

  /** Page by page, for callers that may stop early; an error on a later page is an error, never the end. */
  async *pages(filter: string, most = 1000): AsyncGenerator<StoredEntity[]> {
    const answer = this.#client
      .listEntities({ queryOptions: { filter }, requestOptions: { timeout: answerWithinMs } })
      .byPage({ maxPageSize: Math.min(most, 1000) });
    for (;;) {
      const page = await this.#attempt('nothing', () => answer.next());
      if (page === 'refused' || page.done === true) return;
      yield z.array(columnsSchema).parse(page.value);
    }
  }

  /**
   * Writes it unconditionally. Puts that arrive while the partition is being written to go together afterwards: in a
   * storm, every run puts a row into the same three partitions.
   */
  async put(entity: Entity): Promise<void> {
    const { partitionKey } = entity;
    const waiting = this.#puts.get(partitionKey);
    if (waiting !== undefined) {
      const put = { entity, ...Promise.withResolvers<void>() };
      waiting.push(put);
      return put.promise;
    }
    this.#puts.set(partitionKey, []);
    try {
      await this.#upsert(entity);
    } finally {
      void this.#putWaiting(partitionKey);
    }
  }

  async #putWaiting(partitionKey: string): Promise<void> {
    for (;;) {
      const waiting = this.#puts.get(partitionKey) ?? [];
      const keys = new Set<string>();
      // A transaction accepts each row only once.
      const group = waiting
        .filter(({ entity: { rowKey } }) => !keys.has(rowKey) && keys.add(rowKey))
        .slice(0, mostTogether);
      if (group.length === 0) break;
      this.#puts.set(
        partitionKey,
        waiting.filter((put) => !group.includes(put)),
      );
      await this.#putTogether(group);
    }
    this.#puts.delete(partitionKey);
  }

  async #putTogether(puts: readonly Put[]): Promise<void> {
    try {
      if (
        puts.length > 1 &&
        (await this.transact(puts.map(({ entity }) => ['upsert', entity, 'Replace']))) !== 'conflict'
      ) {
        for (const { resolve } of puts) resolve();
        return;
      }
    } catch (thrown) {
      // One of the rows was refused: writing each alone shows which.
      if (!(thrown instanceof PermanentError)) {
        for (const { reject } of puts) reject(thrown);
        return;
      }
    }
    for (const { entity, resolve, reject } of puts) await this.#upsert(entity).then(resolve, reject);
  }

  async #upsert(entity: Entity): Promise<void> {
    await this.#attempt('nothing', (requestOptions) =>
      this.#client.upsertEntity(entity, 'Replace', { requestOptions }),
    );
  }

  /** Changes the given columns of exactly this version; false if the version has changed. */
  async merge(entity: Entity, etag: string): Promise<boolean> {
    const done = await this.#attempt('conflict', (requestOptions) =>
      this.#client.updateEntity(entity, 'Merge', { etag, requestOptions }),
    );
    return done !== 'refused';
  }

  /** Removes exactly this version, or any version; it is fine if the row is gone already. */
  async remove(partitionKey: string, rowKey: string, etag = '*'): Promise<void> {
    await this.#attempt('conflict', (requestOptions) =>
      this.#client.deleteEntity(partitionKey, rowKey, { etag, requestOptions }),
    );
  }

  /** All or nothing. Returns the new ETags in order, or 'conflict' if one of the rows has another version now. */
  async transact(actions: TransactionAction[]): Promise<string[] | 'conflict'> {
    const done = await this.#attempt('conflict', (requestOptions) =>
      this.#client.submitTransaction(actions, { requestOptions }),
    );
    if (done === 'refused') return 'conflict';
    // The last part that arrived may be the refusal, and the SDK drops it if the answer is cut off.
    const parts = done.subResponses.filter(({ status }) => status < 300);
    if (parts.length !== actions.length) {
      const came = `${parts.length} of ${actions.length} parts`;
      throw noAnswer(
        `table ${this.name}: the answer to a transaction was cut off (${came})`,
        undefined,
        true,
      );
    }
    return parts.map(({ etag }) => etag ?? '');
  }

  async #attempt<T>(
    expected: Expected,
    request: (options: { timeout: number }) => Promise<T>,
    mayCreate = true,
  ): Promise<T | 'refused'> {
    try {
      return await request({ timeout: answerWithinMs });
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === 'TableNotFound' && mayCreate) {
        await this.#create();
        return this.#attempt(expected, request, false);
      }
      if (isExpected(expected, thrown, code)) return 'refused';
      throw this.#failure(thrown, code);
    }
  }

  async #create(): Promise<void> {
    try {
      await this.#client.createTable({ requestOptions: { timeout: answerWithinMs } });
    } catch (thrown) {
      throw this.#failure(thrown, codeOf(thrown));
    }
  }

  #failure(thrown: unknown, code: string | undefined): RetryableError | PermanentError {
    const where = `table ${this.name} at ${new URL(this.#client.url).origin}`;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const status = thrown instanceof RestError ? thrown.statusCode : undefined;
    if (status === undefined || !isOfTheService(thrown, status, code))
      return noAnswer(`${where}: no answer of the service (${status ?? text})`, thrown, true);
    const advice =
      status === 401 || status === 403
        ? "; give the app's identity the role Storage Table Data Contributor on this storage account and let its network reach it"
        : code === 'TableNotFound'
          ? '; it does not exist and could not be made: deploy it'
          : '';
    return failureOf(`${where}: ${status} ${code ?? text}${advice}`, {
      status,
      ...headersOf(thrown),
      code,
      cause: thrown,
      conflictPasses: true,
      bySdk: true,
      now: new Date(),
    });
  }
}

/** A truncated body has a good status, and a proxy's own answer has neither code nor request id. */
const isOfTheService = (thrown: unknown, status: number, code: string | undefined): boolean =>
  status >= 400 && (status >= 500 || code !== undefined || headersOf(thrown).requestId !== undefined);

function isExpected(expected: Expected, thrown: unknown, code: string | undefined): boolean {
  const status = thrown instanceof RestError ? thrown.statusCode : undefined;
  if (expected === 'nothing' || code === 'TableNotFound') return false;
  // A proxy's 404, taken for real, would mean that the run is gone.
  if (status === 404) return isOfTheService(thrown, status, code);
  return expected === 'conflict' && (status === 412 || code === 'EntityAlreadyExists');
}

/** The service's own code; answers to transactions carry it in a different place. */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof RestError)) return undefined;
  const details = named.safeParse(thrown.details);
  return details.success ? details.data.odataError.code : thrown.code;
}

function headersOf(thrown: unknown): { requestId?: string | undefined; retryAfter?: string | undefined } {
  const headers = thrown instanceof RestError ? thrown.response?.headers : undefined;
  return { requestId: headers?.get('x-ms-request-id'), retryAfter: headers?.get('retry-after') };
}
// Every table that the code opens by name. The deployment creates them and preflight looks for them, so that the app
// needs no right to create any; a test compares this list with what is opened.
export const tableNames = ['runs', 'index', 'decisions', 'slots', 'watch'] as const;
