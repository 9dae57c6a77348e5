// The two stores of progress as the contract tests open them, each with a way to lose an answer: the request takes
// effect, the connection breaks, and the SDK sends it again, which the service then refuses as a conflict.
import { RestError, type TableServiceClientOptions } from '@azure/data-tables';
import { startAzurite } from '../../local/azurite.ts';
import type { Progress } from '../../shared/run/progress.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';

export interface Store {
  progress: Progress;
  /** The answer to the next write of this kind is lost. */
  loseAnswer(to: 'open' | 'write'): void;
  close(): Promise<void>;
}

export async function memoryStore(): Promise<Store> {
  let losing = '';
  const repeats = ({ name }: { name: string }) => {
    const lost = name === losing;
    if (lost) losing = '';
    return lost;
  };
  return {
    progress: new MemoryProgress({ repeats }),
    loseAnswer: (to) => {
      losing = to;
    },
    close: async () => {},
  };
}

export type Policy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

/** A test's policies see each try of each request, as the network does. */
export const tableOptions = (...policies: Policy['sendRequest'][]) => ({
  additionalPolicies: policies.map((sendRequest, index) => ({
    policy: { name: `test-${index}`, sendRequest },
    position: 'perRetry' as const,
  })),
  retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
});

export const brokenConnection = () => new RestError('socket hang up', { code: 'ECONNRESET' });

export async function tableStore(now: () => Date): Promise<Store> {
  const azurite = await startAzurite();
  let losing = false;
  const options = tableOptions(async (request, next) => {
    const response = await next(request);
    if (!losing || !request.url.includes('$batch')) return response;
    losing = false;
    throw brokenConnection();
  });
  return {
    progress: new TableProgress({ connectionString: azurite.connectionString }, now, options),
    loseAnswer: () => {
      losing = true;
    },
    close: azurite.close,
  };
}
