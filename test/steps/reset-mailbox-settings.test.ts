import { describe, expect, it } from 'vitest';
import { resetMailboxSettings } from '../../functions/steps/reset-mailbox-settings.ts';
import type { Change } from '../../shared/model/step.ts';
import { answered, cmdlet, record } from '../fakes/audit.ts';
import { account, context } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

const reply = {
  AutoReplyState: 'Enabled',
  ExternalMessage: '<p>Pay to <b>IBAN XX99</b></p>',
  InternalMessage: 'I am away',
} as const;
const sweep = {
  Name: 'Tidy up',
  RuleId: 'r-1',
  Sender: 'megan@contoso.com',
  DestinationFolder: 'Deleted Items',
};
const calendar = { Folder: 'Kalender', PublishEnabled: true, DetailLevel: 'FullDetails' };
const phone = { DeviceId: 'C0FFEE', DeviceModel: 'Generic', DeviceOS: 'Android 13', ClientType: 'EAS' };

type By = 'intruder' | 'owner';
const replied = (by: By, state = 'Enabled') =>
  cmdlet(by, 'Set-MailboxAutoReplyConfiguration', { Identity: 'adele', AutoReplyState: state });
const swept = (by: By, name = 'Tidy up') => cmdlet(by, 'New-SweepRule', { Mailbox: 'adele', Name: name });
const published = (by: By, value = 'True') =>
  cmdlet(by, 'Set-MailboxCalendarFolder', { Identity: 'adele:\\Kalender', PublishEnabled: value });
const synced = (by: By, more: object = {}) =>
  record(by, 'MailItemsAccessed', { auditData: { DeviceId: 'c0ffee' }, ...more });

const look = (mailbox: ReturnType<typeof oneMailbox>, records: readonly object[]) =>
  resetMailboxSettings.find(context({ run: answered(records) }), mailbox.clients);
const undo = async (mailbox: ReturnType<typeof oneMailbox>, change: Change) => {
  if (typeof resetMailboxSettings.undo === 'string') throw new Error('cannot be undone');
  return await resetMailboxSettings.undo(change, context(), mailbox.clients);
};

