// What a row can't hold, in Blob Storage: texts named by their own SHA-256. Writing one twice has the effect of writing
// it once, and every read is verified. Nothing is deleted here; the container's lifecycle policy does that.
import { createHash } from 'node:crypto';
// The same class as Blob Storage uses, which is loaded later.
import { RestError } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { failureOf, noAnswer } from '../clients/failure.ts';
import { PermanentError, RetryableError } from '../errors.ts';

/** Where the blobs are: a connection string, or the service's address with an identity. */
export type BlobService =
  | { connectionString: string }
  | { blobServiceUri: string; credential: TokenCredential };

/** Names a text and proves it. */
export interface Pointer {
  sha256: string;
  bytes: number;
}

const containerName = 'evidence';
const retryOptions = { maxTries: 3, tryTimeoutInMs: 15_000, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };
/** Rows are read many times and their blobs hardly change, so this much is kept in memory. */
const mostCachedBytes = 32 * 1024 * 1024;

export class Blobs {
  readonly #service: BlobService;
  readonly #options: StoragePipelineOptions;
  #made: Promise<ContainerClient> | undefined;
  readonly #cache = new Map<string, string>();
  #cachedBytes = 0;

  constructor(service: BlobService, options: StoragePipelineOptions = {}) {
    this.#service = service;
    this.#options = { retryOptions, ...options };
  }

  /** The library is a fifth of the bundle and a lock doesn't need it, so it is loaded when something is too large. */
  #container(): Promise<ContainerClient> {
    this.#made ??= import('@azure/storage-blob').then(({ BlobServiceClient }) => {
      const service = this.#service;
      const client =
        'connectionString' in service
          ? BlobServiceClient.fromConnectionString(service.connectionString, this.#options)
          : new BlobServiceClient(service.blobServiceUri, service.credential, this.#options);
      return client.getContainerClient(containerName);
    });
    return this.#made;
  }

  /** Resolves when the text is written and read back unharmed. */
  async put(folder: string, text: string): Promise<Pointer> {
    const content = Buffer.from(text, 'utf8');
    const pointer = { sha256: hash(content), bytes: content.length };
    const name = `${folder}/${pointer.sha256}`;
    if (this.#cache.has(name)) return pointer;
    await this.#attempt(name, async (blob) => {
      try {
        await blob.uploadData(content, {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' },
        });
      } catch (thrown) {
        // It exists already, from an earlier try: its content is checked below.
        if (codeOf(thrown) !== 'BlobAlreadyExists') throw thrown;
      }
    });
    await this.get(folder, pointer);
    return pointer;
  }

  /** Throws PermanentError if the blob is gone or holds something else. */
  async get(folder: string, pointer: Pointer): Promise<string> {
    const name = `${folder}/${pointer.sha256}`;
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const read = () => this.#attempt(name, (blob) => blob.downloadToBuffer());
    let content = await read();
    // A truncated or foreign answer won't come twice.
    const first = hash(content);
    if (first !== pointer.sha256) content = await read();
    if (hash(content) !== pointer.sha256 && hash(content) !== first) {
      throw new RetryableError(`blob ${containerName}/${name} came differently each time; it is tried again`);
    }
    if (hash(content) !== pointer.sha256) {
      throw new PermanentError(
        `blob ${containerName}/${name} holds something else than what was written (its SHA-256 differs). Restore the version that was written first, or delete the rows of its run`,
        { code: 'AlteredBlob' },
      );
    }
    const text = content.toString('utf8');
    this.#remember(name, text, pointer.bytes);
    return text;
  }

  #remember(name: string, text: string, bytes: number): void {
    this.#cache.set(name, text);
    this.#cachedBytes += bytes;
    for (const [oldest, held] of this.#cache) {
      if (this.#cachedBytes <= mostCachedBytes || oldest === name) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= Buffer.byteLength(held);
    }
  }

  async #attempt<T>(
    name: string,
    request: (blob: ReturnType<ContainerClient['getBlockBlobClient']>) => Promise<T>,
    mayCreate = true,
  ): Promise<T> {
    const container = await this.#container();
    try {
      return await request(container.getBlockBlobClient(name));
    } catch (thrown) {
      if (codeOf(thrown) !== 'ContainerNotFound' || !mayCreate) throw failure(container, name, thrown);
    }
    try {
      await container.createIfNotExists();
    } catch (thrown) {
      throw failure(container, name, thrown);
    }
    return this.#attempt(name, request, false);
  }
}

function failure(container: ContainerClient, name: string, thrown: unknown): RetryableError | PermanentError {
  const where = `blob ${containerName}/${name} at ${new URL(container.url).origin}`;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const status = thrown instanceof RestError ? thrown.statusCode : undefined;
  const code = codeOf(thrown);
  if (status === undefined || status < 400)
    return noAnswer(`${where}: no answer (${code ?? text})`, thrown, true);
  const advice =
    status === 401 || status === 403
      ? "; give the app's identity the role Storage Blob Data Contributor on this storage account and let its network reach it"
      : '';
  return failureOf(`${where}: ${status} ${code ?? text}${advice}`, {
    status,
    retryAfter: thrown instanceof RestError ? thrown.response?.headers.get('retry-after') : undefined,
    code,
    cause: thrown,
    conflictPasses: true,
    bySdk: true,
    now: new Date(),
  });
}

const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');

const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof RestError ? thrown.code : undefined;
