// One token per service, kept while it is valid, so that a step's ten requests need only one.
import type { TokenCredential } from '@azure/identity';
import { RetryableError } from '../errors.ts';

export interface Tokens {
  current(): Promise<string>;
  /** After a 401: a token other than the rejected one, if the credential has one. */
  renew(rejected: string): Promise<string>;
}

/** Renewed this long before it expires, so that it doesn't expire in transit. */
const marginMs = 120_000;

export function createTokens(credential: TokenCredential, scope: string, now: () => Date): Tokens {
  let kept: { token: string; expiresOnTimestamp: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    try {
      const given = await credential.getToken(scope);
      if (given === null) throw new Error('the credential has none');
      kept = given;
      return given.token;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RetryableError(
        `No token for ${scope}: ${reason.slice(0, 300)}. Check that the app has its managed identity, and AZURE_CLIENT_ID where it has more than one.`,
        { cause, tookEffect: 'no' },
      );
    } finally {
      asking = undefined;
    }
  }

  const once = () => {
    asking ??= ask();
    return asking;
  };

  return {
    async current() {
      if (kept !== undefined && kept.expiresOnTimestamp - marginMs > now().getTime()) return kept.token;
      return await once();
    },
    async renew(rejected) {
      if (kept !== undefined && kept.token !== rejected) return kept.token;
      return await once();
    },
  };
}
