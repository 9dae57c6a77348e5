import { describe, expect, it } from 'vitest';
import { readAhead } from '../../functions/alerts/read-ahead.ts';
import type { JudgeDeps } from '../../shared/alerts/judge.ts';
import type { Reading } from '../../shared/alerts/source.ts';
import type { Account } from '../../shared/model/account.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { account, adele, now, signal } from '../alerts/samples.ts';

function read(claims: readonly Signal[], answer: (id: string) => Promise<Account>) {
  const asked: string[] = [];
  const deps: Pick<JudgeDeps, 'readAccount' | 'protection' | 'now'> = {
    now: () => now,
    readAccount: (id) => {
      asked.push(id);
      return answer(id);
    },
    protection: async () => () => null,
  };
  const claim: Reading = {
    id: 'a',
    tenantId: null,
    subjects: claims.map((one) => ({ signal: one, sid: null })),
    left: [],
  };
  return { asked, ahead: readAhead(deps, claim) };
}

describe('what is read ahead of the confirmation', () => {
  const high = signal({ userId: adele, level: 'high' });

  it('is the account that the event calls highly at risk — the lock waits for both', async () => {
    const { asked, ahead } = read([high], async (id) => account({ id }));
    expect(asked).toEqual([adele]);
    await ahead.readAccount(adele, now);
    expect(asked).toEqual([adele]);
  });

  it('is read again for a second request — an account may have changed since', async () => {
    const { asked, ahead } = read([high], async (id) => account({ id }));
    await ahead.readAccount(adele, now);
    await ahead.readAccount(adele, now);
    expect(asked).toEqual([adele, adele]);
  });

  it('is nothing for a low risk, and never hundreds of accounts', () => {
    expect(read([signal({ userId: adele, level: 'low' })], async () => account()).asked).toEqual([]);
    const many = Array.from({ length: 300 }, (_, index) =>
      signal({ userId: `user-${index}`, level: 'high' }),
    );
    expect(read(many, async () => account()).asked).toHaveLength(4);
  });

  it('fails only for the caller that needs it — an account that the event invents fails nothing', async () => {
    const { ahead } = read([high], () => Promise.reject(new Error('no such user')));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(ahead.readAccount(adele, now)).rejects.toThrow('no such user');
  });
});
