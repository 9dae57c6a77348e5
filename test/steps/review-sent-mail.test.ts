import { describe, expect, it } from 'vitest';
import { reviewSentMail } from '../../functions/steps/review-sent-mail/review-sent-mail.ts';
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { sentByIntruderIn } from '../../shared/microsoft365/sent-mail.ts';
import type { Collected, Later, RunView, Skip } from '../../shared/model/step.ts';
import { intruder, record } from '../fakes/audit.ts';
import { account, context } from '../fakes/context.ts';
import { adele, attacker } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const to = (...addresses: string[]) => addresses.map((address) => ({ emailAddress: { address } }));
const lunch = {
  subject: 'Lunch',
  sentDateTime: '2026-11-20T08:30:00Z',
  internetMessageId: '<lunch@contoso.com>',
  toRecipients: to('megan@contoso.com'),
};
const phish = {
  subject: '=HYPERLINK("http://evil.example")',
  sentDateTime: '2026-11-20T09:00:00Z',
  internetMessageId: '<phish@contoso.com>',
  toRecipients: to('Megan@contoso.com', 'lee@northwind.example'),
  bccRecipients: to('+1@fabrikam.example'),
};
const deleted = {
  senderAddress: 'adele@contoso.com',
  recipientAddress: 'accounts@northwind.example',
  messageId: '<bank@contoso.com>',
  receivedDateTime: '2026-11-20T09:05:00Z',
  subject: 'Updated bank details',
};
const old = {
  ...lunch,
  subject: 'Last week',
  sentDateTime: '2026-11-13T08:30:00Z',
  internetMessageId: '<old@x>',
};

const tenant = (mailbox?: object, more: object = {}) => ({
  domains: [{ id: 'contoso.com', isDefault: true }],
  users: [
    {
      id: adele,
      userPrincipalName: 'adele@contoso.com',
      displayName: 'Adele Vance',
      ...(mailbox ? { mailbox } : {}),
    },
    { userPrincipalName: 'megan@contoso.com', mailbox: { sentItems: [lunch] } },
  ],
  ...more,
});
const send = (by: 'intruder' | 'owner', id: string, subject: string) =>
  record(by, 'Send', { auditData: { Item: { InternetMessageId: id, Subject: subject } } });
const afterAudit = (...records: object[]) => {
  const acts = actsOf(
    records.map((one) => unifiedRecordSchema.parse(one)),
    intruder,
  );
  return context({ intruder, run: { facts: { acts: acts } } });
};
function collected(result: Collected | Later | Skip) {
  if (!('findings' in result)) throw new Error('nothing was collected');
  const { findings, tasks = [], attachments = [], facts = null } = result;
  return { findings, tasks, attachments, facts, said: findings.map(({ what }) => what) };
}
const look = async (file: object, given = context({ intruder })) => {
  const at = simulated(reviewSentMail, file);
  return { ...at, ...collected(await reviewSentMail.collect(given, at.clients, null)) };
};

