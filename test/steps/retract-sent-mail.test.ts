import { describe, expect, it } from 'vitest';
import { retractSentMail } from '../../functions/steps/retract-sent-mail/retract-sent-mail.ts';
import { identity } from '../../shared/run/changes.ts';
import { account, context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';
import { simulated } from '../fakes/simulated.ts';
import { noClients } from '../run/no-clients.ts';

const evidence = "made in the intruder's session 005f1a2c at 2026-11-20 09:05 UTC";
const bank = {
  networkId: '73ca4154-58d8-43d0-a890-08dc18c52e6d',
  at: '2026-11-20T09:05:00Z',
  subject: 'Updated bank details',
  evidence,
  inside: 3,
};
const email = (recipient: string, more: object = {}) => ({
  networkMessageId: bank.networkId,
  recipientEmailAddress: recipient,
  loggedDateTime: '2026-11-20T09:05:10Z',
  ...more,
});
const at = (location: string) => ({ latestDelivery: { action: 'delivered', location } });
const emails = [
  email('megan@contoso.com'),
  email('alex@contoso.com'),
  email('nestor@contoso.com', at('deletedFolder')),
  email('isaiah@contoso.com', at('quarantine')),
  email('lee@northwind.example', at('onprem_external')),
  email('megan@contoso.com', { networkMessageId: 'of-the-owner' }),
];
const file = (more: object = {}) => ({
  users: [{ userPrincipalName: 'adele@contoso.com', mailbox: {} }],
  analyzedEmails: emails,
  ...more,
});
const reviewed = (...messages: object[]) =>
  context({ run: { facts: { 'sent-mail': JSON.parse(JSON.stringify({ messages, left: 0 })) } } });
const after = reviewed(bank);
const locations = ({ tenant }: ReturnType<typeof simulated>) =>
  tenant.state().analyzedEmails?.map(({ latestDelivery }) => latestDelivery?.location ?? 'inbox_folder');

describe('retract-sent-mail', () => {
  it('records who sent it, so that it is moved back if that turns out to be the owner', async () => {
    const by = { session: '005f1a2c', request: null, address: null, device: null, userAgent: null };
    const change = onlyChange(
      await retractSentMail.find(reviewed({ ...bank, by }), simulated(retractSentMail, file()).clients),
    );
    expect(change.by).toEqual(by);
  });

  it('takes the intruder’s mail out of the inboxes inside, sees it done, and leaves all other mail', async () => {
    const to = simulated(retractSentMail, file());
    const change = onlyChange(await retractSentMail.find(after, to.clients));
    expect(change).toEqual({
      id: bank.networkId,
      what: '"Updated bank details" of 2026-11-20 09:05 UTC in 2 inboxes inside',
      why: 'colleagues would take it for a message of the owner',
      evidence,
      before: { networkMessageId: bank.networkId, inboxes: ['alex@contoso.com', 'megan@contoso.com'] },
      once: true,
      again: true,
      seenWithinMinutes: 14,
    });
    await retractSentMail.fix(change, after, to.clients);
    expect(locations(to)).toEqual([
      'deletedFolder',
      'deletedFolder',
      'deletedFolder',
      'quarantine',
      'onprem_external',
      'inbox_folder',
    ]);
    expect(found(await retractSentMail.find(after, to.clients))).toMatchObject({
      changes: [],
      kept: [{ what: '1 message of the intruder', why: 'no longer in an inbox inside' }],
    });
    expect(to.tenant.requests.find(({ method }) => method === 'POST')).toMatchObject({
      url: 'https://graph.microsoft.com/v1.0/security/collaboration/analyzedEmails/remediate',
      status: 202,
      body: { action: 'softDelete', remediateSendersCopy: false, severity: 'high' },
    });
  });

  it('moves back what it moved and nothing else, and then finds it again', async () => {
    const to = simulated(retractSentMail, file());
    const before = JSON.stringify(to.tenant.state());
    const change = onlyChange(await retractSentMail.find(after, to.clients));
    await retractSentMail.fix(change, after, to.clients);
    if (typeof retractSentMail.undo === 'string') throw new Error('cannot be undone');
    expect(await retractSentMail.undo(change, after, to.clients)).toBeUndefined();
    expect(JSON.stringify(to.tenant.state())).toBe(before);
    expect(identity(onlyChange(await retractSentMail.find(after, to.clients)))).toBe(identity(change));
  });

  it('stays the same change until the service has done what it accepted — it is not asked twice', async () => {
    const to = simulated(retractSentMail, file({ behaviour: { remediationSeconds: 300 } }));
    const change = onlyChange(await retractSentMail.find(after, to.clients));
    await retractSentMail.fix(change, after, to.clients);
    const again = onlyChange(await retractSentMail.find(after, to.clients));
    expect([identity(again), again.once]).toEqual([identity(change), true]);
    to.advance(301);
    expect(changesOf(await retractSentMail.find(after, to.clients))).toEqual([]);
  });

  it.each<[string, ReturnType<typeof context>]>([
    ['nothing was reviewed yet', context()],
    ['no message is the intruder’s', reviewed()],
    ['it all went outside', reviewed({ ...bank, inside: 0 })],
  ])('asks for nothing if %s', async (_why, given) => {
    const to = simulated(retractSentMail, file());
    expect(found(await retractSentMail.find(given, to.clients))).toMatchObject({ changes: [], tasks: [] });
    expect(to.tenant.requests).toEqual([]);
  });

  it('leaves to a person what the trace does not know', async () => {
    const to = simulated(retractSentMail, file());
    const { tasks } = found(await retractSentMail.find(reviewed({ ...bank, networkId: null }), to.clients));
    expect(tasks).toMatchObject([
      { id: 'retract-by-hand', what: 'Take 1 message of the intruder out of inboxes in the organisation' },
    ]);
  });

  it('does not believe a service that returns other mail than was asked for', async () => {
    const graph = scriptedGraph(() => [
      { ...email('megan@contoso.com', at('inbox_folder')), networkMessageId: 'of-the-owner' },
    ]);
    expect(changesOf(await retractSentMail.find(after, { ...noClients, graph }))).toEqual([]);
  });

  it('looks only with GET', async () => {
    const to = simulated(retractSentMail, file());
    await retractSentMail.find(after, to.clients);
    expect(to.asked()).toEqual([
      `GET /v1.0/security/collaboration/analyzedEmails?$filter=networkMessageId eq '${bank.networkId}'&startTime=2026-11-19&endTime=2026-11-22 (SecurityAnalyzedMessage.ReadWrite.All)`,
    ]);
  });

  it('is skipped without Plan 2, but fails without the permission — one is bought, the other granted', async () => {
    const poor = simulated(retractSentMail, file({ servicePlans: ['EXCHANGE_S_ENTERPRISE'] }));
    expect(await retractSentMail.find(after, poor.clients)).toEqual({
      skip: 'the tenant has no licence of Microsoft Defender for Office 365 Plan 2',
    });
    const barred = simulated(retractSentMail, file({ app: { permissions: ['User.Read.All'] } }));
    await expect(retractSentMail.find(after, barred.clients)).rejects.toMatchObject({
      name: 'PermanentError',
      status: 403,
    });
  });

  it('comes back later when it is throttled', async () => {
    const faults = [{ on: 'POST *', status: 429, retryAfter: 20 }];
    const to = simulated(retractSentMail, file({ behaviour: { faults } }));
    const change = onlyChange(await retractSentMail.find(after, to.clients));
    await expect(retractSentMail.fix(change, after, to.clients)).rejects.toMatchObject({
      name: 'RetryableError',
      tookEffect: 'no',
    });
  });

  it('does not apply without a mailbox', () => {
    expect(retractSentMail.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
    expect(retractSentMail.appliesTo(account({ synced: true, privileged: true }))).toBe(true);
  });
});
