import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createDefender } from '../../shared/clients/defender.ts';
import { fakeService, graphError, lost, thrownBy } from '../fakes/service.ts';

const base = 'http://127.0.0.1:7071/defender';
const machine = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';

function defenderWith(...script: Parameters<typeof fakeService>) {
  const service = fakeService(...script);
  return { ...service, defender: createDefender({ ...service.options, baseUrl: base }) };
}

describe('Defender for Endpoint', () => {
  it('is asked below /api, with its own token', async () => {
    const { defender, asked, tokens } = defenderWith([{ body: { value: [{ id: machine }] } }]);
    const schema = z.object({ value: z.array(z.object({ id: z.string() })) });
    await expect(defender.get('/users/adele.vance/machines', schema)).resolves.toEqual({
      value: [{ id: machine }],
    });
    expect(asked[0]).toMatchObject({ method: 'GET', url: `${base}/api/users/adele.vance/machines` });
    expect(tokens).toEqual(['https://api.securitycenter.microsoft.com/.default']);
  });

  it('starts one scan, also when the answer is lost — two would load the machine', async () => {
    const { defender, asked } = defenderWith([lost()]);
    const body = { Comment: 'Account compromised', ScanType: 'Quick' };
    await thrownBy(defender.post(`/machines/${machine}/runAntiVirusScan`, body, z.unknown()));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: 'POST', body });
  });

  it('that scans already says so by status and code, for the step to read', async () => {
    const { defender } = defenderWith([
      graphError(400, 'ActiveRequestAlreadyExists', 'Action is already in progress.'),
    ]);
    expect(
      await thrownBy(defender.post(`/machines/${machine}/runAntiVirusScan`, {}, z.unknown())),
    ).toMatchObject({
      name: 'PermanentError',
      status: 400,
      code: 'ActiveRequestAlreadyExists',
    });
  });

  it('ends its requests at the deadline', async () => {
    const { defender, asked } = defenderWith([{ body: {} }]);
    const late = defender.withAbort(AbortSignal.abort());
    expect(await thrownBy(late.get('/machines', z.unknown()))).toMatchObject({ name: 'RetryableError' });
    expect(asked).toEqual([]);
  });
});