describe('review-sent-mail', () => {
  it('combines Sent Items, trace and audit log, so that what the intruder deleted shows', async () => {
    const file = tenant({ sentItems: [old, lunch, phish] }, { messageTraces: [deleted] });
    const {
      said,
      tasks,
      asked,
      tenant: at,
    } = await look(
      file,
      afterAudit(
        send('intruder', '<BANK@contoso.com>', 'Updated bank details'),
        send('owner', '<lunch@contoso.com>', 'Lunch'),
      ),
    );
    expect(said).toEqual([
      '3 messages sent since 2026-11-20 08:12 UTC, 1 by the intruder as far as known',
      '"Updated bank details" to 1 recipient, 2026-11-20 09:05 UTC, deleted from Sent Items',
      '1 sent message not in Sent Items any more: "Updated bank details"',
    ]);
    expect(tasks).toMatchObject([
      {
        id: 'warn-recipients',
        what: "Warn 1 person now about the intruder's mail (1 outside)",
      },
      { id: 'whose-mail', instruction: expect.stringContaining('"Lunch"') },
    ]);
    expect(at.requests.every(({ method, status }) => method === 'GET' && status === 200)).toBe(true);
    expect(asked().find((line) => line.includes('messageTraces'))).toContain(
      "senderAddress eq 'adele@contoso.com' and receivedDateTime ge 2026-11-20T08:12:04Z and receivedDateTime le 2026-11-20T09:15:02Z",
    );
  });

  it.each([
    ['as', { SendAsUserSmtp: 'bills@contoso.com' }],
    ['on behalf of', { SendOnBehalfOfUserSmtp: 'bills@contoso.com' }],
    ['from', { MailboxOwnerUPN: 'Bills@contoso.com' }],
  ])(
    'finds who the intruder wrote to %s another mailbox, and ignores what its own people sent',
    async (_how, whose) => {
      const trace = (messageId: string, recipientAddress: string) => ({
        ...deleted,
        senderAddress: 'bills@contoso.com',
        messageId,
        recipientAddress,
      });
      const file = tenant(
        {},
        {
          messageTraces: [
            trace('<fraud@contoso.com>', 'ap@vendor.example'),
            trace('<own@contoso.com>', 'customer@vendor.example'),
          ],
        },
      );
      const sentAs = record('intruder', 'SendAs', {
        auditData: { ...whose, Item: { InternetMessageId: '<fraud@contoso.com>', Subject: 'New account' } },
      });
      const { said, tasks, attachments } = await look(file, afterAudit(sentAs));
      expect(said[0]).toBe('1 message sent since 2026-11-20 08:12 UTC, 1 by the intruder as far as known');
      expect(tasks.map(({ id }) => id)).toEqual(['warn-recipients']);
      expect(attachments[0]?.content).toContain('ap@vendor.example');
      expect(attachments[0]?.content).not.toContain('customer@vendor.example');
    },
  );

  it('writes the recipients, inside and outside, into a table that a spreadsheet may open', async () => {
    const { attachments } = await look(
      tenant({ sentItems: [lunch, phish] }),
      afterAudit(send('intruder', '<phish@contoso.com>', 'x')),
    );
    const [table, notice] = attachments;
    expect(table).toMatchObject({ name: 'sent-mail-recipients.csv', type: 'text/csv' });
    const lines = table?.content.trimEnd().split('\r\n') ?? [];
    expect(lines.map((line) => line.split(',').slice(0, 4).join(','))).toEqual([
      'recipient,where,sent by,messages',
      "'+1@fabrikam.example,outside,the intruder,1",
      'lee@northwind.example,outside,the intruder,1',
      'megan@contoso.com,inside,the intruder,2',
    ]);
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
    expect(notice).toMatchObject({ name: 'draft-notice.txt', type: 'text/plain' });
    expect(notice?.content).toContain('DRAFT, sent to nobody');
    expect(notice?.content).toContain(`- "=HYPERLINK('http://evil.example')", 2026-11-20 09:00 UTC`);
    expect(notice?.content).not.toContain('Lunch');
  });

  it('takes a sending address as proof only if it is the intruder’s alone', async () => {
    const by = (fromIP: string, receivedDateTime: string, messageId: string) => ({
      ...deleted,
      fromIP,
      receivedDateTime,
      messageId,
    });
    const { facts } = await look(
      tenant(
        {},
        {
          messageTraces: [
            by(attacker, '2026-11-20T09:05:00Z', '<1@x>'),
            by('198.51.100.20', '2026-11-20T09:06:00Z', '<2@x>'),
            by(attacker, '2026-11-20T08:12:04Z', '<3@x>'),
          ],
        },
      ),
    );
    const view: RunView = { ...context().run, facts: { 'sent-mail': facts } };
    expect(sentByIntruderIn(view)?.messages).toEqual([
      {
        networkId: expect.any(String),
        at: '2026-11-20T09:05:00Z',
        subject: 'Updated bank details',
        evidence: `sent from the intruder's address ${attacker} at 2026-11-20 09:05 UTC`,
        by: expect.objectContaining({ address: attacker }),
        inside: 0,
      },
      expect.objectContaining({ at: '2026-11-20T08:12:04Z' }),
    ]);
  });

  it('does not count people whose copy was stopped, and counts a group’s members instead of the group', async () => {
    const rows = [
      { ...deleted, recipientAddress: 'all@contoso.com', status: 'expanded' },
      { ...deleted, recipientAddress: 'megan@contoso.com', status: 'delivered' },
      { ...deleted, recipientAddress: 'x@fabrikam.example', status: 'quarantined' },
      { ...deleted, recipientAddress: 'y@fabrikam.example', status: 'filteredAsSpam' },
    ];
    const { tasks } = await look(
      tenant({}, { messageTraces: rows }),
      afterAudit(send('intruder', '<bank@contoso.com>', '')),
    );
    expect(tasks).toMatchObject([{ what: "Warn 2 people now about the intruder's mail (1 outside)" }]);
  });

  it('recognises a message in all sources by its id, with or without brackets, and ignores failed sends', async () => {
    const bare = { ...deleted, messageId: 'PHISH@contoso.com', recipientAddress: 'megan@contoso.com' };
    const failed = record('intruder', 'Send', {
      auditData: { ResultStatus: 'Failed', Item: { InternetMessageId: '<phish@contoso.com>' } },
    });
    const { said } = await look(
      tenant({ sentItems: [phish] }, { messageTraces: [bare] }),
      afterAudit(failed),
    );
    expect(said).toEqual(['1 message sent since 2026-11-20 08:12 UTC, 0 by the intruder as far as known']);
  });

  it.each([
    ['its application is missing', { behaviour: { messageTraceReady: false } }, 'New-MgServicePrincipal'],
    [
      'the permission is missing',
      { app: { permissions: ['Mail.ReadBasic.All', 'User.Read.All', 'Domain.Read.All'] } },
      '403',
    ],
  ])('goes on without the trace and says what can’t be seen when %s', async (_why, more, why) => {
    const { said, findings } = await look(tenant({ sentItems: [lunch] }, more));
    expect(said[0]).toContain('1 message sent');
    expect(findings.find(({ what }) => what.startsWith('message trace could not be asked'))?.why).toContain(
      why,
    );
  });

  it('knows a message from the audit log even if it is nowhere else', async () => {
    const file = tenant({}, { behaviour: { messageTraceReady: false } });
    const { said } = await look(
      file,
      afterAudit(send('intruder', '<bank@contoso.com>', 'Updated bank details')),
    );
    expect(said[1]).toBe(
      '"Updated bank details" to 0 recipients, 2026-11-20 09:13 UTC, deleted from Sent Items',
    );
  });

  it('asks for no more than ten days at once, and for nothing older than is kept', async () => {
    const long = { ...intruder, since: '2026-06-01T00:00:00Z' };
    const { asked, findings } = await look(tenant({}), context({ intruder: long }));
    const traces = asked().filter((line) => line.includes('messageTraces'));
    expect(traces).toHaveLength(9);
    expect(traces.at(-1)).toContain('receivedDateTime ge 2026-08-22T09:16:02Z');
    expect(findings.map(({ what }) => what)).toEqual([expect.stringContaining('0 messages sent')]);
  });

  it('says that nobody knows who sent what before the audit log has answered', async () => {
    const first = await look(tenant({ sentItems: [lunch] }));
    expect(first.said).toContain('who sent which message is not known yet');
    const second = await look(tenant({ sentItems: [lunch] }), afterAudit());
    expect(second.said).not.toContain('who sent which message is not known yet');
    expect(second.attachments.map(({ name }) => name)).toEqual([
      'sent-mail-recipients.csv',
      'draft-notice.txt',
    ]);
  });

  it('has nothing to attach or ask if nothing was sent', async () => {
    const { tasks, attachments, facts } = await look(tenant({ sentItems: [old] }));
    expect({ tasks, attachments, facts }).toEqual({
      tasks: [],
      attachments: [],
      facts: { messages: [], left: 0 },
    });
  });

  it.each([
    ['throttled', [{ on: 'GET /v1.0/admin/*', status: 429, retryAfter: 20 }], 'RetryableError'],
    [
      'forbidden',
      [{ on: 'GET */mailFolders/sentitems/messages', status: 403, code: 'ErrorAccessDenied' }],
      'PermanentError',
    ],
  ])('lets the run know when it is %s', async (_how, faults, name) => {
    const { clients } = simulated(reviewSentMail, tenant({}, { behaviour: { faults } }));
    await expect(reviewSentMail.collect(context({ intruder }), clients, null)).rejects.toMatchObject({
      name,
    });
  });

  it('does not apply without a mailbox, known before or only now', async () => {
    expect(reviewSentMail.appliesTo(account({ hasMailbox: false }))).toBe('has no mailbox');
    const { clients } = simulated(reviewSentMail, tenant());
    expect(await reviewSentMail.collect(context(), clients, null)).toEqual({
      skip: 'has no mailbox in Exchange Online',
    });
  });

  it('uses every permission that it declares and no other', async () => {
    const { used } = await look(tenant({ sentItems: [lunch] }));
    expect([...used()].toSorted()).toEqual([...(reviewSentMail.permissions.graph ?? [])].toSorted());
  });
});