describe('reset-mailbox-settings', () => {
  it.each<[string, object, (by: By) => object, string]>([
    ['automatic replies', { autoReply: reply }, replied, 'automatic replies: "Pay to IBAN XX99"'],
    [
      'a sweep rule',
      { sweepRules: [sweep] },
      swept,
      'sweep rule "Tidy up": mail of megan@contoso.com to "Deleted Items"',
    ],
    [
      'a published calendar',
      { calendars: [calendar] },
      published,
      'the calendar "Kalender", published to whoever has the link',
    ],
  ])(
    'reverts the intruder’s %s, sees it done, and restores exactly what was there',
    async (_what, given, made, what) => {
      const mailbox = oneMailbox(given);
      const before = JSON.stringify(mailbox.tenant.state());
      const records = [made('intruder')];
      const change = onlyChange(await look(mailbox, records));
      expect(change).toMatchObject({
        what,
        evidence: expect.stringMatching(/^made in the intruder's session/),
      });
      await resetMailboxSettings.fix(change, context(), mailbox.clients);
      expect(changesOf(await look(mailbox, records))).toEqual([]);
      expect(await undo(mailbox, change)).toBeUndefined();
      expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
      expect(onlyChange(await look(mailbox, records))).toEqual(change);
    },
  );

  it('records the owner’s text with the replies that it switches off', async () => {
    const mailbox = oneMailbox({ autoReply: reply });
    expect(onlyChange(await look(mailbox, [replied('intruder')])).before).toMatchObject({
      InternalMessage: 'I am away',
      ExternalMessage: reply.ExternalMessage,
    });
  });

  it('restores scheduled replies with their times, which Exchange accepts only for those', async () => {
    const scheduled = {
      ...reply,
      AutoReplyState: 'Scheduled',
      StartTime: '2026-11-20T08:00:00Z',
      EndTime: '2026-11-27T08:00:00Z',
    };
    const mailbox = oneMailbox({ autoReply: scheduled });
    const change = onlyChange(await look(mailbox, [replied('intruder', 'Scheduled')]));
    await resetMailboxSettings.fix(change, context(), mailbox.clients);
    await undo(mailbox, change);
    expect(mailbox.writes().at(-1)).toMatchObject({
      AutoReplyState: 'Scheduled',
      StartTime: scheduled.StartTime,
    });
    const always = oneMailbox({ autoReply: { ...reply, StartTime: '2026-11-20T08:00:00Z' } });
    const other = onlyChange(await look(always, [replied('intruder')]));
    await undo(always, other);
    expect(always.writes().at(-1)).not.toHaveProperty('StartTime');
  });

  it('removes a phone that the intruder certainly used, and asks the owner to add it again on undo', async () => {
    const mailbox = oneMailbox({ mobileDevices: [phone, { DeviceId: 'OWN', DeviceOS: 'iOS 18' }] });
    const change = onlyChange(await look(mailbox, [synced('intruder')]));
    expect(change.what).toBe('phone or mail app "Generic, Android 13"');
    await resetMailboxSettings.fix(change, context(), mailbox.clients);
    expect(mailbox.mailbox()?.mobileDevices?.map(({ DeviceId }) => DeviceId)).toEqual(['OWN']);
    expect(await undo(mailbox, change)).toMatchObject({ instead: true });
  });

  it('leaves a phone that only an address ties to the intruder — only its owner can bring it back', async () => {
    const { auditData: _session, ...byAddress } = synced('intruder');
    const likely = {
      ...byAddress,
      auditData: { DeviceId: 'c0ffee', UserAgent: 'x' },
      clientIp: '198.51.100.20',
    };
    const mailbox = oneMailbox({ mobileDevices: [phone] });
    expect(changesOf(await look(mailbox, [likely]))).toEqual([]);
  });

  it.each<[string, object, object]>([
    ['replies that the owner set', { autoReply: reply }, replied('owner')],
    ['replies that the intruder switched off', { autoReply: reply }, replied('intruder', 'Disabled')],
    [
      'replies that are off already',
      { autoReply: { ...reply, AutoReplyState: 'Disabled' } },
      replied('intruder'),
    ],
    ['another sweep rule', { sweepRules: [sweep] }, swept('intruder', 'Other')],
    ['a calendar that the intruder took back', { calendars: [calendar] }, published('intruder', 'False')],
    ['a calendar that the owner published', { calendars: [calendar] }, published('owner')],
    ['a calendar that is gone', {}, published('intruder')],
    ['a phone of the owner', { mobileDevices: [phone] }, synced('owner')],
  ])('leaves %s', async (_what, given, made) => {
    expect(found(await look(oneMailbox(given), [made]))).toMatchObject({
      changes: [],
      kept: [{ what: 'settings of the mailbox' }],
    });
  });

  it('asks Exchange for nothing that the log does not mention', async () => {
    const mailbox = oneMailbox({ autoReply: reply });
    await look(mailbox, []);
    expect(mailbox.asked()).toEqual([]);
  });

  it('reverts replies in somebody else’s mailbox that the intruder worked in', async () => {
    const owner = {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      displayName: 'Adele Vance',
      mailbox: {},
    };
    const bills = {
      userPrincipalName: 'bills@contoso.com',
      displayName: 'Bills',
      mailbox: { autoReply: reply },
    };
    const mailbox = oneMailbox(undefined, { users: [owner, bills] });
    const before = JSON.stringify(mailbox.tenant.state());
    const change = onlyChange(
      await look(mailbox, [
        cmdlet('intruder', 'Set-MailboxAutoReplyConfiguration', {
          Identity: 'bills',
          AutoReplyState: 'Enabled',
        }),
      ]),
    );
    expect(change.what).toContain('in the mailbox bills@contoso.com');
    await resetMailboxSettings.fix(change, context(), mailbox.clients);
    expect(JSON.stringify(mailbox.tenant.state())).not.toBe(before);
    await undo(mailbox, change);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it('does not apply without a mailbox', () => {
    expect(resetMailboxSettings.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
  });
});
