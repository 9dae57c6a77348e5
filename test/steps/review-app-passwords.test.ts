import { describe, expect, it } from 'vitest';
import { reviewAppPasswords } from '../../functions/steps/review-app-passwords.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { adele, attacker, home } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const run = context({ intruder: { ...nobodyKnown, since: '2026-11-20T08:12:00Z', addresses: [attacker] } });
const made = (ipAddress: string) => ({
  activityDateTime: '2026-11-20T09:10:00Z',
  activityDisplayName: 'User registered security info',
  resultReason: 'User registered App Password',
  initiatedBy: { user: { id: adele, ipAddress } },
  targetResources: [{ id: adele }],
});
const tenant = (perUserMfaState: string, directoryAudits: object[] = [], more: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', perUserMfaState }],
  directoryAudits,
  ...more,
});
const collect = (file: object) =>
  reviewAppPasswords.collect(run, simulated(reviewAppPasswords, file).clients, null);

describe('review-app-passwords', () => {
  it.each([{}, synced, { ...synced, federated: true }, { privileged: true }, { hasMailbox: false }])(
    'applies to %o',
    (given) => {
      expect(reviewAppPasswords.appliesTo(account(given))).toBe(true);
    },
  );

  it('leaves guests alone', () => {
    expect(reviewAppPasswords.appliesTo(account(guest))).toContain('guest');
  });

  it('finds nothing to do if they are not possible, with one request', async () => {
    const { clients, asked } = simulated(reviewAppPasswords, tenant('disabled'));
    const result = await reviewAppPasswords.collect(run, clients, null);
    expect(result).toMatchObject({
      findings: [{ what: 'app passwords', why: expect.stringContaining('are not possible') }],
    });
    expect(result).not.toHaveProperty('tasks');
    expect(asked()).toEqual([`GET /beta/users/${adele}/authentication/requirements (Policy.Read.All)`]);
  });

  it.each(['enabled', 'enforced'])(
    'asks a person to delete them if they are %s — no call can',
    async (state) => {
      expect(await collect(tenant(state, [made(home)]))).toMatchObject({
        findings: [{ what: 'User registered App Password', why: expect.stringContaining(home) }],
        tasks: [{ id: 'app-passwords', what: expect.stringMatching(/^Delete the app passwords/) }],
      });
    },
  );

  it('says so if the intruder made one', async () => {
    expect(await collect(tenant('enforced', [made(attacker)]))).toMatchObject({
      tasks: [{ instruction: expect.stringContaining(`the intruder's address ${attacker}`) }],
    });
  });

  it.each([
    [403, PermanentError],
    [429, RetryableError],
  ])('fails as the service does with %i', async (status, kind) => {
    const faults = [{ on: 'GET /beta/users/*', status }];
    await expect(collect(tenant('enabled', [], { behaviour: { faults } }))).rejects.toBeInstanceOf(kind);
  });
});
