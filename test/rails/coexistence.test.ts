// Rail 7: what attack disruption or an administrator did before this app looked is found, reported, and left alone by
// an undo; what this app itself did is undone.
import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { containOnPremisesAccount } from '../../functions/steps/contain-on-premises-account/contain-on-premises-account.ts';
import { revokeSessions } from '../../functions/steps/revoke-sessions.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { signal } from '../alerts/samples.ts';
import { lived } from '../fakes/lived.ts';

const steps = [blockSignIn, revokeSessions, containOnPremisesAccount];
const disruption = signal({
  source: 'incident',
  detector: 'attackDisruption',
  title: 'BEC financial fraud attack launched from a compromised account (attack disruption)',
  product: 'microsoft365Defender',
});

async function livedThrough(user: object, signals: readonly Signal[] = [signal()]) {
  const file = { users: [{ userPrincipalName: 'adele@contoso.com', ...user }] };
  const life = await lived({
    steps,
    file,
    user: 'adele@contoso.com',
    level: 'contain',
    request: { signals },
  });
  const told = async () => {
    const { run, steps: rows } = await life.rows();
    const given = {
      run,
      steps: rows,
      playbook: steps,
      runUrl: 'https://reclaim.test',
      now: new Date(run.openedAt),
    };
    return summaryOf(given).text;
  };
  const state = () => {
    const [only] = life.tenant.state().users;
    return { cloud: only?.accountEnabled !== false, there: only?.activeDirectory?.enabled !== false };
  };
  return { ...life, told, state };
}

describe('an account that somebody else has locked', () => {
  it('stays locked when the run is undone, in the cloud and in Active Directory', async () => {
    const locked = {
      accountEnabled: false,
      onPremisesSyncEnabled: true,
      activeDirectory: { enabled: false },
    };
    const { undo, state, rows } = await livedThrough(locked, [disruption]);
    expect((await rows()).steps.flatMap(({ name, changes }) => changes.map(() => name))).toEqual([
      'revoke-sessions',
    ]);
    await undo();
    expect(state()).toEqual({ cloud: false, there: false });
  });

  it('is reported as found, with where to release attack disruption', async () => {
    const { told } = await livedThrough({ accountEnabled: false }, [disruption]);
    const text = await told();
    expect(text).toContain('sign-in was blocked before this run looked');
    expect(text).toContain('Block sign-in: found done by another hand, and left so whatever is undone here');
    expect(text).toContain('Attack disruption of Microsoft Defender acts on this account by itself');
    expect(text).toContain('https://security.microsoft.com/action-center/history');
  });
});

describe('an account that this app has locked', () => {
  it('is unlocked when the run is undone, even beside attack disruption that did nothing here', async () => {
    const { undo, state, told } = await livedThrough({ onPremisesSyncEnabled: true }, [disruption]);
    expect(state()).toEqual({ cloud: false, there: false });
    expect(await told()).not.toContain('found done by another hand');
    await undo();
    expect(state()).toEqual({ cloud: true, there: true });
  });

  it('is reported without mentioning others if nobody else was at work', async () => {
    const { told } = await livedThrough({});
    expect(await told()).not.toMatch(/attack disruption|another hand/i);
  });

  it('stays locked after the undo if somebody locks it once more — that lock is not ours', async () => {
    const { undo, tenant, state, later } = await livedThrough({});
    await undo();
    const [adele] = tenant.state().users;
    expect(state().cloud).toBe(true);
    const url = `https://graph.microsoft.com/v1.0/users/${adele?.userPrincipalName}`;
    const token = await tenant.credential.getToken('https://graph.microsoft.com/.default');
    const headers = { authorization: `Bearer ${token?.token}`, 'content-type': 'application/json' };
    const sent = await tenant.fetch(url, { method: 'PATCH', headers, body: '{"accountEnabled":false}' });
    expect(sent.status).toBe(204);
    await later(60 * 24);
    await undo();
    expect(state().cloud).toBe(false);
  });
});
